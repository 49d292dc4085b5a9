// A unit's change against its base, as data and as a patch. Made from git objects, without the repository's own
// configuration: no external diff, no text conversion.

import type { Change } from '../../git/tree-reader.ts';
import type { UnitPlace } from './unit-work.ts';
import { type ChangedLines, countLines, plainDiff } from '../../git/count-lines.ts';
import { diffTrees } from '../../git/tree-reader.ts';
import { runGit } from '../../git/run-git.ts';
import { withUnitWork } from './unit-work.ts';

export interface UnitDiff {
  readonly run: string;
  readonly unit: string;
  /** The commit of the target that the work sits on. */
  readonly base: string;
  readonly checkpoint: string;
  readonly files: readonly ChangedFile[];
  /** Unified, renames as a deletion and an addition; bytes that are not UTF-8 are replaced. */
  readonly patch: string;
}

export interface ChangedFile extends ChangedLines {
  readonly path: string;
  readonly status: Change['status'];
}

/** A larger patch is refused: it would be unreadable. */
const maxBytes = 256 * 1024 * 1024;

/** Throws `NotFound` if work on the unit has not begun. */
export async function diffUnit(place: UnitPlace): Promise<UnitDiff> {
  return withUnitWork(place, async ({ gitDir, checkpoint, base, tree }) => {
    const lines = await countLines(gitDir, base, tree);
    const files = (await diffTrees(gitDir, base, tree)).map(({ path, status }) => ({
      path,
      status,
      ...(lines.get(path) ?? { additions: null, deletions: null }),
    }));
    const args = ['diff-tree', '-r', ...plainDiff, '--patch', '--full-index', base, tree];
    const patch = (await runGit(gitDir, args, { maxBytes })).stdout.toString('utf8');
    return { run: place.run, unit: place.unit, base, checkpoint, files, patch };
  });
}
