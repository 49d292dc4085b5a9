// One run as data: the graph, where each unit stands, and the ledger. A pure reducer; the run workflow starts what
// `unitsToStart` names, sends what `answerRequests` grants, and ends when `runEnd` says so.
//
//   waiting → ready → working ⇄ ready | asking | queued → landed | failed | cancelled
//   waiting → skipped          when something it needs cannot land any more
//
// Units that wait exist only here; `run.parallel` counts units that are ready or working.

import type { AllowanceMessage, UnitEnd, UnitMessage, UnitRecord } from './messages.ts';
import type { Ledger } from './budget.ts';
import type { PlanNode, RunContext } from './plan.ts';
import type { ReportUnit, RunStatus, UnitPhase } from './report.ts';
import type { Sha, UnitId } from './ids.ts';
import { grantAllowance, openLedger, settleAllowance } from './budget.ts';
import { noTotals } from './unit.ts';
import { reason } from './failures.ts';

export interface RunInput {
  readonly context: RunContext;
  /** Slug of the repository, for the search attribute. */
  readonly slug: string;
  /** First line of the goal, for people who look at the Web UI. */
  readonly goal: string;
  readonly model: string;
  readonly nodes: readonly PlanNode[];
  readonly settings: RunSettings;
  /** Set by continue-as-new. */
  readonly resumed?: RunState;
}

export interface RunSettings {
  readonly parallel: number;
  readonly budgetUsd: number | null;
  /** For units that set no budget of their own. */
  readonly unitBudgetUsd: number | null;
  readonly slackChannel: string | null;
  /** How long an approval stays open before silence counts as "no". */
  readonly approvalSeconds: number;
}

export interface RunState {
  readonly startedAt: string;
  readonly units: Readonly<Record<string, RunUnit>>;
  readonly ledger: Ledger;
  readonly cancelled: boolean;
}

export interface RunUnit {
  readonly phase: UnitPhase;
  /** When the phase began, ISO 8601. */
  readonly since: string;
  readonly reason: string | null;
  readonly commit: Sha | null;
  /** Last message taken from the unit's workflow. */
  readonly seq: number;
  /** A slice that the unit asked for and was not answered about yet. */
  readonly wants: number | null;
  readonly record: UnitRecord | null;
  /** When it was started, ISO 8601; null while it waits. */
  readonly startedAt: string | null;
}

export type RunEvent =
  | { readonly type: 'started'; readonly unit: UnitId }
  | { readonly type: 'unit'; readonly message: UnitMessage }
  /** The unit's workflow is gone without a word (terminated by hand, say). */
  | { readonly type: 'lost'; readonly unit: UnitId }
  | { readonly type: 'cancel-unit'; readonly unit: UnitId }
  | { readonly type: 'cancel-run' };

/** How many units to start at once: bursts of children keep the parent workflow busy. */
const startBurst = 20;

const ended: ReadonlySet<UnitPhase> = new Set(['landed', 'failed', 'cancelled', 'skipped']);

export function hasEndedPhase(phase: UnitPhase): boolean {
  return ended.has(phase);
}

export function beginRun(input: RunInput, at: string): RunState {
  const unit: RunUnit = {
    phase: 'waiting',
    since: at,
    reason: null,
    commit: null,
    seq: 0,
    wants: null,
    record: null,
    startedAt: null,
  };
  return {
    startedAt: at,
    units: Object.fromEntries(input.nodes.map((node) => [node.id, unit])),
    ledger: openLedger(input.settings.budgetUsd),
    cancelled: false,
  };
}

