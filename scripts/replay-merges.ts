// `npm run replay:merges -- REPO [--limit N]`: makes the two-parent merges of a repository's history again with the
// merge queue's own merge, newest first, and compares each with git's and with what people committed. Prints each
// difference, then the counts. REPO is a clone or a bare repository; it is only read.

import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { findWorkingCopy } from '../git/working-copy.ts';
import { inertLine } from '../domain/text/inert.ts';
import { andMore } from '../domain/text/shown-paths.ts';
import { type Outcome, type ReplayedMerge, replayMerges, sameOutcome } from './merges/replay.ts';

const { values, positionals } = parseArgs({
  options: { limit: { type: 'string', default: '1000' } },
  allowPositionals: true,
});
const [repository] = positionals;
const limit = Number(values.limit);
if (repository === undefined || !Number.isInteger(limit) || limit < 1) {
  throw new Error('use it so: npm run replay:merges -- REPO [--limit N]');
}

const folder = resolve(repository);
const gitDir = (await findWorkingCopy(folder))?.gitDir ?? folder;
const counts = new Map<string, number>();
const count = (what: string): void => void counts.set(what, (counts.get(what) ?? 0) + 1);

for await (const replayed of replayMerges(gitDir, limit)) {
  if ('skipped' in replayed) {
    count(`skipped: ${replayed.skipped}`);
    continue;
  }
  count(`as git merge-tree: ${judge(replayed, replayed.mergeTree)}`);
  if (replayed.merged !== null) count(`where not, as git merge: ${judge(replayed, replayed.merged)}`);
  count(comparedWithPeople(replayed));
}
for (const [what, times] of [...counts].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
  console.log(`${String(times).padStart(6)}  ${what}`);
}

/** Prints a difference from git. */
function judge({ merge, subject, ours, mergeTree, merged }: ReplayedMerge, git: Outcome): string {
  if (sameOutcome(ours, git)) return ours.conflicts.length === 0 ? 'the same tree' : 'the same conflicts';
  const told = ({ tree, conflicts }: Outcome): string =>
    conflicts.length === 0
      ? `clean, ${tree.slice(0, 12)}`
      : `conflicts in ${andMore(
          conflicts.map((path) => inertLine(path)),
          5,
        )}`;
  if (git === mergeTree) {
    console.log(`${merge.slice(0, 12)} ${inertLine(subject, 80)}`);
    console.log(`  ours:       ${told(ours)}`);
    console.log(`  merge-tree: ${told(mergeTree)}`);
    console.log(`  merge:      ${merged === null ? 'not tried' : told(merged)}`);
  }
  const kinds = [ours, git].map(({ conflicts }) => (conflicts.length === 0 ? 'clean' : 'in conflict'));
  if (kinds[0] !== kinds[1]) return `ours is ${kinds[0]}, git’s ${kinds[1]}`;
  return kinds[0] === 'clean' ? 'another tree' : 'other conflicts';
}

function comparedWithPeople({ ours, people }: ReplayedMerge): string {
  if (ours.conflicts.length > 0) return 'people: resolved a conflict';
  return ours.tree === people ? 'people: committed the same tree' : 'people: changed a clean merge';
}
