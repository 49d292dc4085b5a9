// The rules of a commit of the target, and what its names say about reading globs.

import type { Config } from '../../contracts/documents/config.ts';
import type { TargetReader } from './contract.ts';
import type { Sha } from '../../contracts/ids.ts';
import { type AmbiguousNames, areAmbiguous } from '../../formats/globs/path-globs.ts';
import { errorText } from '../../domain/errors.ts';
import { failure, failureType } from '../../contracts/failures.ts';
import { parseConfig } from '../../formats/config-file/config-file.ts';

/** Throws `TargetRulesUnreadable`, which is tried again: nothing may land until somebody has corrected the file. */
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

/** What is needed to read these globs; most need nothing. */
export async function namesOfTarget(
  repository: Pick<TargetReader, 'ambiguousNames'>,
  base: Sha,
  globs: readonly string[],
): Promise<AmbiguousNames> {
  return areAmbiguous(globs) ? repository.ambiguousNames(base) : [];
}
