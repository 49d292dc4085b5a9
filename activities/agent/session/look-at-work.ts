// Looks at the work in a unit's last checkpoint, as far as that needs no command: paths, links, what is left of conflicts.

import type { Feedback } from '../../../contracts/activities/agent.ts';
import type { Change } from '../../../git/tree-reader.ts';
import { type Entry, sameEntry } from '../../../git/trees.ts';
import type { TargetReader, UnitStore } from '../../repository/contract.ts';
import type { MetConflict } from '../../landing/merge/read-merge.ts';
import type { PlanUnit } from '../../../contracts/documents/plan.ts';
import { type ShownConflict, isMisplaced } from '../prompts/conflicts.ts';
import { type Complaint, judgeChanges } from './complaints.ts';
import { feedbackKey } from './deliver-messages.ts';
import { namesOfTarget } from '../../repository/target-rules.ts';
import { leftoverLines } from '../../../domain/queue/conflict-markers.ts';
import { shownConflict } from './conflict-files.ts';
import { isFile, linkMode } from '../../../domain/repository/file-modes.ts';

interface Work {
  readonly repository: TargetReader;
  readonly store: UnitStore;
  readonly unit: PlanUnit;
  /** What the queue had sent back. */
  readonly feedback: Feedback | null;
  /** The conflicts that it met, as its merge has left them, and as the agent was told of them. */
  readonly conflicts: readonly MetConflict[];
  readonly shownConflicts: readonly ShownConflict[];
  /** Whether the agent was told of something by this key. */
  readonly wasTold: (key: string) => boolean;
  /** Aborting ends the look, and rejects with the reason. */
  readonly signal?: AbortSignal;
}

/** What is missing; null = nothing that can be seen without running a command. */
export async function lookAtWork(work: Work): Promise<Complaint | null> {
  const { store, conflicts, shownConflicts, unit, feedback } = work;
  const changes = await store.changes();
  const marked = await placesWithMarkers(work);
  const links = await readLinks(work, changes);
  const target = await namesOfTarget(work.repository, store.base, unit.scope ?? []);
  const untouched = (await untouchedConflicts(store, conflicts)).map((each) => asShown(each, shownConflicts));
  const key = `unsettled:${feedback === null ? '' : feedbackKey(feedback)}`;
  // Told once, what is left as it is counts as chosen. What git has put beside its place is nobody's choice.
  const unsettled = work.wasTold(key) ? untouched.filter(isMisplaced) : untouched;
  const complaint = judgeChanges({ changes, scope: unit.scope, target, marked, links, unsettled });
  return complaint?.kind === 'unsettled' && !work.wasTold(key) ? { ...complaint, key } : complaint;
}

function asShown(conflict: MetConflict, shown: readonly ShownConflict[]): ShownConflict {
  return shown.find(({ path }) => path === conflict.path) ?? shownConflict(conflict);
}

/** The conflicts without markers that are still as the merge left them. */
export async function untouchedConflicts(
  store: UnitStore,
  conflicts: readonly MetConflict[],
): Promise<readonly MetConflict[]> {
  const plain = conflicts.filter(({ marked }) => !marked);
  const now = await store.entriesAt(plain.map(({ path }) => path));
  return plain.filter(({ merged }, index) => sameEntry(merged, now[index] ?? null));
}

/** Where markers are: in all that would land, and single lines of them where there was a conflict. */
async function placesWithMarkers({ store, conflicts }: Work): Promise<string[]> {
  const found = (await store.markers()).map(({ path, line }) => `${path}, line ${line}`);
  const searched = new Set(found.map((each) => each.replace(/, line \d+$/, '')));
  const left: string[] = [];
  for (const conflict of conflicts) {
    const { path, marked } = conflict;
    if (marked && !searched.has(path) && (await hasLeftovers(store, conflict))) left.push(path);
  }
  return [...found, ...left];
}

async function hasLeftovers(store: UnitStore, { path, merged, ours, theirs }: MetConflict): Promise<boolean> {
  const read = async (entry: Entry | null | undefined): Promise<string> => {
    const content = isFile(entry) ? await store.readSide(entry) : null;
    return content === null ? '' : Buffer.from(content).toString('latin1');
  };
  const [now] = await store.entriesAt([path]);
  const sides = await Promise.all([ours, theirs].map(read));
  return leftoverLines({ merged: await read(merged), sides, now: await read(now) }).length > 0;
}

/** The changed paths that are symbolic links now, and where they lead. */
async function readLinks(
  { repository, store, signal }: Pick<Work, 'repository' | 'store' | 'signal'>,
  changes: readonly Change[],
): Promise<ReadonlyMap<string, string>> {
  const paths = changes.filter(({ mode }) => mode === linkMode).map(({ path }) => path);
  if (paths.length === 0 || store.checkpoint === null) return new Map();
  return repository.readLinks(store.checkpoint, paths, signal);
}
