// Documents about a plan and the start of its run: `plan validate`, `plan show`, `run --dry-run`, `run --detach`.

import { z } from 'zod';
import { policyVerdicts } from '../../contracts/documents/config.ts';
import type { PlanGraph } from '../cli/present/plan-graph.ts';
import { planKinds } from '../../formats/plan-import/kinds.ts';
import { documentOf } from './document-of.ts';
import { branch, commit, count, placedError, repository, runId, unitId, usd, version } from './parts.ts';

const criticalPath = z
  .array(z.string())
  .meta({ description: 'Ids of the longest chain of units that need each other, first to last.' });

const open = z.array(unitId).exactOptional().meta({
  description:
    'Units that still stand for many, counted as one each: units of a command, which a host runs when a run starts, and without a repository also units of a glob. Absent = none.',
});

export const planValidation = z
  .object({
    version,
    valid: z.boolean(),
    units: count('How many; 0 for a plan with errors.'),
    criticalPath,
    errors: z.array(placedError).meta({ description: 'In the order of the file.' }),
    warnings: z.array(z.string()).exactOptional().meta({
      description:
        'With --repo: globs of the plan and of coppice.yaml that match nothing there, units that may change one file at the same time, files that prompts name and nobody has, and budgets of units that add up to more than the run’s.',
    }),
    open,
  })
  .meta({ title: 'Checked plan', description: 'What `coppice plan validate FILE --json` prints.' });

export const planGraph = documentOf<PlanGraph>()(
  z
    .object({
      version,
      commit: commit('That holds the plan; only of a run.').exactOptional(),
      goal: z.string(),
      units: z
        .array(
          z.object({
            id: unitId,
            title: z.string(),
            needs: z.array(z.string()),
            after: z
              .array(z.string())
              .exactOptional()
              .meta({ description: 'Units that must have ended before it starts, since both may change a file.' }),
            scope: z.array(z.string()).nullable().meta({ description: 'Null = anything.' }),
            verify: z.string().nullable(),
            labels: z.array(z.string()).meta({ description: 'For rules in `policy` that name labels.' }),
            budgetUsd: usd('Null = that of the configuration.').nullable(),
            maxTurns: z.int().nullable(),
            estimateSeconds: z
              .number()
              .exactOptional()
              .meta({ description: 'How long its agent is expected to work; absent = the plan does not say.' }),
            review: z
              .boolean()
              .exactOptional()
              .meta({ description: 'Whether its finished work is reviewed; absent = as the configuration says.' }),
          }),
        )
        .meta({ description: 'Without their prompts.' }),
      edges: z.array(z.tuple([z.string(), z.string()])).meta({ description: 'From a unit to one that needs it.' }),
      criticalPath,
    })
    .meta({ title: 'Graph of a plan', description: 'What `coppice plan show FILE --json` prints.' }),
);

export const planImport = z
  .object({
    version,
    from: z.enum(planKinds).meta({ description: 'What wrote the file that was read.' }),
    units: count('How many.'),
    out: z.string().nullable().meta({ description: 'The file that was written; null = none.' }),
    text: z.string().meta({ description: 'The text of the plan file, in YAML.' }),
    notes: z
      .array(
        z.object({
          line: z.int().gte(1).nullable().meta({ description: 'Counted from 1; null = the message names the place.' }),
          message: z.string(),
        }),
      )
      .meta({ description: 'What was left out, and what could not be mapped.' }),
  })
  .meta({ title: 'Imported plan', description: 'What `coppice plan import FILE --json` prints.' });

export const planMade = z
  .object({
    version,
    run: runId,
    commit: commit('The plan, on the state remote.'),
    units: count('How many, those of `forEach` included.'),
    text: z.string().meta({ description: 'The text of the plan file, in YAML.' }),
    why: z.string().meta({ description: 'Why the work is cut in this way, in the words of the session.' }),
    lookedAt: z.array(z.string()).meta({ description: 'Files and commands that the plan rests on.' }),
    warnings: z.array(z.string()).meta({ description: 'What should be known before it is run.' }),
    costUsd: usd('What the planning has cost.'),
    out: z.string().nullable().meta({ description: 'The file that was written; null = none.' }),
  })
  .meta({ title: 'Made plan', description: 'What `coppice plan make --goal TEXT --json` prints.' });

export const planEdited = z
  .object({
    version,
    run: runId,
    before: commit('The plan that was edited.'),
    commit: commit('The plan as it is now; the same if nothing was changed.'),
    asks: z.boolean().meta({ description: 'Whether people must agree to it first.' }),
    units: count('How many.'),
    warnings: z.array(z.string()).meta({ description: 'What should be known of it.' }),
  })
  .meta({ title: 'Edited plan', description: 'What `coppice plan edit RUN --json` prints.' });

export const runStarted = z
  .object({ version, run: runId })
  .meta({ title: 'Started run', description: 'What `coppice run PLAN --detach --json` prints.' });

export const dryRun = z
  .object({
    version,
    repository,
    branch,
    base: commit('Tip of the target branch.'),
    stateRemote: z.string().meta({ description: 'Where checkpoints would go.' }),
    goal: z.string(),
    model: z.string(),
    units: count('How many; 0 for a goal, whose plan is made first.'),
    open,
    parallel: count('How many may work at once.'),
    criticalPath,
    maxCostUsd: usd('The most that the run can spend on the model; null = no limit.').nullable(),
    verification: z
      .array(z.string())
      .meta({ description: 'Names of what must pass before anything lands; empty = nothing is tested.' }),
    warnings: z.array(z.string()).meta({ description: 'What should be known before the start.' }),
    unpolledQueues: z
      .array(z.string())
      .nullable()
      .meta({ description: 'Task queues that no worker polls; null when no server could be asked.' }),
  })
  .meta({
    title: 'Checked run',
    description: 'What `coppice run PLAN --dry-run --json` prints when the run could be started.',
  });

export const policyTest = z
  .object({
    version,
    good: z.boolean().meta({ description: 'Whether every sample is as it expects.' }),
    samples: z.array(
      z.object({
        name: z.string(),
        decide: z.enum(policyVerdicts),
        asks: z.array(z.string()).meta({ description: 'Who must agree, in words; empty = nobody is asked.' }),
        by: z.array(z.string()).meta({ description: 'The groups that are asked; empty = anybody, or nobody.' }),
        rule: z.string().nullable().meta({ description: 'The rule, in words; null = no rule is about it.' }),
        unexpected: z.string().nullable().meta({ description: 'What is not as expected; null = nothing.' }),
      }),
    ),
    unmet: z
      .array(z.object({ index: count('Its place in `policy`, from 0.'), rule: z.string() }))
      .meta({ description: 'Rules that decide about no sample.' }),
  })
  .meta({ title: 'Tried policy', description: 'What `coppice policy test FILE --json` prints.' });
