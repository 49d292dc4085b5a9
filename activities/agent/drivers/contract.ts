// The contract between a slice and the driver that talks to a model. A driver works from a journal and reports through
// callbacks; it knows nothing of git, Temporal or other units.

import type { Mount } from '../../sandbox/mount.ts';
import type { Config } from '../../../contracts/documents/config.ts';
import type { PlanUnit, RunContext } from '../../../contracts/documents/plan.ts';
import type { Sandbox, SandboxLimits } from '../../sandbox/contract.ts';
import type { SessionJournal } from '../conversation/journal.ts';

export interface AgentDriver {
  /**
   * Continues a conversation until the model ends its turn, a limit is reached or the host drains.
   * Model failures are thrown as failures of the catalogue (`ModelUnavailable`, `CredentialRefused`, …), a cancel as
   * `CancelledFailure`; nothing that a tool or the model's text does throws.
   */
  converse(session: AgentSession): Promise<AgentStop>;
}

export interface AgentSession {
  readonly context: RunContext;
  readonly unit: PlanUnit;
  readonly config: Config;
  /** Id of this host, for the journal. */
  readonly host: string;
  readonly journal: SessionJournal;
  readonly tools: ToolRunner;
  /** For a driver that brings a program of its own: where the tools run, too. */
  readonly place: SessionPlace;
  /** USD that the unit may have spent in all; null = no limit. Checked before every call. */
  readonly spendUpToUsd: number | null;
  /** Tokens and answers that the unit may have used in all, out of what the run may use; null = no limit. */
  readonly tokensUpTo: number | null;
  readonly turnsUpTo: number | null;
  /** Milliseconds since the epoch: when the run has taken all its time; null = no limit. */
  readonly until: number | null;
  /** USD that the unit may spend in all its life; the agent is told when little is left. Null = no limit. */
  readonly limitUsd: number | null;
  readonly maxTurns: number;
  /** Milliseconds since the epoch: when the unit has been worked on for as long as it may; null = no limit. */
  readonly workDeadline: number | null;
  /** Aborted on cancel: stop at once. */
  readonly signal: AbortSignal;
  /** True once the session is to leave this host: stop after the turn in flight. */
  draining(): boolean;
  /** Aborted when it is to leave now: commands are stopped, only an answer that is on its way is waited for. */
  readonly leaveNow: AbortSignal;
  /** For heartbeats: what the session is doing now, in a few words. */
  showActivity(text: string): void;
  /** A call to the model has begun, or has failed. It ends well when `turnEnded` has stored its answer. */
  modelCall(now: 'begun' | 'failed'): void;
  /** How many of the last turns in a row brought nothing: no change, and no answer that had not come before. */
  idleTurns(): number;
  /** Called after every answer, before its tools run: returns when the checkpoint is acknowledged. */
  turnEnded(): Promise<void>;
}

export type AgentStop =
  /** `why`: what the agent said to it, in its report. */
  | { readonly type: 'ended'; readonly why: string | null }
  | { readonly type: 'drained' | 'budget' | 'turn-limit' | 'token-limit' | 'time-limit' | 'stuck' | 'too-long' }
  /** The agent says that it cannot get further, or refuses. */
  | { readonly type: 'blocked' | 'refused'; readonly why: string }
  /** It asks a person; its call stays open until the answer comes. */
  | { readonly type: 'question'; readonly call: string; readonly question: string };

/** Where and how the commands of one session run. */
export interface SessionPlace {
  readonly sandbox: Sandbox;
  readonly mounts: readonly Mount[];
  readonly env: Readonly<Record<string, string>>;
  readonly network: boolean;
  readonly limits: Omit<SandboxLimits, 'outputBytes'>;
  /** A folder of the host that is the session's and not shown in the sandbox. */
  readonly folder: string;
}

/** One tool call at a time, in the unit's sandbox. Never throws for what the call asks; results are safe text. */
export interface ToolRunner {
  run(call: { readonly name: string; readonly input: unknown }): Promise<ToolOutcome>;
}

export interface ToolOutcome {
  readonly output: string;
  readonly isError: boolean;
  readonly exitCode: number | null;
}
