// Writes a file that must not exist yet, for `--out`.

import { constants } from 'node:fs';
import { access, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { codeOf, errorText } from '../../domain/errors.ts';
import { failure } from '../../contracts/failures.ts';

/** Throws `Refused`. */
export async function writeNewFile(path: string, text: string): Promise<void> {
  try {
    await writeFile(path, text, { flag: 'wx' });
  } catch (cause) {
    throw refused(path, codeOf(cause) === 'EEXIST' ? null : errorText(cause), cause);
  }
}

/** Before anything is spent on what is to be written there. */
export async function refuseExisting(path: string): Promise<void> {
  const exists = await stat(path).then(
    () => true,
    () => false,
  );
  if (exists) throw refused(path, null);
  await access(dirname(path), constants.W_OK).catch((cause: unknown) => {
    throw refused(path, errorText(cause), cause);
  });
}

/** `why` null = it exists. */
function refused(path: string, why: string | null, cause?: unknown): Error {
  const what = why === null ? 'exists already and was not changed' : `cannot be written: ${why}`;
  const hint =
    why === null ? 'Name another file with --out, or delete this one first.' : 'Name another file with --out.';
  return failure('Refused', `${path} ${what}`, { cause, hint });
}
