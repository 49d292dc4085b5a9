// One run as data: where each unit stands, and the ledger. A pure reducer; the run workflow starts what `unitsToStart`
// (schedule.ts) names, sends what `answerRequests` (grants.ts) grants, and ends when `runEnd` says so.
//
//   waiting → ready → working ⇄ ready | parked | asking | queued → landed | failed | cancelled
//   waiting → skipped          when something it needs can no longer land
//   failed | cancelled → waiting    retried; units that were skipped because of it wait again
//   any but landed → skipped   left out by a person; units that need it continue without it
//
// A run that is held (paused, or people are asked: hold.ts) starts nothing and answers no unit.
//
// Units that wait exist only here; `run.parallel` counts units that are ready, working or parked. An event copies one
// array of 10,000 pointers; its cost does not grow with what the units hold.

import type { UnitMessage } from '../../contracts/messages/run.ts';
import type { UnitTotals } from '../../contracts/usage.ts';
import type { UnitEnd } from '../../contracts/documents/records.ts';
import type { RunStateEvent, RunState, RunUnit } from './state.ts';
import type { RunGraph } from '../plan/graph.ts';
import type { EndedStatus } from '../../contracts/documents/report.ts';
import type { Sha, UnitId } from '../../contracts/ids.ts';
import { askAbout, askPostponed, awaitsPlan, isBeforeStart, loseAsk, closeAsk, waitingPhase } from './hold.ts';
import type { ApprovalView } from '../../contracts/approval.ts';
import { beginUnits, takeUnits } from './units.ts';
import { agreedEdit, editPlan } from './edit.ts';
import { decisionOf } from '../approval/record.ts';
import { changeUnit, freshUnit, hasEndedPhase } from './state.ts';
import { raiseLimit } from '../money/budget.ts';
import { reason } from '../../contracts/failures.ts';
import { chargeAll, usedOf } from './ledgers.ts';
import { withAllowed } from '../unit/tool-calls.ts';
import { skipDependants } from './dependants.ts';

/** Characters of a reason that the state keeps once git has all of it. */
const keptReason = 30;

/** Takes one event. `now` is the workflow's clock. Events about units that the run does not have change nothing. */
export function stepRun(graph: RunGraph, state: RunState, event: RunStateEvent, now: number): RunState {
  const next = takeEvent(graph, state, event, now);
  if (next.cancelled || next.hold.postponed === undefined) return next;
  const hold = askPostponed(next.hold);
  return hold === next.hold ? next : { ...next, hold };
}

function takeEvent(graph: RunGraph, state: RunState, event: RunStateEvent, now: number): RunState {
  switch (event.type) {
    case 'cancel-run':
      return cancelRun(state, now);
    case 'recorded':
      return markRecorded(graph, state, event);
    case 'pause-run':
      return showHold({ ...state, hold: { ...state.hold, pausedBy: event.by } }, now);
    case 'resume-run':
      return showHold({ ...state, hold: { ...state.hold, pausedBy: null } }, now);
    case 'ask-ended': {
      if (isWithdrawn(state, event)) return withDecision(state, event.view, now);
      const { hold, addUsd } = closeAsk(state.hold, event.view, now);
      if (isBeforeStart(state.hold.ask) && hold.refusal !== null)
        return failAll(graph, { ...state, hold }, hold.refusal, now);
      const agreed = agreedEdit(state.hold.ask, event.view);
      return showHold(
        {
          ...state,
          hold,
          ledgers: { ...state.ledgers, usd: raiseLimit(state.ledgers.usd, addUsd) },
          ...(agreed === null ? {} : { nextPlan: agreed }),
        },
        now,
      );
    }
    case 'units-begun':
      return beginUnits(state, now);
    case 'units-made':
      return takeUnits(state, event, now);
    case 'units-failed':
      return failAll(graph, state, event.reason, now);
    case 'plan-edited':
      return showHold(editPlan(state, event), now);
    case 'target-tried': {
      const { verdict } = event;
      // The target was tried again while people were asked about it, so their question is obsolete.
      const isAsked = state.hold.ask?.kind === 'red-base';
      const hold = isAsked ? { ...state.hold, ask: null } : state.hold;
      if (verdict.type === 'fail') return failAll(graph, { ...state, hold }, verdict.reason, now);
      return showHold({ ...state, hold: verdict.type === 'ask' ? askAbout(hold, verdict.ask) : hold }, now);
    }
    case 'ask-lost': {
      if (isWithdrawn(state, event)) return state;
      const hold = loseAsk(state.hold);
      if (isBeforeStart(state.hold.ask)) return failAll(graph, { ...state, hold }, hold.refusal ?? '', now);
      return showHold({ ...state, hold }, now);
    }
    default:
      return stepUnit(graph, state, event, now);
  }
}

