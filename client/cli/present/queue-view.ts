// The live page of a merge queue: the lines that fit a terminal of a given size. What stops the queue and what is in
// flight stay visible; entries that do not fit are counted. Pure; client/cli/draw-live.ts draws the lines in place.

import type { Paint } from './colour.ts';
import type { QueueDocument } from '../../queue/queue-document.ts';
import { commonRun, decisionLines, headLines, queueLines, switchLines } from './queue.ts';
import type { LiveViewOptions } from './live-view.ts';
import { fit, inertLine } from './columns.ts';
import { silenceSection } from './live-view.ts';
import { trainLines } from './trains.ts';

export interface QueueViewOptions {
  readonly width: number;
  readonly height: number;
  readonly now: Date;
  readonly paint: Paint;
  readonly silence: NonNullable<LiveViewOptions['silence']> | null;
}

/** Lines for the units of one train. */
const carRows = 3;
const mostDecisions = 8;

/** At most `height - 1` lines (the cursor stands below them), none wider than `width`. */
export function renderQueueView(document: QueueDocument, options: QueueViewOptions): string[] {
  const { now, paint, silence } = options;
  const frame = { width: options.width || 80, paint, now };
  const rows = Math.max(1, (options.height || 24) - 1);
  const head = [
    ...(document.begun
      ? [...headLines(document, frame), ...switchLines(document, frame)]
      : [fit(`nothing was ever handed in to the merge queue of ${inertLine(document.branch)}`, frame.width)]),
    ...silenceSection({ ...frame, silence }),
  ];
  const run = commonRun(document);
  const all = document.trains.flatMap((train) => trainLines(train, { ...frame, run, rows: carRows }));
  const trains = firstOf(all, { ...frame, rows: Math.floor(rows / 2) });
  const room = rows - head.length - trains.length - 3;
  const decided = Math.min(mostDecisions, document.decisions.length, Math.max(0, Math.floor(room / 3) - 1));
  const decisions = decisionLines(document, { ...frame, most: decided });
  const entries = entryLines(document, { ...frame, rows: room - decisions.length });
  const sections = [head, trains, entries, decisions].filter((lines) => lines.length > 0);
  return sections.flatMap((lines, i) => (i === 0 ? lines : ['', ...lines])).slice(0, rows);
}

type RowsOptions = Pick<QueueViewOptions, 'width' | 'paint' | 'now'> & { readonly rows: number };

function entryLines({ begun, entries, total }: QueueDocument, { rows, ...frame }: RowsOptions): string[] {
  if (total === 0) return begun ? [fit('the merge queue is empty', frame.width)] : [];
  const shown = total <= rows ? entries : entries.slice(0, Math.max(0, rows - 1));
  const lines = queueLines(shown, { ...frame, run: null });
  const left = total - shown.length;
  return left === 0 ? lines : [...lines, frame.paint('dim', fit(`and ${left} more`, frame.width))];
}

function firstOf(lines: readonly string[], { rows, paint, width }: RowsOptions): string[] {
  if (lines.length <= rows) return [...lines];
  const shown = lines.slice(0, Math.max(0, rows - 1));
  return [...shown, paint('dim', fit(`and ${lines.length - shown.length} more lines of trains`, width))];
}
