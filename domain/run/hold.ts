// What holds a run: a person has paused it, or people are asked about something that concerns all of it. Meanwhile,
// units that ask for a slice get no answer and show why. If people refuse, these units fail. Pure; part of
// domain/run/step.ts.

import type { RunAsk, RunHold, RunState, RunUnit } from './state.ts';
import type { ApprovalAbout, ApprovalPlace, ApprovalView } from '../../contracts/approval.ts';
import type { UnitId } from '../../contracts/ids.ts';
import type { UnitPhase } from '../../contracts/documents/report.ts';
import { agreedUsd } from '../approval/consent.ts';
import { decisionOf } from '../approval/record.ts';
import { aboutPlan } from '../plan/about.ts';
import { dollars } from '../money/dollars.ts';
import { explainDenial } from '../approval/decide.ts';
import { reason } from '../../contracts/failures.ts';

export const noHold: RunHold = { pausedBy: null, ask: null, refusal: null, asked: 0, decisions: [] };

/** Whether nothing has begun when people are asked this, so that "no" ends the run. */
export function isBeforeStart(ask: RunAsk | null): boolean {
  if (ask?.kind === 'plan') return ask.edit === undefined || ask.edit.isFirst;
  return ask?.kind === 'red-base';
}

/** Whether no unit gets a slice now. */
export function isHeld({ hold }: Pick<RunState, 'hold'>): boolean {
  return hold.pausedBy !== null || (hold.ask !== null && !isAboutEdit(hold.ask));
}

/** Whether people are asked about a changed plan while the run goes on with the one that it has. */
function isAboutEdit(ask: RunAsk): boolean {
  return ask.kind === 'plan' && ask.edit?.isFirst === false;
}

/** Whether people are asked about a changed plan in which this unit is different. */
export function isTouched({ ask }: RunHold, unit: UnitId): boolean {
  return ask?.kind === 'plan' && ask.edit?.touched.includes(unit) === true;
}

/** Whether people are asked about a changed plan, or will be: the run does not end before they have decided. */
export function awaitsPlan({ ask, postponed }: RunHold): boolean {
  return postponed !== undefined || (ask !== null && isAboutEdit(ask));
}

/** Opens a question, unless one is open already; one about a changed plan gives way. */
export function askAbout(hold: RunHold, ask: RunAsk): RunHold {
  if (hold.ask !== null && !isAboutEdit(hold.ask)) return hold;
  const later = hold.ask === null ? {} : { postponed: hold.ask };
  return { ...hold, ...later, ask, asked: hold.asked + 1 };
}

/** Asks again about what gave way, once nothing else is asked. */
export function askPostponed(hold: RunHold): RunHold {
  const { postponed, ...rest } = hold;
  return postponed === undefined || hold.ask !== null ? hold : askAbout(rest, postponed);
}

/** Closes the question with the approval's outcome; `addUsd` is what people have added to the run's budget. */
export function closeAsk(hold: RunHold, view: ApprovalView, now: number): { hold: RunHold; addUsd: number } {
  const { ask } = hold;
  if (view.status === 'open') return { hold, addUsd: 0 };
  const decisions = [...hold.decisions, decisionOf(view, now)];
  if (ask === null) return { hold: { ...hold, decisions }, addUsd: 0 };
  if (view.status === 'approved') {
    return {
      hold: { ...hold, ask: null, decisions },
      addUsd: ask.kind === 'budget' ? (agreedUsd(view.votes) ?? 0) : 0,
    };
  }
  // The run goes on with the plan that it has.
  if (ask.kind === 'plan' && !isBeforeStart(ask)) return { hold: { ...hold, ask: null, decisions }, addUsd: 0 };
  const how = view.status === 'denied' ? explainDenial(view) : view.status;
  return { hold: { ...refuseAsk(hold, how), decisions }, addUsd: 0 };
}

/** Nobody can decide any more, because the approval is gone. */
export function loseAsk(hold: RunHold): RunHold {
  // The run goes on with the plan that it has.
  if (hold.ask !== null && isAboutEdit(hold.ask)) return { ...hold, ask: null };
  return refuseAsk(hold, 'its approval is gone');
}

/** Records the refusal: every unit that needs what was asked for fails. */
function refuseAsk(hold: RunHold, how: string): RunHold {
  const { ask } = hold;
  if (ask === null) return hold;
  return { ...hold, ask: null, refusal: reason(ask.kind, `${whatWasAsked(ask)}: ${how}`) };
}

function whatWasAsked(ask: RunAsk): string {
  switch (ask.kind) {
    case 'budget':
      return 'more money for the run';
    case 'plan':
      return 'the plan';
    case 'credential':
      return `the model’s key (${ask.problem})`;
    case 'red-base':
      return `${ask.problem} on the target, without any change of this run`;
  }
}

/** Phase and reason to show for a unit that waits for a slice. */
export function waitingPhase({ hold }: RunState, unit: RunUnit): { phase: UnitPhase; reason: string | null } {
  const paused = explainPause(hold.pausedBy ?? unit.pausedBy);
  if (paused !== null) return { phase: 'parked', reason: paused };
  if (hold.ask !== null && !isAboutEdit(hold.ask)) return { phase: 'asking', reason: explainAsk(hold.ask) };
  return { phase: 'ready', reason: null };
}

export function explainPause(pausedBy: string | null): string | null {
  return pausedBy === null ? null : `paused by ${pausedBy}`;
}

export function explainAsk(ask: RunAsk): string {
  if (ask.kind === 'red-base') return `${ask.problem} on the target`;
  if (ask.kind === 'plan')
    return `people must agree to ${ask.edit === undefined ? 'the plan' : `the plan that ${ask.edit.by} has changed`} first`;
  return ask.kind === 'budget'
    ? `the run has spent its budget: ${dollars(ask.spentUsd)} of ${dollars(ask.limitUsd)}`
    : ask.problem;
}

/** What the approval shows, and its line for lists. */
export function aboutRun(ask: RunAsk, place: ApprovalPlace): { about: ApprovalAbout; summary: string } {
  switch (ask.kind) {
    case 'budget': {
      const { spentUsd, limitUsd, topUpUsd } = ask;
      const summary = `The run has spent ${dollars(spentUsd)} of ${dollars(limitUsd)}: ${dollars(topUpUsd)} more?`;
      return { about: { kind: 'budget', subject: { ...place, spentUsd, limitUsd, topUpUsd } }, summary };
    }
    case 'plan': {
      const { kind: _, edit, ...request } = ask;
      const by = edit === undefined || edit.isFirst ? undefined : edit.by;
      return {
        about: { kind: 'plan', subject: { ...place, ...request } },
        summary: aboutPlan(ask, place.title, by),
      };
    }
    case 'red-base':
      return {
        about: { kind: 'red-base', subject: { ...place, problem: ask.problem, output: ask.output } },
        summary: `${ask.problem} on the target before any unit began: start all the same?`,
      };
    case 'credential':
      return {
        about: { kind: 'credential', subject: { ...place, problem: ask.problem } },
        summary: 'The run is paused: the model refuses the key. Fix it, then approve to continue',
      };
  }
}
