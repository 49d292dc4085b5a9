// The live page of a merge queue in the Temporal Web UI ("current details"), as Markdown, for operators. Text from plans,
// agents and repositories goes through `code`, so that it cannot draw links or headings of its own.

import { code } from './code.ts';
import { timeText, workflowLink } from './links.ts';
import { unitWorkflowId, verificationWorkflowId } from '../../contracts/ids.ts';
import type { QueueState } from '../../domain/queue/state.ts';
import type { QueueView, QueueViewEntry, QueueViewTrain } from '../../contracts/messages/queue.ts';
import { viewQueue } from '../../domain/queue/view.ts';

/** Entries shown. */
const rows = 50;
/** Decisions shown. */
const lastDecisions = 10;

export function queueDetails(where: { repository: string; branch: string }, state: QueueState, at: string): string {
  const view = viewQueue(state, { limit: rows }, at);
  return [
    `Merge queue of ${code(where.branch)} in ${code(where.repository)}: ${view.landed} landed`,
    '',
    ...switches(view),
    ...(view.total === 0 ? ['empty'] : []),
    ...view.trains.flatMap((train) => trainLines(train)),
    ...(view.trains.length === 0 ? [] : ['']),
    ...view.entries.map((entry) => entryLine(entry)),
    ...(view.total > rows ? [`… and ${view.total - rows} more`] : []),
    ...flakeLines(view),
    ...decisionLines(view),
  ].join('\n');
}

function switches({ paused, draining, redBase }: QueueView): string[] {
  const lines = [
    ...[paused, paused?.before ?? null]
      .filter((each) => each !== null)
      .map(({ by, since, reason }) => `**paused** by ${code(by)} since ${timeText(since)}${because(reason)}`),
    ...(draining === null ? [] : [`**draining** since ${timeText(draining.since)}, by ${code(draining.by)}`]),
    ...(redBase === null
      ? []
      : [`**the target is red**: ${code(redBase.command)} fails on ${code(redBase.target.slice(0, 12))}`]),
  ];
  return lines.length === 0 ? [] : [...lines, ''];
}

function because(reason: string | null): string {
  return reason === null ? '' : `: ${code(reason)}`;
}

function trainLines({ train, units, verifications }: QueueViewTrain): string[] {
  const cars = units.map(({ unit, verdict }) => `${verdict === 'open' ? '' : `${verdict} `}${code(unit)}`);
  const links = verifications.map(({ key, upTo, since }) => {
    const what = upTo === units.length ? 'the train' : `the first ${upTo}`;
    return `${workflowLink(`verifies ${what}`, verificationWorkflowId(key))} since ${timeText(since)}`;
  });
  return [`- train ${train}: ${cars.join(' → ')}${links.length === 0 ? '' : `; ${links.join(', ')}`}`];
}

function entryLine({ run, unit, state, since, place, reason }: QueueViewEntry): string {
  const name = workflowLink(`**${run}/${unit}**`, unitWorkflowId(run, unit));
  return `${place}. ${name} ${state} since ${timeText(since)}: ${code(reason)}`;
}

function flakeLines({ flakes }: QueueView): string[] {
  if (flakes.length === 0) return [];
  return ['', 'Flaky commands:', ...flakes.map(({ command, times }) => `- ${code(command)}: ${times} times`)];
}

function decisionLines({ decisions }: QueueView): string[] {
  if (decisions.length === 0) return [];
  const last = decisions.slice(-lastDecisions).toReversed();
  return ['', 'Last decisions:', ...last.map(({ at, text }) => `- ${timeText(at)} ${code(text)}`)];
}
