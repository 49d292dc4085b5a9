// The catalogue of failures. Only a failure's `type` and details survive an activity boundary, so code branches on
// `type`; each entry says whether trying again can help and what a person should do. Safe in workflow code.

import { ApplicationFailure } from '@temporalio/common';

interface FailureEntry {
  /** Whether the same call may succeed later without anyone doing anything. */
  readonly retryable: boolean;
  /** What a person should do next. */
  readonly hint: string;
}

const catalogue = {
  // User input.
  BadInput: { retryable: false, hint: 'Correct the input and try again.' },
  BadPlan: { retryable: false, hint: 'Correct the plan; `coppice plan validate FILE` shows every error.' },
  BadConfig: {
    retryable: false,
    hint: 'Correct the file that the message names; coppice.yaml counts as it is on the target branch.',
  },
  NotFound: { retryable: false, hint: 'Check the id; `coppice list` and `coppice approvals` show what there is.' },
  Refused: { retryable: false, hint: 'Nothing was changed.' },

  // The repository and the state remote.
  RepositoryRefused: {
    retryable: false,
    hint: 'Use an https, ssh or local repository without credentials in its URL; see COPPICE_REPOSITORIES.',
  },
  RepositoryUnreachable: { retryable: true, hint: 'Check the URL, the network and the credentials of this host.' },
  RepositoryUnusable: { retryable: false, hint: 'Do what the message says there; trying again cannot help.' },
  RepositoryEmpty: { retryable: false, hint: 'Push a first commit to the target branch.' },
  BranchMissing: { retryable: false, hint: 'Create the branch, or name another one with --branch.' },
  TargetRulesUnreadable: {
    retryable: true,
    hint: 'Correct coppice.yaml on the target branch; landings wait for it.',
  },
  TargetCheckedOut: {
    retryable: false,
    hint: 'Use a bare repository as the target, check another branch out there, or set receive.denyCurrentBranch.',
  },
  StateRemoteMissing: {
    retryable: false,
    hint: 'Set COPPICE_STATE_REMOTE to a private git repository that every worker can push to.',
  },
  PushRefused: { retryable: false, hint: 'The remote said no; see its message (protected branch, hook, permissions).' },
  GitFailed: { retryable: true, hint: 'See the message of git.' },
  LeaseLost: { retryable: false, hint: 'Another attempt owns this unit now; this one stopped without doing harm.' },
  SnapshotRefused: { retryable: false, hint: 'Remove what the message names from the worktree, or ignore it in git.' },

  // The host.
  SandboxUnavailable: {
    retryable: false,
    hint: 'Install bubblewrap and allow user namespaces; docs/sandbox.md says how, for containers too.',
  },
  DriverMissing: {
    retryable: false,
    hint: 'Install @anthropic-ai/claude-agent-sdk on every worker (docs/claude-code.md), or use agent.driver anthropic.',
  },
  SetupFailed: { retryable: false, hint: 'Run the setup command of coppice.yaml in a fresh clone.' },
  TargetSetupFailed: {
    retryable: true,
    hint: 'Run the setup command of coppice.yaml in a fresh clone of the target branch, on this host.',
  },
  DiskFull: {
    retryable: true,
    hint: 'Free disk space on the host; what is in COPPICE_HOME of a stopped worker can be deleted.',
  },
  HostFull: {
    retryable: true,
    hint: 'Free memory or disk on the host, or lower COPPICE_MIN_FREE_MEMORY_MB or COPPICE_MIN_FREE_DISK_MB.',
  },
  OtherHost: {
    retryable: true,
    hint: 'Nothing to do: a host with the platform and the policy that the verification needs takes it.',
  },
  NoSuchHost: {
    retryable: false,
    hint: 'Run hosts with the system, sandbox, network policy and passed-on variables of the one that built the candidate.',
  },
  PortsTaken: { retryable: true, hint: 'Lower `worktree.ports`, or run fewer sessions on the machine.' },
  DocumentTooNew: {
    retryable: true,
    hint: 'Update Coppice on this machine to the release that the message names, or to the newest; a host that has it continues.',
  },
  DocumentUnreadable: {
    retryable: false,
    hint: 'A file of the run on the state remote was changed or damaged; restore its ref, or start the run again.',
  },
  HomeInUse: { retryable: false, hint: 'Give each worker on a machine its own COPPICE_HOME.' },

  // The model.
  CredentialMissing: { retryable: false, hint: 'Set ANTHROPIC_API_KEY on the worker.' },
  CredentialRefused: { retryable: false, hint: 'Check the key and the billing of the account.' },
  ModelUnavailable: { retryable: true, hint: 'The model API is overloaded or unreachable; Coppice tries again.' },
  ModelRequestRejected: { retryable: false, hint: 'The model API rejected the request; see its message.' },
  PromptTooLong: { retryable: false, hint: 'Give the unit a smaller task, or name a model with more room.' },
  ModelUnpriced: { retryable: false, hint: 'Name a known model, or remove the USD budgets.' },

  // Around Temporal and people.
  TemporalUnreachable: { retryable: true, hint: 'Start one with `coppice dev`, or set TEMPORAL_ADDRESS.' },
  SearchAttributesMissing: { retryable: false, hint: 'Register the search attributes that the message names.' },
  SlackUnavailable: { retryable: true, hint: 'Slack did not take the message; Coppice tries again.' },
  SlackRefused: {
    retryable: false,
    hint: 'Check the token’s scopes, and that the app is in the channel; a card that was deleted needs nothing.',
  },
  MailUnavailable: { retryable: true, hint: 'The mail server did not take the message; Coppice tries again.' },
  MailRefused: {
    retryable: false,
    hint: 'Check the address in `people` of coppice.yaml and COPPICE_MAIL_FROM; the others got their mails.',
  },
  Unexpected: { retryable: false, hint: 'This looks like a mistake in Coppice; the log of the host says more.' },
  VerificationRed: { retryable: false, hint: 'See the output of the command that failed.' },
  RunFailed: { retryable: false, hint: '`coppice report` says which units did not land and why.' },
  UnitFailed: { retryable: false, hint: '`coppice report` says why the unit did not land.' },
} satisfies Record<string, FailureEntry>;

