// What a unit's checkpoints hold under `.coppice/`: the conversation, and the unit's owner. Read once per slice and for
// every look at `logs`, so only fields that something relies on are checked; blocks of the vendor's API stay as they
// came.

import { z } from 'zod';
import type { Prefix, Turn } from '../../contracts/documents/journal.ts';
import { codecOf } from './codec.ts';
import { prefixFile } from '../../contracts/documents/journal.ts';

/** Which attempt at a unit may write its checkpoints, and where it runs. */
export interface Owner {
  readonly attempt: number;
  readonly host: string;
}

export const ownerFile = 'attempt.json';

const notes = z.array(z.object({ key: z.string(), text: z.string() }));

export const usage = z.object({
  inputTokens: z.number(),
  outputTokens: z.number(),
  cacheReadTokens: z.number(),
  cacheWriteTokens: z.number(),
});

export const prefixCodec = codecOf<Prefix>()({
  name: prefixFile,
  version: 1,
  since: '0.1.0',
  indent: 1,
  schema: z.object({
    model: z.string(),
    system: z.string(),
    firstMessage: z.string(),
    notes: notes.optional(),
    lostUsd: z.number().optional(),
  }),
});

export const turnCodec = codecOf<Turn>()({
  name: 'a turn of the journal',
  version: 1,
  since: '0.1.0',
  indent: 1,
  schema: z.object({
    turn: z.int().positive(),
    at: z.string(),
    host: z.string(),
    answer: z.array(z.object({ type: z.string() })),
    stopReason: z.string(),
    usage,
    costUsd: z.number(),
    lostUsd: z.number().optional(),
    summary: z.literal(true).optional(),
    clearsBefore: z.number().optional(),
    results: z.array(
      z.object({ id: z.string(), output: z.string(), isError: z.boolean(), exitCode: z.number().nullable() }),
    ),
    held: z
      .object({
        call: z.string(),
        directory: z.string(),
        allowed: z.object({ hash: z.string(), by: z.string() }).exactOptional(),
        begun: z.literal(true).exactOptional(),
      })
      .optional(),
    notes,
  }),
});

export const ownerCodec = codecOf<Owner>()({
  name: ownerFile,
  version: 1,
  since: '0.1.0',
  schema: z.object({ attempt: z.number(), host: z.string() }),
});
