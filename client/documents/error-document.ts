// What every command prints with `--json` when it fails.

import { z } from 'zod';
import { placedError, version } from './parts.ts';

export const error = z
  .object({
    version,
    error: z.object({
      type: z.string().meta({
        description: 'A stable name; new ones may come.',
        examples: ['BadPlan', 'NotFound', 'TemporalUnreachable', 'Usage'],
      }),
      message: z.string().meta({ description: 'What happened, and to what.' }),
      hint: z.string().meta({ description: 'What to do next.' }),
      at: placedError.shape.at.exactOptional(),
      errors: z
        .array(placedError)
        .min(1)
        .exactOptional()
        .meta({ description: 'Each error of a plan or configuration, with its text; `at` is the first one’s place.' }),
    }),
  })
  .meta({ title: 'Error', description: 'What every command prints with `--json` when it fails.' });
