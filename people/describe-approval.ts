// What an approval shows to people, as data that every medium draws in its own way. Only texts of `said` and names are our
// own words; everything else comes from models, repositories and people, and has to be made inert by the medium.

import type { ApprovalStatus, ApprovalView } from '../contracts/approval.ts';
import type { Review } from '../contracts/review.ts';
import type { ChangePreview } from '../contracts/change-preview.ts';
import { commentLines, noReviewText, reviewHeadline } from '../domain/text/review-lines.ts';
import { changeSizeText } from '../domain/text/change-size.ts';
import { commandLines, shownCommand } from '../domain/text/command-lines.ts';
import { consentLines } from '../domain/approval/consent.ts';
import { count } from '../domain/text/count.ts';
import { differenceLines } from '../domain/text/plan-difference.ts';
import { estimateText } from '../domain/text/estimate.ts';
import { dollars } from '../domain/money/dollars.ts';
import { excerptLines } from '../domain/text/excerpt.ts';
import { explainRisk, riskOf } from '../domain/approval/risk.ts';
import { inertLine } from '../domain/text/inert.ts';
import { explainWish, wishOf } from '../domain/approval/tool-wish.ts';
import { mayStillDecide, nobodyMay } from '../domain/approval/nobody.ts';
import { describeDeadline, silenceOf } from '../domain/approval/timing.ts';
import { shownPaths } from '../domain/text/shown-paths.ts';

export type Part =
  | { readonly kind: 'facts'; readonly rows: readonly (readonly [name: string, value: string])[] }
  | {
      readonly kind: 'quoted';
      readonly name: string;
      readonly lines: readonly string[];
      /** The lines of a `command` can be shown as they are. */
      readonly form: 'prose' | 'list' | 'output' | 'diff' | 'command';
    }
  /** Our own words; of foreign ones only such as are inert already. */
  | { readonly kind: 'said'; readonly text: string };

export interface Extent {
  readonly words: number;
  readonly diff: number;
  readonly paths: number;
  readonly output: number;
  readonly command: number;
  /** Whether people can answer where they read it; if not, they are told how on the command line. */
  readonly hasForm: boolean;
}

/** As much as a card has room for. */
export const cardExtent: Extent = { words: 8, diff: 15, paths: 10, output: 8, command: 15, hasForm: false };

/** What is asked, without who may decide and until when. */
export function describeApproval(view: ApprovalView, extent: Extent): Part[] {
  const title = quoted(view.unit === null ? 'Goal' : 'Title in the plan', [view.subject.title]);
  return [describeFacts(view), title, ...describeSubject(view, extent)];
}

/** Which unit of which run it is about, and why people are asked. */
export function describeFacts({ run, unit, subject, policy }: ApprovalView): Part {
  const { branch, repository, requestedBy } = subject;
  return {
    kind: 'facts',
    rows: [
      ['Run', run],
      ...(unit === null ? [] : [['Unit', unit] as const]),
      ['Branch', branch],
      ['Repository', repository],
      ['Asked for by', requestedBy],
      ['Rule', policy.rule],
    ],
  };
}

/** What people need to see before they decide. */
export function describeSubject(view: ApprovalView, extent: Extent): Part[] {
  const risk = riskOf(view);
  const risks = risk === null ? [] : [said(`Risk: ${explainRisk(risk)}`)];
  return [...risks, ...describeKind(view, extent)];
}

