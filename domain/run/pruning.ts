// Which runs' refs on the state remote are no longer needed, and which refs belong to which run. Pure;
// client/runs/prune-runs.ts deletes them.

import type { RunId, Sha } from '../../contracts/ids.ts';
import { isRunId, stateRefs } from '../../contracts/ids.ts';

export interface PruneRequest {
  /** Prunes runs that ended before this time. */
  readonly before: Date;
  readonly repository?: string;
}

export interface Prunable {
  readonly stateRemote: string;
  /** Oldest first. */
  readonly runs: readonly PrunableRun[];
  /** Refs of files that the merge queue has made again (`queue.regenerate`) before that time. */
  readonly generated: ReadonlyMap<string, Sha>;
  /** Refs of the merge queues' trains from before that time that nothing needs any more. */
  readonly trains: ReadonlyMap<string, Sha>;
}

export interface PrunableRun {
  readonly run: RunId;
  /** When it ended; if Temporal no longer remembers the run, the time of its newest commit. */
  readonly endedAt: Date;
  readonly remembered: boolean;
  readonly refs: ReadonlyMap<string, Sha>;
}

export interface Pruned {
  readonly deleted: number;
  /** Refs that were kept, because they or their run changed meanwhile. */
  readonly moved: number;
  readonly refused: ReadonlyMap<string, string>;
}

/** What is known about a run whose refs were found. */
export type RunEnd =
  | { readonly status: 'open' }
  | { readonly status: 'ended'; readonly at: Date }
  /** The server no longer knows the run; `at` is the time of its newest commit. */
  | { readonly status: 'forgotten'; readonly at: Date };

/**
 * The plan of a run is pushed before its workflow starts, so a run that the server does not know may be about to begin.
 * This is much longer than any start takes.
 */
const startMs = 60 * 60 * 1000;

/** Whether a run's refs may be deleted when everything that ended before `before` is pruned. */
export function mayGo(end: RunEnd, before: Date, now: Date): boolean {
  switch (end.status) {
    case 'open':
      return false;
    case 'ended':
      return end.at < before;
    case 'forgotten':
      return end.at < before && end.at.getTime() < now.getTime() - startMs;
  }
}

/** Patterns for `listRemote`. */
export const runRefPatterns = [`${stateRefs.allRuns}*`, `${stateRefs.allCandidates}*`];

/** Pattern for `listRemote`. They belong to no run: a later one may have the same merge. */
export const generatedRefPattern = `${stateRefs.allGenerated}*`;

/** Pattern for `listRemote`. */
export const trainRefPattern = `${stateRefs.allCandidates}*`;

/** The end of the id of a train's queue; null if the ref is no train's. */
export function queueOfTrain(ref: string): string | null {
  return readTrain(ref)?.queue ?? null;
}

/** Whether a queue may need a train, of which `oldest` is the oldest that it does need; null = it needs none. */
export function isAtWork(ref: string, oldest: number | null): boolean {
  const train = readTrain(ref);
  return train !== null && oldest !== null && train.number >= oldest;
}

/** `refs/coppice/queues/<hash8>/train-<n>` */
function readTrain(ref: string): { readonly queue: string; readonly number: number } | null {
  const [queue = '', name = '', ...rest] = ref.startsWith(stateRefs.allCandidates)
    ? ref.slice(stateRefs.allCandidates.length).split('/')
    : [];
  const number = /^train-(\d+)$/.exec(name)?.[1];
  return number === undefined || rest.length > 0 ? null : { queue, number: Number(number) };
}

/** The refs of each run; refs that are not ours are left out. */
export function refsByRun(refs: ReadonlyMap<string, Sha>): Map<RunId, Map<string, Sha>> {
  const byRun = new Map<RunId, Map<string, Sha>>();
  for (const [ref, sha] of refs) {
    const run = runOfRef(ref);
    if (run === null) continue;
    const known = byRun.get(run) ?? new Map<string, Sha>();
    byRun.set(run, known.set(ref, sha));
  }
  return byRun;
}

function runOfRef(ref: string): RunId | null {
  const { allRuns, allCandidates } = stateRefs;
  if (readTrain(ref) !== null) return null;
  // refs/coppice/queues/<hash8>/<run>/<unit>, from before there were trains
  const [run] = ref.startsWith(allRuns)
    ? ref.slice(allRuns.length).split('/')
    : ref.startsWith(allCandidates)
      ? ref.slice(allCandidates.length).split('/').slice(1)
      : [];
  return run !== undefined && isRunId(run) ? run : null;
}