/** Takes one event. `at` is the workflow's clock, ISO 8601. */
export function stepRun(nodes: readonly PlanNode[], state: RunState, event: RunEvent, at: string): RunState {
  switch (event.type) {
    case 'started':
      return change(state, event.unit, { phase: 'ready', since: at, startedAt: at });
    case 'unit':
      return takeMessage(nodes, state, event.message, at);
    case 'lost':
      return end(nodes, state, event.unit, { phase: 'failed', reason: lostReason, since: at });
    case 'cancel-unit':
      return state.units[event.unit]?.phase === 'waiting'
        ? end(nodes, state, event.unit, { ...cancelledBeforeStart, since: at })
        : state;
    case 'cancel-run': {
      const units = { ...state.units };
      for (const [id, unit] of Object.entries(units)) {
        if (unit.phase === 'waiting') units[id] = { ...unit, ...cancelledBeforeStart, since: at };
      }
      return { ...state, cancelled: true, units };
    }
  }
}

/** Units whose dependencies have all landed, in the order of the plan, as many as the window has room for. */
export function unitsToStart(nodes: readonly PlanNode[], state: RunState, parallel: number): PlanNode[] {
  if (state.cancelled) return [];
  const busy = Object.values(state.units).filter(({ phase }) => phase === 'ready' || phase === 'working').length;
  const room = Math.max(0, Math.min(parallel - busy, startBurst));
  const starting: PlanNode[] = [];
  for (const node of nodes) {
    if (starting.length >= room) break;
    if (state.units[node.id]?.phase !== 'waiting') continue;
    if (node.needs.every((need) => state.units[need]?.phase === 'landed')) starting.push(node);
  }
  return starting;
}

export interface Answer {
  readonly unit: UnitId;
  readonly message: AllowanceMessage;
}

/** Answers units that asked for a slice; one that must wait for others to settle stays unanswered for now. */
export function answerRequests(
  input: Pick<RunInput, 'nodes' | 'settings'>,
  state: RunState,
  at: string,
): { readonly state: RunState; readonly answers: readonly Answer[] } {
  const answers: Answer[] = [];
  let next = state;
  for (const node of input.nodes) {
    const slice = next.units[node.id]?.wants ?? null;
    if (slice === null) continue;
    const grant = grantAllowance(next.ledger, node.id, node.budgetUsd ?? input.settings.unitBudgetUsd);
    if (grant.type === 'wait') continue;
    const granted = grant.type === 'granted';
    answers.push({
      unit: node.id,
      message: { slice, allowance: granted ? { usd: grant.usd } : null },
    });
    next = change(granted ? { ...next, ledger: grant.ledger } : next, node.id, {
      wants: null,
      ...(granted ? { phase: 'working', since: at } : {}),
    });
  }
  return { state: next, answers };
}

/** Units that have a workflow of their own and have not ended. */
export function openUnits(nodes: readonly PlanNode[], state: RunState): UnitId[] {
  return nodes
    .map((node) => node.id)
    .filter((id) => {
      const phase = state.units[id]?.phase ?? 'waiting';
      return phase !== 'waiting' && !ended.has(phase);
    });
}

/** How the run ended, or null while something can still happen. */
export function runEnd(state: RunState): Exclude<RunStatus, 'running' | 'paused'> | null {
  const phases = Object.values(state.units).map(({ phase }) => phase);
  if (!phases.every((phase) => ended.has(phase))) return null;
  if (phases.every((phase) => phase === 'landed')) return 'completed';
  return state.cancelled ? 'cancelled' : 'failed';
}

export function reportUnits(nodes: readonly PlanNode[], state: RunState): ReportUnit[] {
  return nodes.map((node) => {
    const unit = unitOf(state, node.id);
    const wait = waitOf(state, node, unit);
    const { totals, slices, attempts, seconds } = unit.record ?? {
      totals: noTotals,
      slices: 0,
      attempts: 0,
      seconds: { slot: 0, work: 0, human: 0, queue: 0 },
    };
    return {
      id: node.id,
      status: unit.phase,
      reason: unit.reason,
      needs: node.needs,
      commit: unit.commit,
      startedAt: unit.startedAt,
      endedAt: ended.has(unit.phase) ? unit.since : null,
      slices,
      attempts,
      ...totals,
      seconds: { ...seconds, dependencies: wait.dependencies, slot: seconds.slot + wait.window },
    };
  });
}

