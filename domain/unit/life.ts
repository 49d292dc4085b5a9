// The life of one unit: a pure state machine. The unit workflow performs what the state calls for and feeds back what
// happened; nothing else changes a unit.
//
//   ready   → working            the run granted an allowance
//           → queued | asking    a person's own result is judged: good, or not
//           → asking             its budget is spent, and people may add to it
//           → failed             they may not, or refused what the run needs
//   working → queued             done, and policy allows the landing
//           → asking             done, and policy wants a person; or its agent has a question, or may not run a command
//           → ready              drained, cut, or the allowance is used up: the next slice continues, anywhere;
//                                drained or cut, it is first in line for a free slot
//           → planned | asking   it has made a plan: policy allows it, or people are asked
//           → parked             the model cannot be asked for a while
//           → asking             the agent could not resolve what the queue returned, and people may help
//           → failed             the agent could not, or policy denies
//   parked  → ready              the pause is over
//   asking  → queued | failed    a merge: approved; denied or expired
//           → ready | failed     a budget: topped up; denied or expired
//           → ready | queued     the network for a setup: granted or refused; back to where it was asked
//           → ready              a question: answered or not; a tool call: allowed or not
//           → planned | asking | ready | failed    a plan: agreed to; edited; sent back with what should change; denied
//           → ready | failed     a conflict: the agent tries again, or a person's own result is judged; denied or expired
//   queued  → landed             the result is on the target
//           → ready              returned by the queue; the feedback goes into the same conversation
//           → asking             not verifiable without the network, or people must agree to more than they did
//           → asking | failed    returned with nothing gained (returns.ts)
//           → failed             the remote refused, or not verifiable
//   any     → cancelled          unless it has ended
//
// `landed`, `planned`, `failed` and `cancelled` are final.

import { ask, fail, illegal } from './transitions.ts';
import { hasEnded } from './state.ts';
import type { StateOf, UnitAsk, UnitEvent, UnitLife } from './state.ts';
import { addSeconds } from './record.ts';
import { afterQueued } from './queued.ts';
import type { ApprovalView, DecisionMaker } from '../../contracts/approval.ts';
import type { EgressNeed, PersonMessage } from '../../contracts/activities/agent.ts';
import { agreedUsd, consentsOf } from '../approval/consent.ts';
import { parkedFor } from './parking.ts';
import { afterDone } from './done.ts';
import { afterPlanDecision, afterPlanned, replacePlan } from './planned.ts';
import { afterHelp, afterResolution, askForHelp, troubleOfRepair } from './help.ts';
import { decisionOf } from '../approval/record.ts';
import { dollars } from '../money/dollars.ts';
import { explainDenial, explainExpiry } from '../approval/decide.ts';
import { afterToolDecision } from './tool-calls.ts';
import { reason } from '../../contracts/failures.ts';

/** One step of a unit's life. An event that the state does not allow is a bug and throws. `now` in milliseconds. */
export function advanceUnit(life: UnitLife, event: UnitEvent, now: number): UnitLife {
  if (hasEnded(life.state)) throw illegal(life.state, event);
  const clocked = { ...life, since: now, seconds: addSeconds(life, event, now) };
  if (event.type === 'cancelled') return { ...clocked, state: { status: 'cancelled', reason: event.reason } };
  switch (life.state.status) {
    case 'ready':
      return afterReady(clocked, life.state, event);
    case 'working':
      return afterWorking(clocked, life.state, event, now);
    case 'parked':
      if (event.type !== 'woken') throw illegal(life.state, event);
      return { ...clocked, state: { status: 'ready', feedback: life.state.feedback } };
    case 'asking':
      return afterAsking(clocked, life.state, event, now);
    case 'queued':
      return afterQueued(clocked, life.state, event);
  }
}

