// The owners of code at a commit of the target, where a rule asks them.

import type { Config } from '../../contracts/documents/config.ts';
import type { Sha } from '../../contracts/ids.ts';
import type { ChangedPaths } from '../../formats/policy/judge.ts';
import type { TargetReader } from './contract.ts';
import { readCodeowners } from '../../formats/codeowners/parse.ts';
import { needsOwners } from '../../formats/policy/code-owners.ts';

export async function ownersOfTarget(
  repository: Pick<TargetReader, 'findCodeowners'>,
  target: Sha,
  { policy }: Config,
): Promise<Pick<ChangedPaths, 'owners'>> {
  return needsOwners(policy) ? { owners: readCodeowners(await repository.findCodeowners(target)) } : {};
}
