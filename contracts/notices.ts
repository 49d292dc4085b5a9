// What people are told of a run besides what they are asked: in words of no medium, so that each medium can say it in its
// own way. A notice counts once, however often it is sent.

import type { RunId, UnitId } from './ids.ts';
import type { RunStatus } from './documents/report.ts';

/** What a notice says, and of which run. */
export type Notice = NoticeHead & NoticeBody;

export interface NoticeHead {
  /** Identifies the notice in all of its channels. */
  readonly id: string;
  readonly run: RunId;
  readonly repository: string;
  readonly branch: string;
  /** The first line of the goal; empty = none. */
  readonly goal: string;
  readonly requestedBy: string;
  /** ISO 8601. */
  readonly startedAt: string;
  /** When the notice was written, ISO 8601. */
  readonly at: string;
  readonly figures: RunFigures;
}

/** How far the run is. */
export interface RunFigures {
  readonly status: RunStatus;
  readonly total: number;
  readonly landed: number;
  /** Ended without landing. */
  readonly failed: number;
  readonly costUsd: number;
}

export type NoticeBody =
  | { readonly kind: 'run-started' }
  /** The plan is accepted, and the target is good enough: units begin. */
  | { readonly kind: 'run-begun' }
  /** Nothing to say; messages that show the figures are brought up to date. */
  | { readonly kind: 'progress' }
  /** A digest of some minutes. */
  | ({ readonly kind: 'landed' } & NoticeUnits)
  /** Agents make no progress with conflicts, so people are asked. */
  | ({ readonly kind: 'conflict' } & NoticeUnits)
  | ({ readonly kind: 'failed' } & NoticeUnits)
  /** No host takes the work. `problem`: what one of them says. */
  | { readonly kind: 'host-full'; readonly units: number; readonly problem: string }
  /** The model's server refuses the key; the run waits for people. */
  | { readonly kind: 'credential-refused'; readonly problem: string }
  | ({ readonly kind: 'run-ended'; readonly makespanSeconds: number } & NoticeUnits);

/** Those that a notice names, and how many there are. */
interface NoticeUnits {
  readonly units: readonly NoticeUnit[];
  readonly count: number;
}

export interface NoticeUnit {
  readonly id: UnitId;
  readonly title: string;
  /** Why it did not land, in one line; absent = it has landed, or it still may. */
  readonly reason?: string;
}
