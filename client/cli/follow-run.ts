// Watches a run for a person: a live view on a terminal, plain lines otherwise. Ctrl-C stops watching, never the run.

import { errorText } from '../../domain/errors.ts';
import type { Run } from '../api.ts';
import type { RunStatusDocument } from '../watch/status.ts';
import { diffStatus } from '../watch/events.ts';
import { eventLine } from './present/event-lines.ts';
import { painterFor } from './present/colour.ts';
import { saySilence, untilInterrupted } from './interrupt.ts';
import { openLiveTerminal } from './live-terminal.ts';
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
    (signal) => (options.live ? drawLive(run, options, signal) : printLines(run, options, signal)),
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

async function drawLive(
  run: Run,
  { output, user, clearAtEnd = false }: FollowOptions,
  signal: AbortSignal,
): Promise<RunStatusDocument | null> {
  const { stdout } = process;
  const terminal = openLiveTerminal(stdout);
  let last: RunStatusDocument | null = null;
  let silence: { since: Date; why: string } | null = null;
  const draw = (): void => {
    if (last === null) return;
    const { columns: width, rows: height } = stdout;
    terminal.draw(renderLiveView(last, { width, height, now: new Date(), user, paint: painterFor(stdout), silence }));
  };
  const watch = run.watch({
    signal,
    looks: mostRows,
    onSilence(error) {
      // The next frame would overwrite a line printed beside it.
      if (last === null) saySilence(output)(error);
      silence = { since: new Date(), why: errorText(error) };
      draw();
    },
    onAnswer() {
      silence = null;
    },
  });
  // Elapsed times change even if nothing else does.
  const clock = setInterval(draw, 1000);
  stdout.on('resize', draw);
  signal.addEventListener('abort', terminal.close, { once: true });
  try {
    for await (const document of watch) {
      last = document;
      draw();
    }
    if (clearAtEnd && !signal.aborted) terminal.clear();
    return last;
  } finally {
    clearInterval(clock);
    stdout.removeListener('resize', draw);
    terminal.close();
  }
}
