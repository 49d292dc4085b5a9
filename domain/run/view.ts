// Turns a run's state into answers for people and programs: pages of changed units, counts, a few notable units.

import type { RunInput } from './input.ts';
import type { RunHead, RunOverview, RunView, RunViewUnit, ViewRequest } from '../../contracts/messages/run.ts';
import type { RunGraph } from '../plan/graph.ts';
import type { PlanNode } from '../../contracts/documents/plan.ts';
import type { RunState, RunUnit } from './state.ts';
import type { RunStatus } from '../../contracts/documents/report.ts';
import { explainPause } from './hold.ts';
import { countByPhase, notableUnits, type PhaseCounts } from './notable.ts';
import { limitOf } from './grants.ts';
import { type SizeOf, fitting, pageByChange, pageByPosition } from './pages.ts';
import { hasEndedPhase } from './state.ts';
import { reasonOf, runEnd } from './step.ts';
import { waitsBehind } from './schedule.ts';
import { runApprovalWorkflowId } from '../../contracts/ids.ts';

type BudgetSettings = Pick<RunInput['settings'], 'unitBudgetUsd'>;

/** The run workflow's answer to its `view` query. */
export function viewRun(
  input: RunInput,
  graph: RunGraph,
  state: RunState,
  { after = 0, from }: ViewRequest = {},
): RunView {
  const sizeOf = sizeIn(graph, state);
  const page = from === undefined ? pageByChange(state, after, sizeOf) : pageByPosition(state, { after, from }, sizeOf);
  const { positions, ...rest } = page;
  return { ...headOf(input, state), units: viewUnits(graph, state, input.settings, positions), ...rest };
}

/** The run workflow's answer to its `overview` query. */
export function overviewOfRun(
  input: RunInput,
  graph: RunGraph,
  state: RunState,
  { most }: { readonly most: number },
): RunOverview {
  const all = state.units.length <= most;
  const positions = all ? [...state.units.keys()] : notableUnits(state.units, most);
  const units = viewUnits(graph, state, input.settings, fitting(positions, sizeIn(graph, state)));
  return { ...headOf(input, state), counts: countByPhase(state.units), units };
}

function headOf({ context, goal, model }: RunInput, state: RunState): RunHead {
  return {
    run: context.run,
    status: statusOf(state),
    repository: context.repository,
    branch: context.branch,
    queue: context.queue,
    goal,
    model,
    plan: context.plan,
    total: state.units.length,
    startedBy: context.requestedBy,
    startedAt: timeOf(state.startedAt),
    budget: { spentUsd: state.ledgers.usd.spent, limitUsd: state.ledgers.usd.limit },
    approval: state.hold.ask === null ? null : runApprovalWorkflowId(context.run, state.hold.asked),
  };
}

/** Paused = nothing continues before a person acts. */
export function statusOf(state: RunState): RunStatus {
  const { pausedBy, ask } = state.hold;
  const atWork = state.planning === undefined ? 'running' : 'planning';
  return runEnd(state) ?? (pausedBy !== null || ask?.kind === 'credential' ? 'paused' : atWork);
}

/** The counts that lists show, as the run's memo has them. */
export function progressOf({ units, ledgers, planning }: RunState): {
  readonly total: number;
  readonly landed: number;
  readonly failed: number;
  readonly costUsd: number;
} {
  let [landed, failed] = [0, 0];
  for (const { phase } of units) {
    if (phase === 'landed') landed += 1;
    else if (hasEndedPhase(phase)) failed += 1;
  }
  const costUsd = ledgers.usd.spent;
  // How many units the plan will have is not known.
  return planning === undefined
    ? { total: units.length, landed, failed, costUsd }
    : { total: 0, landed: 0, failed: 0, costUsd };
}

/** Units by phase, and the `most` that people look at first. */
export function summarizeRun(
  graph: RunGraph,
  state: RunState,
  settings: BudgetSettings,
  most: number,
): { readonly counts: PhaseCounts; readonly shown: readonly RunViewUnit[] } {
  const shown = viewUnits(graph, state, settings, notableUnits(state.units, most));
  return { counts: countByPhase(state.units), shown };
}

function viewUnits(
  graph: RunGraph,
  state: RunState,
  settings: BudgetSettings,
  positions: readonly number[],
): RunViewUnit[] {
  return positions.flatMap((at) => viewUnit(graph, state, settings, at));
}

function sizeIn(graph: RunGraph, state: RunState): SizeOf {
  return (at) => {
    const { id = '', title = '', needs = [] } = graph.nodes[at] ?? {};
    const texts = [id, title, shownReason(graph, state, at) ?? '', ...needs];
    return texts.reduce((sum, { length }) => sum + length + quotes, 0);
  };
}

/** Around each text, with the comma. */
const quotes = 3;

function viewUnit(graph: RunGraph, state: RunState, settings: BudgetSettings, at: number): RunViewUnit[] {
  const [unit, node] = [state.units[at], graph.nodes[at]];
  if (unit === undefined || node === undefined) return [];
  return [
    {
      position: at,
      id: node.id,
      title: node.title,
      phase: unit.phase,
      reason: shownReason(graph, state, at),
      commit: unit.commit,
      needs: node.needs,
      since: timeOf(unit.since),
      costUsd: unit.costUsd,
      estimated: unit.record?.totals.estimated ?? false,
      budgetUsd: budgetOf(node, settings, unit),
    },
  ];
}

/** Why a unit has ended, or waits. */
function shownReason(graph: RunGraph, state: RunState, at: number): string | null {
  const unit = state.units[at];
  const why = reasonOf(graph, state, at);
  if (why !== null || unit?.phase !== 'waiting') return why;
  const behind = waitsBehind(graph, state, at);
  const order = behind === null ? null : `starts when ${behind.id} has ended: both may change the same file`;
  return explainPause(unit.pausedBy) ?? order;
}

/** Includes what the unit had cost before it was retried. */
function budgetOf(node: PlanNode, settings: BudgetSettings, unit: RunUnit): number | null {
  const limit = limitOf(node, settings, unit);
  return limit === null ? null : limit + unit.costBeforeUsd;
}

function timeOf(at: number): string {
  return new Date(at).toISOString();
}
