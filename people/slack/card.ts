// An approval's card in Slack, as data: drawn by the host that posts it, and read back by the gateway when a button is
// clicked. Text from models and repositories is made inert: no mentions, no links, no imitation of our own words.

import type { ApprovalView } from '../../contracts/approval.ts';
import type { ChangePreview } from '../../contracts/change-preview.ts';
import { silenceOf } from '../../domain/approval/timing.ts';
import { consentLines, explainProgress, missingFrom, stillMissing } from '../../domain/approval/consent.ts';
import { describeEnd } from '../../domain/approval/decide.ts';
import { shownPaths } from '../../domain/text/shown-paths.ts';
import { changeSizeText } from '../../domain/text/change-size.ts';
import { excerptLines } from '../../domain/text/excerpt.ts';
import { dollars } from '../../domain/money/dollars.ts';
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
const mostPaths = 10;

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
      { type: 'context', elements: [{ type: 'mrkdwn', text: `${whoDecides(view)} ${untilWhen(view)}` }] },
    ],
  };
}

/** Of which a card cannot show everything. */
const hasDetails: ReadonlySet<ApprovalView['kind']> = new Set(['merge', 'egress', 'red-base', 'conflict', 'tool']);

function answerLabel({ kind }: ApprovalView): string {
  return kind === 'question' ? 'Answer' : 'Tell the agent how';
}

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
  return `Still waits for a decision: ${escapeMarkup(inert(view.summary))}.${since} ${whoDecides(view)} ${untilWhen(view)}`;
}

/** Slack users mentioned on one card. */
const mostMentions = 10;

function whoDecides(view: ApprovalView): string {
  const ids = new Set(missingFrom(view).flatMap(({ allowed }) => allowed?.slack ?? []));
  const mentions = [...ids].filter((id) => /^[UW][A-Z0-9]{1,20}$/.test(id)).slice(0, mostMentions);
  const named = mentions.length === 0 ? '' : ` (${mentions.map((id) => `<@${id}>`).join(' ')})`;
  return `${capital(escapeMarkup(inert(stillMissing(view))))}${named} may decide`;
}

function untilWhen({ expiresAt, isOverdue, policy }: ApprovalView): string {
  if (isOverdue === true) return 'still: the time is over, and it waits.';
  if (expiresAt === null) return 'at any time: it waits.';
  // Slack shows it in the reader's time zone.
  const seconds = Math.floor(Date.parse(expiresAt) / 1000);
  const until = `until <!date^${seconds}^{date_short_pretty} {time}|${expiresAt}>`;
  return `${until}; ${silenceOf(policy) === 'pause' ? 'after that, it goes on waiting.' : 'no answer means no.'}`;
}

