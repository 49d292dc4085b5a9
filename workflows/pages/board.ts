// The live page of a run's board in the Temporal Web UI ("current details"), as Markdown, for operators.

import type { BoardState } from '../../domain/board/state.ts';
import type { RunId } from '../../contracts/ids.ts';
import { count } from '../../domain/text/count.ts';
import { runWorkflowId } from '../../contracts/ids.ts';
import { workflowLink } from './links.ts';

export function boardDetails(run: RunId, { next, messages, notes, claims }: BoardState): string {
  const open = messages.filter((each) => each.open.length > 0).length;
  return [
    `- what the agents of ${workflowLink(`run ${run}`, runWorkflowId(run))} tell each other`,
    `- ${count(next - 1, 'message')} so far, ${open} that somebody has yet to hear`,
    `- ${count(notes.length, 'note')}, ${count(claims.length, 'claim')} of paths`,
  ].join('\n');
}