/** The question is obsolete: the run was cancelled, or its target has changed. */
function isWithdrawn({ hold }: RunState, { asked }: { readonly asked: number }): boolean {
  return hold.ask === null || asked !== hold.asked;
}

/** A decision on a withdrawn question is kept, and changes nothing. */
function withDecision(state: RunState, view: ApprovalView, now: number): RunState {
  if (view.status === 'open') return state;
  const decision = decisionOf(view, now);
  const isMoot = view.kind === 'red-base' && view.status === 'cancelled' && !state.cancelled;
  const kept = isMoot ? { ...decision, reason: 'the target has changed' } : decision;
  return { ...state, hold: { ...state.hold, decisions: [...state.hold.decisions, kept] } };
}

type UnitOnlyEvent = Extract<RunStateEvent, { readonly unit: UnitId } | { readonly type: 'unit' }>;

function stepUnit(graph: RunGraph, state: RunState, event: UnitOnlyEvent, now: number): RunState {
  const at = graph.positions.get(event.type === 'unit' ? event.message.unit : event.unit);
  const unit = at === undefined ? undefined : state.units[at];
  if (at === undefined || unit === undefined) return state;
  switch (event.type) {
    case 'started':
      // Starting a unit counts as its request for the first slice.
      return changeUnit(state, at, { phase: 'ready', since: now, startedAt: now, requestedSlice: 1 });
    case 'pause-unit':
      return showHold(changeUnit(state, at, { pausedBy: event.by }), now);
    case 'resume-unit':
      return showHold(changeUnit(state, at, { pausedBy: null }), now);
    case 'unit':
      return takeMessage(graph, state, event.message, now);
    case 'lost':
      return end(graph, state, at, { phase: 'failed', reason: lostReason, since: now });
    case 'cancel-unit':
      return unit.phase === 'waiting' ? end(graph, state, at, { ...cancelledBeforeStart, since: now }) : state;
    case 'retry-unit':
      return retryUnit(graph, state, at, { resolution: event.resolution ?? null, now });
    case 'skip-unit':
      return skipUnit(graph, state, at, { by: event.by, now });
  }
}

/** Most units that carry a long reason: a run holds the reasons of all its units in memory, and passes them on. */
const toldInFull = 50;

/**
 * No unit has begun, and none can. Units that need nothing fail with the reason. The others are skipped because of
 * them, so that they come back with a retry of what they need.
 */
function failAll(graph: RunGraph, state: RunState, why: string, now: number): RunState {
  const [short = ''] = why.split('\n', 1);
  let { version } = state;
  let told = 0;
  const mayStart = (at: number): boolean =>
    (graph.needs[at] ?? []).every((need) => hasEndedPhase(state.units[need]?.phase ?? 'waiting'));
  const units = state.units.map((unit, at) => {
    if (hasEndedPhase(unit.phase) || !mayStart(at)) return unit;
    [version, told] = [version + 1, told + 1];
    const said = told <= toldInFull ? why : short;
    return { ...unit, phase: 'failed', reason: said, since: now, requestedSlice: null, version } as const;
  });
  // A changed plan is of no use to a run in which nothing can begin.
  const { nextPlan: _, hold, ...rest } = state;
  const { postponed: _later, ...held } = hold;
  return skipDependants(graph, { ...rest, hold: held, units, version }, now);
}

/** Units that have a workflow and have not ended. */
export function openUnits(graph: RunGraph, state: RunState): UnitId[] {
  return graph.nodes.flatMap(({ id }, at) => {
    const phase = state.units[at]?.phase ?? 'waiting';
    return phase === 'waiting' || hasEndedPhase(phase) ? [] : [id];
  });
}

