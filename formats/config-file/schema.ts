// The shape of coppice.yaml, section by section; `schema/config.schema.json` and `docs/config.md` are generated from it.
// Defaults come from contracts/documents/config.ts and are only told here; config-file.ts fills them in.

import { z } from 'zod';
import { command, count, duration, durationOf, glob, line, usd } from '../yaml/fields.ts';
import { defaultConfig as defaults, defaultTimeouts } from '../../contracts/documents/config.ts';

const timeout = (fallbackSeconds: number, description: string) =>
  duration()
    .optional()
    .meta({ description, default: durationOf(fallbackSeconds), examples: ['10m', '90s'] });

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
        run: command().meta({ description: 'The command.', examples: ['npm ci'] }),
        network: z.boolean().optional().meta({
          description:
            'Whether it needs the network. It gets the network, unless the host allows none, for files of the target branch. If a unit has changed what it reads, it runs again without the network; if that fails, a person is asked, unless a rule about `egress` decides. If Coppice cannot tell what it reads, agents get its output for the target with the unit’s files on top, and a verification runs it again on the candidate, offline, with the packages that were downloaded for the target.',
          default: false,
        }),
        timeout: timeout(defaultTimeouts.setup, 'The longest that it may take.'),
        inputs: globs.optional().meta({
          description:
            'Files that it reads, beside manifests and lock files of package managers (which always count): its result is used again for every tree in which these are the same. `[]` = nothing else. Absent = for installs that Coppice knows (and that copy or build no package of the repository), manifests and lock files; for every other command the whole tree. Name all sources of what it builds: a verification believes this list.',
          examples: [['scripts/setup/**', 'patches/**']],
        }),
      }),
    ],
    { error: 'must be a command, or a map of run, network, timeout and inputs' },
  )
  .meta({
    description:
      'Prepares a worktree, before an agent works there and before a verification. Its result depends on the files of the repository alone, and is used again where those that it reads are the same.',
    examples: ['npm ci', { run: './scripts/setup.sh', network: true, timeout: '10m', inputs: ['scripts/setup/**'] }],
  });

const verifyCommand = z.union(
  [
    command(),
    z.strictObject({
      name: line(60).optional().meta({ description: 'What reports call it; absent = the command’s first line.' }),
      run: command().meta({ description: 'The command; exit code 0 = good.', examples: ['npm test'] }),
      timeout: timeout(defaultTimeouts.verify, 'The longest that it may take; longer is a failure.'),
    }),
  ],
  { error: 'must be a command, or a map of name, run and timeout' },
);

const verify = z.union([command(), z.array(verifyCommand)], { error: 'must be a command or a list of commands' }).meta({
  description:
    'What must pass before anything lands, one command after the other: in the agent’s worktree when it says that it is done, then in a clean worktree of exactly the commit that would land. Absent = nothing is verified.',
  examples: ['npm test', [{ name: 'unit tests', run: 'npm test', timeout: '10m' }, 'npm run lint']],
});

const agent = z
  .strictObject({
    driver: z.enum(['anthropic', 'claude-code']).optional().meta({
      description:
        'What holds the conversation with the model: Coppice’s own loop, or Claude Code, which is to be installed on every worker (docs/claude-code.md).',
      default: defaults.agent.driver,
    }),
    model: line(200).optional().meta({ description: 'The model.', default: defaults.agent.model }),
    effort: z.enum(['low', 'medium', 'high']).optional().meta({
      description: 'How much the model thinks; absent = as the model does by itself.',
    }),
    maxTurns: count(1, 10_000).optional().meta({
      description: 'The most answers of the model for one unit, unless the unit says otherwise.',
      default: defaults.agent.maxTurns,
    }),
    maxTokens: count(1, 1_000_000_000).optional().meta({
      description:
        'The most tokens for one unit, sent and received, cached ones too; absent = no limit. For models without a known price.',
    }),
    maxTime: duration()
      .optional()
      .meta({
        description: 'The longest that hosts may work on one unit; waiting does not count. Absent = no limit.',
        examples: ['4h'],
      }),
    budgetUsd: nullableUsd.meta({
      description:
        'The most that one unit may cost, in USD, unless the unit says otherwise; null = no limit of its own. The default holds for models whose price is known; with another model a budget is refused.',
      default: defaults.agent.budgetUsd,
    }),
    instructions: globs.optional().meta({
      description:
        'Paths of files that are quoted to the agent, as the target branch has them; those that do not exist are passed over.',
      default: defaults.agent.instructions,
    }),
  })
  .meta({
    description: 'How the sessions work.',
    examples: [{ model: defaults.agent.model, effort: 'high', maxTurns: 100, instructions: ['AGENTS.md'] }],
  });

