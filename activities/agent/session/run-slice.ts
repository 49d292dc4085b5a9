// One slice of work on a unit: owns its checkpoint ref, restores worktree and conversation, lets the driver work,
// checkpoints after every turn, judges the work, and makes the result commit.
// Safe to run twice: a later attempt takes over the ref at its last checkpoint and continues from there. An earlier one
// that is still alive loses its lease at its next push and stops; it pushes before it runs any tool of an answer.

import type { SliceHost } from './slice-host.ts';
import { ApplicationFailure, CancelledFailure, Context } from '@temporalio/activity';
import type { AgentActivities, SliceOutcome } from '../../../contracts/activities/agent.ts';
import type { AgentStop } from '../drivers/contract.ts';
import { SliceHeartbeats } from './slice-heartbeat.ts';
import { SliceStop } from './slice-stop.ts';
import { type Session, closeSession, mayAsk } from './session.ts';
import type { PlannerTask } from '../../../contracts/documents/plan.ts';
import { finishPlanning } from './finish-planning.ts';
import { finishOrReview } from '../review/finish-or-review.ts';
import { noPlan, planRejected } from '../prompts/planning.ts';
import { judgeWork, networkToAskFor } from './judge.ts';
import { requestOf } from '../tools/tool-request.ts';
import { toolRules } from '../tools/tool-rules.ts';
import { textOfAnswer } from '../../../contracts/documents/journal.ts';
import { openSession } from './open.ts';
import { runDriver } from './run-driver.ts';
import { totalsOf } from './claim-unit.ts';
import { keepSetupLog } from '../../worktrees/setup/keep-setup-log.ts';
import { patience } from './complaints.ts';
import { type ReasonCode, failureDetails, failureType, reason } from '../../../contracts/failures.ts';
import { describe, countUnexpected, unexpectedTries } from '../../host/bounded-tries.ts';
import { isWorthParking } from '../../../domain/unit/parking.ts';

/**
 * If this many hosts in a row die in the same turn of a unit, the unit counts as the cause. When hosts die for other
 * reasons, some turn ends in between.
 */
const deathsInATurn = 10;

/** Returns the error to throw: a failure of the catalogue, unless a retry can help. */
function countFailure(error: unknown, heartbeats: SliceHeartbeats): unknown {
  heartbeats.update({ settled: true });
  const counted = countUnexpected(error, heartbeats.failures, unexpectedTries.slice);
  if (counted.failures !== heartbeats.failures) heartbeats.update({ failures: counted.failures });
  return counted.error;
}

export function makeRunSlice(host: SliceHost): AgentActivities['runSlice'] {
  return async (input) => {
    await host.room.assertRoom();
    const { info, heartbeat, cancellationSignal } = Context.current();
    const started = Date.now();
    const heartbeats = new SliceHeartbeats(host, heartbeat, info.heartbeatDetails);
    const { workflowExecution } = info;
    const stop = new SliceStop(cancellationSignal, async () =>
      workflowExecution === undefined ? 'cancel' : host.askUnit(workflowExecution),
    );
    try {
      const { attempt } = info;
      const seconds = (): number => (Date.now() - started) / 1000;
      if (heartbeats.deaths >= deathsInATurn) {
        const why = `${heartbeats.deaths} hosts in a row have died in the same turn of this unit`;
        const totals = await totalsOf(host, input, attempt);
        const outcome = { status: 'failed', reason: reason('lost', why) } as const;
        return { outcome, totals, seconds: seconds() };
      }
      const session = await openSession(host, input, { heartbeats, stop, attempt }).catch(async (error: unknown) => {
        throw countFailure(await keepSetupLog(host.git, input.context, error), heartbeats);
      });
      try {
        const outcome = await pursue(session).catch((error: unknown) => {
          if (stop.leaving && !stop.cancelled.aborted && error instanceof CancelledFailure)
            return { status: 'drained' } as const;
          return withoutModel(error, attempt) ?? ofFinal(countFailure(error, heartbeats));
        });
        return { outcome, totals: session.reviews.totalsWith(session.journal), seconds: seconds() };
      } finally {
        await closeSession(session);
      }
    } finally {
      stop.close();
      heartbeats.stop();
    }
  };
}

/** The outcome if the model cannot be asked; null for every other error. */
function withoutModel(error: unknown, attempt: number): SliceOutcome | null {
  const type = failureType(error);
  if (type === 'CredentialRefused') return { status: 'credential', problem: describe(error) };
  if (type !== 'ModelUnavailable') return null;
  const { retryAfterSeconds = null } = (failureDetails(error) ?? {}) as { retryAfterSeconds?: number };
  if (!isWorthParking(retryAfterSeconds, attempt)) return null;
  return { status: 'parked', retryAfterSeconds, reason: describe(error) };
}

/**
 * The outcome for an error that no other attempt can fix, so that the unit's usage counts. Throws every other error.
 */