function describeKind(view: ApprovalView, extent: Extent): Part[] {
  switch (view.kind) {
    case 'merge':
      return describeMerge(view, extent);
    case 'budget': {
      const { spentUsd, limitUsd, topUpUsd } = view.subject;
      const other = extent.hasForm ? '' : `; for another amount: coppice approve ${view.id} --usd AMOUNT`;
      return [
        said(`Spent ${dollars(spentUsd)} of ${dollars(limitUsd)}. Approving adds ${dollars(topUpUsd)}${other || '.'}`),
      ];
    }
    case 'egress': {
      const { command, paths, pathCount, output } = view.subject;
      return [
        quoted('Setup command that would get network access', [command], 'output'),
        quoted('Changed files that it reads', shownPaths(paths, pathCount, extent.paths), 'list'),
        quoted('Its output without network access', excerptLines(output, extent.output), 'output'),
      ];
    }
    case 'plan': {
      const { units, unitCount, parallel, model, budgetUsd, made, warnings = [], estimate, change } = view.subject;
      const more = unitCount - units.length;
      const money = budgetUsd === null ? 'no budget' : `at most ${dollars(budgetUsd)}`;
      const lines = units.map(({ id, title }) => `${id}: ${title}`);
      const time = estimate === undefined ? '' : ` ${estimateText(estimate)}`;
      const sized = `${count(unitCount, 'unit')}, ${parallel} at once, with ${inertLine(model, 100)}; ${money}.${time}`;
      return [
        said(sized),
        ...(made === undefined || made.why === ''
          ? []
          : [quoted('Why it is cut this way', firstLines(made.why, extent.words))]),
        ...(change === undefined
          ? []
          : [quoted(`What ${inertLine(change.by, 100)} has changed`, differenceLines(change), 'list')]),
        quoted('The plan', [...lines, ...(more > 0 ? [`… and ${more} more`] : [])], 'list'),
        ...(warnings.length === 0 ? [] : [quoted('To be known', warnings, 'list')]),
        said(`All of it: coppice plan show --run ${view.run}. To change it: coppice plan edit ${view.run}`),
      ];
    }
    case 'tool': {
      const { tool, text, directory, matched, words } = view.subject;
      const name = `It would run this with ${inertLine(tool, 60)}, in ${inertLine(shownCommand(directory), 200)}`;
      return [
        ...(words === '' ? [] : [quoted('The agent says', firstLines(words, extent.words))]),
        quoted(name, firstOf(commandLines(text), extent.command), 'command'),
        quoted('Rules ask about', matched.map(shownCommand), 'list'),
      ];
    }
    case 'red-base':
      return [
        quoted('What fails on the target', [view.subject.problem]),
        quoted('What it printed', excerptLines(view.subject.output, extent.output), 'output'),
        said(
          `The whole log: coppice logs ${view.run} --setup\nIf the target turns green meanwhile, the run starts by itself.`,
        ),
      ];
    case 'question':
      return [
        quoted('The question', view.subject.question.split('\n')),
        ...(view.status === 'open' && !extent.hasForm ? [said(`Answer with: coppice answer ${view.id} "…"`)] : []),
      ];
    case 'conflict':
      return describeConflict(view, extent);
    case 'credential':
      return [
        quoted('The model’s server says', [view.subject.problem]),
        said('Fix the key or the account of the workers, then approve: the run continues where it stopped.'),
      ];
  }
}

function describeMerge(view: ApprovalView & { readonly kind: 'merge' }, extent: Extent): Part[] {
  const { subject } = view;
  const { preview, kept = [], largeFiles = [] } = subject;
  const size = subject.size === undefined ? '' : ` (${changeSizeText(subject.size)})`;
  const lines = new Map(preview?.files.map((file) => [file.path, linesOf(file)]));
  const named = subject.paths.slice(0, extent.paths);
  const paths = shownPaths(subject.paths, subject.pathCount, extent.paths).map(
    (shown, at) => `${shown}${lines.get(named[at] ?? '') ?? ''}`,
  );
  const consents = consentLines(view);
  const large = largeFiles.map(
    ({ path, bytes, binary }) => `${path}: ${Math.ceil(bytes / 1000)} kB${binary ? ', binary' : ''}`,
  );
  return [
    ...(preview === undefined || preview.words === ''
      ? []
      : [quoted('The agent says', firstLines(preview.words, extent.words))]),
    ...(subject.review === undefined ? [] : describeReview(subject.review, extent)),
    ...(subject.noReview === undefined ? [] : [said(`Not reviewed: ${noReviewText[subject.noReview]}.`)]),
    ...(consents.length === 0 ? [] : [quoted('Everyone listed here must agree', consents, 'list')]),
    quoted(`Changed files${size}`, paths, 'list'),
    ...(preview === undefined || preview.diff === ''
      ? []
      : [quoted('The change begins', firstLines(preview.diff, extent.diff), 'diff')]),
    ...(preview === undefined ? [] : [said(evidenceOf(preview, view.status))]),
    ...(view.status === 'open' && view.unit !== null
      ? [said(`The whole change: coppice diff ${view.run} ${view.unit}`)]
      : []),
    ...(large.length === 0 ? [] : [quoted('Large or binary files', large, 'list')]),
    ...(kept.length === 0
      ? []
      : [quoted('In conflict, and left as the merge made them', shownPaths(kept, kept.length, extent.paths), 'list')]),
  ];
}

function describeReview(review: Review, extent: Extent): Part[] {
  const { summary, comments } = review;
  return [
    said(inertLine(reviewHeadline(review), 300)),
    ...(summary === '' ? [] : [quoted('The reviewer says', firstLines(summary, extent.words))]),
    ...(comments.length === 0
      ? []
      : [quoted('The reviewer’s comments', firstOf(commentLines(review), extent.paths), 'list')]),
  ];
}

function describeConflict(
  { id, run, unit, status, subject }: ApprovalView & { readonly kind: 'conflict' },
  extent: Extent,
): Part[] {
  const { problem, refused, brief } = subject;
  const { paths, pathCount, others, lastWords } = brief;
  const otherSide = others.map(({ commit, subject: title }) => `${commit.slice(0, 8)} ${title}`);
  const where = `${run} ${unit ?? ''}`;
  const tell = extent.hasForm ? '' : `To tell the agent how: coppice answer ${id} "…"\n`;
  return [
    quoted('What the agent does not resolve', [problem]),
    quoted('Files', shownPaths(paths, pathCount, extent.paths), 'list'),
    ...(otherSide.length === 0 ? [] : [quoted('The other side', otherSide, 'list')]),
    ...(lastWords === '' ? [] : [quoted('The agent’s last words', [lastWords])]),
    ...(refused === undefined ? [] : [quoted('A resolution that was not taken', [refused])]),
    ...(status === 'open'
      ? [said(`${tell}To resolve it yourself: coppice checkout ${where} DIR, then coppice resolve ${where} DIR`)]
      : []),
  ];
}

