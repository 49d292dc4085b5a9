// `coppice approvals` for people: the question, its subject, its deadline, and the command that answers it.

import { mayRemember } from '../../../domain/approval/tier.ts';
import type { ApprovalView } from '../../../contracts/approval.ts';
import type { ChangePreview } from '../../../contracts/change-preview.ts';
import type { Review } from '../../../contracts/review.ts';
import type { OpenApproval } from '../../watch/status.ts';
import type { Paint, Style, TextStream } from './colour.ts';
import { columnsOf, fit, inertLine } from './columns.ts';
import { changeSizeText, dollars, elapsed, largeFileText, shortSha } from './amounts.ts';
import {
  type Poll,
  consentLines,
  couldAgree,
  explainProgress,
  stillMissing,
} from '../../../domain/approval/consent.ts';
import { approvalLooks } from './phases.ts';
import { commandLines, shownCommand } from '../../../domain/text/command-lines.ts';
import { count } from '../../../domain/text/count.ts';
import { commentLines, noReviewText, reviewHeadline } from '../../../domain/text/review-lines.ts';
import { explainNobody, mayNobodyDecide } from '../../../domain/approval/nobody.ts';
import { describeDeadline } from '../../../domain/approval/timing.ts';
import { differenceLines } from '../../../domain/text/plan-difference.ts';
import { estimateText } from '../../../domain/text/estimate.ts';
import { excerptLines } from '../../../domain/text/excerpt.ts';
import { painterFor } from './colour.ts';
import { shownPaths } from '../../../domain/text/shown-paths.ts';

/** Any more paths are only counted. */
const pathsShown = 5;
/** Lines shown of a setup's output. */
const outputLines = 9;
const wordsShown = 6;

export interface Viewer {
  /** As named by COPPICE_USER: what waits for them is marked, and comes first. */
  readonly user: string;
  readonly now?: Date;
  /** The same list in Temporal's Web UI; null or absent = its address is not known. */
  readonly page?: string | null;
}

export function approvalsText(
  approvals: readonly ApprovalView[],
  stream: TextStream,
  { user, now = new Date(), page = null }: Viewer,
): string {
  if (approvals.length === 0) return 'no approval is waiting';
  const paint = painterFor(stream);
  const { mine, others } = byWhoDecides(approvals, user);
  const texts = [...mine, ...others].map((approval) => {
    const [first = '', ...rest] = approvalLines(approval, { user, paint, now });
    return [first, ...subjectLines(approval), ...rest].join('\n');
  });
  return [...texts, ...(page === null ? [] : [paint('dim', inertLine(`Web UI: ${page}`))])].join('\n\n');
}

/** One approval with all that is known of it, for whoever is about to decide it. */
export function wholeApprovalText(view: ApprovalView, stream: TextStream, viewer: Viewer): string {
  const diff = view.kind === 'merge' ? (view.subject.preview?.diff ?? '') : view.kind === 'tool' ? wholeText(view) : '';
  return [approvalsText([view], stream, viewer), ...(diff === '' ? [] : ['', diff])].join('\n');
}

/** The whole command where the lines above left something out. */
function wholeText({ subject: { text } }: ApprovalView & { readonly kind: 'tool' }): string {
  const lines = commandLines(text);
  return lines.length > linesOfCommand ? lines.map((line) => `│ ${line}`).join('\n') : '';
}

interface Asking extends Pick<OpenApproval, 'policy' | 'votes' | 'unit' | 'summary' | 'requestedBy'> {
  /** Of a whole view. */
  readonly subject?: { readonly requestedBy: string };
}

function pollOf({ policy, votes = [], subject, requestedBy = subject?.requestedBy ?? '' }: Asking): Poll {
  return { policy, votes, subject: { requestedBy } };
}

export interface Sides<Approval> {
  readonly mine: Approval[];
  readonly others: Approval[];
}

/**
 * `mine`: the approvals that `user` may decide on the command line; those that anybody may decide come last. `others`:
 * the rest.
 */
export function byWhoDecides<Approval extends Asking>(approvals: readonly Approval[], user: string): Sides<Approval> {
  const may = approvals.filter((approval) => mayDecideNow(approval, user));
  const named = may.filter(({ policy }) => policy.allowed !== null);
  const anybody = may.filter(({ policy }) => policy.allowed === null);
  const mine = [...named, ...anybody];
  return { mine, others: approvals.filter((approval) => !mine.includes(approval)) };
}

function mayDecideNow(approval: Asking, user: string): boolean {
  return couldAgree(pollOf(approval), { channel: 'cli', id: user });
}

