// The rules of a commit of the target, and what its names say about reading globs.

import type { Config } from '../../contracts/documents/config.ts';
import type { HostRepository } from './contract.ts';
import type { Sha } from '../../contracts/ids.ts';
import { type AmbiguousNames, areAmbiguous } from '../../formats/globs/path-globs.ts';
import { failure } from '../../contracts/failures.ts';
import { parseConfig } from '../../formats/config-file/config-file.ts';

/** Throws `BadConfig`. */
export async function readConfigAt(repository: Pick<HostRepository, 'readConfigText'>, target: Sha): Promise<Config> {
  const text = await repository.readConfigText(target);
  const parsed = parseConfig(text ?? '', 'coppice.yaml');
  if ('config' in parsed) return parsed.config;
  const [first] = parsed.errors;
  const where = first === undefined ? '' : `: line ${first.at.line}: ${first.message}`;
  throw failure('BadConfig', `coppice.yaml of the target commit ${target.slice(0, 12)} cannot be read${where}`);
}

/** What is needed to read these globs; most need nothing. */
export async function namesOfTarget(
  repository: Pick<HostRepository, 'ambiguousNames'>,
  base: Sha,
  globs: readonly string[],
): Promise<AmbiguousNames> {
  return areAmbiguous(globs) ? repository.ambiguousNames(base) : [];
}
