// Looks at the work in a unit's last checkpoint without running commands: paths, links, leftovers of conflicts.

import type { Feedback } from '../../../contracts/activities/agent.ts';
import type { Change } from '../../../git/tree-reader.ts';
import { type Entry, sameEntry } from '../../../git/trees.ts';
import type { TargetReader, UnitStore } from '../../repository/contract.ts';
import type { MetConflict } from '../../landing/merge/read-merge.ts';
import type { PlanUnit } from '../../../contracts/documents/plan.ts';
import type { Sha } from '../../../contracts/ids.ts';
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
  /** The return from the queue, if there was one. */
  readonly feedback: Feedback | null;
  /** The conflicts of that return, as the merge left them and as the agent was told of them. */
  readonly conflicts: readonly MetConflict[];
  readonly shownConflicts: readonly ShownConflict[];
  /** True if the agent was sent the message with this key. */
  readonly wasTold: (key: string) => boolean;
  /** A commit that has the work; absent = the last checkpoint has it. */
  readonly commit?: Sha;
  /** Aborting ends the look and rejects with the reason. */
  readonly signal?: AbortSignal;
}

/** The complaint; null = nothing is missing that can be seen without running a command. */
export async function lookAtWork(work: Work): Promise<Complaint | null> {
  const { store, conflicts, shownConflicts, unit, feedback } = work;
  const changes = await store.changes();
  const marked = await placesWithMarkers(work);
  const links = await readLinks(work, changes);
  const target = await namesOfTarget(work.repository, store.base, unit.scope ?? []);
  const untouched = (await untouchedConflicts(store, conflicts)).map((each) => asShown(each, shownConflicts));
  const key = `unsettled:${feedback === null ? '' : feedbackKey(feedback)}`;
  // Once the agent was told, unchanged files count as its choice. Files that git put next to their place never do.
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
  const now = await store.entriesAt(plain.map(({ place }) => place));
  return plain.filter(({ merged }, index) => sameEntry(merged, now[index] ?? null));
}

/**
 * Places with markers: whole markers anywhere in the change, and leftover marker lines in files that were in conflict.
 */
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

async function hasLeftovers(store: UnitStore, { place, merged, ours, theirs }: MetConflict): Promise<boolean> {
  const read = async (entry: Entry | null | undefined): Promise<string> => {
    const content = isFile(entry) ? await store.readSide(entry) : null;
    return content === null ? '' : Buffer.from(content).toString('latin1');
  };
  const [now] = await store.entriesAt([place]);
  const sides = await Promise.all([ours, theirs].map(read));
  return leftoverLines({ merged: await read(merged), sides, now: await read(now) }).length > 0;
}

/** The changed paths that are now symbolic links, and their targets. */
async function readLinks(
  { repository, store, signal, commit }: Pick<Work, 'repository' | 'store' | 'signal' | 'commit'>,
  changes: readonly Change[],
): Promise<ReadonlyMap<string, string>> {
  const paths = changes.filter(({ mode }) => mode === linkMode).map(({ path }) => path);
  const at = commit ?? store.tree;
  return paths.length === 0 ? new Map() : repository.readLinks(at, paths, signal);
}
