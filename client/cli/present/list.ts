// `coppice list` for people: a line for each run.

import type { Cell } from './table.ts';
import type { RunSummary } from '../../watch/status.ts';
import type { TextStream } from './colour.ts';
import { dollars, elapsed } from './amounts.ts';
import { painterFor, widthOf } from './colour.ts';
import { runSignCell, runStyle } from './phases.ts';
import { tableLines } from './table.ts';

export function listText(runs: readonly RunSummary[], stream: TextStream, now = new Date()): string {
  if (runs.length === 0) return 'there are no runs; start one with: coppice run PLAN';
  const rows = runs.map((run) => runRow(run, now));
  return tableLines(rows, {
    width: widthOf(stream),
    paint: painterFor(stream),
    shrink: [8, 7, 6],
    drop: [7, 6, 4, 5],
  }).join('\n');
}

/** Id, sign, status, units, cost, age, who, target, goal. */
function runRow(run: RunSummary, now: Date): Cell[] {
  const { units, costUsd, startedAt, startedBy, branch, repository, goal } = run;
  return [
    { text: run.run, style: 'bold' },
    runSignCell(run.status),
    { text: run.status, style: runStyle(run.status) },
    units === null || units.total === 0 ? '' : unitsText(units),
    costUsd === null ? '' : dollars(costUsd),
    `${elapsed(startedAt, now)} ago`,
    startedBy,
    { text: `${branch} of ${repository}`, style: 'dim' },
    goal,
  ];
}

function unitsText({ total, landed, failed }: NonNullable<RunSummary['units']>): string {
  return `${landed}/${total} landed${failed === 0 ? '' : `, ${failed} failed`}`;
}
