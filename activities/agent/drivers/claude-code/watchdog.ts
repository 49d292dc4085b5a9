// How long Claude Code may be idle, as seen from here. If it hangs, or something in the sandbox stopped it, the session
// must not hold a slot. Its time limits apply meanwhile.

import type { AgentSession } from '../contract.ts';
import type { Ending } from './ending.ts';
import { stopWhileAtWork } from '../../conversation/stops.ts';

/** Time to start or to begin its work, and time to end after its last message. */
const graceMs = 120_000;
const lastWordMs = 30_000;
/** Shortest and longest timer: the clock may be changed meanwhile, and Node supports no longer one. */
const leastMs = 50;
const longestMs = 2 ** 31 - 1;

export class Watchdog {
  private readonly session: AgentSession;
  private readonly ending: Ending;
  private timer: NodeJS.Timeout | undefined;
  /** When it will have been silent for too long, in milliseconds since the epoch. */
  private silentUntil = 0;
  private isOff = false;

  constructor(session: AgentSession, ending: Ending) {
    this.session = session;
    this.ending = ending;
  }

  begin(): void {
    this.expect(graceMs);
  }

  /** Nothing is expected of it while it waits for an answer. After that its tools run, each up to its time limit. */
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

  /** For good, even if an answer is still in flight. */
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
