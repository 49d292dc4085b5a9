// Documents about the work on a unit: `logs`, `diff`, `checkout`.

import { z } from 'zod';
import type { LoggedTurn } from '../watch/read-turns.ts';
import type { SetupLog } from '../watch/read-setup-logs.ts';
import type { UnitCheckout } from '../unit/unit-checkout.ts';
import type { UnitDiff } from '../unit/unit-diff.ts';
import { documentOf } from './document-of.ts';
import { commit, runId, time, unitId, usage, version } from './parts.ts';

export const turn = documentOf<LoggedTurn>()(
  z
    .object({
      version,
      unit: unitId,
      turn: z.int().gte(1).meta({ description: 'Counted from 1.' }),
      at: time('When the model answered.'),
      host: z.string().meta({ description: 'The host that worked on it.' }),
      told: z.array(z.string()).meta({ description: 'What was said to the agent before: failed checks, conflicts.' }),
      text: z.string().meta({ description: 'What the model said.' }),
      tools: z
        .array(
          z.object({
            name: z.string(),
            input: z.unknown(),
            output: z.string().nullable().meta({ description: 'Null when there is no result.' }),
            exitCode: z.int().nullable(),
          }),
        )
        .meta({ description: 'Calls of tools, with what came of them.' }),
      usage,
      review: z.int().gte(1).exactOptional().meta({
        description:
          'Set if it is a turn of a reviewer: which of the unit’s reviews; `turn` counts in that review. Absent = the unit’s own agent.',
      }),
    })
    .meta({ title: 'Turn of an agent', description: 'A line of `coppice logs RUN --json`.' }),
);

export const setupLog = documentOf<SetupLog & { readonly run: string }>()(
  z
    .object({
      version,
      run: runId,
      name: z.string().meta({
        description: '`try` = the target before the first unit; else it names a setup that failed in a worktree.',
      }),
      at: time('When it was kept.'),
      text: z.string().meta({ description: 'What it printed; head and tail of what is longer than a mebibyte.' }),
    })
    .meta({ title: 'Log of a setup', description: 'A line of `coppice logs RUN --setup --json`.' }),
);

const lines = z.int().gte(0).nullable();

export const diff = documentOf<UnitDiff>()(
  z
    .object({
      version,
      run: runId,
      unit: unitId,
      base: commit('The commit of the target that the work sits on.'),
      checkpoint: commit('The checkpoint that the change is read from.'),
      files: z.array(
        z.object({
          path: z.string(),
          status: z.enum(['added', 'deleted', 'modified', 'type-changed']),
          additions: lines.meta({ description: 'Lines; null for binary files.' }),
          deletions: lines,
        }),
      ),
      patch: z.string().meta({ description: 'Unified; bytes that are not UTF-8 are replaced.' }),
    })
    .meta({ title: 'Change of a unit', description: 'What `coppice diff RUN UNIT --json` prints.' }),
);

export const checkout = documentOf<UnitCheckout>()(
  z
    .object({
      version,
      run: runId,
      unit: unitId,
      directory: z.string().meta({ description: 'Absolute path of the folder that was made.' }),
      branch: z.string().meta({ description: 'The branch there.' }),
      base: commit('Where the branch begins; the work is not committed.'),
      brief: z.string().exactOptional().meta({
        description:
          'If the agent could not resolve a conflict: absolute path of the text that people need to do it; absent = there is none.',
      }),
      conflicts: z
        .array(z.object({ path: z.string(), kind: z.string().meta({ description: 'Mostly git’s own term.' }) }))
        .exactOptional()
        .meta({ description: 'Those that the brief is about; none for a red verification.' }),
    })
    .meta({ title: 'Taken-over work', description: 'What `coppice checkout RUN UNIT DIR --json` prints.' }),
);
