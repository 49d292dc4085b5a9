// The live view of a run: `renderLiveView` decides which lines a terminal of some size shows, `openLiveView` redraws
// lines in place. It uses no alternate screen and clears nothing that it has not written; whoever opens it closes it.

import { stripVTControlCharacters } from 'node:util';
import type { Paint } from './colour.ts';
import type { RunStatusDocument, UnitStatus } from '../../status.ts';
import { approveCommand } from './approvals.ts';
import { columnsOf, fit, inertLine } from './inert.ts';
import { count, elapsed } from './amounts.ts';
import { countPhases, phasesByUrgency } from './phases.ts';
import { headLine, unitColumns, unitRow } from './status.ts';
import { plainPaint } from './colour.ts';
import { tableLines } from './table.ts';

export interface LiveViewOptions {
  readonly width: number;
  readonly height: number;
  readonly now: Date;
  readonly paint?: Paint;
}

type Frame = Required<LiveViewOptions>;

/** At most `height - 1` lines (the cursor stands below them), none wider than `width`. */
export function renderLiveView(document: RunStatusDocument, options: LiveViewOptions): string[] {
  const { now, paint = plainPaint } = options;
  const frame: Frame = { width: options.width || 80, height: options.height || 24, now, paint };
  const rows = Math.max(1, frame.height - 1);
  const head = headLine(document, frame);
  // A third for what waits for a person: nothing else is as urgent, but work should stay in sight.
  const asked = approvalSection(document, frame, Math.floor(rows / 3));
  const queue = queueSection(document, frame);
  const room = rows - 1 - asked.length - queue.length;
  const spaced = room > document.units.length ? [''] : [];
  const units = unitSection(document.units, frame, room - spaced.length);
  return [head, ...spaced, ...units, ...queue, ...asked].slice(0, rows);
}

/** All units in the order of the plan, or the most urgent ones and one line that counts the others. */
function unitSection(units: readonly UnitStatus[], { width, now, paint }: Frame, room: number): string[] {
  const shown = units.length <= room ? units : mostUrgent(units, Math.max(0, room - 1));
  const rows = shown.map((unit) => unitRow(unit, now));
  const lines = tableLines(rows, { width, paint, ...unitColumns });
  if (shown.length === units.length) return lines;
  const among = new Set(shown);
  const others = countPhases(units.filter((unit) => !among.has(unit)));
  return [...lines, paint('dim', fit(`  ${shown.length > 0 ? 'and ' : ''}${others}`, width))];
}

function mostUrgent(units: readonly UnitStatus[], room: number): UnitStatus[] {
  const ordered = units.toSorted((a, b) => phasesByUrgency.indexOf(a.phase) - phasesByUrgency.indexOf(b.phase));
  const chosen = new Set(ordered.slice(0, room));
  return units.filter((unit) => chosen.has(unit));
}

function queueSection({ run, queue }: RunStatusDocument, { width, now, paint }: Frame): string[] {
  if (queue.length === 0) return [];
  const entries = queue.slice(0, 20).map((entry) => {
    const name = entry.run === run ? entry.unit : `${entry.run}/${entry.unit}`;
    return `${name} ${entry.state} ${elapsed(entry.since, now)}`;
  });
  return [paint('dim', fit(inertLine(`queue of ${queue.length}: ${entries.join(', ')}`), width))];
}

/** Two lines for each approval, as many as fit, and how many more there are. */
function approvalSection({ approvals }: RunStatusDocument, { width, paint }: Frame, room: number): string[] {
  const fitting = Math.floor(room / 2);
  const shown = approvals.length <= fitting ? approvals : approvals.slice(0, Math.floor((room - 1) / 2));
  const more = approvals.length - shown.length;
  return [
    ...shown.flatMap(({ id, unit, summary }) => [
      paint('yellow', fit(`? ${inertLine(unit)}: ${inertLine(summary)}`, width)),
      fit(`  ${approveCommand(id, width - 2)}`, width),
    ]),
    ...(more === 0 || room < 1 ? [] : [paint('yellow', fit(`? ${moreText(more, shown.length > 0)}`, width))]),
  ];
}

function moreText(more: number, others: boolean): string {
  return `${others ? `${more} more` : count(more, 'approval')}: coppice approvals`;
}

export interface LiveView {
  /** Replaces what it drew before. Does nothing once closed. */
  draw(lines: readonly string[]): void;
  /** Leaves the last frame standing and shows the cursor again. */
  close(): void;
}

/** What of a `NodeJS.WriteStream` the view needs. */
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
/** Before a line and not after it: at the edge it would take the last character away. */
const clearLine = '\x1b[K';
const clearBelow = '\x1b[J';

export function openLiveView(stream: LiveStream): LiveView {
  let drawn: readonly string[] = [];
  let drawnColumns = 0;
  let drawnText = '';
  let open = true;
  const view: LiveView = {
    draw(lines) {
      if (!open) return;
      const { columns = 80, rows = 24 } = stream;
      const kept = lines.slice(0, Math.max(1, rows - 1));
      const text = [columns, ...kept].join('\n');
      if (text === drawnText) return;
      const up = Math.min(rowsTaken(drawn, drawnColumns, columns), Math.max(0, rows - 1));
      const body = kept.map((line) => `${clearLine}${line}\n`).join('');
      const start = drawnText === '' ? hideCursor : '';
      stream.write(`${start}${wrapOff}${up > 0 ? `\x1b[${up}A\r` : ''}${body}${clearBelow}${wrapOn}`);
      drawn = kept;
      drawnColumns = columns;
      drawnText = text;
    },
    close() {
      if (!open) return;
      open = false;
      process.removeListener('exit', view.close);
      if (drawnText !== '') stream.write(showCursor);
    },
  };
  // Whatever ends the process, the cursor comes back.
  process.once('exit', view.close);
  return view;
}

/** Rows that lines take now. Most terminals that become narrower fold what they show already. */
function rowsTaken(lines: readonly string[], columnsThen: number, columns: number): number {
  const rows = lines.map((line) => Math.min(columnsThen, columnsOf(stripVTControlCharacters(line))) / columns);
  return rows.reduce((sum, taken) => sum + Math.max(1, Math.ceil(taken)), 0);
}
