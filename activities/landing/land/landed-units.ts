// What a landing has put on the branch: which units, by the trailers of their commits, and which files each has changed.

import type { LocalRepository } from '../../repository/local-repository.ts';
import { type RunId, type Sha, type UnitId, isRunId, isUnitId } from '../../../contracts/ids.ts';
import { diffTrees, messageOf, parentsOf } from '../../../git/tree-reader.ts';

export interface LandedCommit {
  readonly commit: Sha;
  readonly run: RunId;
  readonly unit: UnitId;
  /** Paths that it changes on the commit below it. */
  readonly files: readonly string[];
}

/** Trains are shorter. */
const longest = 500;

export async function readLandedUnits(
  { state }: LocalRepository,
  { from, to }: { readonly from: Sha; readonly to: Sha },
): Promise<readonly LandedCommit[]> {
  const found: LandedCommit[] = [];
  for (let commit = to, left = longest; commit !== from && left > 0; left--) {
    const [parent] = await parentsOf(state, commit);
    if (parent === undefined) break;
    const message = await messageOf(state, commit);
    const [run, unit] = [trailerOf(message, 'Coppice-Run'), trailerOf(message, 'Coppice-Unit')];
    if (isRunId(run) && isUnitId(unit)) {
      const files = (await diffTrees(state, parent, commit)).map(({ path }) => path);
      found.unshift({ commit, run, unit, files });
    }
    commit = parent;
  }
  return found;
}

function trailerOf(message: string, name: string): string {
  const line = message.split('\n').findLast((each) => each.startsWith(`${name}: `));
  return line?.slice(name.length + 2).trim() ?? '';
}
