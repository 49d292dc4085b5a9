// Documents about a plan and the start of its run: `plan validate`, `plan show`, `run --detach`.

import { z } from 'zod';
import type { PlanGraph } from '../cli/present/plan-graph.ts';
import { documentOf } from './document-of.ts';
import { count, placedError, runId, unitId, usd, version } from './parts.ts';

const criticalPath = z
  .array(z.string())
  .meta({ description: 'Ids of the longest chain of units that need each other, first to last.' });

export const planValidation = z
  .object({
    version,
    valid: z.boolean(),
    units: count('How many; 0 for a plan with errors.'),
    criticalPath,
    errors: z.array(placedError).meta({ description: 'In the order of the file.' }),
  })
  .meta({ title: 'Checked plan', description: 'What `coppice plan validate FILE --json` prints.' });

export const planGraph = documentOf<PlanGraph>()(
  z
    .object({
      version,
      goal: z.string(),
      units: z
        .array(
          z.object({
            id: unitId,
            title: z.string(),
            needs: z.array(z.string()),
            scope: z.array(z.string()).nullable().meta({ description: 'Null = anything.' }),
            verify: z.string().nullable(),
            labels: z.array(z.string()),
            budgetUsd: usd('Null = that of the configuration.').nullable(),
            maxTurns: z.int().nullable(),
          }),
        )
        .meta({ description: 'Without their prompts.' }),
      edges: z.array(z.tuple([z.string(), z.string()])).meta({ description: 'From a unit to one that needs it.' }),
      criticalPath,
    })
    .meta({ title: 'Graph of a plan', description: 'What `coppice plan show FILE --json` prints.' }),
);

export const runStarted = z
  .object({ version, run: runId })
  .meta({ title: 'Started run', description: 'What `coppice run PLAN --detach --json` prints.' });
