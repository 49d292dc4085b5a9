// The shape of coppice.yaml, section by section; `schema/config.schema.json` and `docs/config.md` are generated from
// it. Defaults come from contracts/documents/config.ts and are only described here; config-file.ts fills them in.

import { z } from 'zod';
import { command, count, duration, durationOf, glob, line, secondsOf, usd } from '../yaml/fields.ts';
import {
  agentDrivers,
  defaultPlanning,
  defaultReview,
  defaultTimeouts,
  defaultConfig as defaults,
  efforts,
  landingModes,
  landingShapes,
  longestRegenerateSeconds,
  networkPolicies,
  overlapRules,
  redBaseRules,
  trainVerifications,
} from '../../contracts/documents/config.ts';
import { unsafeInCommand } from '../../domain/text/unsafe.ts';
import { group, notify } from './people.ts';
import { policy } from './policy.ts';

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
            'Whether the command needs the network. It gets the network for files of the target branch, unless the host allows none. If a unit has changed files that it reads, it runs again without the network; if that fails, a rule about `egress` decides, or else a person. If Coppice cannot tell what it reads, agents get its output for the target with the unit’s files on top, and a verification runs it again on the candidate, offline, with the packages that were downloaded for the target.',
          default: false,
        }),
        timeout: timeout(defaultTimeouts.setup, 'The longest that the command may take.'),
        inputs: globs.optional().meta({
          description:
            'Files that the command reads, in addition to manifests and lock files of package managers. Its result is reused for every tree in which all of these are the same. `[]` = no other files. Absent = manifests and lock files, if Coppice knows the install and it copies or builds no package of the repository; otherwise the whole tree. List all sources of what it builds: a verification trusts this list.',
          examples: [['scripts/setup/**', 'patches/**']],
        }),
      }),
    ],
    { error: 'must be a command, or a map of run, network, timeout and inputs' },
  )
  .meta({
    description:
      'Prepares a worktree before an agent works there and before a verification. Its result depends only on files of the repository, and is reused where the files that the command reads are the same. `coppice_compile TOOL dependencies` is a step that compiles third-party code alone, which verifications reuse; `coppice_compile TOOL project` compiles the project, for agents only. TOOL is `go`, `cargo`, `cargo-workspace`, and `mvn` or `mvnw` for dependencies.',
    examples: ['npm ci', { run: './scripts/setup.sh', network: true, timeout: '10m', inputs: ['scripts/setup/**'] }],
  });

const verifyCommand = z.union(
  [
    command(),
    z.strictObject({
      name: line(60).optional().meta({ description: 'Its name in reports; absent = the first line of the command.' }),
      run: command().meta({ description: 'The command; exit code 0 = good.', examples: ['npm test'] }),
      timeout: timeout(defaultTimeouts.verify, 'The longest that the command may take; longer is a failure.'),
    }),
  ],
  { error: 'must be a command, or a map of name, run and timeout' },
);

const verify = z.union([command(), z.array(verifyCommand)], { error: 'must be a command or a list of commands' }).meta({
  description:
    'Commands that must pass before anything lands. They run one after the other: in the agent’s worktree when the agent says that it is done, then in a clean worktree of exactly the commit that would land. Absent = nothing is verified.',
  examples: ['npm test', [{ name: 'unit tests', run: 'npm test', timeout: '10m' }, 'npm run lint']],
});

/** Variables that Coppice itself sets, and that a repository therefore cannot set. */
const ownVariables = /^(?:PATH|HOME|USER|PWD|TMPDIR|COPPICE_.*)$/;

const variableName = z
  .string()
  .regex(/^[a-z_][a-z0-9_]{0,99}$/i, { error: 'must be the name of an environment variable', abort: true })
  .refine((name) => !ownVariables.test(name), 'is a variable that Coppice sets itself');

const env = z
  .record(
    variableName,
    z
      .string()
      .max(4096, 'must have at most 4,096 characters')
      .refine((value) => !unsafeInCommand.test(value), 'contains control characters'),
  )
  .meta({
    description:
      'Environment variables of every command in a worktree: the setup, the agent’s own commands, and `verify`. `$WORKTREE` in a value stands for the folder of the worktree; nothing else is replaced. Use it for the caches of package managers and compilers: a folder in the worktree is filled by the setup and copied with it, so that no two sessions write to the same one. A variable that the host passes on through `sandbox.env` overrides it.',
    examples: [{ GOMODCACHE: '$WORKTREE/.deps/go', GOCACHE: '$WORKTREE/.deps/go-build' }],
  });

