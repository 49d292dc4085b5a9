// A project's instructions for agents, read from the commit that the unit starts from.

import type { TargetReader } from '../../repository/contract.ts';
import type { Sha } from '../../../contracts/ids.ts';

/** The texts by path; paths that do not exist are skipped. */
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
