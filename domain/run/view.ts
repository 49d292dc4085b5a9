// Turns a run's state into answers for people and programs: pages of changed units, counts, a few notable units.

import type { RunInput } from './input.ts';
import type { RunView, RunViewUnit, ViewRequest } from '../../contracts/messages/run.ts';
import type { RunGraph } from '../plan/graph.ts';
import type { PlanNode } from '../../contracts/documents/plan.ts';
import type { RunState, RunUnit } from './state.ts';
import type { RunStatus, UnitPhase } from '../../contracts/documents/report.ts';
import { explainPause } from './hold.ts';
import { limitOf } from './grants.ts';
import { hasEndedPhase } from './state.ts';
import { reasonOf, runEnd } from './step.ts';
import { runApprovalWorkflowId } from '../../contracts/ids.ts';

type BudgetSettings = Pick<RunInput['settings'], 'unitBudgetUsd'>;

/** A page stays well below 1 MiB. */
const unitsInPage = 1_000;

/** The run workflow's answer to its `view` query: the units that changed after `after`, oldest change first. */
export function viewRun(
  input: RunInput,
  graph: RunGraph,
  state: RunState,
  { after = 0, limit = unitsInPage }: ViewRequest = {},
): RunView {
  const { context, goal, model, settings } = input;
  const changed = [...state.units.keys()].filter((at) => versionOf(state, at) > after);
  const page =
    changed.length <= limit
      ? changed
      : changed.toSorted((a, b) => versionOf(state, a) - versionOf(state, b)).slice(0, limit);
  const complete = page.length === changed.length;
  return {
    run: context.run,
    status: statusOf(state),
    repository: context.repository,
    branch: context.branch,
    queue: context.queue,
    goal,
    model,
    startedBy: context.requestedBy,
    startedAt: timeOf(state.startedAt),
    units: page.toSorted((a, b) => a - b).flatMap((at) => viewUnit(graph, state, settings, at)),
    version: complete ? state.version : Math.max(...page.map((at) => versionOf(state, at))),
    complete,
    budget: { spentUsd: state.ledgers.usd.spent, limitUsd: state.ledgers.usd.limit },
    approval: state.hold.ask === null ? null : runApprovalWorkflowId(context.run, state.hold.asked),
  };
}

/** Paused = nothing continues before a person acts. */
export function statusOf(state: RunState): RunStatus {
  const { pausedBy, ask } = state.hold;
  return runEnd(state) ?? (pausedBy !== null || ask?.kind === 'credential' ? 'paused' : 'running');
}

/** The counts that lists show, as the run's memo has them. */
export function progressOf({ units, ledgers }: RunState): {
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
  return { total: units.length, landed, failed, costUsd: ledgers.usd.spent };
}

/**
 * Units by phase, and the first few that are neither waiting nor landed. One walk; allocates nothing for the others.
 */
export function summarizeRun(
  graph: RunGraph,
  state: RunState,
  settings: BudgetSettings,
  most: number,
): { readonly counts: Readonly<Partial<Record<UnitPhase, number>>>; readonly shown: readonly RunViewUnit[] } {
  const counts: Partial<Record<UnitPhase, number>> = {};
  const notable: number[] = [];
  for (const [at, { phase }] of state.units.entries()) {
    counts[phase] = (counts[phase] ?? 0) + 1;
    if (phase !== 'waiting' && phase !== 'landed' && (notable.length < most || !hasEndedPhase(phase))) notable.push(at);
  }
  const open = notable.filter((at) => !hasEndedPhase(state.units[at]?.phase ?? 'landed'));
  const ended = notable.filter((at) => hasEndedPhase(state.units[at]?.phase ?? 'landed'));
  return { counts, shown: [...open, ...ended].slice(0, most).flatMap((at) => viewUnit(graph, state, settings, at)) };
}

function viewUnit(graph: RunGraph, state: RunState, settings: BudgetSettings, at: number): RunViewUnit[] {
  const [unit, node] = [state.units[at], graph.nodes[at]];
  if (unit === undefined || node === undefined) return [];
  return [
    {
      position: at,
      id: node.id,
      title: node.title,
      phase: unit.phase,
      reason: reasonOf(graph, state, at) ?? (unit.phase === 'waiting' ? explainPause(unit.pausedBy) : null),
      commit: unit.commit,
      needs: node.needs,
      since: timeOf(unit.since),
      costUsd: unit.costUsd,
      estimated: unit.record?.totals.estimated ?? false,
      budgetUsd: budgetOf(node, settings, unit),
    },
  ];
}

/** Includes what the unit had cost before it was retried. */
function budgetOf(node: PlanNode, settings: BudgetSettings, unit: RunUnit): number | null {
  const limit = limitOf(node, settings, unit);
  return limit === null ? null : limit + unit.costBeforeUsd;
}

function versionOf({ units }: RunState, at: number): number {
  return units[at]?.version ?? 0;
}

function timeOf(at: number): string {
  return new Date(at).toISOString();
}