const agent = z
  .strictObject({
    driver: z.enum(agentDrivers).optional().meta({
      description:
        'What holds the conversation with the model: Coppice’s own loop, or Claude Code, which you install on every worker (docs/claude-code.md).',
      default: defaults.agent.driver,
    }),
    model: line(200).optional().meta({ description: 'The model.', default: defaults.agent.model }),
    effort: z.enum(efforts).optional().meta({
      description: 'How much the model thinks; absent = the model’s own default.',
    }),
    maxTurns: count(1, 10_000).optional().meta({
      description: 'The most answers from the model for one unit, unless the unit sets its own limit.',
      default: defaults.agent.maxTurns,
    }),
    maxTokens: count(1, 1_000_000_000).optional().meta({
      description:
        'The most tokens for one unit, sent and received, including cached ones; absent = no limit. Use it for models without a known price.',
    }),
    maxTime: duration()
      .optional()
      .meta({
        description: 'The longest that hosts may work on one unit; waiting does not count. Absent = no limit.',
        examples: ['4h'],
      }),
    budgetUsd: nullableUsd.meta({
      description:
        'The most that one unit may cost, in USD, unless the unit sets its own limit; null = no limit per unit. The default applies to models whose price is known; for any other model, a budget is refused.',
      default: defaults.agent.budgetUsd,
    }),
    planning: z
      .strictObject({
        model: line(200).optional().meta({ description: 'The model; absent = `agent.model`.' }),
        effort: z.enum(efforts).optional().meta({ description: 'How much the model thinks; absent = `agent.effort`.' }),
        budgetUsd: nullableUsd.meta({
          description: 'The most that a planning session may cost, in USD; null = no limit of its own.',
          default: defaultPlanning.budgetUsd,
        }),
        maxTurns: count(1, 10_000).optional().meta({
          description: 'The most answers from the model.',
          default: defaultPlanning.maxTurns,
        }),
        maxUnits: count(1, 10_000).optional().meta({
          description: 'The most units that a plan may have, those of `forEach` included.',
          default: defaultPlanning.maxUnits,
        }),
      })
      .optional()
      .meta({
        description: 'The session that makes a plan of a goal (docs/planning.md).',
        examples: [{ effort: 'high', budgetUsd: 10 }],
      }),
    review: z
      .strictObject({
        model: line(200).optional().meta({ description: 'The model; absent = `agent.model`.' }),
        effort: z.enum(efforts).optional().meta({ description: 'How much the model thinks; absent = `agent.effort`.' }),
        budgetUsd: nullableUsd.meta({
          description:
            'The most that all reviews of one unit may cost together, in USD; null = no limit of their own. It is part of what the unit costs.',
          default: defaultReview.budgetUsd,
        }),
        maxTurns: count(1, 10_000).optional().meta({
          description: 'The most answers from the model in one review.',
          default: defaultReview.maxTurns,
        }),
        rounds: count(1, 10).optional().meta({
          description:
            'The most reviews of one piece of finished work. If a review wants changes, the agent works on and the next one looks again; after the last, people decide.',
          default: defaultReview.rounds,
        }),
      })
      .optional()
      .meta({
        description:
          'A review of each unit’s finished work by an independent session (docs/review.md). `{}` = with the defaults; absent = only units with `review: true` in the plan are reviewed.',
        examples: [{ effort: 'high', budgetUsd: 1 }],
      }),
    instructions: globs.optional().meta({
      description:
        'Files that are quoted to the agent, as they are on the target branch; links inside the repository are followed, and missing files are skipped.',
      default: defaults.agent.instructions,
    }),
    board: z.boolean().optional().meta({
      description:
        'Whether the agents of a run can tell each other what their units share, and hear when others land what they build on (docs/coordination.md). A plan with one unit never has a board.',
      default: defaults.agent.board,
    }),
  })
  .meta({
    description: 'How the sessions work.',
    examples: [{ model: defaults.agent.model, effort: 'high', maxTurns: 100, instructions: ['AGENTS.md'] }],
  });