/** Waiting for dependencies, then for a place in the window; seconds. */
function waitOf(state: RunState, node: PlanNode, unit: RunUnit): { dependencies: number; window: number } {
  const begun = Date.parse(state.startedAt);
  const landed = node.needs.map((need) => Date.parse(unitOf(state, need).since));
  const free = Math.max(begun, ...landed);
  const started = unit.startedAt === null ? null : Date.parse(unit.startedAt);
  return {
    dependencies: started === null ? 0 : (free - begun) / 1000,
    window: started === null ? 0 : Math.max(0, started - free) / 1000,
  };
}

const cancelledBeforeStart = {
  phase: 'cancelled',
  reason: reason('cancelled', 'before it started'),
} as const;
const lostReason = reason('lost', 'its workflow ended without a word');

function takeMessage(nodes: readonly PlanNode[], state: RunState, message: UnitMessage, at: string): RunState {
  const unit = state.units[message.unit];
  if (unit === undefined || ended.has(unit.phase) || message.seq <= unit.seq) return state;
  const heard = change(state, message.unit, { seq: message.seq });
  switch (message.type) {
    case 'wants-slice':
      return change(heard, message.unit, { phase: 'ready', since: at, wants: message.slice });
    case 'settled': {
      const ledger = settleAllowance(heard.ledger, message.unit, message.totals.costUsd);
      return change({ ...heard, ledger }, message.unit, { phase: message.phase, since: at });
    }
    case 'ended': {
      const ledger = settleAllowance(heard.ledger, message.unit, message.record.totals.costUsd);
      const { end: how, record } = message;
      return end(nodes, { ...heard, ledger }, message.unit, { ...endOf(how), record, since: at });
    }
  }
}

function endOf(how: UnitEnd): Pick<RunUnit, 'phase' | 'reason' | 'commit'> {
  return how.status === 'landed'
    ? { phase: 'landed', reason: null, commit: how.commit }
    : { phase: how.status, reason: how.reason, commit: null };
}

/** Ends a unit; when it has not landed, whatever needs it cannot land either and is skipped with the reason. */
function end(nodes: readonly PlanNode[], state: RunState, id: UnitId, how: Partial<RunUnit>): RunState {
  const unit = unitOf(state, id);
  if (ended.has(unit.phase)) return state;
  const ledger = settleAllowance(state.ledger, id, state.ledger.spent[id] ?? 0);
  const next = change({ ...state, ledger }, id, { wants: null, ...how });
  return how.phase === 'landed' ? next : skipDependants(nodes, next, id);
}

function skipDependants(nodes: readonly PlanNode[], state: RunState, culprit: UnitId): RunState {
  const units = { ...state.units };
  const gone = new Set<UnitId>([culprit]);
  const at = unitOf(state, culprit).since;
  const because = unitOf(state, culprit);
  // A plan's units may stand in any order, so this repeats until nothing changes; each pass is linear.
  for (let changed = true; changed;) {
    changed = false;
    for (const node of nodes) {
      const unit = units[node.id];
      if (unit?.phase !== 'waiting' || !node.needs.some((need) => gone.has(need))) continue;
      const why = reason(
        'dependency-failed',
        `${culprit} is ${because.phase} (${because.reason ?? 'no reason given'})`,
      );
      units[node.id] = { ...unit, phase: 'skipped', since: at, reason: why };
      gone.add(node.id);
      changed = true;
    }
  }
  return { ...state, units };
}

function unitOf(state: RunState, id: UnitId): RunUnit {
  const unit = state.units[id];
  if (unit === undefined) throw new Error(`the run has no unit ${id}`);
  return unit;
}

function change(state: RunState, id: UnitId, to: Partial<RunUnit>): RunState {
  return { ...state, units: { ...state.units, [id]: { ...unitOf(state, id), ...to } } };
}
