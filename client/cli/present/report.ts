// The report of a run on a terminal. Its table is cut to the width. Sentences are not, because people open the report
// for them.

import type { Cell } from './table.ts';
import type { Paint, TextStream } from './colour.ts';
import type { Report } from '../../../contracts/documents/report.ts';
import { decisionText, facts, landedText, lostTogether, retriedText, skippedTogether, someOf } from './report-facts.ts';
import { changeSizeText, dollars, duration, shortSha } from './amounts.ts';
import { inertLine } from './columns.ts';
import { painterFor, widthOf } from './colour.ts';
import { phaseCell, runSign, runStyle, signCell } from './phases.ts';
import { tableLines } from './table.ts';

type ReportedUnit = Report['units'][number];

export function reportText(report: Report, stream: TextStream): string {
  const paint = painterFor(stream);
  const width = widthOf(stream);
  const { run, status, goal, units, decisions } = report;
  const lines = [
    `${paint('bold', inertLine(run))} ${paint(runStyle(status), `${runSign(status)} ${status}`)}: ${landedText(report)}`,
    ...(goal === '' ? [] : [inertLine(goal)]),
    '',
    ...tableLines(units.map(unitRow), { width, paint, shrink: [7, 1], drop: [3, 6, 4, 5] }),
    ...reasonLines(units, paint),
    '',
    ...tableLines(factRows(report), { width: Infinity, paint, shrink: [] }),
  ];
  if (decisions.length > 0) lines.push('', ...decisionLines(report, paint));
  return lines.join('\n');
}

function unitRow(unit: ReportedUnit): Cell[] {
  const { id, status, commit, size, costUsd, estimated, seconds, title, retries = 0 } = unit;
  return [
    signCell(status),
    id,
    phaseCell(status),
    { text: commit === null ? '' : shortSha(commit), style: 'dim' },
    size === undefined ? '' : changeSizeText(size),
    costUsd > 0 ? dollars(costUsd, estimated) : '',
    seconds.work > 0 ? duration(seconds.work) : '',
    retries === 0 ? title : `${title} (${retriedText(retries)})`,
  ];
}

/** Why units did not land, never cut. */
function reasonLines(units: readonly ReportedUnit[], paint: Paint): string[] {
  const lines = lostTogether(units).flatMap(({ ids, status, reason, more }) => [
    `${paint('red', `${someOf(ids)} ${inertLine(status)}`)} ${reason}`.trim(),
    ...more.map((line) => `  ${line}`.trimEnd()),
  ]);
  const skipped = skippedTogether(units).map(({ ids, why }) => `${paint('dim', `${someOf(ids)} skipped:`)} ${why}`);
  return lines.length + skipped.length === 0 ? [] : ['', ...lines, ...skipped];
}

function factRows(report: Report): Cell[][] {
  return facts(report).map(({ name, value }) => [{ text: name, style: 'dim' }, value]);
}

function decisionLines({ decisions }: Report, paint: Paint): string[] {
  return [paint('bold', 'decisions'), ...decisions.map((decision) => inertLine(decisionText(decision)))];
}
