// The page that a mail links to: what is asked, and forms for the decisions that fit. Or how it ended, or what this person
// has decided already. No form is there that would not count.

import type { ApprovalView, Decision, Vote } from '../../../contracts/approval.ts';
import type { Page } from './page.ts';
import {
  type Extent,
  answerLabel,
  approveLabel,
  capital,
  denyLabel,
  describeFacts,
  describeSubject,
  headlineOf,
  whoDecides,
  whereOf,
} from '../../describe-approval.ts';
import { type Html, drawParts, fieldText, markup, stack } from '../draw/html.ts';
import { longestWords } from './form.ts';
import { describeEnd, takesWords } from '../../../domain/approval/decide.ts';
import { explainProgress } from '../../../domain/approval/consent.ts';
import { mayDecideByMail } from '../../../domain/approval/by-mail.ts';
import { timeText } from '../draw/time.ts';

/** A page has room: as much as the approval knows. */
const pageExtent: Extent = { words: 60, diff: 400, paths: 50, output: 60, command: Infinity, hasForm: true };

export interface Visit {
  readonly view: ApprovalView;
  /** Whose link it is. */
  readonly address: string;
  /** What was decided by this link. */
  readonly vote: Vote | undefined;
}

/** Why what was sent does not count, and the words that were sent. */
export interface Refused {
  readonly status: number;
  readonly problem: string;
  readonly words: string;
}

export function decisionPage({ view, address, vote }: Visit, refused?: Refused): Page {
  const isOpen = view.status === 'open';
  const canDecide = isOpen && vote === undefined && mayDecideByMail(view);
  const title = isOpen ? headlineOf(view) : capital(describeEnd(view));
  const body = stack(
    markup`<h1>${title}</h1>`,
    markup`<p class="title">${view.subject.title}</p>`,
    refused === undefined ? null : notice('Nothing was decided.', refused.problem),
    vote === undefined ? null : notice(`You have ${wordsOf(vote)}`, ownVote(view, vote)),
    isOpen ? openLead(view) : endedLead(view),
    canDecide ? markup`<p><a href="#decide">To the decision</a></p>` : null,
    drawParts([...describeSubject(view, pageExtent), describeFacts(view)]),
    canDecide ? forms(view, address, refused?.words ?? '') : null,
  );
  return { status: refused?.status ?? 200, title, body };
}

function notice(first: string, rest: string): Html {
  return markup`<p class="notice"><strong>${first}</strong> ${rest}</p>`;
}

function openLead(view: ApprovalView): Html {
  const progress = explainProgress(view);
  const { requestedBy, branch } = view.subject;
  return stack(
    markup`<p>${capital(whereOf(view))}, which ${requestedBy} started, on ${branch}.</p>`,
    progress === null ? null : markup`<p>${progress}.</p>`,
    markup`<p>${whoDecides(view, { names: (text) => text, when: timeText })}</p>`,
    mayDecideByMail(view) ? null : notice('Not here.', 'No e-mail decides the highest tier: decide it in Slack.'),
  );
}

function endedLead(view: ApprovalView): Html {
  const vote = view.votes.at(-1);
  const ends: Partial<Record<ApprovalView['status'], string>> = {
    expired: 'Nobody, or not everybody, decided in time.',
    cancelled: 'It is no longer needed.',
  };
  const how = ends[view.status] ?? (vote === undefined ? '' : `Decided at ${timeText(vote.at)}.`);
  return stack(
    markup`<p>${how}</p>`,
    vote?.reason ? markup`<h3>Reason</h3><blockquote>${fieldText(vote.reason)}</blockquote>` : null,
    vote?.text ? markup`<h3>Answer</h3><blockquote>${fieldText(vote.text)}</blockquote>` : null,
  );
}

function wordsOf({ decision }: Vote): string {
  return { approve: 'approved this', deny: 'said no', answer: 'answered' }[decision];
}

function ownVote(view: ApprovalView, { at }: Vote): string {
  const change = view.status === 'open' ? ` To say no after all: coppice deny ${view.id} --reason …` : '';
  return `at ${timeText(at)}. A link decides once.${change}`;
}

function forms(view: ApprovalView, address: string, words: string): Html {
  const { kind } = view;
  return stack(
    markup`<h2 id="decide">Your decision</h2>`,
    markup`<p class="small">You decide as ${address}.</p>`,
    kind === 'question' ? answerForm(view, words) : approveForm(view),
    kind !== 'question' && takesWords(view) ? answerForm(view, words) : null,
    denyForm(view, words),
  );
}

/** Forms of their own, so that no key but the button of one sends it. */
function form(decision: Decision['decision'], ...fields: readonly Html[]): Html {
  return markup`<form method="post">
<input type="hidden" name="decision" value="${decision}">
${fields}
</form>`;
}

function approveForm(view: ApprovalView): Html {
  if (view.kind !== 'budget') return form('approve', markup`<button>${approveLabel(view)}</button>`);
  const sum = String(view.subject.topUpUsd);
  return form(
    'approve',
    markup`<label for="usd">USD to add</label>`,
    markup`<input id="usd" name="usd" inputmode="decimal" autocomplete="off" value="${sum}">`,
    markup`<button>Add this sum</button>`,
  );
}

function answerForm(view: ApprovalView, words: string): Html {
  return form(
    'answer',
    markup`<label for="text">What should the agent know, or do differently?</label>`,
    markup`<textarea id="text" name="text" rows="5" maxlength="${most}" required>${fieldText(words)}</textarea>`,
    markup`<button>${answerLabel(view)}</button>`,
  );
}

function denyForm(view: ApprovalView, words: string): Html {
  const button = markup`<button class="no">${denyLabel(view)}</button>`;
  if (view.kind === 'question')
    return form('deny', markup`<p class="small">Then the agent decides by itself.</p>`, button);
  return form(
    'deny',
    markup`<label for="reason">Why not? The report and the agent’s unit quote it.</label>`,
    markup`<textarea id="reason" name="reason" rows="2" maxlength="${most}">${fieldText(words)}</textarea>`,
    button,
  );
}

const most = String(longestWords);
