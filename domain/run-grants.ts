// What a run answers to units that ask for a slice: an allowance, that their budget is spent, or that people have said no.
// Pure; part of domain/run.ts.

import type { AllowanceMessage } from './messages.ts';
import type { PlanNode } from './plan.ts';
import type { RunGraph } from './run-graph.ts';
import type { RunSettings, RunState, RunUnit } from './run.ts';
import type { UnitId } from './ids.ts';
import { askAbout, isHeld } from './run-hold.ts';
import { changeUnit, showHold } from './run.ts';
import { grantAllowance } from './budget.ts';
import { reason } from './failures.ts';

export interface Answer {
  readonly unit: UnitId;
  readonly message: AllowanceMessage;
}

/** Answers units that asked for a slice; one that must wait, for others to settle or for people, stays unanswered for now. */
export function answerRequests(
  graph: RunGraph,
  settings: Pick<RunSettings, 'unitBudgetUsd' | 'budgetUsd' | 'budgetVerdict'>,
  state: RunState,
  now: number,
): { readonly state: RunState; readonly answers: readonly Answer[] } {
  const answers: Answer[] = [];
  let next = state;
  const asking = state.units.flatMap(({ wants, pausedBy }, at) => (wants === null || pausedBy !== null ? [] : [at]));
  for (const [i, at] of asking.entries()) {
    const [unit, node] = [next.units[at], graph.nodes[at]];
    if (unit === undefined || unit.wants === null || node === undefined) continue;
    const { hold, ledger } = next;
    const { wants: slice } = unit;
    if (isHeld(next)) break;
    const limit = limitOf(node, settings, unit);
    const left = limit === null ? null : limit - (unit.costUsd - unit.costBeforeUsd);
    const grant = grantAllowance(ledger, { unit: node.id, unitLeftUsd: left, asking: asking.length - i });
    const refusal = hold.refusal ?? (grant.type === 'spent' && grant.whose === 'run' ? spentForGood(settings) : null);
    if (refusal !== null) {
      answers.push({ unit: node.id, message: { slice, type: 'refused', reason: refusal } });
      next = changeUnit(next, at, { wants: null });
    } else if (grant.type === 'granted') {
      const allowance = { usd: grant.usd, unitUsd: left };
      answers.push({ unit: node.id, message: { slice, type: 'granted', allowance } });
      next = changeUnit({ ...next, ledger: grant.ledger }, at, { wants: null, phase: 'working', since: now });
    } else if (grant.type === 'spent' && grant.whose === 'unit') {
      answers.push({ unit: node.id, message: { slice, type: 'spent', limitUsd: limit ?? 0 } });
      next = changeUnit(next, at, { wants: null });
    } else if (grant.type === 'spent') {
      const { spentUsd, limitUsd } = ledger;
      const ask = { kind: 'budget', spentUsd, limitUsd: limitUsd ?? 0, topUpUsd: settings.budgetUsd ?? 0 } as const;
      next = showHold({ ...next, hold: askAbout(hold, ask) }, now);
    }
  }
  return { state: next, answers };
}

/** What a unit may cost since it was begun last, USD; null = it has no budget of its own. */
export function limitOf(
  { budgetUsd }: Pick<PlanNode, 'budgetUsd'>,
  settings: Pick<RunSettings, 'unitBudgetUsd'>,
  { toppedUpUsd }: RunUnit,
): number | null {
  const limit = budgetUsd ?? settings.unitBudgetUsd;
  return limit === null ? null : limit + toppedUpUsd;
}

function spentForGood({ budgetVerdict }: Pick<RunSettings, 'budgetVerdict'>): string | null {
  return budgetVerdict.decide === 'deny' ? reason('budget', 'the run has spent its budget') : null;
}

/** Units at work, whose slices are to leave their hosts when the run (or one of them) is paused. */
export function unitsAtWork(graph: RunGraph, state: RunState): UnitId[] {
  return graph.nodes.flatMap(({ id }, at) => (state.units[at]?.phase === 'working' ? [id] : []));
}