/** As Slack wants it where it reads markup. */
function escapeMarkup(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll(/[*_~`]/g, '');
}

function capital(text: string): string {
  return `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`;
}

/** What is asked, without who and when. */
export function describe(view: ApprovalView): CardBlock[] {
  const { subject } = view;
  return [
    fields([
      ['Run', view.run],
      ...(view.unit === null ? [] : [['Unit', view.unit] as const]),
      ['Branch', subject.branch],
      ['Repository', subject.repository],
      ['Asked for by', subject.requestedBy],
      ['Rule', view.policy.rule],
    ]),
    quote(view.unit === null ? 'Goal' : 'Title in the plan', inert(subject.title)),
    ...describeSubject(view),
  ];
}

function describeSubject(view: ApprovalView): CardBlock[] {
  switch (view.kind) {
    case 'merge': {
      const { subject } = view;
      const { preview } = subject;
      const size = subject.size === undefined ? '' : ` (${changeSizeText(subject.size)})`;
      const lines = new Map(preview?.files.map((file) => [file.path, linesOf(file)]));
      const named = subject.paths.slice(0, mostPaths);
      const paths = shownPaths(subject.paths, subject.pathCount, mostPaths).map(
        (shown, at) => `${inert(shown)}${lines.get(named[at] ?? '') ?? ''}`,
      );
      const kept = shownPaths(subject.kept ?? [], subject.kept?.length ?? 0, mostPaths).map(inert);
      const consents = consentLines(view).map(inert);
      const large = (subject.largeFiles ?? []).map(({ path, bytes, binary }) =>
        inert(`${path}: ${Math.ceil(bytes / 1000)} kB${binary ? ', binary' : ''}`),
      );
      return [
        ...(preview === undefined || preview.words === ''
          ? []
          : [quote('The agent says', firstLines(preview.words, wordsShown))]),
        ...(consents.length === 0 ? [] : [quote('Everyone listed here must agree', consents.join('\n'))]),
        quote(`Changed files${size}`, paths.join('\n')),
        ...(preview === undefined || preview.diff === ''
          ? []
          : [quote('The change begins', firstLines(preview.diff, diffLinesShown))]),
        ...(preview === undefined ? [] : [section(evidenceOf(preview))]),
        ...(view.status === 'open' && view.unit !== null
          ? [section(`The whole change: coppice diff ${view.run} ${view.unit}`)]
          : []),
        ...(large.length === 0 ? [] : [quote('Large or binary files', large.join('\n'))]),
        ...(kept.length === 0 ? [] : [quote('In conflict, and left as the merge made them', kept.join('\n'))]),
      ];
    }
    case 'budget': {
      const { spentUsd, limitUsd, topUpUsd } = view.subject;
      return [
        section(
          `Spent ${dollars(spentUsd)} of ${dollars(limitUsd)}. Approving adds ${dollars(topUpUsd)}; for another amount: coppice approve ${view.id} --usd AMOUNT`,
        ),
      ];
    }
    case 'egress': {
      const { command, paths, pathCount, output } = view.subject;
      const shown = shownPaths(paths, pathCount, mostPaths).map(inert);
      return [
        quote('Setup command that would get network access', inert(command)),
        quote('Changed files that it reads', shown.join('\n')),
        quote('Its output without network access', excerptLines(output, outputLines).map(inert).join('\n')),
      ];
    }
    case 'plan': {
      const { units, unitCount, parallel, model, budgetUsd } = view.subject;
      const lines = units.map(({ id, title }) => inert(`${id}: ${title}`));
      const more = unitCount - units.length;
      const money = budgetUsd === null ? 'no budget' : `at most ${dollars(budgetUsd)}`;
      return [
        section(`${unitCount} units, ${parallel} at once, with ${inert(model)}; ${money}. Nothing has begun.`),
        quote('The plan', [...lines, ...(more > 0 ? [`… and ${more} more`] : [])].join('\n')),
      ];
    }
    case 'tool': {
      const { tool, text, directory, matched, words } = view.subject;
      return [
        ...(words === '' ? [] : [quote('The agent says', firstLines(words, wordsShown))]),
        quote(`It would run this with ${inert(tool)}, in ${inert(directory)}`, firstLines(text, commandLinesShown)),
        quote('Rules ask about', matched.map(inert).join('\n')),
      ];
    }
    case 'red-base':
      return [
        quote('What fails on the target', inert(view.subject.problem)),
        quote('What it printed', excerptLines(view.subject.output, outputLines).map(inert).join('\n')),
        section(
          `The whole log: coppice logs ${view.run} --setup\nIf the target turns green meanwhile, the run starts by itself.`,
        ),
      ];
    case 'question':
      return [
        quote('The question', view.subject.question.split('\n').map(inert).join('\n')),
        ...(view.status === 'open' ? [section(`Answer with: coppice answer ${view.id} "…"`)] : []),
      ];
    case 'conflict':
      return describeConflict(view);
    case 'credential':
      return [
        quote('The model’s server says', inert(view.subject.problem)),
        section('Fix the key or the account of the workers, then approve: the run continues where it stopped.'),
      ];
  }
}

function describeConflict({
  id,
  run,
  unit,
  status,
  subject,
}: ApprovalView & { readonly kind: 'conflict' }): CardBlock[] {
  const { problem, refused, brief } = subject;
  const { paths, pathCount, others, lastWords } = brief;
  const otherSide = others.map(({ commit, subject: title }) => inert(`${commit.slice(0, 8)} ${title}`));
  const where = `${run} ${unit ?? ''}`;
  return [
    quote('What the agent does not resolve', inert(problem)),
    quote('Files', shownPaths(paths, pathCount, mostPaths).map(inert).join('\n')),
    ...(otherSide.length === 0 ? [] : [quote('The other side', otherSide.join('\n'))]),
    ...(lastWords === '' ? [] : [quote('The agent’s last words', inert(lastWords))]),
    ...(refused === undefined ? [] : [quote('A resolution that was not taken', inert(refused))]),
    ...(status === 'open'
      ? [
          section(
            `To tell the agent how: coppice answer ${id} "…"\nTo resolve it yourself: coppice checkout ${where} DIR, then coppice resolve ${where} DIR`,
          ),
        ]
      : []),
  ];
}

const wordsShown = 8;
const diffLinesShown = 15;
const commandLinesShown = 20;

function firstLines(text: string, most: number): string {
  const lines = text.split('\n');
  const shown = lines.slice(0, most).map(inert);
  return [...shown, ...(lines.length > most ? [`… ${lines.length - most} more lines`] : [])].join('\n');
}

/** ` +3 −1`. */
function linesOf({ additions, deletions }: ChangePreview['files'][number]): string {
  return additions === null || deletions === null ? ' binary' : ` +${additions} −${deletions}`;
}

/** What speaks for it, and what it has cost. */
function evidenceOf({ checks, costUsd }: ChangePreview): string {
  const passed =
    checks.length === 0 ? 'No check has run' : `Passed in the unit’s worktree: ${inert(checks.join(', '))}`;
  return `${passed}. It must pass again before it lands. Cost so far: ${dollars(costUsd)}.`;
}

/** Lines shown of a command's output. */
const outputLines = 8;

function approveLabel(view: ApprovalView): string {
  if (view.kind === 'budget') return `Add ${dollars(view.subject.topUpUsd)}`;
  if (view.kind === 'egress') return 'Allow the network';
  if (view.kind === 'tool') return 'Run it once';
  if (view.kind === 'plan') return 'Begin';
  if (view.kind === 'red-base') return 'Start anyway';
  if (view.kind === 'conflict') return 'Let the agent try again';
  return view.kind === 'credential' ? 'Continue' : 'Approve';
}

function denyLabel({ kind }: ApprovalView): string {
  if (kind === 'question') return 'No answer';
  return kind === 'credential' || kind === 'conflict' ? 'Give up' : 'Deny';
}

function whereOf({ run, unit }: ApprovalView): string {
  return unit === null ? `run ${run}` : `run ${run}, unit ${unit}`;
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

/** One short line of safe text. */
export function inert(text: string): string {
  return slackLine(text, longestText);
}
