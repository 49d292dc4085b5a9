// Draws documents in place on a terminal as they come, until there are no more or the signal comes. Elapsed times move
// every second, and silence of the server shows in the frame.

import { errorText } from '../../domain/errors.ts';
import type { Paint } from './present/colour.ts';
import type { Output } from './output.ts';
import type { WatchOptions } from '../types.ts';
import { openLiveTerminal } from './live-terminal.ts';
import { painterFor } from './present/colour.ts';
import { saySilence } from './interrupt.ts';

export interface Frame {
  readonly width: number;
  readonly height: number;
  readonly now: Date;
  readonly paint: Paint;
  /** Since when there is no answer, and why; the document is then the last one. */
  readonly silence: { readonly since: Date; readonly why: string } | null;
}

export interface Drawn<Document> {
  readonly watch: (options: WatchOptions) => AsyncIterable<Document>;
  readonly render: (document: Document, frame: Frame) => readonly string[];
  readonly output: Output;
  readonly signal: AbortSignal;
  /** Remove the last frame at the end, for output in its place. */
  readonly clearAtEnd?: boolean;
  /** Whether the terminal is to ring for a document, after the one before; absent = never. */
  readonly ringsFor?: (document: Document, before: Document | null) => boolean;
}

/** Returns the last document. */
export async function drawLive<Document>({
  watch,
  render,
  output,
  signal,
  clearAtEnd = false,
  ringsFor = () => false,
}: Drawn<Document>): Promise<Document | null> {
  const { stdout } = process;
  const terminal = openLiveTerminal(stdout);
  let last: Document | null = null;
  let silence: Frame['silence'] = null;
  const draw = (): void => {
    if (last === null) return;
    const { columns: width, rows: height } = stdout;
    terminal.draw(render(last, { width, height, now: new Date(), paint: painterFor(stdout), silence }));
  };
  const documents = watch({
    signal,
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
    for await (const document of documents) {
      if (ringsFor(document, last)) terminal.ring();
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
