// A unit's work moved onto a commit of the target, as the merge queue merges it: files that the queue has made again for this
// merge are taken from there. No command runs here; what nobody has made yet is a conflict for the unit's agent.
// Safe to run twice: it writes objects, which are named by their content.

import type { LocalRepository } from '../../repository/local-repository.ts';
import type { Merged } from '../merge/merged.ts';
import type { Sha } from '../../../contracts/ids.ts';
import { mergeTrees } from '../merge/merge-trees.ts';
import { readConfigAt } from '../../repository/target-rules.ts';
import { readConfigText } from '../../../git/config-text.ts';
import { regenerate } from './regenerate.ts';

interface Move {
  readonly base: Sha;
  readonly onto: Sha;
  /** The work: a commit or a tree. */
  readonly work: Sha;
}

export async function mergeUnit(repository: LocalRepository, { base, onto, work }: Move): Promise<Merged> {
  const { state } = repository;
  const sides = { base, ours: onto, theirs: work };
  const merged = await mergeTrees(state, sides);
  const config = await readConfigAt({ readConfigText: (commit) => readConfigText(state, commit) }, onto);
  return regenerate(repository, { target: onto, config, sides, merged }, null);
}
