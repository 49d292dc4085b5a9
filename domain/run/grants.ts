// A run's answers to units that ask for a slice: an allowance, that their budget is spent, or that people have refused.
// Pure; part of domain/run/step.ts.

import type { RunSettings } from './settings.ts';
import type { AllowanceMessage } from '../../contracts/messages/unit.ts';
import type { PlanNode } from '../../contracts/documents/plan.ts';
import type { RunGraph } from '../plan/graph.ts';
import type { RunState, RunUnit } from './state.ts';
import type { UnitId } from '../../contracts/ids.ts';
import { askAbout, isHeld } from './hold.ts';
import { changeUnit } from './state.ts';
import { showHold } from './step.ts';
import { grantAll } from './ledgers.ts';
import { reason } from '../../contracts/failures.ts';

export interface Answer {
  readonly unit: UnitId;
  readonly message: AllowanceMessage;
}

/**
 * Answers units that asked for a slice. A unit that must wait, for others to settle or for people, gets no answer for
 * now.
 */
export function answerRequests(
  graph: RunGraph,
  settings: Omit<RunSettings, 'parallel' | 'approvalSeconds'>,
  state: RunState,
  now: number,
): { readonly state: RunState; readonly answers: readonly Answer[] } {
  const answers: Answer[] = [];
  let next = state;
  const asking = state.units.flatMap(({ requestedSlice, pausedBy }, at) =>
    requestedSlice === null || pausedBy !== null ? [] : [at],
  );
  for (const [i, at] of asking.entries()) {
    const [unit, node] = [next.units[at], graph.nodes[at]];
    if (unit === undefined || unit.requestedSlice === null || node === undefined) continue;
    const { hold, ledgers } = next;
    const { requestedSlice: slice } = unit;
    if (isHeld(next)) break;
    const limit = limitOf(node, settings, unit);
    const left = limit === null ? null : limit - (unit.costUsd - unit.costBeforeUsd);
    const grant = grantAll(ledgers, { unit: node.id, unitLeftUsd: left, asking: asking.length - i });
    const until = deadlineOf(state, settings);
    const refusal = hold.refusal ?? (until !== null && now >= until ? outOfTime : spentForGood(grant, settings));
    if (refusal !== null) {
      answers.push({ unit: node.id, message: { slice, type: 'refused', reason: refusal } });
      next = changeUnit(next, at, { requestedSlice: null });
    } else if (grant.type === 'granted') {
      const seconds = until === null ? null : (until - now) / 1000;
      const allowance = { ...grant.amounts, unitUsd: left, seconds };
      const { allowedCalls } = state;
      const more = allowedCalls === undefined ? {} : { allowedCalls };
      answers.push({ unit: node.id, message: { slice, type: 'granted', allowance, ...more } });
      next = changeUnit({ ...next, ledgers: grant.ledgers }, at, {
        requestedSlice: null,
        phase: 'working',
        since: now,
      });
    } else if (grant.type === 'spent' && grant.whose === 'unit') {
      answers.push({ unit: node.id, message: { slice, type: 'spent', limitUsd: limit ?? 0 } });
      next = changeUnit(next, at, { requestedSlice: null });
    } else if (grant.type === 'spent') {
      const { usd } = ledgers;
      const topUpUsd = settings.budgetUsd ?? 0;
      const ask = { kind: 'budget', spentUsd: usd.spent, limitUsd: usd.limit ?? 0, topUpUsd } as const;
      next = showHold({ ...next, hold: askAbout(hold, ask) }, now);
    }
  }
  return { state: next, answers };
}

/** What a unit may cost since it last began, USD; null = no budget of its own. */
export function limitOf(
  { budgetUsd }: Pick<PlanNode, 'budgetUsd'>,
  settings: Pick<RunSettings, 'unitBudgetUsd'>,
  { toppedUpUsd }: RunUnit,
): number | null {
  const limit = budgetUsd ?? settings.unitBudgetUsd;
  return limit === null ? null : limit + toppedUpUsd;
}

const outOfTime = reason('budget', 'the run has taken all its time (run.maxTime)');

/** When the run's time is up, ms since the epoch; null = no limit, or the run was reopened. */
function deadlineOf(
  { startedAt, reopened }: RunState,
  { maxSeconds = null }: Pick<RunSettings, 'maxSeconds'>,
): number | null {
  return maxSeconds === null || reopened ? null : startedAt + maxSeconds * 1000;
}

/** The reason if a limit is used up and people are not asked to raise it. */
function spentForGood(
  grant: ReturnType<typeof grantAll>,
  { budgetVerdict }: Pick<RunSettings, 'budgetVerdict'>,
): string | null {
  if (grant.type !== 'spent' || grant.whose === 'unit') return null;
  switch (grant.measure) {
    case 'tokens':
      return reason('budget', 'the run has used all its tokens (run.maxTokens)');
    case 'turns':
      return reason('budget', 'the run has used all its turns (run.maxTurns)');
    case 'usd':
      return budgetVerdict.decide === 'deny' ? reason('budget', 'the run has spent its budget') : null;
  }
}

/** Units at work, whose slices must leave their hosts when the run (or that unit) is paused. */
export function unitsAtWork(graph: RunGraph, state: RunState): UnitId[] {
  return graph.nodes.flatMap(({ id }, at) => (state.units[at]?.phase === 'working' ? [id] : []));
}