export type FailureType = keyof typeof catalogue;

/** Types that Temporal must not retry; every activity's retry policy carries this list. */
export const nonRetryableTypes: string[] = Object.entries(catalogue)
  .filter(([, entry]) => !entry.retryable)
  .map(([type]) => type);

function isFailureType(type: unknown): type is FailureType {
  return typeof type === 'string' && Object.hasOwn(catalogue, type);
}

export function hintFor(type: FailureType): string {
  return catalogue[type].hint;
}

/**
 * Creates a failure of the catalogue. `message` says what happened and to which id. `hint` says what to do next, where
 * more is known of the case than the catalogue knows of the type. `details` must survive JSON and must not hold secrets.
 *
 * @internal
 */
export function failure(
  type: FailureType,
  message: string,
  options: { hint?: string; details?: unknown; cause?: unknown; nextRetryDelayMs?: number } = {},
): ApplicationFailure {
  return ApplicationFailure.create({
    type,
    message,
    nonRetryable: !catalogue[type].retryable,
    details: detailsOf(options),
    ...(options.cause instanceof Error ? { cause: options.cause } : {}),
    ...(options.nextRetryDelayMs === undefined ? {} : { nextRetryDelay: options.nextRetryDelayMs }),
  });
}

function detailsOf({ details, hint }: { details?: unknown; hint?: string }): unknown[] {
  if (hint !== undefined) return [details ?? null, { hint }];
  return details === undefined ? [] : [details];
}

/** The catalogue type of an error from anywhere (through Temporal's wrappers too), or undefined. */
export function failureType(error: unknown): FailureType | undefined {
  for (let at: unknown = error, depth = 0; at instanceof Error && depth < 10; at = at.cause, depth++) {
    const type = 'type' in at ? at.type : undefined;
    if (isFailureType(type)) return type;
  }
  return undefined;
}

/** The details of the failure that `failureType` names. */
export function failureDetails(error: unknown): unknown {
  return allDetails(error)[0];
}

/** What to do about a failure: its own hint, else that of its type; undefined for an error outside the catalogue. */
export function failureHint(error: unknown): string | undefined {
  const own = allDetails(error)[1];
  if (typeof own === 'object' && own !== null && 'hint' in own && typeof own.hint === 'string') return own.hint;
  const type = failureType(error);
  return type === undefined ? undefined : hintFor(type);
}

function allDetails(error: unknown): readonly unknown[] {
  for (let at: unknown = error, depth = 0; at instanceof Error && depth < 10; at = at.cause, depth++) {
    if (at instanceof ApplicationFailure && isFailureType(at.type)) return at.details ?? [];
  }
  return [];
}

/** Stable codes that start the `reason` of a unit; written `code: what happened`. */
export type ReasonCode =
  | 'conflict'
  | 'check-failed'
  | 'verification-failed'
  | 'not-verified'
  | 'no-change'
  | 'out-of-scope'
  | 'unstorable'
  | 'refused'
  | 'denied'
  | 'expired'
  | 'budget'
  | 'blocked'
  | 'credential'
  | 'red-base'
  | 'plan'
  | 'setup-failed'
  | 'context'
  | 'turn-limit'
  | 'stuck'
  | 'cancelled'
  | 'dependency-failed'
  | 'skipped'
  | 'push-refused'
  | 'timed-out'
  | 'ejected'
  | 'lost'
  | 'error';

export function reason(code: ReasonCode, text: string): string {
  return `${code}: ${text}`;
}
