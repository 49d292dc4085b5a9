// When an agent makes no progress with what the merge queue has returned: people are asked. They tell the agent to try
// again, give up, or make the result themselves; part of life.ts.

import { ask, fail } from './transitions.ts';
import { afterDone } from './done.ts';
import type { ApprovalPolicy, ApprovalView } from '../../contracts/approval.ts';
import type { BriefResult } from '../../contracts/activities/conflict.ts';
import type { ConflictAsk, StateOf, UnitEvent, UnitLife } from './state.ts';
import type { Feedback, SliceResult } from '../../contracts/activities/agent.ts';
import { asSha } from '../../contracts/ids.ts';
import { conflictsOf, describeConflict } from '../queue/conflicts.ts';
import { explainDenial } from '../approval/decide.ts';
import { hasNoEnd, traceOf } from './returns.ts';
import { type ReasonCode, reason } from '../../contracts/failures.ts';

export interface Trouble {
  readonly feedback: Feedback;
  /** What the unit fails with if nobody helps. */
  readonly problem: string;
}

/** How an agent fails at a repair that a person's words, or a person's own result, may save. */
const helpable: ReadonlySet<string> = new Set<ReasonCode>([
  'conflict',
  'check-failed',
  'no-change',
  'out-of-scope',
  'blocked',
  'stuck',
  'refused',
]);

/** The trouble that an event brings; null = none that people are asked about. */
export function troubleOf({ state, traces, returns }: UnitLife, event: UnitEvent): Trouble | null {
  if (state.status === 'working' && event.type === 'slice-ended' && event.slice.outcome.status === 'failed') {
    return troubleOfRepair(state.feedback, event.slice.outcome.reason);
  }
  if (event.type !== 'queue-answered' || event.outcome.status !== 'returned') return null;
  const { feedback } = event.outcome;
  if (!hasNoEnd(traces, returns.length, traceOf(feedback))) return null;
  return { feedback, problem: explainFeedback(feedback) };
}

/** `feedback`: what the agent was to repair; null = nothing has been returned yet. */
export function troubleOfRepair(feedback: Feedback | null, problem: string): Trouble | null {
  const [code = ''] = problem.split(':', 1);
  return feedback !== null && helpable.has(code) ? { feedback, problem } : null;
}

/** Without a brief, or if policy lets nobody be asked, the unit fails. */
export function askForHelp(life: UnitLife, { feedback, problem }: Trouble, help: BriefResult | undefined): UnitLife {
  if (help?.verdict.decide !== 'ask' || help.brief === null) return fail(life, problem);
  return ask(life, { kind: 'conflict', feedback, problem, brief: help.brief }, help.verdict.policy);
}

interface Asked {
  readonly ask: ConflictAsk;
  readonly policy: ApprovalPolicy;
}

export function afterHelp(life: UnitLife, asked: Asked, view: ApprovalView): UnitLife {
  const { feedback, problem } = asked.ask;
  if (view.status !== 'approved') {
    // The unit still fails because of the conflict: whoever denies only says that nobody will resolve it.
    return fail(life, `${problem}: ${view.status === 'expired' ? 'nobody decided in time' : explainDenial(view)}`);
  }
  const own = view.votes.findLast(({ resolution }) => resolution !== undefined);
  if (own?.resolution !== undefined) {
    const resolution = { commit: asSha(own.resolution), by: own.by.name, asked };
    return { ...life, state: { status: 'ready', feedback, resolution } };
  }
  const by = view.votes.at(-1)?.by.name ?? 'somebody';
  const text = view.votes.findLast(({ text: words }) => words !== undefined)?.text ?? tryAgain;
  const word = { id: view.id, by, text, call: null };
  return {
    ...life,
    triedAgain: (life.triedAgain ?? 0) + 1,
    words: [...life.words, word],
    state: { status: 'ready', feedback },
  };
}

const tryAgain = 'I have looked at this. Try again.';

/** A result that is not good enough is asked about again, with the reason; a unit that had failed fails again. */
export function afterResolution(
  life: UnitLife,
  { resolution, feedback }: StateOf<'ready'>,
  { outcome, totals }: SliceResult,
): UnitLife {
  const judged = { ...life, totals };
  if (outcome.status === 'done') return afterDone(judged, outcome);
  const why = outcome.status === 'failed' ? outcome.reason : reason('error', `it ended as ${outcome.status}`);
  const asked = resolution?.asked;
  if (asked === undefined || feedback === null) return fail(judged, why);
  return ask(judged, { ...asked.ask, refused: why }, asked.policy);
}

/** The command that was to make a file again, and the last line that it wrote. */
function explainCommand(feedback: Extract<Feedback, { kind: 'conflict' }>): string {
  const said = conflictsOf(feedback).find((conflict) => conflict.said !== undefined)?.said;
  if (said === undefined) return '';
  const lines = said.trimEnd().split('\n');
  const last = lines.length > 1 ? `: ${lines.at(-1) ?? ''}` : '';
  return `; ${lines[0] ?? ''}${last}`;
}

export function explainFeedback(feedback: Feedback): string {
  switch (feedback.kind) {
    case 'conflict':
      return reason('conflict', `with the target in ${listConflicts(feedback)}${explainCommand(feedback)}`);
    case 'verification':
      return reason('verification-failed', `${feedback.command} fails on the target with this change`);
  }
}

function listConflicts(feedback: Extract<Feedback, { kind: 'conflict' }>): string {
  return conflictsOf(feedback).slice(0, 5).map(describeConflict).join(', ');
}