/** How the run ended, or null while something can still happen. */
export function runEnd({ units, cancelled, planning, nextPlan, hold }: RunState): EndedStatus | null {
  if (planning?.plan) return cancelled ? 'cancelled' : null;
  if (!cancelled && (nextPlan !== undefined || awaitsPlan(hold))) return null;
  let allLanded = true;
  for (const { phase } of units) {
    if (!hasEndedPhase(phase)) return null;
    if (phase !== 'landed') allLanded = false;
  }
  if (allLanded) return 'completed';
  return cancelled ? 'cancelled' : 'failed';
}

/** Why a unit did not land, worded for people; null while it still may, and once it has. */
export function reasonOf(graph: RunGraph, state: RunState, at: number): string | null {
  const unit = state.units[at];
  if (unit === undefined || unit.failedDependency === null) return unit?.reason ?? null;
  const failedDependency = state.units[unit.failedDependency];
  const id = graph.nodes[unit.failedDependency]?.id ?? '?';
  const [why] = (failedDependency?.reason ?? 'no reason given').split('\n', 1);
  return reason('dependency-failed', `${id} is ${failedDependency?.phase ?? 'gone'} (${why})`);
}

const cancelledBeforeStart = { phase: 'cancelled', reason: reason('cancelled', 'before it started') } as const;
const lostReason = reason('lost', 'its workflow ended without a word');

function takeMessage(graph: RunGraph, state: RunState, message: UnitMessage, now: number): RunState {
  const at = graph.positions.get(message.unit);
  const unit = at === undefined ? undefined : state.units[at];
  if (at === undefined || unit === undefined || hasEndedPhase(unit.phase) || message.seq <= unit.seq) return state;
  const heard = changeUnit(state, at, { seq: message.seq });
  switch (message.type) {
    case 'wants-slice':
      return showHold(
        changeUnit(heard, at, {
          phase: 'ready',
          since: now,
          reason: null,
          requestedSlice: message.slice,
          toppedUpUsd: message.toppedUpUsd,
        }),
        now,
      );
    case 'settled': {
      const { phase, why = null, credential, totals } = message;
      const charged = changeUnit(charge(graph, heard, at, totals), at, { phase, since: now, reason: why });
      if (credential === undefined) return charged;
      const ask = { kind: 'credential', problem: credential } as const;
      return showHold({ ...charged, hold: askAbout(charged.hold, ask) }, now);
    }
    case 'allows':
      return { ...heard, allowedCalls: withAllowed(heard.allowedCalls, message.call) };
    case 'ended': {
      const { end: how, record } = message;
      const charged = charge(graph, heard, at, record.totals);
      if (how.status === 'planned') return endPlanning(graph, charged, at, { plan: how.plan, record, now });
      return end(graph, charged, at, { ...endOf(how), record, since: now });
    }
  }
}

/** `totals` are what the unit's workflow counts: since the unit last began. */
function charge(graph: RunGraph, state: RunState, at: number, totals: UnitTotals): RunState {
  const unit = state.units[at] ?? freshUnit;
  const { tokens, turns } = usedOf(state.ledgers, totals);
  const costUsd = Math.max(unit.costUsd, unit.costBeforeUsd + totals.costUsd);
  const newly = { usd: costUsd - unit.costUsd, tokens: tokens - unit.tokens, turns: turns - unit.turns };
  const ledgers = chargeAll(state.ledgers, graph.nodes[at]?.id ?? '', newly);
  return changeUnit({ ...state, ledgers }, at, {
    costUsd,
    tokens: Math.max(tokens, unit.tokens),
    turns: Math.max(turns, unit.turns),
  });
}

/** The planner counts as landed until the run continues with its plan. */
function endPlanning(
  graph: RunGraph,
  state: RunState,
  at: number,
  { plan, record, now }: Pick<RunUnit, 'record'> & { readonly plan: Sha; readonly now: number },
): RunState {
  return end(graph, { ...state, planning: { plan } }, at, { phase: 'landed', reason: null, record, since: now });
}

function endOf(how: Exclude<UnitEnd, { status: 'planned' }>): Pick<RunUnit, 'phase' | 'reason' | 'commit'> {
  return how.status === 'landed'
    ? { phase: 'landed', reason: null, commit: how.commit }
    : { phase: how.status, reason: how.reason, commit: null };
}