const run = z
  .strictObject({
    parallel: count(1, 1000).optional().meta({
      description: 'How many units work at once. One that waits for a person or the merge queue does not count.',
      default: defaults.run.parallel,
    }),
    budgetUsd: nullableUsd.meta({
      description: 'The most that a run may cost, in USD; null = no limit. For its default see `agent.budgetUsd`.',
      default: defaults.run.budgetUsd,
    }),
    maxTokens: count(1, 1_000_000_000_000).optional().meta({
      description:
        'The most tokens for a whole run, sent and received, cached ones too, within one call for each session; absent = no limit. Units that want more then fail; nobody is asked, and it cannot be raised.',
    }),
    maxTurns: count(1, 100_000_000).optional().meta({
      description:
        'The most answers of the model for a whole run; absent = no limit. As with `maxTokens`, units that want more then fail.',
    }),
    maxTime: duration()
      .optional()
      .meta({
        description:
          'The longest that units are worked on after the start of a run, waiting included; what is queued by then may still land. Absent = no limit. A run that is opened again has none.',
        examples: ['8h'],
      }),
  })
  .meta({ description: 'Limits of a run.', examples: [{ parallel: 8, budgetUsd: 50 }] });

const worktree = z
  .strictObject({
    copy: globs.optional().meta({
      description:
        'Files that git ignores and that worktrees get a copy of, after the setup: those that match in the folder which the host’s operator fills for this repository (docs/sandbox.md).',
      default: defaults.worktree.copy,
    }),
    ports: count(0, 1000).optional().meta({
      description:
        'How many network ports a session or a verification has for itself on its machine: `COPPICE_PORT_COUNT` of them, from `COPPICE_PORT_BASE` on. 0 = none.',
      default: defaults.worktree.ports,
    }),
  })
  .meta({
    description: 'What a worktree has beyond the files of git.',
    examples: [{ copy: ['.env.test'], ports: 10 }],
  });

const sandbox = z
  .strictObject({
    network: z.enum(['none', 'setup', 'all']).optional().meta({
      description:
        'Whether agents and verifications have the network: only with `all`, and only where the host allows all. For the setup command see `setup.network`.',
      default: defaults.sandbox.network,
    }),
    env: z
      .array(z.string().regex(/^[a-z_][a-z0-9_]{0,99}$/i, 'must be the name of an environment variable'))
      .optional()
      .meta({
        description:
          'Variables of the host to pass on. Only those that the host lists in `COPPICE_SANDBOX_ENV` are passed.',
        default: defaults.sandbox.env,
        examples: [['NPM_CONFIG_REGISTRY']],
      }),
    ci: z.boolean().optional().meta({
      description:
        'Whether `CI=true` is set for the setup and for `verify`, in the agent’s own check and in the clean verification alike, as every CI system does: test runners then refuse focused tests and write no snapshots, package managers keep to their lock files. Commands that an agent runs by itself do not have it. A `CI` that the host passes on through `env` wins.',
      default: defaults.sandbox.ci,
    }),
    memoryMb: count(64, 1_048_576).optional().meta({
      description: 'The most memory of one process, and of the file systems in memory, in MiB.',
      default: defaults.sandbox.memoryMb,
    }),
    timeout: timeout(defaults.sandbox.timeoutSeconds, 'The longest that one command of an agent may take.'),
  })
  .meta({
    description: 'What the sandbox asks for; a host can only tighten it.',
    examples: [{ network: 'none', env: ['NPM_CONFIG_REGISTRY'], memoryMb: 2048, timeout: '5m' }],
  });

const landing = z
  .strictObject({
    mode: z.enum(['push', 'branch', 'pull-request']).optional().meta({
      description:
        'Where a verified unit goes: `push` = onto the target branch. The others are refused until they are available.',
      default: defaults.landing.mode,
    }),
    shape: z.enum(['squash', 'merge']).optional().meta({
      description: '`squash` = one commit a unit. `merge` is refused until it is available.',
      default: defaults.landing.shape,
    }),
    protect: globs.optional().meta({
      description: 'Paths that a unit changes only when its scope names them or a person agrees.',
      default: defaults.landing.protect,
    }),
  })
  .meta({
    description: 'How a verified unit reaches the target branch.',
    examples: [{ mode: 'push', protect: ['coppice.yaml', '.github/**', 'migrations/**'] }],
  });

const batch = z
  .strictObject({
    min: count(1, 1000)
      .optional()
      .meta({ description: 'The fewest. Not used yet.', default: defaults.queue.batch.min }),
    max: count(1, 1000).optional().meta({ description: 'The most. Not used yet.', default: defaults.queue.batch.max }),
  })
  .refine(
    ({ min = defaults.queue.batch.min, max = defaults.queue.batch.max }) => min <= max,
    'must not have a min above its max',
  );

