// The live page of an approval in the Temporal Web UI ("current details"), as Markdown, for operators. Text from plans, agents and
// repositories goes through `webUiText`, so that it cannot draw links or headings of its own.

import { code } from './code.ts';
import type { ApprovalView } from '../../contracts/approval.ts';
import { shownCommand } from '../../domain/text/command-lines.ts';
import { describeEnd } from '../../domain/approval/decide.ts';
import { explainProgress, requirementsOf } from '../../domain/approval/consent.ts';
import { decidersOf, explainNobody, mayNobodyDecide } from '../../domain/approval/nobody.ts';
import { describeDeadline } from '../../domain/approval/timing.ts';
import { changeSizeText } from '../../domain/text/change-size.ts';
import { runWorkflowId, unitWorkflowId } from '../../contracts/ids.ts';
import { timeText, workflowLink } from './links.ts';
import { webUiText } from '../../domain/text/inert.ts';

/** A channel that has refused the card for good. */
interface Untold {
  readonly channel: string;
  readonly why: string;
}

export function approvalDetails(view: ApprovalView, untold: readonly Untold[] = []): string {
  const { subject, policy } = view;
  return [
    `**${view.status === 'open' ? webUiText(explainProgress(view) ?? 'Waits for a decision') : webUiText(describeEnd(view))}**`,
    '',
    webUiText(view.summary),
    '',
    ...(view.kind === 'merge' && view.subject.size !== undefined
      ? [`- changes: ${changeSizeText(view.subject.size)}`]
      : []),
    ...(view.kind === 'tool' ? [`- command: ${code(shownCommand(view.subject.text.slice(0, 300)))}`] : []),
    `- target: ${code(subject.branch)} of ${code(subject.repository)}`,
    ...requirementsOf(policy).map(
      (each) => `- rule: ${webUiText(each.rule)}; may decide: ${webUiText(decidersOf(each))}`,
    ),
    `- ${describeDeadline(view, timeText)}`,
    `- asked by ${view.unit === null ? workflowLink(`run ${view.run}`, runWorkflowId(view.run)) : workflowLink(`unit ${view.unit} of run ${view.run}`, unitWorkflowId(view.run, view.unit))}`,
    ...waysToDecide(view),
    ...(view.kind === 'conflict'
      ? [
          `- \`coppice checkout ${view.run} ${view.unit ?? ''} DIR\`, then \`coppice resolve ${view.run} ${view.unit ?? ''} DIR\``,
        ]
      : []),
    ...untold.map(({ channel, why }) => `- not told: ${webUiText(channel)} (${webUiText(why)})`),
  ].join('\n');
}

function waysToDecide(view: ApprovalView): string[] {
  const { id, kind, policy } = view;
  const nobody = view.status === 'open' ? explainNobody(view, (at) => `from ${timeText(at)} on`) : null;
  const ways =
    kind === 'question'
      ? `\`coppice answer ${id} TEXT\``
      : `\`coppice approve ${id}\` or \`coppice deny ${id} --reason …\``;
  return [...(nobody === null ? [] : [`- ${webUiText(nobody)}`]), ...(mayNobodyDecide(policy) ? [] : [`- ${ways}`])];
}
