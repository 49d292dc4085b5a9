// `coppice status` for people: one document as aligned text. Tables are cut to the terminal's width; text outside them
// folds, because it appears nowhere else. What is left out of a long list is counted, with the command that shows it.

import { isOpenStatus } from '../../../contracts/documents/report.ts';
import type { RunStatusDocument, StatusOverview, UnitStatus } from '../../watch/status.ts';
import type { UnitPhase } from '../../../contracts/documents/report.ts';
import type { Cell } from './table.ts';
import type { Paint, TextStream } from './colour.ts';
import { type Viewer, approvalLines, byWhoDecides } from './approvals.ts';
import { countsText, phaseCell, runSignCell, runStyle, signCell } from './phases.ts';
import { countByPhase } from '../../../domain/run/notable.ts';
import { dollars, elapsed, timeOf } from './amounts.ts';
import { linesOfReason } from './report-facts.ts';
import { inertLine } from './columns.ts';
import { hasEndedPhase } from '../../../domain/run/state.ts';
import { nearlySpentShare } from '../../../domain/money/budget.ts';
import { painterFor, widthOf } from './colour.ts';
import { queueLines, switchLines, withQueueReasons } from './queue.ts';
import { tableLines } from './table.ts';

export interface StatusOptions extends Viewer {
  /** The run's page in the Web UI. */
  readonly page?: string | null;
}

/** For more entries, `coppice queue list`. */
const queueShown = 20;

export function statusText(
  document: StatusOverview,
  stream: TextStream,
  { user, page = null, now = new Date() }: StatusOptions,
): string {
  const paint = painterFor(stream);
  const width = widthOf(stream);
  const { goal, queue, approvals, run, queueSwitches } = document;
  const units = withQueueReasons(document);
  const lines = [headLine(document, { width: Infinity, paint, now }), ...detailLines(document, { paint, page })];
  if (goal !== '') lines.push(inertLine(goal));
  const rows = units.map((unit) => unitRow(unit, now));
  lines.push('', ...tableLines(rows, { width, paint, ...unitColumns }), ...otherUnits(document, paint));
  if (queueSwitches !== undefined) lines.push('', ...switchLines(queueSwitches, { width: Infinity, paint, now }));
  if (queue.length > 0) {
    const shown = queueLines(queue.slice(0, queueShown), { width, paint, now, run });
    const more = queue.length > queueShown ? [paint('dim', `   and ${queue.length - queueShown} more`)] : [];
    lines.push('', paint('bold', 'queue'), ...shown, ...more);
  }
  const { mine, others } = byWhoDecides(approvals, user);
  for (const approval of [...mine, ...others]) lines.push('', ...approvalLines(approval, { user, paint, now }));
  return lines.join('\n');
}

/** Counts the units that have no row. */
function otherUnits({ run, units, counts }: StatusOverview, paint: Paint): string[] {
  const shown = countByPhase(units);
  const left = Object.entries(counts).map(([phase, n]) => [phase, n - (shown[phase as UnitPhase] ?? 0)] as const);
  const text = countsText(Object.fromEntries(left));
  if (text === '') return [];
  return [paint('dim', `   ${units.length > 0 ? 'and ' : ''}${text}: coppice status ${run} --all`)];
}

export interface HeadOptions {
  readonly width: number;
  readonly paint: Paint;
  readonly now: Date;
}

/** The run, its state, the budget. Also the first line of the live view. */
export function headLine(document: StatusOverview, { width, paint, now }: HeadOptions): string {
  const { run, status, counts, startedAt, budget } = document;
  const open = isOpenStatus(status);
  const all = Object.values(counts).reduce((sum, n) => sum + n, 0);
  const limit = budget.limitUsd === null ? '' : ` of ${dollars(budget.limitUsd)}`;
  const row: Cell[] = [
    { text: run, style: 'bold' },
    runSignCell(status),
    { text: status, style: runStyle(status) },
    // How many units there will be is not known.
    status === 'planning' ? '' : `${counts.landed ?? 0} of ${all} landed`,
    { text: `${dollars(budget.spentUsd)}${limit}`, style: nearlySpent(budget.spentUsd, budget.limitUsd) },
    open ? elapsed(startedAt, now) : '',
  ];
  return tableLines([row], { width, paint, shrink: [], drop: [5, 4] }).join('');
}

function detailLines(
  document: RunStatusDocument,
  { paint, page }: { readonly paint: Paint; readonly page: string | null },
): string[] {
  const { branch, repository, model, startedBy, startedAt, trying } = document;
  const rows: Cell[][] = [
    [{ text: 'target', style: 'dim' }, `${branch} of ${repository}`],
    [{ text: 'model', style: 'dim' }, model],
    [{ text: 'started', style: 'dim' }, `${timeOf(startedAt)} by ${startedBy}`],
    ...(page === null ? [] : [[{ text: 'web ui', style: 'dim' } as const, page]]),
    ...(trying === undefined ? [] : [[{ text: 'trying', style: 'dim' } as const, `the target: ${trying}`]]),
  ];
  return tableLines(rows, { width: Infinity, paint, shrink: [] });
}

/** How a table of `unitRow`s makes room: words, host and long ids shrink; host, turn, time and cost are dropped. */
export const unitColumns = { shrink: [7, 3, 1], drop: [3, 4, 6, 5], keep: { 1: 24 } };

/** Sign, id, phase, host, turn, cost, duration, and its activity or why it ended. Also the rows of the live view. */
export function unitRow(unit: UnitStatus, now: Date): Cell[] {
  const ended = hasEndedPhase(unit.phase);
  const idle = unit.phase === 'waiting' || ended;
  return [
    signCell(unit.phase),
    unit.id,
    phaseCell(unit.phase),
    idle ? '' : (unit.host ?? ''),
    idle || unit.turn === null ? '' : `turn ${unit.turn}`,
    costCell(unit, ended),
    idle ? '' : elapsed(unit.since, now),
    { text: lastWords(unit), style: ended ? null : unit.draining === true ? 'yellow' : 'dim' },
  ];
}

function lastWords({ phase, reason, doing, draining, needs, title }: UnitStatus): string {
  if (draining === true) return `draining: ${doing ?? title}`;
  if (reason !== null) return linesOfReason(reason)[0] ?? '';
  if (phase === 'waiting' && needs.length > 0) return `needs ${needs.join(', ')}`;
  return doing ?? title;
}

/** Adds the limit once little of it is left. */
function costCell({ costUsd, estimated, budgetUsd = null }: UnitStatus, ended: boolean): Cell {
  if (costUsd === 0) return '';
  const cost = dollars(costUsd, estimated);
  const style = ended ? null : nearlySpent(costUsd, budgetUsd);
  return style === null || budgetUsd === null ? cost : { text: `${cost} of ${dollars(budgetUsd)}`, style };
}

function nearlySpent(spentUsd: number, limitUsd: number | null): 'yellow' | null {
  return limitUsd !== null && spentUsd >= nearlySpentShare * limitUsd ? 'yellow' : null;
}