const queue = z
  .strictObject({
    parallel: count(1, 64).optional().meta({
      description:
        'How many entries are verified at once, each on top of those before it. Not used yet: one at a time.',
      default: defaults.queue.parallel,
    }),
    batch: batch.optional().meta({ description: 'How many entries are verified as one. Not used yet: one.' }),
    retries: count(0, 10).optional().meta({
      description: 'How often a red verification is tried again before it counts. Not used yet: never.',
      default: defaults.queue.retries,
    }),
    timeout: timeout(
      defaults.queue.timeoutSeconds,
      'The longest that the verification of one entry may take. Not used yet: `verify` has a time for each command.',
    ),
  })
  .meta({
    description: 'How the merge queue verifies.',
    examples: [{ parallel: 4, batch: { min: 1, max: 16 }, retries: 1, timeout: '30m' }],
  });

const groupName = z.string().regex(/^[a-z0-9][a-z0-9_-]{0,62}$/i, 'must be letters, digits and dashes');

const policyRule = z
  .strictObject({
    action: z.enum(['merge', 'budget', 'question', 'egress']).meta({
      description:
        'What the rule is about. `merge`: landing a unit; `budget`: more money for a unit or the run; `question`: a question of an agent; `egress`: the network for a setup whose inputs a unit has changed. Required.',
    }),
    paths: globs.optional().meta({
      description: 'For `merge`: the changed paths that the rule is about; absent = every change.',
    }),
    decide: z.enum(['allow', 'ask', 'deny']).meta({
      description:
        'What happens when the rule matches. `merge`: land (`allow`), ask a person (`ask`) or refuse (`deny`). `budget` and `question`: `ask` (the default) or `deny`. `egress`: `allow`, `ask` (the default) or `deny`. Required.',
    }),
    by: z
      .array(z.string())
      .optional()
      .meta({
        description: 'Groups of `people` who may decide; absent = anybody who reaches the approval.',
        examples: [['maintainers']],
      }),
  })
  .superRefine(({ action, paths, decide }, context) => {
    if (action === 'merge') return;
    if (paths !== undefined) {
      context.addIssue({ code: 'custom', path: ['paths'], message: `must not be in a rule about ${action}` });
    }
    if (decide === 'allow' && action !== 'egress') {
      context.addIssue({ code: 'custom', path: ['decide'], message: `must be ask or deny in a rule about ${action}` });
    }
  });

const policy = z.array(policyRule).meta({
  description:
    'When a person must agree. For `merge`, each changed path is judged by the first rule that matches it. Over all paths, deny wins over ask, and ask over allow; if several rules ask, the people of each must agree. For the other actions the first rule counts.',
  default: defaults.policy,
  examples: [[{ action: 'merge', paths: ['src/payments/**'], decide: 'ask' }]],
});

const names = z.array(line(200)).optional();
const group = z.strictObject({
  slack: names.meta({ description: 'Slack user ids.', examples: [['U024BE7LH']] }),
  users: names.meta({ description: 'Names as `COPPICE_USER` gives them on the command line.', examples: [['dana']] }),
  email: names.meta({ description: 'E-mail addresses. Not used yet.', examples: [['dana@example.com']] }),
});

const notify = z
  .strictObject({
    slack: z
      .strictObject({
        channel: line(100).meta({ description: 'The channel’s id. Required.', examples: ['C024BE91L'] }),
      })
      .optional()
      .meta({ description: 'A Slack channel for approvals.' }),
  })
  .meta({ description: 'Where questions to people go.', examples: [{ slack: { channel: 'C024BE91L' } }] });

export const configSchema = z
  .strictObject({
    $schema: z
      .string()
      .optional()
      .meta({
        description: 'For editors; not used.',
        examples: ['./node_modules/coppice/schema/config.schema.json'],
      }),
    version: z
      .literal(1)
      .optional()
      .meta({ description: 'The version of this format.', default: 1, examples: [1] }),
    branch: branchName.optional().meta({
      description: 'The target branch when the command line names none; absent = the one that the remote’s HEAD names.',
      examples: ['main'],
    }),
    setup: setup.optional(),
    verify: verify.optional(),
    agent: agent.optional(),
    run: run.optional(),
    worktree: worktree.optional(),
    sandbox: sandbox.optional(),
    landing: landing.optional(),
    queue: queue.optional(),
    policy: policy.optional(),
    people: z
      .record(groupName, group)
      .optional()
      .meta({
        description: 'Groups of people, by name, for `policy`.',
        examples: [{ maintainers: { slack: ['U024BE7LH'], users: ['dana'] } }],
      }),
    notify: notify.optional(),
  })
  .meta({ title: 'coppice.yaml', description: 'How Coppice works on this repository.' });

export type ConfigFile = z.output<typeof configSchema>;
