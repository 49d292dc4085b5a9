// What people ask of a merge queue, and what they see of it. Shapes only: users of the library read them without Temporal.

import type { RunContext } from './documents/plan.ts';
import type { RunId, Sha, UnitId } from './ids.ts';

/** What people ask of a queue. `by` is who asks, a claim as everywhere on the command line. */
export type SteerRequest = { readonly by: string } & (
  | {
      readonly type: 'pause';
      readonly reason?: string;
      /** What has at least this priority lands all the same; absent = nothing does. */
      readonly above?: number;
    }
  | { readonly type: 'resume' }
  /** Lands what is in, takes nothing new. */
  | { readonly type: 'drain' }
  | {
      readonly type: 'bump';
      readonly run: string;
      readonly unit: string;
      /** From -10 to 10; absent = above all that wait. */
      readonly priority?: number;
    }
  | { readonly type: 'eject'; readonly run: string; readonly unit: string; readonly reason?: string }
  /** Takes a landed unit back, as a change like any other. */
  | {
      readonly type: 'revert';
      readonly context: RunContext;
      readonly unit: UnitId;
      /** The unit's commit on the branch. */
      readonly commit: Sha;
    }
);

export type SteerAnswer =
  | { readonly accepted: true; readonly message: string }
  | {
      readonly accepted: false;
      readonly message: string;
      /** The entry is not in the queue. */
      readonly notFound?: true;
    };

/** More would outgrow a payload. */
export const mostViewed = 2000;

export interface QueueViewRequest {
  /** Entries in the answer, at most `mostViewed`; absent = 200. */
  readonly limit?: number;
  /** Only entries of this run. */
  readonly run?: string;
}

export interface QueuePause extends OnePause {
  /** People's own pause, which holds once this one of the queue's is lifted. */
  readonly before?: OnePause;
}

interface OnePause {
  /** `Coppice` = the queue itself. */
  readonly by: string;
  /** Null = no reason was given. */
  readonly reason: string | null;
  readonly since: string;
  /** What has at least this priority lands all the same; null = nothing does. */
  readonly above: number | null;
}

/** The part of a queue's state that others read. Times in ISO 8601 UTC. */
export interface QueueView {
  /** In the order in which they are expected to land, with those of the request's run alone. */
  readonly entries: readonly QueueViewEntry[];
  /** How many there are in all. */
  readonly total: number;
  readonly paused: QueuePause | null;
  readonly draining: { readonly by: string; readonly since: string } | null;
  readonly redBase: { readonly target: Sha; readonly command: string; readonly since: string } | null;
  /** How the branch is verified, and the number of verifications at once. */
  readonly verify: 'tip' | 'each';
  readonly parallel: number;
  /** Size of the next train. */
  readonly batch: number;
  readonly landed: number;
  /** In flight, from the branch's tip upwards. */
  readonly trains: readonly QueueViewTrain[];
  /** What became of the last reverts, the newest last. */
  readonly reverts: readonly RevertEnd[];
  readonly flakes: readonly { readonly command: string; readonly times: number; readonly lastAt: string }[];
  /** The newest last. */
  readonly decisions: readonly { readonly at: string; readonly text: string }[];
}

export interface RevertEnd {
  readonly run: RunId;
  readonly unit: UnitId;
  /** What was to be taken back. */
  readonly reverts: Sha;
  /** The commit that took it back; null = nothing did. */
  readonly commit: Sha | null;
  /** Why nothing did. */
  readonly reason: string | null;
  /** When people asked for it. */
  readonly at: string;
}

export interface QueueViewEntry {
  readonly run: RunId;
  readonly unit: UnitId;
  readonly state: 'waiting' | 'building' | 'verifying' | 'landing';
  /** When the state began. */
  readonly since: string;
  readonly place: number;
  readonly priority: number;
  /** The commit that it takes back; null = it is a unit's result. */
  readonly reverts: Sha | null;
  /** The train it is in; null = none. */
  readonly train: number | null;
  /** What it waits for, in words. */
  readonly reason: string;
  /** When it is expected to land; null = nobody can tell. */
  readonly expectedAt: string | null;
}

export interface QueueViewTrain {
  readonly train: number;
  readonly units: readonly { readonly run: RunId; readonly unit: UnitId; readonly verdict: 'green' | 'red' | 'open' }[];
  /** Verifications under way: of the train up to and with this many of its units. */
  readonly verifications: readonly { readonly key: string; readonly upTo: number; readonly since: string }[];
}
