// What this process knows of a branch after it has moved it, so that the next train can be built without a fetch.

import type { LocalRepository } from '../../repository/local-repository.ts';
import type { Sha } from '../../../contracts/ids.ts';
import { continueTags } from '../../repository/tags.ts';

export function tookLanding(
  repository: LocalRepository,
  branch: string,
  move: { readonly from: Sha; readonly to: Sha },
): void {
  continueTags(repository, move);
  repository.tips.set(branch, move.to);
  repository.upkeep.grown();
}