function ofFinal(error: unknown): SliceOutcome {
  const isFinal = error instanceof ApplicationFailure && error.nonRetryable === true;
  // Another attempt owns the unit now, and reports its outcome.
  if (!isFinal || error.type === 'LeaseLost') throw error;
  return { status: 'failed', reason: reason('error', `${error.type}: ${describe(error)}`) };
}

/** Converses, judges, and complains, repeatedly, until the work is done or cannot be. */
async function pursue(session: Session): Promise<SliceOutcome> {
  for (;;) {
    const stop = await runDriver(session);
    if (stop.type === 'tool') return askAboutCall(session, stop);
    if (stop.type !== 'ended') return outcomeOf(stop, session);
    const outcome = await finishOrTell(session, stop.why);
    if (outcome !== null) return outcome;
  }
}

/** Null = the agent was told what is missing. `why` is its comment. */
async function finishOrTell(session: Session, why: string | null): Promise<SliceOutcome | null> {
  const { remarks, saver } = session;
  const { planner } = session.unit;
  if (planner !== undefined) return finishOrTellPlanner(session, planner);
  try {
    const complaint = await judgeWork(session);
    if (complaint === null) return await finishOrReview(session);
    const wanted = complaint.kind === 'setup' ? networkToAskFor(session) : null;
    if (wanted !== null) return { status: 'egress', ...wanted };
    if (complaint.kind === 'no-change' && why !== null) return { status: 'failed', reason: reason('no-change', why) };
    const enough = remarks.timesTold(complaint.kind) >= patience[complaint.kind];
    if (enough || remarks.hasIgnored(complaint)) return { status: 'failed', reason: complaint.reason };
    await remarks.tell(complaint);
    return null;
  } finally {
    // The last answer goes out with the result, or with what the agent is told; else by itself.
    await saver.push();
  }
}

/** Null = the planner was told that its plan is missing. */
async function finishOrTellPlanner(session: Session, planner: PlannerTask): Promise<SliceOutcome | null> {
  const { remarks, saver, plans } = session;
  try {
    const made = (await plans?.accepted()) ?? null;
    if (made !== null && 'plan' in made) return await finishPlanning(session, planner, made);
    const why = 'the planning session ended without a plan';
    const complaint = {
      kind: 'no-plan',
      message: made === null ? noPlan() : planRejected(made),
      reason: reason('plan', why),
    } as const;
    if (remarks.timesTold('no-plan') >= patience['no-plan']) return { status: 'failed', reason: complaint.reason };
    await remarks.tell(complaint);
    return null;
  } finally {
    await saver.push();
  }
}

/** The worktree has been kept since, so its tree is what people consent to. */
async function askAboutCall(
  { journal, saver, store, config, host }: Session,
  { call, directory }: Extract<AgentStop, { type: 'tool' }>,
): Promise<SliceOutcome> {
  const judged = toolRules(config).judge(call);
  const last = journal.turns.at(-1);
  const words = last === undefined ? '' : textOfAnswer(last.answer);
  const matched = judged.decide === 'ask' ? judged.matched : [];
  const request = requestOf(call, { directory, tree: saver.tree ?? store.tree, matched, words });
  const redact = (text: string): string => host.sandbox.redact(text);
  const shown = { text: redact(request.text), words: redact(request.words), directory: redact(directory) };
  // A host of another release may read the command in another way: then people are asked all the same.
  const rule = 'a host that reads the command in another way wants it allowed';
  const policy = judged.decide === 'ask' ? judged.policy : { rule, by: [], allowed: null };
  return {
    status: 'tool',
    request: { ...request, ...shown, matched: request.matched.map(redact) },
    verdict: { decide: 'ask', policy },
  };
}

function outcomeOf(stop: Exclude<AgentStop, { type: 'ended' | 'tool' }>, session: Session): SliceOutcome {
  const failed = (code: ReasonCode, why: string) => ({ status: 'failed', reason: reason(code, why) }) as const;
  switch (stop.type) {
    case 'drained':
    case 'budget':
      return { status: stop.type };
    case 'question':
      return { status: 'question', call: stop.call, question: stop.question, verdict: mayAsk(session) };
    case 'turn-limit':
      return failed('turn-limit', 'the agent used all its turns');
    case 'token-limit':
      return failed('budget', 'the agent has used all its tokens (agent.maxTokens)');
    case 'time-limit':
      return failed('budget', 'the agent has worked for as long as it may (agent.maxTime)');
    case 'stuck':
      return failed('stuck', 'the agent went in circles: nothing changed');
    case 'too-long':
      return failed('context', 'the conversation is longer than the model takes, also without old results');
    case 'bad-plan':
      return failed('plan', stop.why);
    case 'blocked':
      return failed('blocked', stop.why);
    case 'refused':
      return failed('refused', stop.why);
  }
}