const run = z
  .strictObject({
    parallel: count(1, 1000).optional().meta({
      description: 'How many units work at once. Units that wait for a person or the merge queue do not count.',
      default: defaults.run.parallel,
    }),
    budgetUsd: nullableUsd.meta({
      description: 'The most that a run may cost, in USD; null = no limit. For the default, see `agent.budgetUsd`.',
      default: defaults.run.budgetUsd,
    }),
    maxTokens: count(1, 1_000_000_000_000).optional().meta({
      description:
        'The most tokens for a whole run, sent and received, including cached ones; a session may exceed it by one call. Absent = no limit. When it is used up, units that need more fail; no person is asked, and the limit cannot be raised.',
    }),
    maxTurns: count(1, 100_000_000).optional().meta({
      description:
        'The most answers from the model for a whole run; absent = no limit. As with `maxTokens`, units that need more fail.',
    }),
    maxTime: duration()
      .optional()
      .meta({
        description:
          'How long after the start of a run its units are worked on, including waiting; what is in the merge queue by then may still land. Absent = no limit. A run that is reopened has no limit.',
        examples: ['8h'],
      }),
    overlap: z.enum(overlapRules).optional().meta({
      description:
        'What becomes of units whose scopes cover one file, and neither of which needs the other. `serialize`: the later one in the order of the plan starts when the earlier one has ended. `warn`: they are named before the start. `allow`: neither.',
      default: defaults.run.overlap,
    }),
  })
  .meta({ description: 'Limits of a run, and the order of its units.', examples: [{ parallel: 8, budgetUsd: 50 }] });

const worktree = z
  .strictObject({
    copy: globs.optional().meta({
      description:
        'Files ignored by git that are copied into worktrees after the setup. They come from the folder that the host’s operator fills for this repository (docs/sandbox.md).',
      default: defaults.worktree.copy,
    }),
    ports: count(0, 1000).optional().meta({
      description:
        'How many network ports on its machine a session or a verification has for itself. `COPPICE_PORT_BASE` is the first one, `COPPICE_PORT_COUNT` their number. 0 = none.',
      default: defaults.worktree.ports,
    }),
    submodules: z
      .union([z.boolean(), globs])
      .optional()
      .meta({
        description:
          'Which submodules are fetched and checked out at their recorded commits: all, none (`false`), or those at paths that match these globs. Submodules of submodules come with them. One that the setup itself clones into its folder is left to the setup.',
        default: defaults.worktree.submodules,
        examples: [false, ['vendor/**']],
      }),
    lfs: z.boolean().optional().meta({
      description:
        'Whether files in Git LFS have their content in worktrees, on hosts that have `git-lfs`. Elsewhere, and with `false`, they are pointers.',
      default: defaults.worktree.lfs,
    }),
  })
  .meta({
    description: 'What a worktree has in addition to the files in git.',
    examples: [{ copy: ['.env.test'], ports: 10 }],
  });

const sandbox = z
  .strictObject({
    network: z.enum(networkPolicies).optional().meta({
      description:
        'Agents and verifications have the network only with `all`, and only if the host allows `all`. For the setup command, see `setup.network`.',
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
        'Whether `CI=true` is set for the setup and for `verify` (the agent’s own check and the clean verification), as in every CI system. With it, test runners refuse focused tests and write no snapshots, and package managers keep to their lock files. Commands that an agent runs by itself do not have it. A `CI` that the host passes on through `env` overrides it.',
      default: defaults.sandbox.ci,
    }),
    memoryMb: count(64, 1_048_576).nullable().optional().meta({
      description:
        'The most memory that one process may map, and the file systems in memory may hold, in MiB. null = no limit, for programs that reserve terabytes, such as AddressSanitizer; so does a number above the memory of the machine. Then a command ends when the machine has no memory left.',
      default: defaults.sandbox.memoryMb,
    }),
    timeout: timeout(defaults.sandbox.timeoutSeconds, 'The longest that one command of an agent may take.'),
  })
  .meta({
    description: 'What the repository asks of the sandbox; a host can only tighten it.',
    examples: [{ network: 'none', env: ['NPM_CONFIG_REGISTRY'], memoryMb: 2048, timeout: '5m' }],
  });

const landing = z
  .strictObject({
    mode: z.enum(landingModes).optional().meta({
      description:
        'Where a verified unit goes: `push` = onto the target branch. The other modes are not available yet and are refused.',
      default: defaults.landing.mode,
    }),
    shape: z.enum(landingShapes).optional().meta({
      description: '`squash` = one commit per unit. `merge` is not available yet and is refused.',
      default: defaults.landing.shape,
    }),
    protect: globs.optional().meta({
      description: 'Paths that a unit may change only if its scope names them or a person agrees.',
      default: defaults.landing.protect,
    }),
  })
  .meta({
    description: 'How a verified unit reaches the target branch.',
    examples: [{ mode: 'push', protect: ['coppice.yaml', '.github/**', 'migrations/**'] }],
  });

