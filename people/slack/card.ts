// An approval's card in Slack, as data: drawn by the host that posts it, and read back by the gateway when a button is
// clicked. Text from models and repositories is made inert: no mentions, no links, no imitation of our own words.

import { mayRemember } from '../../domain/approval/tier.ts';
import type { ApprovalView, Vote } from '../../contracts/approval.ts';
import { type Card, type CardBlock, button, context, escapeMarkup, inert, plain, section } from './blocks.ts';
import { type CardLinks, linksLine, noLinks } from './links.ts';
import { answerLabel, approveLabel, capital, denyLabel, whoDecides } from '../describe-approval.ts';
import { describe, drawPart } from './subject.ts';
import { describeEnd, takesWords } from '../../domain/approval/decide.ts';
import { explainProgress, missingFrom } from '../../domain/approval/consent.ts';
import { mayNobodyDecide } from '../../domain/approval/nobody.ts';
import { headlineOf, nameOf } from './headline.ts';
import { explainRemembering, rememberedOf } from '../../domain/approval/remembering.ts';
import { isSlackUser, isUserGroup, userGroupsIn } from '../../domain/approval/user-groups.ts';

export const actions = {
  approve: 'coppice_approve',
  approveForRun: 'coppice_approve_run',
  deny: 'coppice_deny',
  answer: 'coppice_answer',
  details: 'coppice_details',
} as const;

/** Identify our cards in a channel's history, and reminders in their threads. */
export const cardMetadataType = 'coppice_approval';
export const reminderMetadataType = 'coppice_reminder';

/** A button's value; Slack allows 2,000 characters. */
export interface ButtonValue {
  /** The approval's workflow id. */
  readonly id: string;
  readonly hash: string;
  /** User groups whose members may decide, for whoever takes the click to look up; absent = none. */
  readonly groups?: readonly string[];
  /** Set if there are more of them than fit here: the approval names them all. */
  readonly moreGroups?: true;
  /** What it is about, for a window that the button opens; absent on cards of earlier releases. */
  readonly about?: string;
}

export function buttonValueOf(view: ApprovalView): string {
  const { id, hash, policy } = view;
  const groups = userGroupsIn(policy);
  const named = groups.length > mostGroups ? { moreGroups: true as const } : groups.length === 0 ? {} : { groups };
  return JSON.stringify({ id, hash, about: nameOf(view), ...named } satisfies ButtonValue);
}

/** In a button's value. */
const mostGroups = 20;

export function drawCard(view: ApprovalView, links = noLinks): Card {
  return view.status === 'open' ? drawOpen(view, links) : drawSettled(view, links);
}

function drawOpen(view: ApprovalView, links: CardLinks): Card {
  return {
    text: headlineOf(view),
    blocks: [
      section(view.kind === 'question' ? 'An agent has a question' : inert(explainProgress(view) ?? leadOf(view))),
      ...describe(view),
      ...buttonsOf(view),
      { type: 'context', elements: [{ type: 'mrkdwn', text: footerOf(view) }] },
      ...linksLine(view, links),
    ],
  };
}

function leadOf({ policy }: ApprovalView): string {
  return mayNobodyDecide(policy) ? 'A decision that nobody may make' : 'A decision waits for you';
}

/** Where nobody may decide, there is nothing to click but details. */
function buttonsOf(view: ApprovalView): CardBlock[] {
  const value = buttonValueOf(view);
  const details = hasDetails.has(view.kind)
    ? [button({ action: actions.details, label: 'Details', style: null, value })]
    : [];
  const elements = [...(mayNobodyDecide(view.policy) ? [] : decisionButtons(view, value)), ...details];
  return elements.length === 0 ? [] : [{ type: 'actions', elements }];
}

function decisionButtons(view: ApprovalView, value: string): CardBlock[] {
  return [
    ...(view.kind === 'question'
      ? []
      : [button({ action: actions.approve, label: approveLabel(view), style: 'primary', value })]),
    ...(view.kind === 'tool' && mayRemember(view.policy)
      ? [button({ action: actions.approveForRun, label: 'Always in this run', style: null, value })]
      : []),
    ...(takesWords(view) ? [button({ action: actions.answer, label: answerLabel(view), style: null, value })] : []),
    button({ action: actions.deny, label: denyLabel(view), style: 'danger', value }),
  ];
}

