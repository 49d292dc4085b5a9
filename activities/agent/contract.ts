// The contract between a slice and the driver that talks to a model. A driver works from a journal and reports through
// callbacks; it knows nothing of git, Temporal or other units.

import type { Config } from '../../domain/config.ts';
import type { PlanUnit, RunContext } from '../../domain/plan.ts';
import type { Usage } from '../../domain/activity-contracts.ts';

export interface AgentDriver {
  /**
   * Goes on with a conversation until the model ends its turn, a limit is reached or `signal` is aborted.
   * Model failures are thrown as failures of the catalogue (`ModelUnavailable`, `CredentialRefused`, …); nothing that a
   * tool or the model's text does throws.
   */
  converse(session: AgentSession): Promise<AgentStop>;
}

export interface AgentSession {
  readonly context: RunContext;
  readonly unit: PlanUnit;
  readonly config: Config;
  /** Project guidance of the target branch, by file name; quoted to the model as untrusted. */
  readonly instructions: Readonly<Record<string, string>>;
  readonly journal: Journal;
  readonly tools: ToolRunner;
  /** USD left to spend; null = no limit. Checked before every call. */
  readonly allowanceUsd: number | null;
  readonly maxTurns: number;
  /** Aborted on cancel: stop at once. */
  readonly signal: AbortSignal;
  /** True once the host drains: stop after the turn in flight. */
  draining(): boolean;
  /** For heartbeats: what the session is doing now, in a few words. */
  doing(text: string): void;
  /** Called after every turn, tool results included: returns when the checkpoint is acknowledged. */
  turnEnded(): Promise<void>;
}

export type AgentStop = 'ended' | 'drained' | 'budget' | 'turn-limit' | { readonly refused: string };

/** One tool call at a time, in the unit's sandbox. Results are text that is safe to show and to send. */
export interface ToolRunner {
  run(call: { readonly name: string; readonly input: unknown }): Promise<ToolOutcome>;
}

export interface ToolOutcome {
  readonly output: string;
  readonly isError: boolean;
  readonly exitCode: number | null;
}

/**
 * The append-only record of a conversation, stored under `.coppice/` of the checkpoint: `prefix.json` once, then one
 * file per turn (`turns/000001.json`). What `logs` prints comes from here.
 */
export interface Journal {
  readonly turns: readonly JournalTurn[];
  readonly usage: Usage;
  readonly costUsd: number;
}

export interface JournalTurn {
  readonly turn: number;
  /** ISO 8601. */
  readonly at: string;
  readonly host: string;
  readonly usage: Usage;
  readonly costUsd: number;
}
