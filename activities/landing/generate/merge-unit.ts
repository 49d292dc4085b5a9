// A unit's work moved onto a commit of the target, as the merge queue merges it: files that the queue has made again for this
// merge are taken from there. No command runs for it: what nobody has made yet is as on the target, and in conflict. It is
// made once the unit's agent has settled the files that it is made from.
// Safe to run twice: it writes objects, which are named by their content.

import type { BuildWatch } from '../build/build-watch.ts';
import type { LocalRepository } from '../../repository/local-repository.ts';
import type { Merged } from '../merge/merged.ts';
import type { MetConflict } from '../merge/read-merge.ts';
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
  return regenerate(repository, { target: onto, config: await configAt(state, onto), sides, merged }, null);
}

interface Settled {
  /** The commit of the target that the work is on. */
  readonly base: Sha;
  /** A tree. */
  readonly work: Sha;
  /** Files that are still as `mergeUnit` left them. */
  readonly conflicts: readonly MetConflict[];
}

/** Runs the commands that `mergeUnit` did not. What is still in conflict says why. Throws what `regenerate` throws. */
export async function makeLeftFiles(
  repository: LocalRepository,
  { base, work, conflicts }: Settled,
  watch: BuildWatch,
): Promise<Merged> {
  const merge = { sides: { base, ours: base, theirs: work }, merged: { tree: work, conflicts } };
  return regenerate(repository, { target: base, config: await configAt(repository.state, base), ...merge }, watch);
}

function configAt(state: string, target: Sha) {
  return readConfigAt({ readConfigText: (commit) => readConfigText(state, commit) }, target);
}