/** Of which a card cannot show everything. */
const hasDetails: ReadonlySet<ApprovalView['kind']> = new Set(['merge', 'egress', 'red-base', 'conflict', 'tool']);

/** A decided card: the decision, by whom and when, instead of the buttons. */
function drawSettled(view: ApprovalView, links: CardLinks): Card {
  const vote = view.votes.at(-1);
  return {
    text: `${inert(describeEnd(view))}: ${nameOf(view)}`,
    blocks: [
      section(inert(describeEnd(view))),
      ...describe(view),
      ...(vote?.text
        ? [drawPart({ kind: 'quoted', name: 'Answer', lines: vote.text.split('\n'), form: 'prose' })]
        : []),
      vote === undefined ? context('No decision was made.') : { type: 'context', elements: decisionOf(view, vote) },
      ...linksLine(view, links),
    ],
  };
}

/** What holds from now on, why, and when it was decided: only the last has markup, and nothing foreign. */
function decisionOf(view: ApprovalView, { reason, at }: Vote): CardBlock[] {
  const rule = rememberedOf(view);
  const words = [
    ...(rule === null ? [] : [`${capital(explainRemembering(rule.remember))}.`]),
    ...(reason ? [`Reason: ${inert(reason)}`] : []),
  ];
  const isDecided = view.status === 'approved' || view.status === 'denied';
  return [
    ...(words.length === 0 ? [] : [plain(words.join(' '))]),
    { type: 'mrkdwn', text: `${isDecided ? 'Decided' : 'Last vote'}: ${slackTime(at)}` },
  ];
}

/** Of our own words, names of groups and ids, in which Slack reads mentions and dates. */
export function reminderOf(view: ApprovalView): string {
  const since = view.escalatedAt === undefined ? '' : ' Nobody has decided yet, so more people may.';
  return `Still waits for a decision: ${escapeMarkup(inert(view.summary))}.${since} ${footerOf(view)}`;
}

/** Slack users mentioned on one card. */
const mostMentions = 10;

function footerOf(view: ApprovalView): string {
  const ids = new Set(missingFrom(view).flatMap(({ allowed }) => allowed?.slack ?? []));
  const mentions = [...ids].flatMap(mentionOf).slice(0, mostMentions);
  const named = mentions.length === 0 ? '' : ` (${mentions.join(' ')})`;
  return whoDecides(view, { names: (text) => escapeMarkup(inert(text)), when: slackTime }, named);
}

/** Slack shows it in the reader's time zone. */
function slackTime(at: string): string {
  return `<!date^${Math.floor(Date.parse(at) / 1000)}^{date_short_pretty} {time}|${at}>`;
}

function mentionOf(id: string): string[] {
  if (isUserGroup(id)) return [`<!subteam^${id}>`];
  return isSlackUser(id) ? [`<@${id}>`] : [];
}

/** Null if the text is not a value that our buttons carry. */
export function parseButtonValue(text: string): ButtonValue | null {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null || !('id' in value) || !('hash' in value)) return null;
    const { id, hash } = value;
    if (typeof id !== 'string' || typeof hash !== 'string') return null;
    if (!/^run:[a-z0-9:-]{1,190}$/.test(id) || !/^[0-9a-f]{32,64}$/.test(hash)) return null;
    const groups = 'groups' in value && Array.isArray(value.groups) ? value.groups.filter(isId) : [];
    const moreGroups = 'moreGroups' in value && value.moreGroups === true ? { moreGroups: true as const } : {};
    const about = 'about' in value && typeof value.about === 'string' ? { about: value.about } : {};
    return { id, hash, ...about, ...(groups.length === 0 ? {} : { groups }), ...moreGroups };
  } catch {
    return null;
  }
}

function isId(group: unknown): group is string {
  return typeof group === 'string' && isUserGroup(group);
}
