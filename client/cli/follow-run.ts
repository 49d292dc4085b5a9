// Watches a run for a person: a live view on a terminal, plain lines otherwise. Ctrl-C stops watching, never the run.

import type { Run } from '../api.ts';
import type { RunStatusDocument } from '../status.ts';
import { diffStatus } from '../events.ts';
import { eventLine } from './present/event-lines.ts';
import { painterFor } from './present/colour.ts';
import { saySilence, untilInterrupted } from './interrupt.ts';
import { openLiveView, renderLiveView } from './present/live-view.ts';
import type { Output } from './output.ts';

export interface FollowOptions {
  readonly output: Output;
  /** Draw in place; false prints a line for each event. */
  readonly live: boolean;
  /** Print events as JSON lines. */
  readonly jsonEvents?: boolean;
}

/** Answers the last document. Throws an `Exit` with code 130 when interrupted, after it said how to come back. */
export async function followRun(run: Run, options: FollowOptions): Promise<RunStatusDocument | null> {
  return untilInterrupted(
    async (signal) => {
      const watch = run.watch({ signal, onSilence: saySilence(options.output) });
      return options.live ? drawLive(watch, signal) : printLines(watch, options);
    },
    () => options.output.note(`\nstopped watching; the run goes on. Come back with: coppice status ${run.id} --watch`),
  );
}

async function printLines(
  watch: AsyncIterable<RunStatusDocument>,
  { output, jsonEvents = false }: FollowOptions,
): Promise<RunStatusDocument | null> {
  let before: RunStatusDocument | null = null;
  for await (const document of watch) {
    for (const event of diffStatus(before, document)) {
      if (jsonEvents) output.document('event', event);
      else output.text(eventLine(event));
    }
    before = document;
  }
  return before;
}

async function drawLive(
  watch: AsyncIterable<RunStatusDocument>,
  signal: AbortSignal,
): Promise<RunStatusDocument | null> {
  const view = openLiveView(process.stdout);
  let last: RunStatusDocument | null = null;
  const draw = (): void => {
    const { columns: width, rows: height } = process.stdout;
    if (last !== null)
      view.draw(renderLiveView(last, { width, height, now: new Date(), paint: painterFor(process.stdout) }));
  };
  // Elapsed times move on although nothing else does.
  const clock = setInterval(draw, 1000);
  process.stdout.on('resize', draw);
  signal.addEventListener('abort', () => view.close(), { once: true });
  try {
    for await (const document of watch) {
      last = document;
      draw();
    }
    return last;
  } finally {
    clearInterval(clock);
    process.stdout.removeListener('resize', draw);
    view.close();
  }
}
