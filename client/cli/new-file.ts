// Writes a file that must not exist yet, for `--out`.

import { constants } from 'node:fs';
import { access, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { codeOf } from '../../domain/errors.ts';
import { failure } from '../../contracts/failures.ts';
import { fileProblem } from '../file-problem.ts';

/** Throws `Refused`. */
export async function writeNewFile(path: string, text: string): Promise<void> {
  try {
    await writeFile(path, text, { flag: 'wx' });
  } catch (cause) {
    throw codeOf(cause) === 'EEXIST' ? existing(path, cause) : unwritable(path, cause);
  }
}

/** Before anything is spent on what is to be written there. */
export async function refuseExisting(path: string): Promise<void> {
  const exists = await stat(path).then(
    () => true,
    () => false,
  );
  if (exists) throw existing(path);
  await access(dirname(path), constants.W_OK).catch((cause: unknown) => {
    throw unwritable(path, cause);
  });
}

function existing(path: string, cause?: unknown): Error {
  return failure('Refused', `${path} exists already and was not changed`, {
    cause,
    hint: 'Name another file with --out, or delete this one first.',
  });
}

function unwritable(path: string, cause: unknown): Error {
  const folder = dirname(path);
  if (codeOf(cause) === 'ENOENT')
    return failure('Refused', `${path} cannot be written: there is no folder ${folder}`, {
      cause,
      hint: 'Make the folder first, or name another file with --out.',
    });
  const hint = 'Name another file with --out.';
  return failure('Refused', `${path} cannot be written: ${fileProblem(cause)}`, { cause, hint });
}
