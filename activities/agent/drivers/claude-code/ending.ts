// Why a process of Claude Code is ended from here: there is a stop for the session, something to tell that only a new
// process hears (`again`), or an error, which counts more than any stop.

import type { AgentStop } from '../contract.ts';

export type End = AgentStop | 'again';

/** Thrown where an answer would have been given. */
export class Stopped extends Error {}

export class Ending {
  private reason: { readonly stop: End } | { readonly error: unknown } | null = null;
  private readonly over = new AbortController();

  /** Aborted when the process is to end. */
  get signal(): AbortSignal {
    return this.over.signal;
  }

  /** Whether there is a reason why it ends. */
  get isOver(): boolean {
    return this.reason !== null;
  }

  /** The first stop counts. Answers what is to be thrown. */
  stop(stop: End): Stopped {
    this.reason ??= { stop };
    this.over.abort();
    return new Stopped();
  }

  fail(error: unknown): void {
    if (error instanceof Stopped) return;
    if (this.reason === null || 'stop' in this.reason) this.reason = { error };
    this.over.abort();
  }

  /** Ends what still runs, without a reason of ours. */
  finish(): void {
    this.over.abort();
  }

  /** Null: it ended by itself. Throws the error. */
  result(): End | null {
    if (this.reason === null) return null;
    if ('error' in this.reason) throw this.reason.error;
    return this.reason.stop;
  }
}
