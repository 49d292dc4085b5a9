// A run's report, and the pages of records of ended units that are written while the run continues.

import { rememberings } from '../../contracts/tool-request.ts';
import { z } from 'zod';
import type { RecordedUnit } from '../../contracts/activities/reports.ts';
import type { Report } from '../../contracts/documents/report.ts';
import { codecOf } from './codec.ts';
import { isSha, unitIdPattern } from '../../contracts/ids.ts';
import { noReviewReasons, reviewVerdicts } from '../../contracts/review.ts';
import { unitPhases } from '../../contracts/documents/report.ts';
import { usage } from './journal.ts';

export const reportFile = 'report.json';
export const recordsFile = 'records.json';

const unitId = z.string().regex(unitIdPattern);

const sha = z.string().refine(isSha);

const decision = z.object({
  id: z.string(),
  kind: z.string(),
  decision: z.enum(['approved', 'denied', 'expired', 'cancelled']),
  by: z.string().nullable(),
  channel: z.string().nullable(),
  at: z.string(),
  reason: z.string().nullable(),
  sentBack: z.literal(true).optional(),
  usd: z.number().optional(),
  remember: z.enum(rememberings).optional(),
});

const seconds = z.object({
  dependencies: z.number(),
  slot: z.number(),
  work: z.number(),
  human: z.number(),
  queue: z.number(),
});

const unitTry = z.object({
  retry: z.number(),
  status: z.enum(unitPhases),
  reason: z.string().nullable(),
  startedAt: z.string(),
  endedAt: z.string().nullable(),
  slices: z.number(),
  attempts: z.number(),
  seconds,
});

const unit = z.object({
  id: unitId,
  status: z.enum(unitPhases),
  reason: z.string().nullable(),
  needs: z.array(unitId),
  commit: z.string().nullable(),
  startedAt: z.string().nullable(),
  endedAt: z.string().nullable(),
  hosts: z.array(z.string()),
  slices: z.number(),
  turns: z.number(),
  attempts: z.number(),
  usage,
  costUsd: z.number(),
  estimated: z.boolean(),
  size: z.object({ files: z.number(), additions: z.number(), deletions: z.number() }).optional(),
  reviewUsd: z.number().optional(),
  review: z
    .object({
      verdict: z.enum(reviewVerdicts),
      rounds: z.number(),
      model: z.string(),
      summary: z.string(),
      commentCount: z.number(),
    })
    .optional(),
  noReview: z.enum(noReviewReasons).optional(),
  redBefore: z.array(z.string()).optional(),
  retries: z.number().optional(),
  skippedBy: z.string().optional(),
  failedDependency: unitId.optional(),
  tries: z.array(unitTry).optional(),
  seconds,
});

export const reportCodec = codecOf<Report>()({
  name: reportFile,
  version: 1,
  since: '0.1.0',
  indent: 2,
  schema: z.object({
    run: z.string(),
    status: z.enum(['completed', 'failed', 'cancelled']),
    repository: z.string(),
    branch: z.string(),
    base: z.string(),
    tip: z.string().nullable(),
    goal: z.string(),
    plan: sha.optional(),
    model: z.string(),
    startedBy: z.string(),
    startedAt: z.string(),
    endedAt: z.string(),
    makespanSeconds: z.number(),
    criticalPathSeconds: z.number(),
    sequentialSeconds: z.number(),
    speedup: z.number(),
    costUsd: z.number(),
    verify: z.enum(['tip', 'each']).optional(),
    reviewUsd: z.number().optional(),
    limitUsd: z.number().nullable().optional(),
    units: z.array(unit.extend({ title: z.string() })),
    planning: unit.optional(),
    planChanges: z
      .array(
        z.object({
          plan: sha,
          by: z.string(),
          at: z.string(),
          added: z.number(),
          changed: z.number(),
          removed: z.number(),
          proposed: z.number().exactOptional(),
        }),
      )
      .optional(),
    conflicts: z.object({
      predicted: z.number(),
      met: z.number(),
      resolvedByAgent: z.number(),
      resolvedByPerson: z.number(),
    }),
    decisions: z.array(decision.extend({ unit: z.string().nullable() })),
  }),
});

/** The first version was the bare list. */
export const recordsCodec = codecOf<{ readonly units: readonly RecordedUnit[] }>()({
  name: recordsFile,
  version: 2,
  since: '0.1.0',
  upgrades: { 1: (units) => ({ units }) },
  schema: z.object({
    units: z.array(
      unit.extend({
        decisions: z.array(decision),
        conflicts: z.object({ met: z.number(), resolvedByAgent: z.number() }),
      }),
    ),
  }),
});