function afterReady(life: UnitLife, state: StateOf<'ready'>, event: UnitEvent): UnitLife {
  switch (event.type) {
    case 'granted': {
      const { status: _, finished: _finished, ...ready } = state;
      const { allowance, allowedCalls } = event;
      const more = allowedCalls === undefined ? {} : { allowedCalls };
      const working = { status: 'working', ...ready, allowance, ...more, words: life.words } as const;
      return { ...life, slices: life.slices + 1, words: [], state: working };
    }
    case 'budget-spent': {
      const { limitUsd, verdict } = event;
      const spent = `${dollars(limitUsd)} are spent`;
      if (verdict.decide === 'deny') return fail(life, reason('budget', spent));
      const topUpUsd = limitUsd - life.toppedUpUsd;
      return ask(life, { kind: 'budget', feedback: state.feedback, limitUsd, topUpUsd }, verdict.policy);
    }
    case 'refused':
      return state.finished === undefined || life.words.length > 0
        ? fail(life, event.reason)
        : afterDone(life, state.finished);
    case 'resolution-judged':
      return afterResolution(life, state, event.slice);
    default:
      throw illegal(state, event);
  }
}

function afterWorking(life: UnitLife, state: StateOf<'working'>, event: UnitEvent, now: number): UnitLife {
  if (event.type === 'slice-failed') return fail(life, reason('error', event.message));
  const again = { status: 'ready', feedback: state.feedback } as const;
  const handedBack = { ...again, handedBack: true } as const;
  // We do not know whether these messages reached the journal. Resending is safe: the journal ignores duplicates.
  if (event.type === 'slice-cut') return { ...life, words: [...state.words, ...life.words], state: handedBack };
  if (event.type !== 'slice-ended') throw illegal(state, event);
  const { outcome, totals } = event.slice;
  const charged = { ...life, totals };
  switch (outcome.status) {
    case 'done':
      // A message arrived while the work was judged: the agent hears it first.
      return life.words.length > 0 ? { ...charged, state: handedBack } : afterDone(charged, outcome);
    case 'planned':
      return life.words.length > 0 ? { ...charged, state: handedBack } : afterPlanned(charged, outcome);
    case 'drained':
      return { ...charged, state: handedBack };
    // The run grants more, asks people for more, or answers that the unit's own budget is spent.
    case 'budget': {
      const { finished } = outcome;
      return { ...charged, state: finished === undefined ? again : { ...again, finished } };
    }
    // The run handles this: the unit settles with the reason before it asks for the next slice.
    case 'credential':
      return { ...charged, state: again };
    case 'question': {
      const { call, question, verdict } = outcome;
      if (verdict.decide === 'ask') {
        return ask(charged, { kind: 'question', feedback: state.feedback, question, call }, verdict.policy);
      }
      return { ...charged, words: [...life.words, unanswered(call, 'nobody')], state: again };
    }
    case 'tool': {
      const { request, verdict } = outcome;
      // A host asks only if policy lets people be asked.
      return verdict.decide === 'ask'
        ? ask(charged, { kind: 'tool', feedback: state.feedback, request }, verdict.policy)
        : { ...charged, state: again };
    }
    case 'egress': {
      const { wish, output, verdict } = outcome;
      const about = { kind: 'egress', feedback: state.feedback, wish, output, queued: null } as const;
      // A host asks only if policy lets people be asked.
      return verdict.decide === 'ask' ? ask(charged, about, verdict.policy) : { ...charged, state: again };
    }
    case 'parked': {
      const parked = totals.turns > life.totals.turns ? 1 : life.parked + 1;
      const until = now + parkedFor(outcome, parked) * 1000;
      const { feedback } = state;
      return { ...charged, parked, state: { status: 'parked', feedback, until, why: outcome.reason } };
    }
    case 'failed': {
      const trouble = troubleOfRepair(state.feedback, outcome.reason);
      return trouble === null ? fail(charged, outcome.reason) : askForHelp(charged, trouble, event.help);
    }
  }
}

