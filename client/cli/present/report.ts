// The report of a run on a terminal. Its table is cut to the width. Sentences are not, because people open the report
// for them.

import type { Cell } from './table.ts';
import type { Paint, TextStream } from './colour.ts';
import type { Report } from '../../../contracts/documents/report.ts';
import { decisionText, facts, landedText, lostTogether, someOf } from './report-facts.ts';
import { dollars, duration, shortSha } from './amounts.ts';
import { inertLine } from './columns.ts';
import { painterFor, widthOf } from './colour.ts';
import { phaseCell, signCell, statusStyle } from './phases.ts';
import { tableLines } from './table.ts';

type ReportedUnit = Report['units'][number];

export function reportText(report: Report, stream: TextStream): string {
  const paint = painterFor(stream);
  const width = widthOf(stream);
  const { run, status, goal, units, decisions } = report;
  const lines = [
    `${paint('bold', inertLine(run))} ${paint(statusStyle(status), status)}: ${landedText(report)}`,
    ...(goal === '' ? [] : [inertLine(goal)]),
    '',
    ...tableLines(units.map(unitRow), { width, paint, shrink: [6, 1], drop: [3, 5, 4] }),
    ...reasonLines(units, paint),
    '',
    ...tableLines(factRows(report), { width: Infinity, paint, shrink: [] }),
  ];
  if (decisions.length > 0) lines.push('', ...decisionLines(report, paint));
  return lines.join('\n');
}

function unitRow(unit: ReportedUnit): Cell[] {
  const { id, status, commit, costUsd, estimated, seconds, title } = unit;
  return [
    signCell(status),
    id,
    phaseCell(status),
    { text: commit === null ? '' : shortSha(commit), style: 'dim' },
    costUsd > 0 ? dollars(costUsd, estimated) : '',
    seconds.work > 0 ? duration(seconds.work) : '',
    title,
  ];
}

/** Why units did not land, never cut. */
function reasonLines(units: readonly ReportedUnit[], paint: Paint): string[] {
  const lines = lostTogether(units).flatMap(({ ids, status, reason, more }) => [
    `${paint('red', `${someOf(ids)} ${inertLine(status)}`)} ${reason}`.trim(),
    ...more.map((line) => `  ${line}`.trimEnd()),
  ]);
  return lines.length === 0 ? [] : ['', ...lines];
}

function factRows(report: Report): Cell[][] {
  return facts(report).map(({ name, value }) => [{ text: name, style: 'dim' }, value]);
}

function decisionLines({ decisions }: Report, paint: Paint): string[] {
  return [paint('bold', 'decisions'), ...decisions.map((decision) => inertLine(decisionText(decision)))];
}
