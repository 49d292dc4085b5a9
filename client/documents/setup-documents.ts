// Documents about preparing a repository and a machine: `init`, `doctor`.

import { z } from 'zod';
import type { Check } from '../../domain/doctor/finding.ts';
import { checkNames } from '../../domain/doctor/finding.ts';
import { documentOf } from './document-of.ts';
import { version } from './parts.ts';

export const firstConfig = z
  .object({
    version,
    path: z.string().meta({ description: 'The file that was written, absolute.' }),
    branch: z
      .string()
      .nullable()
      .meta({ description: 'The target branch; null = the one that the remote’s HEAD names.' }),
    env: z.record(z.string(), z.string()).meta({ description: 'Variables of every command; empty = none.' }),
    setup: z
      .object({ run: z.string(), network: z.boolean() })
      .nullable()
      .meta({ description: 'What prepares a worktree; null = nothing does.' }),
    verify: z
      .array(z.object({ run: z.string(), name: z.string().meta({ description: 'What reports call it.' }) }))
      .meta({ description: 'What must pass before anything lands; empty = nothing was found.' }),
    regenerate: z
      .array(z.object({ path: z.string().meta({ description: 'The lock file.' }), run: z.string() }))
      .meta({ description: 'Lock files that the merge queue makes again, each with its command; empty = none.' }),
    text: z.string().meta({ description: 'The text of the file.' }),
    needs: z
      .array(
        z.object({
          what: z.string().meta({ description: 'What was found, with its file.' }),
          hint: z.string().meta({ description: 'What to do about it.' }),
        }),
      )
      .meta({ description: 'What the repository needs that a sandbox does not give it by itself.' }),
  })
  .meta({ title: 'First coppice.yaml', description: 'What `coppice init --json` prints.' });

export const checks = documentOf<{ readonly checks: readonly Check[] }>()(
  z
    .object({
      version,
      checks: z.array(
        z.object({
          name: z.enum(checkNames),
          status: z.enum(['ok', 'warn', 'fail']).meta({
            description: '`fail` = a run, or a worker on this machine, would not work now.',
          }),
          detail: z.string().meta({ description: 'What was found.' }),
          hint: z.string().meta({ description: 'What to do; empty when there is nothing to do.' }),
        }),
      ),
    })
    .meta({ title: 'Checks', description: 'What `coppice doctor --json` prints.' }),
);
