// How long Claude Code may do nothing that is seen here. It hangs, or somebody in the sandbox has stopped it: its session
// must not hold a slot for that, and its limits of time hold meanwhile.

import type { AgentSession } from '../contract.ts';
import type { Ending } from './ending.ts';
import { stopWhileAtWork } from '../../conversation/stops.ts';

/** To start, to begin with what it was asked, and to end after its last word. */
const graceMs = 120_000;
const lastWordMs = 30_000;
/** The shortest and the longest timer: clocks may be set meanwhile, and Node takes no longer one. */
const leastMs = 50;
const longestMs = 2 ** 31 - 1;

export class Watchdog {
  private readonly session: AgentSession;
  private readonly ending: Ending;
  private timer: NodeJS.Timeout | undefined;
  /** When its silence has lasted too long. */
  private silentUntil = 0;
  private isOff = false;

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

  /** Also when an answer is still on its way. */
  end(): void {
    this.isOff = true;
    clearTimeout(this.timer);
  }

  private expect(ms: number): void {
    this.silentUntil = Date.now() + ms;
    this.arm();
  }

  private arm(): void {
    clearTimeout(this.timer);
    if (this.isOff || this.ending.isOver) return;
    const { workDeadline, until } = this.session;
    const next = Math.min(this.silentUntil, workDeadline ?? Infinity, until ?? Infinity) - Date.now();
    this.timer = setTimeout(() => this.look(), Math.min(Math.max(next, leastMs), longestMs));
  }

  private look(): void {
    try {
      const stop = stopWhileAtWork(this.session);
      if (stop !== null) this.ending.stop(stop);
      else if (Date.now() < this.silentUntil) this.arm();
      else throw new Error('Claude Code hangs: it has neither asked its model nor ended');
    } catch (error) {
      this.ending.fail(error);
    }
  }
}
