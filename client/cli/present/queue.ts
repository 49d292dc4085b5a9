// `coppice queue list` for people, and the queue's part of a run's status.

import type { Paint, TextStream } from './colour.ts';
import type { QueueEntryStatus } from '../../watch/status.ts';
import { inertLine } from './columns.ts';
import { elapsed } from './amounts.ts';
import { painterFor, widthOf } from './colour.ts';
import { tableLines } from './table.ts';

export function queueText(entries: readonly QueueEntryStatus[], stream: TextStream, now = new Date()): string {
  if (entries.length === 0) return 'the merge queue is empty';
  return queueLines(entries, { width: widthOf(stream), paint: painterFor(stream), now, run: null }).join('\n');
}

export interface QueueLinesOptions {
  readonly width: number;
  readonly paint: Paint;
  readonly now: Date;
  /** Entries of this run show only their unit. */
  readonly run: string | null;
}

/** In landing order, each with its place, its state and its duration. */
export function queueLines(
  entries: readonly QueueEntryStatus[],
  { width, paint, now, run }: QueueLinesOptions,
): string[] {
  const rows = entries.map((entry, i) => [
    `${i + 1}`,
    entry.run === run ? entry.unit : `${entry.run}/${entry.unit}`,
    (entry.attempt ?? 1) > 1 ? `${entry.state}, attempt ${entry.attempt}` : entry.state,
    elapsed(entry.since, now),
  ]);
  const failures = entries.map(({ lastFailure }) => inertLine(lastFailure ?? ''));
  if (failures.every((text) => text === '')) return tableLines(rows, { width, paint, shrink: [1] });
  return tableLines(
    rows.map((row, i) => [...row, failures[i] ?? '']),
    { width, paint, shrink: [4, 1] },
  );
}
