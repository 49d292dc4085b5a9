// How long Claude Code may do nothing that is seen here. It hangs, or somebody in the sandbox has stopped it: its session
// must not hold a slot for that, and its limits of time hold meanwhile.

import type { AgentSession } from '../contract.ts';
import type { Ending } from './ending.ts';
import { stopWhileAtWork } from '../stops.ts';

/** To start, to begin with what it was asked, and to end after its last word. */
const graceMs = 120_000;
const lastWordMs = 30_000;

export class Watchdog {
  private readonly session: AgentSession;
  private readonly ending: Ending;
  private timer: NodeJS.Timeout | undefined;

  constructor(session: AgentSession, ending: Ending) {
    this.session = session;
    this.ending = ending;
  }

  begin(): void {
    this.expect(graceMs);
  }

  /** Nothing is expected of it while it waits for an answer; then its tools run, each for as long as it may. */
  async during<Result>(work: () => Promise<Result>): Promise<Result> {
    clearTimeout(this.timer);
    try {
      return await work();
    } finally {
      const calls = this.session.journal.openCalls().length;
      this.expect(graceMs + calls * this.session.config.sandbox.timeoutSeconds * 1000);
    }
  }

  lastWord(): void {
    this.expect(lastWordMs);
  }

  end(): void {
    clearTimeout(this.timer);
  }

  private expect(ms: number): void {
    clearTimeout(this.timer);
    if (this.ending.isOver) return;
    const { workUntil, until } = this.session;
    const left = Math.min(workUntil ?? Infinity, until ?? Infinity) - Date.now();
    this.timer = setTimeout(() => this.bark(ms), Math.max(0, Math.min(ms, left)));
  }

  private bark(ms: number): void {
    try {
      const stop = stopWhileAtWork(this.session);
      if (stop === null) throw new Error(`Claude Code has done nothing for ${Math.round(ms / 1000)} s`);
      this.ending.stop(stop);
    } catch (error) {
      this.ending.fail(error);
    }
  }
}
