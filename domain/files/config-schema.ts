// The shape of coppice.yaml, section by section; `schema/config.schema.json` is generated from it. Defaults are not here
// but in domain/config.ts; config-file.ts puts the two together.

import { z } from 'zod';
import { command, count, duration, glob, line, usd } from './fields.ts';
import { defaultConfig as defaults } from '../config.ts';

const timeout = (fallback: string) =>
  duration()
    .optional()
    .meta({
      description: `Longest time it may take (default ${fallback}); a plain number counts seconds.`,
      examples: ['10m', '90s'],
    });

const globs = z.array(glob());
const nullableUsd = usd().nullable().optional();

const branchName = line(200).regex(
  /^(?![-/])(?!.*(?:\.\.|\/\/|@\{|[\s~^:?*[\\]))[^]*[^/.]$/,
  'must be the name of a branch',
);

const setup = z
  .union(
    [
      command(),
      z.strictObject({
        run: command(),
        network: z.boolean().optional().meta({ description: 'Whether it needs the network; the host decides.' }),
        timeout: timeout('15m'),
      }),
    ],
    { error: 'must be a command, or a map of run, network and timeout' },
  )
  .meta({
    description: 'Prepares a worktree: runs once per worktree and set of lock files.',
    examples: ['npm ci', { run: 'npm ci', network: true, timeout: '10m' }],
  });

const verifyCommand = z.union(
  [
    command(),
    z.strictObject({
      name: line(60).optional().meta({ description: 'What reports call it; default: the command.' }),
      run: command(),
      timeout: timeout('30m'),
    }),
  ],
  { error: 'must be a command, or a map of name, run and timeout' },
);

const verify = z.union([command(), z.array(verifyCommand)], { error: 'must be a command or a list of commands' }).meta({
  description: 'What must pass before anything lands; the exit code decides.',
  examples: ['npm test', [{ name: 'unit tests', run: 'npm test', timeout: '10m' }]],
});

const agent = z
  .strictObject({
    driver: z.enum(['anthropic', 'claude-code']).optional(),
    model: line(200)
      .optional()
      .meta({ examples: [defaults.agent.model] }),
    effort: z.enum(['low', 'medium', 'high']).optional(),
    maxTurns: count(1, 10_000).optional().meta({ description: 'The most answers of the model for one unit.' }),
    budgetUsd: nullableUsd.meta({ description: 'The most that one unit may cost; null = no limit of its own.' }),
    instructions: globs.optional().meta({
      description: 'Files of the target branch that are quoted to the agent.',
      examples: [['AGENTS.md']],
    }),
  })
  .meta({ description: 'How the sessions work.' });

const run = z
  .strictObject({
    parallel: count(1, 1000).optional().meta({ description: 'How many units work at once.' }),
    budgetUsd: nullableUsd.meta({ description: 'The most that a run may cost; null = no limit.' }),
  })
  .meta({ description: 'Limits of a run.' });

const worktree = z
  .strictObject({
    copy: globs.optional().meta({ description: 'Ignored files that a worktree gets a copy of.' }),
    ports: count(0, 1000).optional().meta({ description: 'How many network ports a worktree is given.' }),
  })
  .meta({ description: 'What a worktree has beyond the files of git.' });

const sandbox = z
  .strictObject({
    network: z.enum(['none', 'setup', 'all']).optional().meta({ description: 'Who may have the network.' }),
    env: z
      .array(z.string().regex(/^[a-z_][a-z0-9_]{0,99}$/i, 'must be the name of an environment variable'))
      .optional()
      .meta({ description: 'Variables of the host to pass on; the host decides which.' }),
    memoryMb: count(64, 1_048_576).optional(),
    timeout: timeout('10m'),
  })
  .meta({ description: 'What the sandbox asks for; a host can only tighten it.' });

const landing = z
  .strictObject({
    mode: z.enum(['push', 'branch', 'pull-request']).optional(),
    shape: z.enum(['squash', 'merge']).optional(),
    protect: globs.optional().meta({
      description: 'Paths that a unit changes only when its scope names them or a person agrees.',
      examples: [defaults.landing.protect],
    }),
  })
  .meta({ description: 'How a verified unit reaches the target branch.' });

const queue = z
  .strictObject({
    parallel: count(1, 64).optional(),
    batch: z
      .strictObject({ min: count(1, 1000).optional(), max: count(1, 1000).optional() })
      .refine(
        ({ min = defaults.queue.batch.min, max = defaults.queue.batch.max }) => min <= max,
        'must not have a min above its max',
      )
      .optional(),
    retries: count(0, 10).optional(),
    timeout: timeout('30m'),
  })
  .meta({ description: 'How the merge queue verifies.' });

const groupName = z.string().regex(/^[a-z0-9][a-z0-9_-]{0,62}$/i, 'must be letters, digits and dashes');

const policyRule = z.strictObject({
  action: z.literal('merge'),
  paths: globs.optional().meta({ description: 'Changed paths that the rule is about; absent = every change.' }),
  decide: z.enum(['allow', 'ask', 'deny']),
  by: z.array(z.string()).optional().meta({ description: 'Groups of people who may decide; absent = anybody.' }),
});

const names = z.array(line(200)).optional();
const group = z.strictObject({
  slack: names.meta({ description: 'Slack user ids.', examples: [['U024BE7LH']] }),
  users: names.meta({ description: 'Names as COPPICE_USER gives them on the command line.', examples: [['dana']] }),
  email: names.meta({ examples: [['dana@example.com']] }),
});

export const configSchema = z
  .strictObject({
    $schema: z.string().optional().meta({ description: 'For editors; not used.' }),
    version: z.literal(1).optional().meta({ description: 'The version of this format.' }),
    branch: branchName.optional().meta({ description: 'The target branch when the command line names none.' }),
    setup: setup.optional(),
    verify: verify.optional(),
    agent: agent.optional(),
    run: run.optional(),
    worktree: worktree.optional(),
    sandbox: sandbox.optional(),
    landing: landing.optional(),
    queue: queue.optional(),
    policy: z
      .array(policyRule)
      .optional()
      .meta({
        description:
          'Which changes need a person: for each changed path the first rule that matches; over all paths deny wins over ask over allow.',
        examples: [[{ action: 'merge', paths: ['src/payments/**'], decide: 'ask', by: ['maintainers'] }]],
      }),
    people: z.record(groupName, group).optional().meta({ description: 'Groups of people, by name.' }),
    notify: z
      .strictObject({ slack: z.strictObject({ channel: line(100) }).optional() })
      .optional()
      .meta({ description: 'Where questions to people go.', examples: [{ slack: { channel: 'C024BE91L' } }] }),
  })
  .meta({ title: 'coppice.yaml', description: 'How Coppice works on this repository.' });

export type ConfigFile = z.output<typeof configSchema>;
