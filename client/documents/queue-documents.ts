// Documents about a merge queue: `queue list`, and what people ask of it.

import { z } from 'zod';
import type { QueueDocument } from '../queue/queue-document.ts';
import { documentOf } from './document-of.ts';
import { branch, count, queueEntry, queueSwitches, repository, runId, time, unitId, version } from './parts.ts';

const queueId = z.string().meta({ description: 'The id of the queue’s workflow.' });

const verification = z.object({
  key: z.string().meta({ description: 'Names the tree and its commands; the workflow is `verify:<key>`.' }),
  upTo: count('It covers so many units of the train, from the first; and what is below the train.'),
  since: time('Since when it is asked for.'),
  host: z.string().nullable().meta({ description: 'Null = no host has taken it yet.' }),
  doing: z.string().nullable().meta({ description: 'The command that runs.' }),
  outputAt: time('When that last printed something; null = it has not yet, or nobody knows.').nullable(),
  attempt: z.int().nullable().meta({ description: 'How often a host has begun it, from 1.' }),
  lastFailure: z.string().nullable().meta({ description: 'What the attempt before failed with.' }),
});

const train = z.object({
  train: z.int().meta({ description: 'Counts the trains of the queue.' }),
  units: z
    .array(
      z.object({
        run: runId,
        unit: unitId,
        verdict: z.enum(['green', 'red', 'open']).meta({
          description: 'Of the tree with this unit and all below it: passed, not passed, not known.',
        }),
      }),
    )
    .meta({ description: 'In landing order.' }),
  verifications: z.array(verification).meta({ description: 'Under way.' }),
});

export const queue = documentOf<QueueDocument>()(
  z
    .object({
      version,
      queue: queueId,
      repository,
      branch,
      begun: z.boolean().meta({ description: 'Whether anything was ever handed in; if not, the rest says nothing.' }),
      entries: z.array(queueEntry).meta({ description: 'In the order in which they are expected to land.' }),
      total: count('How many there are, those beyond `--limit` included; with `--run`, those of the run.'),
      ...queueSwitches,
      verify: z.enum(['tip', 'each']).meta({ description: '`queue.verify` of the branch.' }),
      parallel: count('Verifications at once.'),
      batch: count('Size of the next train.'),
      landed: count('Results landed since the queue began.'),
      trains: z.array(train).meta({ description: 'In flight, from the branch’s tip upwards.' }),
      reverts: z
        .array(
          z.object({
            run: runId,
            unit: unitId,
            reverts: z.string().meta({ description: 'The commit that was to be taken back.' }),
            commit: z.string().nullable().meta({ description: 'The commit that took it back; null = nothing did.' }),
            reason: z.string().nullable().meta({ description: 'Why nothing did.' }),
            at: time('When it was asked for.'),
          }),
        )
        .meta({ description: 'What became of the last reverts, the newest last.' }),
      flakes: z
        .array(
          z.object({
            command: z.string(),
            times: count('How often it failed and then passed on the same tree.'),
            lastAt: time('The last time.'),
          }),
        )
        .meta({ description: 'Flaky commands.' }),
      decisions: z
        .array(z.object({ at: time('When.'), text: z.string().meta({ description: 'What was decided, and why.' }) }))
        .meta({ description: 'The last ones, the newest last.' }),
    })
    .meta({
      title: 'Merge queue',
      description: 'What `coppice queue list --json` prints, with `--watch` once a line at every change.',
    }),
);

export const queueAction = z
  .object({ version, queue: queueId, done: z.string().meta({ description: 'What was done, in words.' }) })
  .meta({
    title: 'Steered merge queue',
    description: 'What `coppice queue pause`, `resume`, `drain`, `bump` and `eject` print with `--json`.',
  });
