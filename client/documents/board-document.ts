// What the agents of a run tell each other: `board`.

import { z } from 'zod';
import type { RunBoard } from '../watch/run-board.ts';
import { count, runId, time, unitId, version } from './parts.ts';
import { documentOf } from './document-of.ts';

const message = z.object({
  number: z.int().meta({ description: 'Counts the messages of the run, from 1.' }),
  at: time('When it was sent.'),
  from: unitId.nullable().meta({ description: 'The unit whose agent sent it; null = Coppice: a unit has landed.' }),
  to: z.array(unitId),
  path: z.string().exactOptional().meta({ description: 'The file or folder that it is about; absent = none.' }),
  text: z.string(),
  open: z.array(unitId).meta({ description: 'Recipients of whom no checkpoint holds it yet.' }),
});

export const board = documentOf<RunBoard>()(
  z
    .object({
      version,
      run: runId,
      messages: z.array(message).meta({
        description: 'Oldest first. Those that everybody has heard go after a while.',
      }),
      total: count('Messages so far.'),
      notes: z
        .array(z.object({ key: z.string(), text: z.string(), by: unitId, at: time('When it was last changed.') }))
        .meta({ description: 'What units have settled, by key.' }),
      claims: z.array(z.object({ unit: unitId, path: z.string() })).meta({
        description: 'Files and folders that units have said they would change.',
      }),
      ended: z.boolean().meta({ description: 'Whether the run has ended.' }),
    })
    .meta({
      title: 'Board',
      description: 'What `coppice board RUN --json` prints, with `--follow` once a line at every change.',
    }),
);