/** Whether something waits for this person that did not wait before. */
export function asksAnew(now: readonly OpenApproval[], before: readonly OpenApproval[], user: string): boolean {
  const known = new Set(byWhoDecides(before, user).mine.map(({ id }) => id));
  return byWhoDecides(now, user).mine.some(({ id }) => !known.has(id));
}

/** `! pay asks you: …` for who looks; `? pay asks owners: …` for others. */
export function askingLine(approval: Asking, user: string): { readonly text: string; readonly style: Style } {
  const { unit, summary, policy } = approval;
  const isMine = mayDecideNow(approval, user);
  const { sign, style } = isMine ? approvalLooks.mine : approvalLooks.others;
  const whom = isMine && policy.allowed !== null ? 'you' : stillMissing(pollOf(approval));
  const asks = mayNobodyDecide(policy) ? 'asks, and nobody may decide' : `asks ${whom}`;
  return { text: inertLine(`${sign} ${unit ?? 'the run'} ${asks}: ${summary}`), style };
}

/** Who asks what, since when and until when, and how to answer. Never cut: people need all of it to decide. */
export function approvalLines(
  approval: OpenApproval,
  { user, paint, now }: { readonly user: string; readonly paint: Paint; readonly now: Date },
): string[] {
  const { id, kind, since, policy } = approval;
  const inTime = (at: string): string => `in ${elapsed(now.toISOString(), at)}`;
  const until = describeDeadline(approval, inTime);
  const nobody = explainNobody(approval, inTime);
  const progress = explainProgress({ ...pollOf(approval), status: 'open' });
  const { text, style } = askingLine(approval, user);
  return [
    paint(style, text),
    ...(progress === null ? [] : [`  ${inertLine(progress)}`]),
    paint('dim', `  asked ${elapsed(since, now)} ago, ${until}`),
    ...(nobody === null ? [] : [`  ${inertLine(nobody)}`]),
    ...(mayNobodyDecide(policy) ? [] : [`  ${decideCommand({ id, kind }, Infinity)}`]),
  ];
}

/** The command to copy; if it does not fit, the command that lists it, because half a command is useless. */
export function decideCommand({ id, kind }: Pick<OpenApproval, 'id' | 'kind'>, width: number): string {
  // There are several ways out of a conflict, and the list names them.
  if (kind === 'conflict') return fit('coppice approvals', width);
  const command = kind === 'question' ? `coppice answer ${inertLine(id)} "…"` : `coppice approve ${inertLine(id)}`;
  return columnsOf(command) <= width ? command : fit('coppice approvals', width);
}

function subjectLines(approval: ApprovalView): string[] {
  const { run, subject, policy } = approval;
  return [
    `${run}: ${subject.title}`,
    `${approval.kind === 'merge' ? 'lands on' : 'for'} ${subject.branch} of ${subject.repository}, asked for by ${subject.requestedBy}`,
    `because of ${policy.rule}`,
    ...(policy.tier === 'critical'
      ? ['critical: approve it in Slack, or where COPPICE_TOKEN_SECRET is that of the workers']
      : []),
  ]
    .map((line) => inertLine(line))
    .concat(approval.kind === 'tool' ? toolLines(approval) : detailLines(approval).map((line) => inertLine(line)))
    .map((line) => `  ${line}`);
}

