// `run_report`: how a run ended, as `coppice report` shows it. Needs no worker.

import { z } from 'zod';
import type { Report } from '../../api.ts';
import type { RunId } from '../../../contracts/ids.ts';
import { cut, runInput, tool } from '../tool.ts';
import { limitsOf, otherUnits, pickedUnits, type UnitPage, unitPageInput, unitsLeftOut } from '../unit-page.ts';
import { notableUnits } from '../../../domain/run/notable.ts';
import { report } from '../../documents/run-documents.ts';
import { reportText } from '../../cli/present/report.ts';
import { shortened } from '../bounds.ts';
import { unitsShown } from '../../watch/overview.ts';

export const runReportTool = tool({
  name: 'run_report',
  title: 'Read the report of a run',
  description:
    'Says how a run ended: what landed as which commit, what did not and why, cost, time, conflicts and decisions. Only for a run that has ended; run_status says whether it has.',
  effect: 'reads',
  input: z.strictObject({ run: runInput, ...unitPageInput }),
  output: report.extend({ cut }),
  async run({ run: named, ...page }, { withCoppice }) {
    return withCoppice(async (coppice) => {
      const run = await coppice.run(named);
      const { version: _, ...whole } = await run.report();
      const units = unitsOf(run.id, whole, page);
      const cuts = unitsLeftOut(units.length, whole.units.length);
      const document = shortened({ ...whole, units }, { more: otherUnits, limits: limitsOf(page), cuts });
      return { document, text: reportText({ version: 1, ...whole }, {}) };
    });
  },
});

function unitsOf(run: RunId, { units, endedAt }: Pick<Report, 'units' | 'endedAt'>, page: UnitPage) {
  const picked = pickedUnits(run, units, page);
  if (picked !== null) return picked;
  if (units.length <= unitsShown) return units;
  const candidates = units.map((unit) => ({ phase: unit.status, since: unit.endedAt ?? endedAt }));
  return notableUnits(candidates, unitsShown).flatMap((at) => units[at] ?? []);
}
