// `coppice.yaml` after parsing: every default filled in, durations in seconds, money in USD.
// formats/config-file/config-file.ts reads it from YAML; this file is types and defaults only.

import type { Silence } from '../approval.ts';
import type { Notify, People, Person } from '../people.ts';

// The allowed values of settings; the schemas of coppice.yaml and of pinned configurations import them.
export const agentDrivers = ['anthropic', 'claude-code'] as const;
export const efforts = ['low', 'medium', 'high'] as const;
export const networkPolicies = ['none', 'setup', 'all'] as const;
export const landingModes = ['push', 'branch', 'pull-request'] as const;
export const landingShapes = ['squash', 'merge'] as const;
/** What of a train is verified: its last commit, or each of its commits. */
export const trainVerifications = ['tip', 'each'] as const;
/** What happens while the verification fails on the target branch itself. */
export const redBaseRules = ['hold', 'delta'] as const;
export const policyActions = [
  'merge',
  'budget',
  'question',
  'egress',
  'conflict',
  'tool',
  'plan',
  'setup',
  'proposal',
] as const;
/** What makes a rule about landing not apply. */
export const ruleExceptions = ['reviewed'] as const;
export const policyVerdicts = ['allow', 'ask', 'deny'] as const;

export interface Config {
  /** The target branch when the command line names none; null = the remote's HEAD. */
  readonly branch: string | null;
  readonly setup: SetupCommand | null;
  readonly verify: readonly VerifyCommand[];
  /**
   * Variables of every command in a worktree; `$WORKTREE` in a value is the worktree's folder. Absent (in configurations
   * pinned by earlier releases) = none.
   */
  readonly env?: Readonly<Record<string, string>>;
  readonly agent: AgentConfig;
  readonly run: RunConfig;
  readonly worktree: WorktreeConfig;
  readonly sandbox: SandboxConfig;
  readonly landing: LandingConfig;
  readonly queue: QueueConfig;
  readonly policy: readonly PolicyRule[];
  readonly people: Readonly<Record<string, People>>;
  /** Entries of `people` that are one person each; absent = none. */
  readonly persons?: readonly Person[];
  /**
   * Who the owners in CODEOWNERS are, by `@name` or address in lower case; absent = no rule asks owners. An owner that is
   * not here is nobody.
   */
  readonly owners?: Readonly<Record<string, People>>;
  /** Where people are asked and told, in each medium. */
  readonly notify: Notify;
}

export interface WorktreeConfig {
  readonly copy: readonly string[];
  readonly ports: number;
  /**
   * All submodules, none, or those at paths that match these globs. Absent (in configurations pinned by earlier releases) =
   * none.
   */
  readonly submodules?: boolean | readonly string[];
  /** Whether hosts with git-lfs fetch content; absent (in configurations pinned by earlier releases) = no. */
  readonly lfs?: boolean;
}

export interface SetupCommand {
  readonly run: string;
  readonly network: boolean;
  readonly timeoutSeconds: number;
  /** Globs of what the setup reads besides the files of package managers; absent = not declared. */
  readonly inputs?: readonly string[];
}

export interface VerifyCommand {
  readonly name: string;
  readonly run: string;
  readonly timeoutSeconds: number;
}

/** Of units that may change one file, and do not wait for each other. */
export const overlapRules = ['serialize', 'warn', 'allow'] as const;

export interface RunConfig {
  readonly parallel: number;
  readonly budgetUsd: number | null;
  readonly maxTokens: number | null;
  readonly maxTurns: number | null;
  readonly maxSeconds: number | null;
  /** Absent (in configurations pinned by earlier releases) = `allow`. */
  readonly overlap?: (typeof overlapRules)[number];
}

export interface AgentConfig {
  readonly driver: (typeof agentDrivers)[number];
  readonly model: string;
  readonly effort: (typeof efforts)[number] | null;
  readonly maxTurns: number;
  /** Sent and received, including cached ones; null = no limit. */
  readonly maxTokens: number | null;
  /** Of work on a host, excluding waiting; null = no limit. */
  readonly maxSeconds: number | null;
  readonly budgetUsd: number | null;
  /** Files of the target branch that are quoted to the agent as project guidance. */
  readonly instructions: readonly string[];
  /** Whether agents of one run may tell each other things; absent (in configurations pinned by earlier releases) = no. */
  readonly board?: boolean;
  /** Of sessions that make plans; absent (in configurations pinned by earlier releases) = the defaults. */
  readonly planning?: PlanningConfig;
  /** Of reviews of finished work; absent = only units that say so are reviewed. */
  readonly review?: ReviewConfig;
}

export interface PlanningConfig {
  /** Null = as for units. */
  readonly model: string | null;
  readonly effort: (typeof efforts)[number] | null;
  readonly budgetUsd: number | null;
  readonly maxTurns: number;
  /** Units that a plan may have. */
  readonly maxUnits: number;
}

export interface ReviewConfig {
  /** Null = as for units. */
  readonly model: string | null;
  readonly effort: (typeof efforts)[number] | null;
  /** What all reviews of one unit may cost together; null = no limit of their own. */
  readonly budgetUsd: number | null;
  /** Of one review. */
  readonly maxTurns: number;
  /** Reviews of one piece of finished work: after each but the last, the agent works on. */
  readonly rounds: number;
}

export type NetworkPolicy = (typeof networkPolicies)[number];