function detailLines(approval: Exclude<ApprovalView, { readonly kind: 'tool' }>): string[] {
  switch (approval.kind) {
    case 'merge': {
      const { paths, pathCount, size, largeFiles = [], kept = [], review, noReview, preview } = approval.subject;
      return [
        ...previewLines(preview),
        ...reviewLines(review),
        ...(noReview === undefined ? [] : [`not reviewed: ${noReviewText[noReview]}`]),
        ...consentLines(approval),
        ...(size === undefined ? [] : [changeSizeText(size)]),
        ...shownPaths(paths, pathCount, pathsShown),
        ...largeFiles.map((file) => `large: ${largeFileText(file)}`),
        ...shownPaths(kept, kept.length, pathsShown).map(
          (path) => `in conflict, and left as the merge made it: ${path}`,
        ),
        ...(approval.unit === null ? [] : [`see it: coppice diff ${approval.run} ${approval.unit}`]),
      ];
    }
    case 'budget': {
      const { spentUsd, limitUsd, topUpUsd } = approval.subject;
      return [
        `spent ${dollars(spentUsd)} of ${dollars(limitUsd)}; approving adds ${dollars(topUpUsd)}, or what --usd says`,
      ];
    }
    case 'egress': {
      const { command, paths, pathCount, output } = approval.subject;
      return [
        `setup \`${command}\` fails without the network after changes to:`,
        ...shownPaths(paths, pathCount, pathsShown),
        ...excerptLines(output, outputLines),
      ];
    }
    case 'plan': {
      const { units, unitCount, parallel, model, budgetUsd, made, warnings = [], estimate, change } = approval.subject;
      const more = unitCount - units.length;
      return [
        `${count(unitCount, 'unit')}, ${parallel} at once, with ${model}; ${budgetUsd === null ? 'no budget' : `at most ${dollars(budgetUsd)}`}`,
        ...(estimate === undefined ? [] : [estimateText(estimate)]),
        ...(made === undefined || made.why === '' ? [] : made.why.split('\n')),
        ...(change === undefined
          ? []
          : [`${change.by} has changed the plan:`, ...differenceLines(change).map((line) => `  ${line}`)]),
        ...units.map(({ id, title }) => `${id}: ${title}`),
        ...(more > 0 ? [`and ${more} more`] : []),
        ...warnings.map((warning) => `warning: ${warning}`),
        `all of it: coppice plan show --run ${approval.run}; to change it: coppice plan edit ${approval.run}`,
        ...(made === undefined ? [] : [`to send it back: coppice answer ${approval.id} "what should change"`]),
      ];
    }
    case 'red-base':
      return [
        ...excerptLines(approval.subject.output, outputLines),
        `the whole log: coppice logs ${approval.run} --setup`,
      ];
    case 'question':
      return approval.subject.question.split('\n');
    case 'conflict':
      return conflictLines(approval);
    case 'credential':
      return [approval.subject.problem];
  }
}

/** Lines shown of a command, and of what the agent said before it. */
const linesOfCommand = 12;

/** Inert already: what would run is shown as it is. */
function toolLines({ id, subject, policy }: ApprovalView & { readonly kind: 'tool' }): string[] {
  const { tool, text, directory, matched, words } = subject;
  return [
    ...excerptLines(words, wordsShown).map((line) => `│ ${inertLine(line)}`),
    inertLine(shownCommand(`${tool} in ${directory}:`)),
    ...excerptLines(commandLines(text).join('\n'), linesOfCommand).map((line) => `│ ${line}`),
    inertLine(shownCommand(`rules ask about: ${matched.join('; ')}`)),
    ...(mayRemember(policy)
      ? [inertLine(`the same again without asking: coppice approve ${id} --remember unit, or run`)]
      : []),
  ].filter((line) => line !== '│ ');
}

/** What the agent says of its change, and what it has cost; `coppice diff` shows the change. */
function previewLines(preview: ChangePreview | undefined): string[] {
  if (preview === undefined) return [];
  const { words, checks, costUsd } = preview;
  return [
    ...excerptLines(words, wordsShown).map((line) => `│ ${line}`),
    `${checks.length === 0 ? 'no check has run' : `passed: ${checks.join(', ')}`}; cost so far ${dollars(costUsd)}`,
  ].filter((line) => line !== '│ ');
}

function reviewLines(review: Review | undefined): string[] {
  if (review === undefined) return [];
  const summary = excerptLines(review.summary, wordsShown).map((line) => `│ ${line}`);
  return [reviewHeadline(review), ...summary, ...commentLines(review).map((line) => `  ${line}`)];
}

/** What is in conflict, with whom, what was tried, and the ways out. */
function conflictLines({ id, run, unit, subject }: ApprovalView & { readonly kind: 'conflict' }): string[] {
  const { problem, returns, refused, brief } = subject;
  const { paths, pathCount, others, lastWords } = brief;
  const where = `${run} ${unit ?? ''}`.trim();
  return [
    problem,
    ...shownPaths(paths, pathCount, pathsShown),
    ...others.map(
      ({ commit, subject: title, unit: of }) =>
        `other side: ${shortSha(commit)} ${title}${of === null ? '' : ` (unit ${of})`}`,
    ),
    `returned by the merge queue ${count(returns, 'time')}${lastWords === '' ? '' : `; the agent said: ${lastWords}`}`,
    ...(refused === undefined ? [] : [`a resolution was not taken: ${refused}`]),
    `try again, with your words: coppice answer ${id} "…"; without: coppice approve ${id}`,
    `resolve it yourself: coppice checkout ${where} DIR, then coppice resolve ${where} DIR`,
  ];
}
