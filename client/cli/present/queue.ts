// `coppice queue list` for people, and the queue's part of a run's status. What stands alone folds on a terminal, because
// it appears nowhere else; tables are cut to its width. The live page is queue-view.ts.

import type { Cell } from './table.ts';
import type { Paint, TextStream } from './colour.ts';
import type { QueueDocument } from '../../queue/queue-document.ts';
import type { QueuePause } from '../../../contracts/queue-view.ts';
import type { QueueEntryStatus, QueueSwitches, RunStatusDocument, UnitStatus } from '../../watch/status.ts';
import { fit, inertLine } from './columns.ts';
import { count, elapsed, shortSha } from './amounts.ts';
import { painterFor, widthOf } from './colour.ts';
import { runSigns, unitSigns } from '../../../domain/text/signs.ts';
import { tableLines } from './table.ts';
import { trainLines } from './trains.ts';

/** Decisions shown. */
const lastDecisions = 10;

export function queueText(document: QueueDocument, stream: TextStream, now = new Date()): string {
  const { begun, branch, repository, trains, entries, total } = document;
  if (!begun)
    return `nothing was ever handed in to the merge queue of ${inertLine(branch)} of ${inertLine(repository)}`;
  const paint = painterFor(stream);
  const width = widthOf(stream);
  const folding = { width: Infinity, paint, now };
  const more = total - entries.length;
  const sections = [
    [...headLines(document, folding), ...switchLines(document, folding)],
    trains.flatMap((train) => trainLines(train, { width, paint, now, run: commonRun(document), rows: Infinity })),
    [
      ...(total === 0 ? ['the merge queue is empty'] : queueLines(entries, { width, paint, now, run: null })),
      ...(more === 0 ? [] : [paint('dim', `and ${more} more: --limit N`)]),
    ],
    flakeLines(document, folding),
    decisionLines(document, { ...folding, most: lastDecisions }),
  ];
  return sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n');
}

interface Frame {
  /** `Infinity` = cut nothing. */
  readonly width: number;
  readonly paint: Paint;
  readonly now: Date;
}

/** The branch, how it is verified, and what has landed. */
export function headLines(
  { branch, repository, verify, parallel, batch, landed }: QueueDocument,
  { width, paint }: Frame,
): string[] {
  const what = verify === 'tip' ? 'the last commit of each train' : 'every commit';
  const head: Cell[] = [{ text: branch, style: 'bold' }, repository, `${landed} landed`];
  return [
    ...tableLines([head], { width, paint, shrink: [1, 0] }),
    fit(`verifies ${what}, ${parallel} at once; the next train takes up to ${batch}`, width),
  ];
}

/** The queue's own pause, and the one of people that it stands before. */
function pausesOf(paused: QueueSwitches['paused']): Omit<QueuePause, 'before'>[] {
  if (paused === null) return [];
  return paused.before === undefined ? [paused] : [paused, paused.before];
}

/** Why the queue lands less than usual; empty if it does not. */
export function switchLines({ paused, draining, redBase }: QueueSwitches, { width, paint, now }: Frame): string[] {
  const lines: string[] = [];
  for (const { by, since, reason, above } of pausesOf(paused)) {
    const passes = above === null ? '' : `; what has at least priority ${above} lands`;
    const why = reason === null ? '' : `: ${reason}`;
    lines.push(`${runSigns.paused} the queue is paused by ${by} for ${elapsed(since, now)}${why}${passes}`);
  }
  if (draining !== null) {
    const { by, since } = draining;
    lines.push(`${runSigns.paused} the queue drains, by ${by} for ${elapsed(since, now)}: what came later waits`);
  }
  if (redBase !== null) {
    const { target, command, since } = redBase;
    lines.push(
      `${unitSigns.failed} the target is red by itself for ${elapsed(since, now)}: ${command} fails on ${shortSha(target)}`,
    );
  }
  return lines.map((line) => paint('yellow', fit(inertLine(line), width)));
}

export interface QueueLinesOptions extends Frame {
  /** Entries of this run show only their unit. */
  readonly run: string | null;
}

/** In landing order: place, name, state, duration, priority, when it is expected to land, and what it waits for. */
export function queueLines(entries: readonly QueueEntryStatus[], options: QueueLinesOptions): string[] {
  const { width, paint, now, run } = options;
  const rows = entries.map((entry): Cell[] => [
    `${entry.place}`,
    `${entry.reverts === null ? '' : 'revert of '}${entry.run === run ? entry.unit : `${entry.run}/${entry.unit}`}`,
    stateCell(entry),
    elapsed(entry.since, now),
    entry.priority === 0 ? '' : `priority ${entry.priority}`,
    entry.expectedAt === null ? '' : expectedText(entry.expectedAt, now),
    { text: waitText(entry), style: 'dim' },
  ]);
  return tableLines(rows, { width, paint, shrink: [6, 1], drop: [5, 4, 3], keep: { 6: 16, 1: 16 } });
}

function stateCell({ state, attempt = 1 }: QueueEntryStatus): Cell {
  const text = attempt > 1 ? `${state}, attempt ${attempt}` : state;
  return { text, style: state === 'waiting' ? null : 'cyan' };
}

function waitText({ reason, lastFailure = null }: QueueEntryStatus): string {
  return lastFailure === null ? reason : `to be tried again: ${lastFailure}`;
}

/** `in ~4m`: an estimate, so no seconds. */
function expectedText(at: string, now: Date): string {
  const minutes = Math.round((Date.parse(at) - now.getTime()) / 60_000);
  if (minutes < 1) return 'in <1m';
  return minutes < 90 ? `in ~${minutes}m` : `in ~${Math.round(minutes / 60)}h`;
}

/** The run of all that is in flight; null if there are several. */
export function commonRun({ trains }: QueueDocument): string | null {
  const runs = new Set(trains.flatMap(({ units }) => units.map(({ run }) => run as string)));
  const [first = null] = runs;
  return runs.size === 1 ? first : null;
}

function flakeLines({ flakes }: QueueDocument, { paint, now }: Frame): string[] {
  if (flakes.length === 0) return [];
  const often = flakes.toSorted((a, b) => b.times - a.times);
  const lines = often.map(
    ({ command, times, lastAt }) =>
      `${inertLine(command)}: failed and then passed ${count(times, 'time')}, last ${elapsed(lastAt, now)} ago`,
  );
  return [paint('bold', 'flaky commands'), ...lines];
}

/** The newest first. */
export function decisionLines(
  { decisions }: QueueDocument,
  { width, paint, now, most }: Frame & { readonly most: number },
): string[] {
  if (decisions.length === 0 || most < 1) return [];
  const rows = decisions
    .slice(-most)
    .toReversed()
    .map(({ at, text }): Cell[] => [{ text: `${elapsed(at, now)} ago`, style: 'dim' }, text]);
  return [paint('bold', fit('last decisions', width)), ...tableLines(rows, { width, paint, shrink: [1] })];
}

/** The units of a run's status; those in the merge queue say what they wait for there. */
export function withQueueReasons({
  run,
  queue,
  units,
}: Pick<RunStatusDocument, 'run' | 'queue' | 'units'>): UnitStatus[] {
  const reasons = new Map(queue.filter((entry) => entry.run === run).map((entry) => [entry.unit, waitText(entry)]));
  return units.map((unit) => {
    const doing = unit.phase === 'queued' ? reasons.get(unit.id) : undefined;
    return doing === undefined ? unit : { ...unit, doing };
  });
}