function afterAsking(life: UnitLife, state: StateOf<'asking'>, event: UnitEvent, now: number): UnitLife {
  if (event.type === 'plan-replaced') return replacePlan(life, state, event, now);
  if (event.type !== 'approval-ended') throw illegal(state, event);
  const { view } = event;
  if (view.status === 'open') throw illegal(state, event);
  const decided = { ...life, decisions: [...life.decisions, decisionOf(view, now)] };
  if (view.status === 'cancelled') {
    return { ...decided, state: { status: 'cancelled', reason: reason('cancelled', 'its approval was cancelled') } };
  }
  switch (state.ask.kind) {
    case 'question':
      return afterQuestion(decided, state.ask, view);
    case 'egress':
      return afterEgress(decided, state.ask, view);
    case 'tool':
      return afterToolDecision(decided, state.ask, view);
    case 'plan':
      return afterPlanDecision(decided, state.ask, view);
    case 'conflict':
      return afterHelp(decided, { ask: state.ask, policy: state.policy }, view);
    default:
      return afterConsent(decided, state.ask, view);
  }
}

/** People choose their names in Slack, so their id is said as well. */
function nameInTrailer({ channel, id, name }: DecisionMaker): string {
  return name === id ? name : `${name} (${channel} ${id})`;
}

function afterConsent(
  life: UnitLife,
  about: Extract<UnitAsk, { kind: 'merge' | 'budget' }>,
  view: ApprovalView,
): UnitLife {
  const code = about.kind === 'budget' ? 'budget' : view.status === 'expired' ? 'expired' : 'denied';
  if (view.status === 'expired') return fail(life, reason(code, explainExpiry(view)));
  if (view.status === 'denied') return fail(life, reason(code, explainDenial(view)));
  switch (about.kind) {
    case 'merge': {
      const { work, more } = about;
      const names = view.votes.map(({ by }) => nameInTrailer(by));
      const approvedBy = [...new Set([...(more?.queued.approvedBy ?? []), ...names])];
      const agreed = consentsOf(view.votes, more?.covers);
      const consents = [...(more?.queued.consents ?? []), ...agreed];
      return { ...life, state: { status: 'queued', work: more?.queued.work ?? work, approvedBy, consents } };
    }
    case 'budget': {
      const toppedUpUsd = life.toppedUpUsd + (agreedUsd(view.votes) ?? about.topUpUsd);
      return { ...life, toppedUpUsd, state: { status: 'ready', feedback: about.feedback } };
    }
  }
}

/** A refused request is not asked again. The agent learns of it, and may find a way that needs no network. */
function afterEgress(life: UnitLife, about: Extract<UnitAsk, { kind: 'egress' }>, view: ApprovalView): UnitLife {
  const { wish, queued, feedback } = about;
  const { granted = [], refused = [] } = life.egress ?? {};
  if (view.status === 'approved') {
    const next = { ...life, egress: { granted: [...granted, wish.key], refused } };
    return queued === null
      ? { ...next, state: { status: 'ready', feedback } }
      : { ...next, state: { status: 'queued', ...queued } };
  }
  const how = view.status === 'expired' ? 'nobody decided in time' : explainDenial(view);
  if (queued !== null) return fail(life, reason('not-verified', `the setup may not have the network: ${how}`));
  const word = { id: view.id, by: 'Coppice', text: networkRefused(wish, how), call: null };
  return {
    ...life,
    egress: { granted, refused: [...refused, wish.key] },
    words: [...life.words, word],
    state: { status: 'ready', feedback },
  };
}

function networkRefused({ command }: EgressNeed, how: string): string {
  return `The setup command \`${command}\` may not have the network for what you have changed (${how}). Find a way that needs no download, or report the unit as blocked.`;
}

/** Silence is no failure: the agent decides by itself, as it would have without the tool. */
function afterQuestion(life: UnitLife, about: Extract<UnitAsk, { kind: 'question' }>, view: ApprovalView): UnitLife {
  const answers = view.votes.filter(({ text }) => text !== undefined);
  const by =
    [...new Set((answers.length === 0 ? view.votes.slice(-1) : answers).map((vote) => vote.by.name))].join(', ') ||
    'nobody';
  const text = answers.length === 0 ? undefined : answers.map((vote) => vote.text ?? '').join('\n\n');
  const word = text === undefined ? unanswered(about.call, by) : { id: view.id, by, text, call: about.call };
  return { ...life, words: [...life.words, word], state: { status: 'ready', feedback: about.feedback } };
}

function unanswered(call: string, by: string): PersonMessage {
  return { id: `unanswered:${call}`, by, text: null, call };
}