function quoted(
  name: string,
  lines: readonly string[],
  form: Extract<Part, { kind: 'quoted' }>['form'] = 'prose',
): Part {
  return { kind: 'quoted', name, lines, form };
}

function said(text: string): Part {
  return { kind: 'said', text };
}

function firstLines(text: string, most: number): string[] {
  return firstOf(text.split('\n'), most);
}

function firstOf(lines: readonly string[], most: number): string[] {
  const more = lines.length - most;
  return [...lines.slice(0, most), ...(more > 0 ? [`… ${more} more lines`] : [])];
}

/** ` +3 −1`. */
function linesOf({ additions, deletions }: ChangePreview['files'][number]): string {
  return additions === null || deletions === null ? ' binary' : ` +${additions} −${deletions}`;
}

/** What speaks for it, and what it has cost. */
function evidenceOf({ checks, costUsd }: ChangePreview, status: ApprovalStatus): string {
  const passed =
    checks.length === 0 ? 'No check has run' : `Passed in the unit’s worktree: ${inertLine(checks.join(', '), 600)}`;
  const mayLand = status === 'open' || status === 'approved';
  return `${passed}. ${mayLand ? 'It must pass again before it lands. ' : ''}Cost so far: ${dollars(costUsd)}.`;
}

export function approveLabel(view: ApprovalView): string {
  if (view.kind === 'budget') return `Add ${dollars(view.subject.topUpUsd)}`;
  if (view.kind === 'egress') return 'Allow the network';
  if (view.kind === 'tool') return 'Run it once';
  if (view.kind === 'plan') return 'Begin';
  if (view.kind === 'red-base') return 'Start anyway';
  if (view.kind === 'conflict') return 'Let the agent try again';
  return view.kind === 'credential' ? 'Continue' : 'Approve';
}

export function denyLabel({ kind }: ApprovalView): string {
  if (kind === 'question') return 'No answer';
  return kind === 'credential' || kind === 'conflict' ? 'Give up' : 'Deny';
}

export function answerLabel({ kind }: ApprovalView): string {
  if (kind === 'plan') return 'Changes wanted';
  return kind === 'question' ? 'Answer' : 'Tell the agent how';
}

/** What is asked, as a headline; inert. */
export function headlineOf(view: ApprovalView): string {
  switch (view.kind) {
    case 'merge':
      return 'May this land?';
    case 'budget':
      return 'More money?';
    case 'question':
      return 'An agent has a question';
    case 'egress':
      return 'May this setup use the network?';
    case 'conflict':
      return 'What now?';
    case 'tool':
      return `The agent ${inertLine(explainWish(wishOf(view.subject)))}`;
    case 'plan':
      return 'May this run begin?';
    case 'red-base':
      return 'Start on a target that fails its own verification?';
    case 'credential':
      return 'Is the model’s key fixed?';
  }
}

/** How a medium writes names of groups, and times. */
export interface Writing {
  readonly names: (text: string) => string;
  readonly when: (at: string) => string;
}

/** Who may decide and until when, or that nobody may. `more`: what a medium adds to the names. */
export function whoDecides(view: ApprovalView, { names, when }: Writing, more = ''): string {
  const who = mayStillDecide(view);
  const nobody = nobodyMay(view);
  return [
    ...(who === '' ? [] : [`${capital(names(who))}${more} may decide ${untilWhen(view, when)}`]),
    ...(nobody === null
      ? []
      : [`${names(nobody.text)}${nobody.from === null ? '' : ` from ${when(nobody.from)} on`}.`]),
    ...(who === '' ? [`${capital(describeDeadline(view, when))}.`] : []),
  ].join(' ');
}

/** `until … ; no answer means no.`, after "may decide". `when`: an ISO 8601 time as the medium shows it. */
function untilWhen({ kind, expiresAt, isOverdue, policy }: ApprovalView, when: (at: string) => string): string {
  if (isOverdue === true) return 'still: the time is over, and it waits.';
  if (expiresAt === null) return 'at any time: it waits.';
  const then = silenceOf(policy) === 'pause' ? 'after that, it goes on waiting' : afterSilence(kind);
  return `until ${when(expiresAt)}; ${then}.`;
}

function afterSilence(kind: ApprovalView['kind']): string {
  if (kind === 'question') return 'without an answer, the agent decides by itself';
  return kind === 'conflict' ? 'without an answer, the unit fails' : 'no answer means no';
}

export function capital(text: string): string {
  return `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`;
}

export function whereOf({ run, unit }: Pick<ApprovalView, 'run' | 'unit'>): string {
  return unit === null ? `run ${run}` : `run ${run}, unit ${unit}`;
}
