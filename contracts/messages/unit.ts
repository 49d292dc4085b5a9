// The messages and queries of a unit's workflow: from its run, its merge queue, its slice on a host, and people.

import type { Allowance, EgressRequest, Feedback, StopRequest, PersonMessage } from '../activities/agent.ts';
import type { AllowedCall } from '../tool-request.ts';
import type { ChangeSize } from '../change-size.ts';
import type { MissingConsent } from '../activities/landing.ts';
import type { Sha } from '../ids.ts';
import { query, signal, update } from '../define.ts';

export const unitWorkflowType = 'unitWorkflow';

/** Run → unit: the answer to `wants-slice`. */
export type AllowanceMessage = { readonly slice: number } &
  /** `allowedCalls`: calls that people have allowed for the whole run; absent = none. */
  (
    | { readonly type: 'granted'; readonly allowance: Allowance; readonly allowedCalls?: readonly AllowedCall[] }
    /** The unit's own budget is spent. */
    | { readonly type: 'spent'; readonly limitUsd: number }
    /** People refused what the run needs; `reason` starts with a stable code. */
    | { readonly type: 'refused'; readonly reason: string }
  );

export const allowanceSignal = signal<[AllowanceMessage]>('allowance');

/** Run → unit: the run or the unit is paused; the slice in flight stops its commands and leaves its host. */
export const leaveHostSignal = signal('leaveHost');

/** Slice → unit: a cancelled slice asks why. */
export const stopRequestQuery = query<StopRequest>('sliceOrder');

/** Queue → unit. `result` names the result, so that a late message about an older one is ignored. */
export type QueueOutcome = { readonly result: Sha } &
  /** `size`: what the commit changes on the target; absent = not known. */
  (
    | {
        readonly status: 'landed';
        readonly commit: Sha;
        readonly size?: ChangeSize;
        /** Commands that failed in it, and failed on the target already; absent = everything passed. */
        readonly redBefore?: readonly string[];
      }
    | { readonly status: 'returned'; readonly feedback: Feedback }
    | { readonly status: 'refused'; readonly reason: string }
    | ({ readonly status: 'consent-missing' } & MissingConsent)
    /** The candidate could not be verified without the network; a person must decide whether to allow it. */
    | { readonly status: 'not-verified'; readonly output: string; readonly egress?: EgressRequest }
    | { readonly status: 'withdrawn' }
  );

export const queueOutcomeSignal = signal<[QueueOutcome]>('queueOutcome');

/** Answer to the update `message` of a unit. */
export type MessageAnswer =
  | { readonly accepted: true }
  | { readonly accepted: false; readonly known: true; readonly message: string };

/** A person's message, an update because the person needs to know whether the agent will hear it. */
export const messageUpdate = update<MessageAnswer, [PersonMessage]>('message');

/** A person takes back an approval that was given, before what was approved has landed. */
export interface TakeBack {
  /** The approval's id. */
  readonly approval: string;
  /** The person's name, and how they reach us. */
  readonly by: string;
  readonly reason?: string;
}

/** Answers once the queue has said whether it was in time. */
export const takeBackUpdate = update<MessageAnswer, [TakeBack]>('takeBack');

/** A person's edit of a planner's plan, while people are asked about it. */
export interface PlanReplacement {
  /** The commit of the edited plan, and that of the plan that was edited. */
  readonly plan: Sha;
  readonly expected: Sha;
  readonly by: string;
}

/** Answers once people are asked about the edited plan in place of the other. */
export const replacePlanUpdate = update<MessageAnswer, [PlanReplacement]>('replacePlan');

/** The part of a unit's state that others read. */
export interface UnitView {
  readonly state: {
    readonly status:
      | 'ready'
      | 'working'
      | 'parked'
      | 'asking'
      | 'queued'
      | 'landed'
      | 'planned'
      | 'failed'
      | 'cancelled';
  };
  /** Approvals asked for. */
  readonly approvals: number;
}

export const unitViewQuery = query<UnitView>('view');
