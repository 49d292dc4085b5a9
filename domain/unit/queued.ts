// How the merge queue's answers change a unit; part of life.ts.

import { ask, fail, illegal } from './transitions.ts';
import { askForHelp, explainFeedback } from './help.ts';
import type { StateOf, UnitEvent, UnitLife } from './state.ts';
import type { QueueOutcome } from '../../contracts/messages/unit.ts';
import type { FinishedWork } from '../../contracts/activities/agent.ts';
import { hasNoEnd, traceOf } from './returns.ts';
import { excerpt, excerptLines } from '../text/excerpt.ts';
import { reason } from '../../contracts/failures.ts';

export function afterQueued(life: UnitLife, state: StateOf<'queued'>, event: UnitEvent): UnitLife {
  if (event.type !== 'queue-answered') throw illegal(state, event);
  const { outcome } = event;
  switch (outcome.status) {
    case 'landed': {
      const { commit, size, redBefore } = outcome;
      const settled = countSettled(life, state.work);
      return {
        ...settled,
        ...(size === undefined ? {} : { size }),
        ...(redBefore === undefined ? {} : { redBefore }),
        state: { status: 'landed', commit },
      };
    }
    case 'refused':
      return fail(life, outcome.reason);
    case 'consent-missing': {
      const { status: _, ...queued } = state;
      const { policy, changed, changedCount, size, covers } = outcome;
      const { size: _size, ...result } = state.work;
      const work = { ...result, changed, changedCount, ...(size === undefined ? {} : { size }) };
      return ask(life, { kind: 'merge', work, more: { queued, covers } }, policy);
    }
    case 'not-verified':
      return afterNotVerified(life, state, outcome);
    case 'withdrawn':
      return {
        ...life,
        state: { status: 'cancelled', reason: reason('cancelled', 'withdrawn from the queue') },
      };
    case 'returned':
      return afterReturn(life, state.work, { ...event, outcome });
  }
}

/**
 * A person may allow the setup the network. If policy lets nobody be asked, or they have answered already, the unit
 * fails.
 */
function afterNotVerified(
  life: UnitLife,
  state: StateOf<'queued'>,
  { output, egress }: Extract<QueueOutcome, { status: 'not-verified' }>,
): UnitLife {
  const { status: _, ...queued } = state;
  const answered = [...(life.egress?.granted ?? []), ...(life.egress?.refused ?? [])];
  const mayAsk = egress !== undefined && !answered.includes(egress.wish.key);
  if (!mayAsk || egress.verdict.decide === 'deny')
    return fail(life, reason('not-verified', explainNotVerified(output)));
  return ask(life, { kind: 'egress', feedback: null, wish: egress.wish, output, queued }, egress.verdict.policy);
}

/** The end of the output says what was missing. */
function explainNotVerified(output: string): string {
  const said = excerpt(excerptLines(output, 4).join('\n'), 400);
  return `the setup fails without the network, which policy does not let it have, so nobody knows whether the result is good; a rule of coppice.yaml on the target can allow it (policy: [{ action: egress, decide: allow }]), then \`coppice retry\`. It ended with: ${said}`;
}

type Answered = Extract<UnitEvent, { type: 'queue-answered' }>;
type Returned = Answered & { readonly outcome: Extract<QueueOutcome, { status: 'returned' }> };

function afterReturn(life: UnitLife, work: FinishedWork, { outcome: { feedback }, help }: Returned): UnitLife {
  const { returns, traces } = life;
  const trace = traceOf(feedback);
  const noEnd = hasNoEnd(traces, returns.length, trace);
  const before = noEnd ? life : countSettled(life, work);
  const returned = { ...before, returns: [...returns, feedback.kind], traces: [...traces, trace] };
  if (noEnd) return askForHelp(returned, { feedback, problem: explainFeedback(feedback) }, help);
  return { ...returned, state: { status: 'ready', feedback } };
}

/** A conflict is settled once the queue has merged the work, unless the agent just left what it found. */
function countSettled(life: UnitLife, { kept = [], resolvedBy }: FinishedWork): UnitLife {
  const last = life.returns.at(-1);
  if (resolvedBy !== undefined && last !== 'verification') {
    return { ...life, resolvedByPerson: (life.resolvedByPerson ?? 0) + 1 };
  }
  if (last !== 'conflict' || kept.length > 0) return life;
  return { ...life, settled: life.settled + 1 };
}
