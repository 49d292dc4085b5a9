// Watches a run for a person: a live view on a terminal, plain lines otherwise. Ctrl-C stops watching, never the run.

import type { Run } from '../api.ts';
import type { RunStatusDocument } from '../watch/status.ts';
import { diffStatus } from '../watch/events.ts';
import { drawLive } from './draw-live.ts';
import { eventLine } from './present/event-lines.ts';
import { saySilence, untilInterrupted } from './interrupt.ts';
import { asksAnew } from './present/approvals.ts';
import { renderLiveView } from './present/live-view.ts';
import type { Output } from './output.ts';

export interface FollowOptions {
  readonly output: Output;
  /** Draw in place; false prints a line for each event. */
  readonly live: boolean;
  /** The viewer. */
  readonly user: string;
  /** Print events as JSON lines. */
  readonly jsonEvents?: boolean;
  /** Remove the live view when the run has ended, because its report follows. */
  readonly clearAtEnd?: boolean;
}

/** Returns the last document. If interrupted, says how to come back and throws an `Exit` with code 130. */
export async function followRun(run: Run, options: FollowOptions): Promise<RunStatusDocument | null> {
  return untilInterrupted(
    (signal) => (options.live ? drawRun(run, options, signal) : printLines(run, options, signal)),
    () =>
      options.output.note(`\nstopped watching; the run continues. Come back with: coppice status ${run.id} --watch`),
  );
}

async function printLines(
  run: Run,
  { output, jsonEvents = false }: FollowOptions,
  signal: AbortSignal,
): Promise<RunStatusDocument | null> {
  let before: RunStatusDocument | null = null;
  for await (const document of run.watch({ signal, onSilence: saySilence(output) })) {
    for (const event of diffStatus(before, document)) {
      if (jsonEvents) output.document('event', event);
      else output.text(eventLine(event));
    }
    before = document;
  }
  return before;
}

/** More units than a terminal has lines: the view shows none beyond these. */
const mostRows = 100;

function drawRun(
  run: Run,
  { output, user, clearAtEnd = false }: FollowOptions,
  signal: AbortSignal,
): Promise<RunStatusDocument | null> {
  return drawLive({
    watch: (options) => run.watch({ ...options, looks: mostRows }),
    render: (document, frame) => renderLiveView(document, { ...frame, user }),
    output,
    signal,
    clearAtEnd,
    ringsFor: (document, before) => asksAnew(document.approvals, before?.approvals ?? [], user),
  });
}
