// The live page of a merge queue in the Temporal Web UI ("current details"), as Markdown, for operators. Text from plans, agents and
// repositories goes through `webUiText`, so that it cannot draw links or headings of its own.

import { code } from './code.ts';
import { timeText, workflowLink } from './links.ts';
import { unitWorkflowId } from '../../contracts/ids.ts';
import type { QueueState } from '../../domain/queue/step.ts';

/** Entries shown. */
const rows = 50;

export function queueDetails(where: { repository: string; branch: string }, state: QueueState): string {
  return [
    `Merge queue of ${code(where.branch)} in ${code(where.repository)}: ${state.landed} landed`,
    '',
    ...(state.entries.length === 0 ? ['empty'] : []),
    ...state.entries.slice(0, rows).map(({ subject: { context, unit }, stage, since }, at) => {
      const name = workflowLink(`**${context.run}/${unit}**`, unitWorkflowId(context.run, unit));
      return `${at + 1}. ${name} ${stage.name} since ${timeText(since)}`;
    }),
    ...(state.entries.length > rows ? [`… and ${state.entries.length - rows} more`] : []),
  ].join('\n');
}
