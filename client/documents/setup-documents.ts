// Documents about making a repository and a machine ready: `init`.

import { z } from 'zod';
import { version } from './parts.ts';

export const firstConfig = z
  .object({
    version,
    path: z.string().meta({ description: 'The file that was written, absolute.' }),
    branch: z
      .string()
      .nullable()
      .meta({ description: 'The target branch; null = the one that the remote’s HEAD names.' }),
    setup: z
      .object({ run: z.string(), network: z.boolean() })
      .nullable()
      .meta({ description: 'What prepares a worktree; null = nothing does.' }),
    verify: z
      .array(z.object({ run: z.string(), name: z.string().meta({ description: 'What reports call it.' }) }))
      .meta({ description: 'What must pass before anything lands; empty = nothing was found.' }),
    text: z.string().meta({ description: 'The text of the file.' }),
  })
  .meta({ title: 'First coppice.yaml', description: 'What `coppice init --json` prints.' });
