// The work on one unit, from its last checkpoint on the state remote, in a temporary repository. Needs no worker.

import type { Remote } from '../../git/remote.ts';
import type { RunId, Sha, UnitId } from '../../contracts/ids.ts';
import type { Work } from '../../git/read-checkpoint.ts';
import { stateRefs } from '../../contracts/ids.ts';
import { failure } from '../../contracts/failures.ts';
import { fetchRefs } from '../../git/remote.ts';
import { commitAt } from '../../git/tree-reader.ts';
import { readWork } from '../../git/read-checkpoint.ts';
import { withTemporaryRepository } from '../../git/state-files.ts';

export interface UnitPlace {
  readonly run: RunId;
  readonly unit: UnitId;
  /** The state remote. */
  readonly remote: Remote;
}

export interface FetchedWork extends Work {
  readonly gitDir: string;
  readonly checkpoint: Sha;
}

/** The repository lives as long as `use`. Throws `NotFound` if the unit has no checkpoint yet. */
export async function withUnitWork<Result>(
  { run, unit, remote }: UnitPlace,
  use: (work: FetchedWork) => Promise<Result>,
): Promise<Result> {
  return withTemporaryRepository(async (gitDir) => {
    const local = 'refs/coppice-local/unit';
    // Depth 2: the checkpoint and its first parent, the base.
    if ((await fetchRefs(gitDir, remote, [`+${stateRefs.unit(run, unit)}:${local}`], { depth: 2 })) === 'missing') {
      throw failure('NotFound', `${unit} has no checkpoint yet: the first one holds its agent's first answer`, {
        hint: `\`coppice status ${run}\` says how far it is.`,
      });
    }
    const checkpoint = await commitAt(gitDir, local);
    if (checkpoint === null) throw failure('GitFailed', `${stateRefs.unit(run, unit)} is not a commit`);
    return use({ gitDir, checkpoint, ...(await readWork(gitDir, checkpoint)) });
  });
}