const batch = z
  .strictObject({
    min: count(1, 1000).optional().meta({ description: 'The fewest entries.', default: defaults.queue.batch.min }),
    max: count(1, 1000).optional().meta({ description: 'The most entries.', default: defaults.queue.batch.max }),
  })
  .refine(
    ({ min = defaults.queue.batch.min, max = defaults.queue.batch.max }) => min <= max,
    'must not have a min above its max',
  );

const regenerate = z.strictObject({
  paths: globs.min(1, 'must not be an empty list: name the files that the command writes').meta({
    description:
      'The files that the command writes. All files that match are taken from the target, the command runs, and what matches then is taken from it; of anything else that it writes, nothing is kept.',
    examples: [['package-lock.json']],
  }),
  run: command().meta({
    description:
      'The command. It runs at the top of a folder that has only these files (the target’s), the manifests, lock files and settings of package managers (as merged), and `inputs`. It must keep what the target’s file says, as far as possible, and run no code of the repository, which a unit may have changed.',
    examples: ['npm install --package-lock-only --ignore-scripts'],
  }),
  network: z.boolean().optional().meta({
    description:
      'Whether the command needs the network, as most package managers do. It gets it for manifests that a unit has changed, too, unless the host allows none or a rule about `egress` denies it. If settings of a package manager (`.npmrc`, `.yarnrc.yml`, …) or files of `inputs` are not as on the target, it runs only if a rule about `egress` allows it.',
    default: false,
  }),
  timeout: duration()
    .refine(
      (value) => secondsOf(value) <= longestRegenerateSeconds,
      `must be at most ${durationOf(longestRegenerateSeconds)}`,
    )
    .optional()
    .meta({
      description: `The longest that the command may take, at most ${durationOf(longestRegenerateSeconds)}. The queue waits for it.`,
      default: durationOf(defaultTimeouts.regenerate),
      examples: ['1m'],
    }),
  inputs: globs.optional().meta({
    description:
      'Files that the command reads, in addition to manifests, lock files and settings of package managers, and to sources that are known to be read for a lock file (Go’s and Rust’s).',
    examples: [['api/**/*.proto']],
  }),
});

const queue = z
  .strictObject({
    parallel: count(1, 64).optional().meta({
      description:
        'How many verifications of the branch run at once. With `verify: tip`, also how many trains are in flight, each built on the one before.',
      default: defaults.queue.parallel,
    }),
    batch: batch.optional().meta({
      description:
        'How many entries a train has. It starts at four, doubles after a train that landed whole, and is the fewest after a red one.',
    }),
    retries: count(0, 10).optional().meta({
      description:
        'How often a verification that is not green is repeated before it counts: a flaky command ejects nobody.',
      default: defaults.queue.retries,
    }),
    timeout: timeout(
      defaults.queue.timeoutSeconds,
      'The longest that one verification may take on a host, setup and all commands together. Each command of `verify` has its own timeout besides.',
    ),
    verify: z.enum(trainVerifications).optional().meta({
      description:
        'What is verified of entries that are stacked on each other. `tip`: the branch moves only to verified commits; the commits between are not verified alone. `each`: every commit is verified as it will stand in history.',
      default: defaults.queue.verify,
    }),
    onRedBase: z.enum(redBaseRules).optional().meta({
      description:
        'What happens while the verification fails on the target branch itself. `hold`: entries that are red are held until the branch is green again; those that are green land. `delta`: failures that the branch has, too, do not count against an entry.',
      default: defaults.queue.onRedBase,
    }),
    regenerate: z
      .array(regenerate)
      .max(100, 'must have at most 100 entries')
      .optional()
      .meta({
        description:
          'Files that a program writes, such as lock files, with the command that makes them again. They are made again where a merge has a conflict in them, and where both sides have changed them, even if git merges them cleanly. If the command fails, a conflict goes to the unit’s own agent, and a clean merge is verified as it is. For each file, the first entry that it matches counts.',
        default: defaults.queue.regenerate,
        examples: [
          [
            {
              paths: ['package-lock.json'],
              run: 'npm install --package-lock-only --ignore-scripts',
              network: true,
            },
          ],
        ],
      }),
  })
  .meta({
    description: 'How the merge queue merges and verifies.',
    examples: [{ parallel: 4, batch: { min: 1, max: 16 }, retries: 1, timeout: '30m' }],
  });

const groupName = z.string().regex(/^[a-z0-9][a-z0-9_-]{0,62}$/i, 'must be letters, digits and dashes');

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
      description:
        'The target branch, if the command line names none; absent = the branch that the remote’s HEAD names.',
      examples: ['main'],
    }),
    setup: setup.optional(),
    verify: verify.optional(),
    env: env.optional(),
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
