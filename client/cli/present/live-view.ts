// The live view of a run: the lines that fit a terminal of a given size. Questions for the viewer and work in progress
// stay visible; finished units are counted. Pure; client/cli/live-terminal.ts draws the lines in place.

import type { OpenApproval, RunStatusDocument, UnitStatus } from '../../watch/status.ts';
import type { Paint } from './colour.ts';
import { askingLine, byWhoDecides, decideCommand } from './approvals.ts';
import { count, elapsed } from './amounts.ts';
import { approvalLooks, countPhases, isDone, signOf } from './phases.ts';
import { countByPhase, phasesByUrgency } from '../../../domain/run/notable.ts';
import { fit, inertLine } from './columns.ts';
import { headLine, unitColumns, unitRow } from './status.ts';
import { switchLines, withQueueReasons } from './queue.ts';
import { pathProgress } from './critical-path.ts';
import { plainPaint } from './colour.ts';
import { tableLines } from './table.ts';

export interface LiveViewOptions {
  readonly width: number;
  readonly height: number;
  readonly now: Date;
  /** The viewer, as named by COPPICE_USER: approvals that wait for them come first. */
  readonly user: string;
  readonly paint?: Paint;
  /** Since when there is no answer, and why; the document is then the last one. Null while answers come. */
  readonly silence?: { readonly since: Date; readonly why: string } | null;
}

type Frame = Required<LiveViewOptions>;

/** For a longer critical path, no signs are shown. */
const signsShown = 24;

/** At most `height - 1` lines (the cursor stands below them), none wider than `width`. */
export function renderLiveView(document: RunStatusDocument, options: LiveViewOptions): string[] {
  const { width, height } = options;
  const frame = { paint: plainPaint, silence: null, ...options, width: width || 80, height: height || 24 };
  const rows = Math.max(1, frame.height - 1);
  const trying =
    document.trying === undefined ? [] : [fit(inertLine(`trying the target: ${document.trying}`), frame.width)];
  const head = [
    headLine({ ...document, counts: countByPhase(document.units) }, frame),
    ...trying,
    ...silenceSection(frame),
  ];
  // A third for approvals: nothing is more urgent, but work should stay visible.
  const asked = approvalSection(document.approvals, frame, Math.floor(rows / 3));
  const queue = queueSection(document, frame);
  const path = rows < 8 ? [] : pathSection(document, frame);
  const room = rows - head.length - path.length - asked.length - queue.length;
  const spaced = room > document.units.length ? [''] : [];
  const units = unitSection(withQueueReasons(document), frame, room - spaced.length);
  return [...head, ...path, ...spaced, ...units, ...queue, ...asked].slice(0, rows);
}

/** A line if answers have stopped. */
export function silenceSection({
  silence,
  width,
  paint,
  now,
}: Pick<Frame, 'silence' | 'width' | 'paint' | 'now'>): string[] {
  if (silence === null) return [];
  const text = `no answer for ${elapsed(silence.since.toISOString(), now)}: ${silence.why}`;
  return [paint('yellow', fit(inertLine(text), width))];
}

/** `critical path ✓✓●·· 2 of 5 landed, now: parse`. Empty if no unit needs another. */
function pathSection({ units }: RunStatusDocument, { width, paint }: Frame): string[] {
  const { path, landed, now } = pathProgress(units);
  if (path.length < 2) return [];
  const signs = path.length > signsShown ? '' : ` ${path.map(({ phase }) => signOf(phase)).join('')}`;
  const next = now === null ? '' : `, ${now.phase === 'waiting' ? 'next' : 'now'}: ${now.id}`;
  return [paint('dim', fit(inertLine(`critical path${signs} ${landed} of ${path.length} landed${next}`), width))];
}

/** All units in the order of the plan. If they do not fit, the most urgent ones and a line that counts the others. */
function unitSection(units: readonly UnitStatus[], { width, now, paint }: Frame, room: number): string[] {
  const shown = units.length <= room ? units : mostUrgent(units, Math.max(0, room - 1));
  const rows = shown.map((unit) => unitRow(unit, now));
  const lines = tableLines(rows, { width, paint, ...unitColumns });
  if (shown.length === units.length) return lines;
  const among = new Set(shown);
  const others = countPhases(units.filter((unit) => !among.has(unit)));
  return [...lines, paint('dim', fit(`   ${shown.length > 0 ? 'and ' : ''}${others}`, width))];
}

/** By phase; within a phase the unit that entered it first comes first. */
function mostUrgent(units: readonly UnitStatus[], room: number): UnitStatus[] {
  const chosen: UnitStatus[] = [];
  for (const phase of phasesByUrgency) {
    if (chosen.length >= room) break;
    if (isDone(phase)) continue;
    const inIt = units.filter((unit) => unit.phase === phase);
    chosen.push(...inIt.toSorted((a, b) => (a.since < b.since ? -1 : Number(a.since > b.since))));
  }
  return chosen.slice(0, room);
}

function queueSection({ run, queue, queueSwitches }: RunStatusDocument, { width, now, paint }: Frame): string[] {
  const switches = queueSwitches === undefined ? [] : switchLines(queueSwitches, { width, now, paint });
  if (queue.length === 0) return switches;
  const entries = queue.slice(0, 20).map((entry) => {
    const name = entry.run === run ? entry.unit : `${entry.run}/${entry.unit}`;
    return `${name} ${entry.state} ${elapsed(entry.since, now)}`;
  });
  return [...switches, paint('dim', fit(inertLine(`queue of ${queue.length}: ${entries.join(', ')}`), width))];
}

/** As many approvals as fit: first those that the viewer may decide, each with its command, then the others. */
function approvalSection(approvals: readonly OpenApproval[], frame: Frame, room: number): string[] {
  const { mine, others } = byWhoDecides(approvals, frame.user);
  const blocks = [
    ...mine.map((approval) => mineLines(approval, frame)),
    ...others.map((approval) => [lineOf(approval, frame)]),
  ];
  const all = blocks.flat();
  if (all.length <= room) return all;
  const lines: string[] = [];
  let shown = 0;
  for (const block of blocks) {
    if (lines.length + block.length > room - 1) break;
    lines.push(...block);
    shown += 1;
  }
  return room < 1 ? [] : [...lines, moreLine(shown, { mine: mine.length, all: approvals.length }, frame)];
}

function mineLines(approval: OpenApproval, frame: Frame): string[] {
  const { width } = frame;
  return [lineOf(approval, frame), fit(`  ${decideCommand(approval, width - 2)}`, width)];
}

function lineOf(approval: OpenApproval, { width, paint, user }: Frame): string {
  const { text, style } = askingLine(approval, user);
  return paint(style, fit(text, width));
}

function moreLine(shown: number, { mine, all }: { mine: number; all: number }, { width, paint }: Frame): string {
  const left = all - shown;
  const forMe = Math.max(0, mine - shown);
  const what = shown > 0 ? `${left} more` : count(left, 'approval');
  const whose = forMe === 0 ? '' : forMe === left ? ' for you' : `, ${forMe} for you`;
  const { sign, style } = forMe > 0 ? approvalLooks.mine : approvalLooks.others;
  return paint(style, fit(`${sign} ${what}${whose}: coppice approvals`, width));
}
