// What a project tells agents, as the commit has it that the unit begins on.

import type { TargetReader } from '../../repository/contract.ts';
import type { Sha } from '../../../contracts/ids.ts';

/** By their paths; those that are not there are passed over. */
export async function readInstructions(
  repository: TargetReader,
  base: Sha,
  paths: readonly string[],
): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const path of paths) {
    const text = await repository.readFile(base, path);
    if (text !== null) found[path] = text;
  }
  return found;
}
