// Watches a merge queue for a person: a live page on a terminal; otherwise the queue once, then a line for each decision;
// or a document at every change. Ctrl-C ends it.

import type { BranchQueue, QueueDocument } from '../types.ts';
import type { Output } from './output.ts';
import { drawLive } from './draw-live.ts';
import { queueText } from './present/queue.ts';
import { renderQueueView } from './present/queue-view.ts';
import { saySilence, untilInterrupted } from './interrupt.ts';
import { timeOf } from './present/amounts.ts';

/** Ends with an error only: on Ctrl-C with an `Exit` with code 130. */
export async function followQueue(queue: BranchQueue, output: Output): Promise<void> {
  await untilInterrupted(
    async (signal) => {
      if (output.json || !process.stdout.isTTY) return print(queue, output, signal);
      await drawLive({ watch: (options) => queue.watch(options), render: renderQueueView, output, signal });
    },
    () => output.note('\nstopped watching; the queue continues'),
  );
}

async function print(queue: BranchQueue, output: Output, signal: AbortSignal): Promise<void> {
  let before: QueueDocument | null = null;
  for await (const document of queue.watch({ signal, onSilence: saySilence(output) })) {
    if (output.json) output.document('queue', document);
    else if (before === null) output.text(queueText(document, process.stdout));
    else for (const { at, text } of newDecisions(before, document)) output.text(`${timeOf(at)} ${text}`);
    before = document;
  }
}

/** Only the last ones are kept, so the last one that is known may be gone. */
function newDecisions(before: QueueDocument, now: QueueDocument): QueueDocument['decisions'] {
  const known = before.decisions.at(-1);
  const at = now.decisions.findLastIndex((each) => each.at === known?.at && each.text === known.text);
  return now.decisions.slice(at + 1);
}
