// The rules at a commit of the target, and the names in it that affect how globs are read.

import type { Config } from '../../contracts/documents/config.ts';
import type { TargetReader } from './contract.ts';
import type { Sha } from '../../contracts/ids.ts';
import { type AmbiguousNames, areAmbiguous } from '../../formats/globs/path-globs.ts';
import { errorText } from '../../domain/errors.ts';
import { failure, failureType } from '../../contracts/failures.ts';
import { parseConfig } from '../../formats/config-file/config-file.ts';

/** Throws `TargetRulesUnreadable`, which is retried: nothing may land until the file is corrected. */
export async function readConfigAt(repository: Pick<TargetReader, 'readConfigText'>, target: Sha): Promise<Config> {
  const text = await repository.readConfigText(target).catch((error: unknown) => {
    throw failureType(error) === 'BadConfig' ? failure('TargetRulesUnreadable', errorText(error)) : error;
  });
  const parsed = parseConfig(text ?? '', 'coppice.yaml');
  if ('config' in parsed) return parsed.config;
  const [first] = parsed.errors;
  const where = first === undefined ? '' : `: line ${first.at.line}: ${first.message}`;
  throw failure(
    'TargetRulesUnreadable',
    `coppice.yaml of the target commit ${target.slice(0, 12)} cannot be read${where}`,
  );
}

/** The names needed to read these globs; most globs need none. */
export async function namesOfTarget(
  repository: Pick<TargetReader, 'ambiguousNames'>,
  base: Sha,
  globs: readonly string[],
): Promise<AmbiguousNames> {
  return areAmbiguous(globs) ? repository.ambiguousNames(base) : [];
}
