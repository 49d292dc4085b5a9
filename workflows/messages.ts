// Every signal, query and update of our workflows, declared once. Shapes are in domain/messages.ts and domain/approval.ts.

import type { AllowanceMessage, QueueMessage, QueueOutcome, UnitMessage } from '../domain/messages.ts';
import type { SliceOrder, Word } from '../domain/activity-contracts.ts';
import type { ApprovalView, Decision, Ruling } from '../domain/approval.ts';
import type { QueueState } from '../domain/merge-queue.ts';
import type { RunView, UnitActionAnswer, ViewRequest, WordAnswer } from '../domain/views.ts';
import type { UnitId } from '../domain/ids.ts';
import type { UnitLife } from '../domain/unit.ts';
import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';

// Units and their run speak by signals only, so that either may continue-as-new at any time.
export const unitSignal = defineSignal<[UnitMessage]>('unit');
export const allowanceSignal = defineSignal<[AllowanceMessage]>('allowance');

/** Run → unit: its run or itself is paused; the slice in flight stops its commands and leaves its host. */
export const leaveHostSignal = defineSignal('leaveHost');
/** Slice → unit, when it is cancelled: why. */
export const sliceOrderQuery = defineQuery<SliceOrder>('sliceOrder');
/** A person's message, an update because the person needs to know whether the agent will hear it. */
export const messageUpdate = defineUpdate<WordAnswer, [Word]>('message');

// Signals, because a queue is started by its first message (signal-with-start).
export const queueSignal = defineSignal<[QueueMessage]>('queue');
export const queueOutcomeSignal = defineSignal<[QueueOutcome]>('queueOutcome');

/** From Slack: a signal is recorded even when no worker runs, so an acknowledged click is never lost. */
export const decideSignal = defineSignal<[Decision]>('decide');
/** From the command line: an update, because a person waits for the answer. Same rules, same decision ids. */
export const decideUpdate = defineUpdate<Ruling, [Decision]>('decide');

// Updates, because the person needs to know whether there was anything to cancel, to try again or to leave out.
export const cancelUnitUpdate = defineUpdate<UnitActionAnswer, [UnitId]>('cancelUnit');
export const retryUnitUpdate = defineUpdate<UnitActionAnswer, [UnitId]>('retryUnit');
export const skipUnitUpdate = defineUpdate<UnitActionAnswer, [unit: UnitId, by: string]>('skipUnit');
/** Null for the unit = the whole run. */
export const pauseUpdate = defineUpdate<UnitActionAnswer, [unit: UnitId | null, by: string]>('pause');
export const resumeUpdate = defineUpdate<UnitActionAnswer, [unit: UnitId | null]>('resume');

export const runViewQuery = defineQuery<RunView, [ViewRequest?]>('view');
export const unitViewQuery = defineQuery<UnitLife>('view');
export const queueViewQuery = defineQuery<QueueState>('view');
export const approvalViewQuery = defineQuery<ApprovalView>('view');