const nothing = { usd: 0, tokens: 0, turns: 0 };

/** Ends a unit. If it has not landed, the units that need it cannot land either and are skipped with the reason. */
function end(graph: RunGraph, state: RunState, at: number, how: Partial<RunUnit>): RunState {
  const unit = state.units[at];
  if (unit === undefined || hasEndedPhase(unit.phase)) return state;
  const charged = { ...state, ledgers: chargeAll(state.ledgers, graph.nodes[at]?.id ?? '', nothing) };
  const skipped = unit.skippedBy !== null && how.phase !== 'landed' ? skippedEnd(unit.skippedBy) : {};
  const next = changeUnit(charged, at, { requestedSlice: null, ...how, ...skipped });
  return how.phase === 'landed' ? next : skipDependants(graph, next, how.since ?? unit.since);
}

function skippedEnd(by: string): Pick<RunUnit, 'phase' | 'reason'> {
  return { phase: 'skipped', reason: reason('skipped', `left out by ${by}`) };
}

function retryUnit(
  graph: RunGraph,
  state: RunState,
  at: number,
  { resolution, now }: Pick<RunUnit, 'resolution'> & { readonly now: number },
): RunState {
  const unit = state.units[at] ?? freshUnit;
  const again = changeUnit(state, at, {
    phase: 'waiting',
    since: now,
    reason: null,
    failedDependency: null,
    commit: null,
    startedAt: null,
    skippedBy: null,
    resolution,
    pausedBy: null,
    recorded: false,
    retries: unit.retries + 1,
    costBeforeUsd: unit.costUsd,
    toppedUpUsd: 0,
    tokens: 0,
    turns: 0,
  });
  // Whoever retries it has seen the refusal.
  return skipDependants(graph, { ...again, hold: { ...again.hold, refusal: null } }, now);
}

/** A unit at work is only marked: its workflow is cancelled, and the mark counts once it has ended. */
function skipUnit(graph: RunGraph, state: RunState, at: number, { by, now }: { by: string; now: number }): RunState {
  const phase = state.units[at]?.phase ?? 'landed';
  if (phase === 'landed') return state;
  const marked = changeUnit(state, at, { skippedBy: by });
  if (phase !== 'waiting' && !hasEndedPhase(phase)) return marked;
  const left = { ...skippedEnd(by), failedDependency: null, since: now, recorded: false };
  return skipDependants(graph, changeUnit(marked, at, left), now);
}

function cancelRun(state: RunState, now: number): RunState {
  let { version } = state;
  // Units that a host makes are made without a workflow of their own.
  const hasNoWorkflow = ({ phase }: RunUnit): boolean =>
    phase === 'waiting' || (state.planning?.unitsOnly === true && !hasEndedPhase(phase));
  const units = state.units.map((unit) => {
    if (!hasNoWorkflow(unit)) return unit;
    version += 1;
    return { ...unit, ...cancelledBeforeStart, since: now, version };
  });
  return { ...state, cancelled: true, hold: { ...state.hold, pausedBy: null, ask: null }, units, version };
}

/** Makes units that wait for a slice show whether the run is held, and why. */
export function showHold(state: RunState, now: number): RunState {
  let next = state;
  for (const [at, unit] of state.units.entries()) {
    if (unit.requestedSlice === null) continue;
    const shown = waitingPhase(state, unit);
    if (shown.phase !== unit.phase || shown.reason !== unit.reason)
      next = changeUnit(next, at, { ...shown, since: now });
  }
  return next;
}

function markRecorded(
  graph: RunGraph,
  state: RunState,
  { units, version }: Extract<RunStateEvent, { type: 'recorded' }>,
): RunState {
  const next = [...state.units];
  for (const id of units) {
    const at = graph.positions.get(id);
    const unit = at === undefined ? undefined : next[at];
    if (at === undefined || unit === undefined || unit.version > version) continue;
    const { reason: whole } = unit;
    const kept = whole !== null && whole.length > keptReason ? `${whole.slice(0, keptReason)}…` : whole;
    next[at] = { ...unit, record: null, recorded: true, startedAt: null, reason: kept };
  }
  return { ...state, units: next, pages: state.pages + 1 };
}