export interface SandboxConfig {
  readonly network: NetworkPolicy;
  /** Names of host variables that the sandbox asks for; the host's allow-list decides. */
  readonly env: readonly string[];
  /** Whether setup and verification run with `CI=true`; absent (in configurations pinned by earlier releases) = yes. */
  readonly ci?: boolean;
  /** MiB that a process may map; null = no limit. */
  readonly memoryMb: number | null;
  /** Longest time one command of an agent may take. */
  readonly timeoutSeconds: number;
}

export interface LandingConfig {
  readonly mode: (typeof landingModes)[number];
  readonly shape: (typeof landingShapes)[number];
  /** Paths that a unit changes only when its scope names them or a person agrees. */
  readonly protect: readonly string[];
}

export interface QueueConfig {
  readonly parallel: number;
  readonly batch: { readonly min: number; readonly max: number };
  readonly retries: number;
  /** Longest time the verification of one candidate may take. */
  readonly timeoutSeconds: number;
  /** Absent (in configurations pinned by earlier releases) = `tip`. */
  readonly verify?: (typeof trainVerifications)[number];
  /** Absent (in configurations pinned by earlier releases) = `hold`. */
  readonly onRedBase?: (typeof redBaseRules)[number];
  /** The first rule that a path matches counts. Absent (in configurations pinned by earlier releases) = none. */
  readonly regenerate?: readonly RegenerateRule[];
}

/** How files that a program writes, such as lock files, are made again when they are merged. */
export interface RegenerateRule {
  /** Globs over the files that the command writes. */
  readonly paths: readonly string[];
  /** Runs at the top of the repository. */
  readonly run: string;
  readonly network: boolean;
  /** At most `longestRegenerateSeconds`. */
  readonly timeoutSeconds: number;
  /** Globs over the files that the command reads besides the files of package managers; absent = none. */
  readonly inputs?: readonly string[];
}

export interface ChangeLimits {
  /** Added and deleted ones together. */
  readonly lines?: number;
  readonly files?: number;
  readonly usd?: number;
  /** Of a plan. */
  readonly units?: number;
}

export interface PolicyRule {
  readonly action: (typeof policyActions)[number];
  /** For `merge`: globs over changed paths; empty = every change. */
  readonly paths: readonly string[];
  /** For `merge` and `setup`: labels, of which the unit has one in the plan; absent = any unit. */
  readonly labels?: readonly string[];
  /**
   * For `merge`: the change is larger, or has cost more, than one of these; for `plan`: the plan has more units, or may
   * cost more. Absent = any.
   */
  readonly over?: ChangeLimits;
  readonly decide: (typeof policyVerdicts)[number];
  /** For `merge`, where people are asked: the rule does not apply to what the reviewer has approved; absent = it does. */
  readonly unless?: (typeof ruleExceptions)[number];
  /** Groups of `people`, or `codeowners`; empty = anybody who can reach the approval. */
  readonly by: readonly string[];
  /** For `tool`: patterns over the agent's tool calls (formats/commands). */
  readonly commands?: readonly string[];
  /** Decisions need the gateway's proof; absent = they do not. */
  readonly tier?: 'critical';
  /** How many different people must agree; absent = one. */
  readonly count?: number;
  /** False = not whoever asked for the run; absent = they may. */
  readonly requester?: boolean;
  /** How long people have; null = for ever; absent = as long as usual. */
  readonly withinSeconds?: number | null;
  readonly silence?: Silence;
  readonly remindSeconds?: number;
  /** Groups of `people` who may decide, too, after some time. */
  readonly escalate?: { readonly afterSeconds: number; readonly to: readonly string[] };
}

export const defaultPlanning: PlanningConfig = {
  model: null,
  effort: null,
  budgetUsd: 5,
  maxTurns: 100,
  maxUnits: 1000,
};

export const defaultReview: ReviewConfig = {
  model: null,
  effort: null,
  budgetUsd: 2,
  maxTurns: 40,
  rounds: 2,
};

export const defaultConfig: Config = {
  branch: null,
  setup: null,
  verify: [],
  env: {},
  agent: {
    driver: 'anthropic',
    model: 'claude-sonnet-5-5',
    effort: null,
    maxTurns: 200,
    maxTokens: null,
    maxSeconds: null,
    budgetUsd: 10,
    instructions: ['AGENTS.md', 'CLAUDE.md'],
    planning: defaultPlanning,
    board: true,
  },
  run: { parallel: 16, budgetUsd: 200, maxTokens: null, maxTurns: null, maxSeconds: null, overlap: 'warn' },
  worktree: { copy: [], ports: 10, submodules: true, lfs: true },
  sandbox: { network: 'none', env: [], ci: true, memoryMb: 4096, timeoutSeconds: 600 },
  landing: {
    mode: 'push',
    shape: 'squash',
    protect: [
      'coppice.yaml',
      '.gitmodules',
      '.lfsconfig',
      '.github/**',
      '.gitlab-ci.yml',
      '.circleci/**',
      'CODEOWNERS',
      '**/CODEOWNERS',
    ],
  },
  queue: {
    parallel: 4,
    batch: { min: 1, max: 16 },
    retries: 1,
    timeoutSeconds: 1800,
    verify: 'tip',
    onRedBase: 'hold',
    regenerate: [],
  },
  policy: [],
  people: {},
  notify: { slack: null },
};

/** Time limits for commands that name none, in seconds. */
export const defaultTimeouts = { setup: 900, verify: 1800, regenerate: 120 };

/** The queue waits for such a command while it builds a candidate, so it must be short. */
export const longestRegenerateSeconds = 300;
