// The contract between a slice and the driver that talks to a model. A driver works from a journal and reports through
// callbacks; it knows nothing of git, Temporal or other units.

import type { ApprovalPolicy } from '../../../contracts/approval.ts';
import type { HeldCall, ToolCall } from '../../../contracts/documents/journal.ts';
import type { Mount } from '../../sandbox/mount.ts';
import type { Config } from '../../../contracts/documents/config.ts';
import type { PlanUnit, RunContext } from '../../../contracts/documents/plan.ts';
import type { Sandbox, SandboxLimits } from '../../sandbox/contract.ts';
import type { SessionJournal } from '../conversation/journal.ts';

export interface AgentDriver {
  /**
   * Continues a conversation until the model ends its turn, a limit is reached, or the host drains. Throws model
   * failures as failures of the catalogue (`ModelUnavailable`, `CredentialRefused`, …) and a cancel as
   * `CancelledFailure`. Never throws because of a tool or the model's text.
   */
  converse(session: AgentSession): Promise<AgentStop>;
}

export interface AgentSession {
  readonly context: RunContext;
  readonly unit: SessionUnit;
  readonly config: Config;
  /** Id of this host, for the journal. */
  readonly host: string;
  readonly journal: SessionJournal;
  readonly tools: ToolRunner;
  /** Whether its agent can reach those of other units. */
  readonly hasBoard: boolean;
  /** What the run's rules say of a tool call. */
  readonly rules: ToolRules;
  /** Whether people have allowed this call in this directory for good. */
  isAllowed(call: ToolCall, directory: string): boolean;
  /**
   * Call before a held call runs that people have allowed: false if it is not what they have seen any more. Otherwise
   * resolves when a checkpoint says that it has begun.
   */
  letGo(call: HeldToolCall): Promise<boolean>;
  /** Where the tools run, for a driver that starts a program there itself. */
  readonly place: SessionPlace;
  /** Total USD that the unit may have spent; null = no limit. Checked before every call. */
  readonly spendUpToUsd: number | null;
  /** Total tokens and answers that the unit may have used, out of the run's limits; null = no limit. */
  readonly tokensUpTo: number | null;
  readonly turnsUpTo: number | null;
  /** When the run's time is up, in milliseconds since the epoch; null = no limit. */
  readonly until: number | null;
  /** USD that the unit may ever spend; the agent is told when little is left. Null = no limit. */
  readonly limitUsd: number | null;
  readonly maxTurns: number;
  /** When the unit's working time is up, in milliseconds since the epoch; null = no limit. */
  readonly workDeadline: number | null;
  /** Aborted on cancel: stop at once. */
  readonly signal: AbortSignal;
  /** True once the session must leave this host: stop after the turn in flight. */
  draining(): boolean;
  /** Aborted when the session must leave now: commands are stopped, and only an answer in flight is waited for. */
  readonly leaveNow: AbortSignal;
  /** Shows in heartbeats what the session is doing, in a few words. */
  showActivity(text: string): void;
  /**
   * Called before every request to the model, when nothing stops it: adds what other units have said to the journal. Never
   * fails, and takes 200 ms at most.
   */
  hear(): Promise<void>;
  /**
   * Called before every model call; resolves when all earlier answers are in an acknowledged checkpoint. Results of tools
   * are saved while the model thinks.
   */
  modelCallBegins(): Promise<void>;
  /** The model call has failed. It has succeeded once `turnEnded` has taken its answer. */
  modelCallFailed(): void;
  /** Idle turns in a row: no change, and no result that is new. */
  idleTurns(): number;
  /**
   * Called after every answer, before its tools run. If one of them runs in the sandbox, resolves when a checkpoint with
   * the answer is acknowledged.
   */
  turnEnded(): Promise<void>;
}

/** The unit that a session works on, and who it is there. */
export interface SessionUnit extends PlanUnit {
  /** Set if it reviews the unit's work; `number`: which of the unit's reviews it is, from 1. */
  readonly reviewer?: { readonly number: number };
}

export type AgentStop =
  /** `why`: the agent's comment, from its report. */
  | { readonly type: 'ended'; readonly why: string | null }
  | { readonly type: 'drained' | 'budget' | 'turn-limit' | 'token-limit' | 'time-limit' | 'stuck' | 'too-long' }
  /** The agent cannot continue, or the model refuses. */
  | { readonly type: 'blocked' | 'refused'; readonly why: string }
  /** The plans that the agent hands in are no plans. */
  | { readonly type: 'bad-plan'; readonly why: string }
  /** People must allow this call; it stays open until they have decided. */
  | { readonly type: 'tool'; readonly call: ToolCall; readonly directory: string }
  /** The agent asks a person; its call stays open until the answer arrives. */
  | { readonly type: 'question'; readonly call: string; readonly question: string };

/** Where and how the commands of one session run. */
export interface SessionPlace {
  readonly sandbox: Sandbox;
  readonly mounts: readonly Mount[];
  readonly env: Readonly<Record<string, string>>;
  readonly network: boolean;
  readonly limits: Omit<SandboxLimits, 'outputBytes'>;
  /** A host folder for this session, not visible in the sandbox. */
  readonly folder: string;
}

/** Runs tool calls in the unit's sandbox, one at a time. Never throws for what a call asks; results are safe text. */
export interface ToolRunner {
  /** `strict`: a shell command that reads a variable which is not set ends with an error. */
  run(
    call: { readonly name: string; readonly input: unknown },
    how?: { readonly strict: boolean },
  ): Promise<ToolOutcome>;
  /** The working directory of the session's shell. */
  directory(): Promise<string>;
  /** False if it is not there. */
  enter(directory: string): Promise<boolean>;
}

export type HeldToolCall = ToolCall & { readonly held: HeldCall };

export interface ToolRules {
  judge(call: ToolCall): CallVerdict;
}

export type CallVerdict =
  | { readonly decide: 'allow' }
  /** `why`: for the agent. */
  | { readonly decide: 'deny'; readonly why: string }
  /** `matched`: the parts that rules ask about. */
  | { readonly decide: 'ask'; readonly matched: readonly string[]; readonly policy: ApprovalPolicy };

export interface ToolOutcome {
  readonly output: string;
  readonly isError: boolean;
  readonly exitCode: number | null;
}
