// `run_status`: what a run is doing, as `coppice status` shows it.

import { z } from 'zod';
import type { Run, StatusOverview } from '../../api.ts';
import { count, unitPhase } from '../../documents/parts.ts';
import { countByPhase } from '../../../domain/run/notable.ts';
import { cut, runInput, tool } from '../tool.ts';
import { limitsOf, otherUnits, pickedUnits, type UnitPage, unitPageInput, unitsLeftOut } from '../unit-page.ts';
import { shortened } from '../bounds.ts';
import { status } from '../../documents/run-documents.ts';
import { statusText } from '../../cli/present/status.ts';

export const runStatusTool = tool({
  name: 'run_status',
  title: 'Look at a run',
  description:
    'Says what a run is doing: the phase of each unit and why units failed, what their agents do now, the merge queue, the money, and the approvals that wait for a person. Does not wait; a run takes minutes to hours, so ask again in half a minute at the earliest.',
  effect: 'reads',
  input: z.strictObject({ run: runInput, ...unitPageInput }),
  output: status.extend({
    counts: z
      .partialRecord(unitPhase, count('How many.'))
      .meta({ description: 'Of all units, by phase; absent = none is in that phase.' }),
    cut,
  }),
  async run({ run: named, ...page }, { withCoppice }) {
    return withCoppice(async (coppice) => {
      const run = await coppice.run(named);
      const overview = await overviewOf(run, page);
      const text = statusText(overview, {}, { user: coppice.user, page: await run.webUiPage() });
      const cuts = unitsLeftOut(overview.units.length, sizeOf(overview));
      return { document: shortened(overview, { more: otherUnits, limits: limitsOf(page), cuts }), text };
    });
  },
});

async function overviewOf(run: Run, page: UnitPage): Promise<StatusOverview> {
  if (page.unit === undefined && page.from === undefined) return run.overview();
  const document = await run.status();
  const units = pickedUnits(run.id, document.units, page) ?? document.units;
  return { ...document, units, counts: countByPhase(document.units) };
}

function sizeOf({ counts }: StatusOverview): number {
  return Object.values(counts).reduce((sum, n) => sum + n, 0);
}
