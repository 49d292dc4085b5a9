// Why we end a Claude Code process: a stop for the session, a message that only a new process can receive (`again`), or
// an error, which overrides any stop.

import type { AgentStop } from '../contract.ts';

export type End = AgentStop | 'again';

/** Thrown instead of returning an answer. */
export class Stopped extends Error {}

export class Ending {
  private reason: { readonly stop: End } | { readonly error: unknown } | null = null;
  private readonly over = new AbortController();

  /** Aborted to end the process. */
  get signal(): AbortSignal {
    return this.over.signal;
  }

  /** True once there is a reason to end it. */
  get isOver(): boolean {
    return this.reason !== null;
  }

  /** Only the first stop counts. Returns the error to throw. */
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

  /** Ends what still runs, without giving a reason. */
  finish(): void {
    this.over.abort();
  }

  /** Null if the process ended by itself. Throws the error if there is one. */
  result(): End | null {
    if (this.reason === null) return null;
    if ('error' in this.reason) throw this.reason.error;
    return this.reason.stop;
  }
}
