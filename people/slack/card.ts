// An approval's card in Slack, as data: drawn by the host that posts it, and read back by the gateway when a button is
// clicked. Text from models and repositories is made inert: no mentions, no links, no imitation of our own words.

import type { ApprovalView } from '../../contracts/approval.ts';
import {
  type Part,
  answerLabel,
  approveLabel,
  capital,
  cardExtent,
  denyLabel,
  describeApproval,
  untilWhen,
  whereOf,
} from '../describe-approval.ts';
import { explainProgress, missingFrom, stillMissing } from '../../domain/approval/consent.ts';
import { describeEnd } from '../../domain/approval/decide.ts';
import { slackLine } from '../../domain/text/inert.ts';

export const actions = {
  approve: 'coppice_approve',
  deny: 'coppice_deny',
  answer: 'coppice_answer',
  details: 'coppice_details',
} as const;

/** Identifies our cards in a channel's history. */
export const cardMetadataType = 'coppice_approval';

/** A button's value; Slack allows 2,000 characters. */
export interface ButtonValue {
  /** The approval's workflow id. */
  readonly id: string;
  readonly hash: string;
}

/** A Block Kit block; Slack defines the rest. */
export interface CardBlock {
  readonly type: string;
  readonly [field: string]: unknown;
}

export interface Card {
  /** For notifications and old clients. */
  readonly text: string;
  readonly blocks: readonly CardBlock[];
}

/** Slack allows 3,000 characters per text; a single value is cut much earlier. */
const longestSection = 3000;
const longestText = 600;

export function drawCard(view: ApprovalView): Card {
  return view.status === 'open' ? drawOpen(view) : drawSettled(view);
}

function drawOpen(view: ApprovalView): Card {
  const value = JSON.stringify({ id: view.id, hash: view.hash } satisfies ButtonValue);
  return {
    text: `A decision waits: ${whereOf(view)}`,
    blocks: [
      section(
        view.kind === 'question'
          ? 'An agent has a question'
          : inert(explainProgress(view) ?? 'A decision waits for you'),
      ),
      ...describe(view),
      {
        type: 'actions',
        elements: [
          ...(view.kind === 'question'
            ? []
            : [button({ action: actions.approve, label: approveLabel(view), style: 'primary', value })]),
          ...(view.kind === 'question' || view.kind === 'conflict'
            ? [button({ action: actions.answer, label: answerLabel(view), style: null, value })]
            : []),
          button({ action: actions.deny, label: denyLabel(view), style: 'danger', value }),
          ...(hasDetails.has(view.kind)
            ? [button({ action: actions.details, label: 'Details', style: null, value })]
            : []),
        ],
      },
      { type: 'context', elements: [{ type: 'mrkdwn', text: `${whoDecides(view)} ${untilWhen(view, slackTime)}` }] },
    ],
  };
}

/** Of which a card cannot show everything. */
const hasDetails: ReadonlySet<ApprovalView['kind']> = new Set(['merge', 'egress', 'red-base', 'conflict', 'tool']);

/** A decided card: the decision, by whom and when, instead of the buttons. */
function drawSettled(view: ApprovalView): Card {
  const vote = view.votes.at(-1);
  const why = vote?.reason ? `Reason: ${inert(vote.reason)}` : null;
  return {
    text: `${inert(describeEnd(view))}: ${whereOf(view)}`,
    blocks: [
      section(inert(describeEnd(view))),
      ...describe(view),
      context(
        [why, vote === undefined ? null : `Decided at ${vote.at}.`].filter((part) => part !== null).join(' ') ||
          'No decision was made.',
      ),
    ],
  };
}

/** Of our own words, names of groups and ids, in which Slack reads mentions and dates. */
export function reminderOf(view: ApprovalView): string {
  const since = view.escalatedAt === undefined ? '' : ' Nobody has decided yet, so more people may.';
  return `Still waits for a decision: ${escapeMarkup(inert(view.summary))}.${since} ${whoDecides(view)} ${untilWhen(view, slackTime)}`;
}

/** Slack users mentioned on one card. */
const mostMentions = 10;

function whoDecides(view: ApprovalView): string {
  const ids = new Set(missingFrom(view).flatMap(({ allowed }) => allowed?.slack ?? []));
  const mentions = [...ids].filter((id) => /^[UW][A-Z0-9]{1,20}$/.test(id)).slice(0, mostMentions);
  const named = mentions.length === 0 ? '' : ` (${mentions.map((id) => `<@${id}>`).join(' ')})`;
  return `${capital(escapeMarkup(inert(stillMissing(view))))}${named} may decide`;
}

/** Slack shows it in the reader's time zone. */
function slackTime(at: string): string {
  return `<!date^${Math.floor(Date.parse(at) / 1000)}^{date_short_pretty} {time}|${at}>`;
}

/** As Slack wants it where it reads markup. */
function escapeMarkup(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll(/[*_~`]/g, '');
}

/** What is asked, without who and when. */
export function describe(view: ApprovalView): CardBlock[] {
  return describeApproval(view, cardExtent).map(drawPart);
}

function drawPart(part: Part): CardBlock {
  switch (part.kind) {
    case 'facts':
      return fields(part.rows);
    case 'quoted':
      return quote(part.name, part.lines.map(inert).join('\n'));
    case 'said':
      return section(slackLines(part.text));
  }
}

/** Null if the text is not a value that our buttons carry. */
export function parseButtonValue(text: string): ButtonValue | null {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null || !('id' in value) || !('hash' in value)) return null;
    const { id, hash } = value;
    if (typeof id !== 'string' || typeof hash !== 'string') return null;
    return /^run:[a-z0-9:-]{1,190}$/.test(id) && /^[0-9a-f]{32,64}$/.test(hash) ? { id, hash } : null;
  } catch {
    return null;
  }
}

/**
 * All text is `plain_text`, in which Slack reads no mentions, links or formatting; disguising characters are removed.
 */
export function plain(text: string): CardBlock {
  return { type: 'plain_text', text: text === '' ? '–' : text, emoji: false };
}

export function section(text: string): CardBlock {
  return { type: 'section', text: plain(text) };
}

function context(text: string): CardBlock {
  return { type: 'context', elements: [plain(text)] };
}

function fields(rows: readonly (readonly [name: string, value: string])[]): CardBlock {
  return { type: 'section', fields: rows.map(([name, value]) => plain(`${name}: ${inert(value)}`)) };
}

/** Puts foreign text behind bars, line by line, so that it cannot pass for a line of the card. */
export function quote(name: string, text: string): CardBlock {
  const lines = [`${name}:`, ...text.split('\n').map((line) => `│ ${line}`)];
  // Keeps whole lines: a cut inside a line could split a character.
  let length = 0;
  const fitting = lines.filter((line) => (length += line.length + 1) <= longestSection - 2);
  return section([...fitting, ...(fitting.length < lines.length ? ['…'] : [])].join('\n'));
}

interface Button {
  readonly action: string;
  readonly label: string;
  /** Null = Slack's plain one. */
  readonly style: string | null;
  readonly value: string;
}

function button({ action, label, style, value }: Button): CardBlock {
  return { type: 'button', action_id: action, text: plain(label), ...(style === null ? {} : { style }), value };
}

/** Our own words, whose lines may be longer. */
function slackLines(text: string): string {
  return text
    .split('\n')
    .map((line) => slackLine(line))
    .join('\n');
}

/** One short line of safe text. */
export function inert(text: string): string {
  return slackLine(text, longestText);
}
