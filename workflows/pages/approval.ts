// The live page of an approval in the Temporal Web UI ("current details"), as Markdown, for operators. Text from plans, agents and
// repositories goes through `webUiText`, so that it cannot draw links or headings of its own.

import { code } from './code.ts';
import type { ApprovalView, PlanRequest } from '../../contracts/approval.ts';
import { shownCommand } from '../../domain/text/command-lines.ts';
import { count } from '../../domain/text/count.ts';
import { describeEnd, takesWords } from '../../domain/approval/decide.ts';
import { differenceLines } from '../../domain/text/plan-difference.ts';
import { estimateText } from '../../domain/text/estimate.ts';
import { explainProgress, requirementsOf } from '../../domain/approval/consent.ts';
import { decidersOf, explainNobody, mayNobodyDecide } from '../../domain/approval/nobody.ts';
import { describeDeadline } from '../../domain/approval/timing.ts';
import { changeSizeText } from '../../domain/text/change-size.ts';
import { type RunId, runWorkflowId, unitWorkflowId } from '../../contracts/ids.ts';
import { noReviewText, reviewHeadline } from '../../domain/text/review-lines.ts';
import { timeText, workflowLink } from './links.ts';
import { webUiText } from '../../domain/text/inert.ts';

type MergeSubject = Extract<ApprovalView, { kind: 'merge' }>['subject'];

/** A channel that has refused the card for good. */
interface Untold {
  readonly channel: string;
  readonly why: string;
}

export function approvalDetails(view: ApprovalView, untold: readonly Untold[] = []): string {
  const { subject, policy } = view;
  const isOpen = view.status === 'open';
  return [
    `**${webUiText(isOpen ? (explainProgress(view) ?? 'Waits for a decision') : describeEnd(view))}**`,
    '',
    webUiText(view.summary),
    '',
    ...(view.kind === 'merge' && view.subject.size !== undefined
      ? [`- changes: ${changeSizeText(view.subject.size)}`]
      : []),
    ...(view.kind === 'merge' ? reviewLines(view.subject) : []),
    ...(view.kind === 'tool' ? [`- command: ${code(shownCommand(view.subject.text.slice(0, 300)))}`] : []),
    `- target: ${code(subject.branch)} of ${code(subject.repository)}`,
    ...requirementsOf(policy).map(
      (each) => `- rule: ${webUiText(each.rule)}; may decide: ${webUiText(decidersOf(each))}`,
    ),
    ...(isOpen ? [`- ${describeDeadline(view, timeText)}`] : []),
    `- asked by ${view.unit === null ? workflowLink(`run ${view.run}`, runWorkflowId(view.run)) : workflowLink(`unit ${view.unit} of run ${view.run}`, unitWorkflowId(view.run, view.unit))}`,
    ...(isOpen ? waysToDecide(view) : []),
    ...untold.map(({ channel, why }) => `- not told: ${webUiText(channel)} (${webUiText(why)})`),
    ...(view.kind === 'plan' ? planLines(view.run, view.subject) : []),
  ].join('\n');
}

function reviewLines({ review, noReview }: Pick<MergeSubject, 'review' | 'noReview'>): string[] {
  return [
    ...(review === undefined ? [] : [`- review: ${webUiText(reviewHeadline(review))}`]),
    ...(noReview === undefined ? [] : [`- not reviewed: ${noReviewText[noReview]}`]),
  ];
}

function waysToDecide(view: ApprovalView): string[] {
  const { id, run, kind, policy } = view;
  const unit = view.unit ?? '';
  const nobody = explainNobody(view, (at) => `from ${timeText(at)} on`);
  const yesOrNo = `\`coppice approve ${id}\` or \`coppice deny ${id} --reason …\``;
  return [
    ...(nobody === null ? [] : [`- ${webUiText(nobody)}`]),
    ...(mayNobodyDecide(policy) ? [] : [`- ${kind === 'question' ? `\`coppice answer ${id} TEXT\`` : yesOrNo}`]),
    ...(kind === 'plan' && takesWords(view)
      ? [`- to send it back: \`coppice answer ${id} "what should change"\``]
      : []),
    ...(kind === 'plan' ? [`- to change it: \`coppice plan edit ${run}\``] : []),
    ...(kind === 'conflict'
      ? [`- \`coppice checkout ${run} ${unit} DIR\`, then \`coppice resolve ${run} ${unit} DIR\``]
      : []),
  ];
}

/** Why it is cut this way, what has changed, its first units, and what is doubtful about it. */
function planLines(run: RunId, request: PlanRequest): string[] {
  const { units, unitCount, parallel, model, budgetUsd, made, change, warnings = [], estimate } = request;
  const more = unitCount - units.length;
  const money = budgetUsd === null ? 'no budget' : `at most ${budgetUsd.toFixed(2)} USD`;
  const size = `${count(unitCount, 'unit')}, ${parallel} at once, with ${webUiText(model)}; ${money}.`;
  const why = made === undefined ? [] : made.why.split('\n').filter((line) => line.trim() !== '');
  return [
    '',
    `${size}${estimate === undefined ? '' : ` ${estimateText(estimate)}`}`,
    ...section('Why it is cut this way:', why),
    ...section(`What ${webUiText(change?.by ?? '')} has changed:`, change === undefined ? [] : differenceLines(change)),
    '',
    'Units:',
    '',
    ...units.map(({ id, title }) => `- **${id}**: ${webUiText(title)}`),
    ...(more > 0 ? [`- … and ${more} more`] : []),
    '',
    `all of it: \`coppice plan show --run ${run}\``,
    ...section('To be known:', warnings),
  ];
}

/** A planning session explains itself in up to 2,000 characters. */
const longestLine = 2_000;

function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ['', title, '', ...lines.map((line) => `- ${webUiText(line, longestLine)}`)];
}
