// Redraws lines in place on a terminal. Uses no alternate screen and clears only what it has written. Restores the
// terminal however the process ends or pauses: close, a signal, an exception, a suspension (Ctrl-Z).

import { stripVTControlCharacters } from 'node:util';
import { columnsOf } from './present/columns.ts';

export interface LiveTerminal {
  /** Replaces the previous frame. Does nothing once closed. */
  draw(lines: readonly string[]): void;
  /** Removes the last frame, for output in its place. */
  clear(): void;
  /** Rings the bell. */
  ring(): void;
  /** Leaves the last frame standing and shows the cursor again. */
  close(): void;
}

/** The parts of a `NodeJS.WriteStream` that the view needs. */
export interface LiveStream {
  readonly columns?: number | undefined;
  readonly rows?: number | undefined;
  write(text: string): unknown;
}

const hideCursor = '\x1b[?25l';
const showCursor = '\x1b[?25h';
/** Without wrapping, a line that is too wide stays one line. */
const wrapOff = '\x1b[?7l';
const wrapOn = '\x1b[?7h';
/** Goes before a line, not after it: at the edge it would erase the last character. */
const clearLine = '\x1b[K';
const clearBelow = '\x1b[J';

export function openLiveTerminal(stream: LiveStream): LiveTerminal {
  let open = true;
  let cursorHidden = false;
  let drawn: readonly string[] = [];
  let drawnColumns = 0;
  let drawnText = '';
  let suspended: readonly string[] = [];
  const restore = (): void => {
    if (cursorHidden) stream.write(showCursor);
    cursorHidden = false;
  };
  const write = (lines: readonly string[]): void => {
    const { columns = 80, rows = 24 } = stream;
    const up = Math.min(rowsTaken(drawn, drawnColumns, columns), Math.max(0, rows - 1));
    const body = lines.map((line) => `${clearLine}${line}\n`).join('');
    const start = cursorHidden ? '' : hideCursor;
    cursorHidden = true;
    stream.write(`${start}${wrapOff}${up > 0 ? `\x1b[${up}A\r` : ''}${body}${clearBelow}${wrapOn}`);
    drawn = lines;
    drawnColumns = columns;
  };
  const stopListening = onWaysOut({
    leave: () => terminal.close(),
    // The lines above now belong to the shell: the frame starts afresh below them.
    suspend() {
      restore();
      suspended = drawn;
      drawn = [];
      drawnText = '';
    },
    // Unless a timer has already drawn.
    resume() {
      if (drawn.length === 0 && suspended.length > 0) write(suspended);
    },
  });
  const terminal: LiveTerminal = {
    draw(lines) {
      const { columns = 80, rows = 24 } = stream;
      const kept = lines.slice(0, Math.max(1, rows - 1));
      const text = [columns, ...kept].join('\n');
      if (!open || text === drawnText) return;
      write(kept);
      drawnText = text;
    },
    clear() {
      if (open && drawn.length > 0) write([]);
      drawnText = '';
    },
    ring() {
      if (open) stream.write('\x07');
    },
    close() {
      if (!open) return;
      open = false;
      stopListening();
      restore();
    },
  };
  return terminal;
}

interface WaysOut {
  readonly leave: () => void;
  readonly suspend: () => void;
  readonly resume: () => void;
}

const deadly = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const;

/** Returns a function that stops listening. Signals still have their usual effect. */
function onWaysOut({ leave, suspend, resume }: WaysOut): () => void {
  const die = (signal: NodeJS.Signals): void => {
    leave();
    // Another listener decides: then Ctrl-C only ends the watching.
    if (process.listenerCount(signal) === 0) process.kill(process.pid, signal);
  };
  const stop = (): void => {
    suspend();
    // Not SIGTSTP again: the kernel drops it if no shell is there to continue us.
    process.kill(process.pid, 'SIGSTOP');
  };
  process.on('exit', leave);
  // First in line, so that a listener that removes itself is still counted.
  for (const signal of deadly) process.prependListener(signal, die);
  process.on('SIGTSTP', stop);
  process.on('SIGCONT', resume);
  return () => {
    process.removeListener('exit', leave);
    for (const signal of deadly) process.removeListener(signal, die);
    process.removeListener('SIGTSTP', stop);
    process.removeListener('SIGCONT', resume);
  };
}

/** Rows that the lines take now: a terminal that becomes narrower usually folds the lines it already shows. */
function rowsTaken(lines: readonly string[], columnsThen: number, columns: number): number {
  const rows = lines.map((line) => Math.min(columnsThen, columnsOf(stripVTControlCharacters(line))) / columns);
  return rows.reduce((sum, taken) => sum + Math.max(1, Math.ceil(taken)), 0);
}
