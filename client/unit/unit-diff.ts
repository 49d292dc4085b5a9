// A unit's change against its base, as data and as a patch. Made from git objects, without the repository's own
// configuration: no external diff, no text conversion.

import type { Change } from '../../git/tree-reader.ts';
import type { UnitPlace } from './unit-work.ts';
import { diffTrees, records } from '../../git/tree-reader.ts';
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

export interface ChangedFile {
  readonly path: string;
  readonly status: Change['status'];
  /** Lines; null for binary files. */
  readonly additions: number | null;
  readonly deletions: number | null;
}

/** A larger patch is refused: it would be unreadable. */
const maxBytes = 256 * 1024 * 1024;
const plain = ['--no-renames', '--no-ext-diff', '--no-textconv', '--no-color'];

/** Throws `NotFound` if work on the unit has not begun. */
export async function diffUnit(place: UnitPlace): Promise<UnitDiff> {
  return withUnitWork(place, async ({ gitDir, checkpoint, base, tree }) => {
    const diff = async (...format: string[]): Promise<Buffer> =>
      (await runGit(gitDir, ['diff-tree', '-r', ...plain, ...format, base, tree], { maxBytes })).stdout;
    const lines = readNumbers(await diff('--numstat', '-z'));
    const files = (await diffTrees(gitDir, base, tree)).map(({ path, status }) => ({
      path,
      status,
      ...(lines.get(path) ?? { additions: null, deletions: null }),
    }));
    const patch = (await diff('--patch', '--full-index')).toString('utf8');
    return { run: place.run, unit: place.unit, base, checkpoint, files, patch };
  });
}

function readNumbers(output: Buffer): Map<string, Pick<ChangedFile, 'additions' | 'deletions'>> {
  return new Map(
    records(output).map((record) => {
      const [added = '', deleted = '', ...path] = record.split('\t');
      return [path.join('\t'), { additions: toLines(added), deletions: toLines(deleted) }];
    }),
  );
}

/** git writes `-` for binary files. */
function toLines(text: string): number | null {
  return text === '-' ? null : Number(text);
}
