// When to ask again after a server stops answering: after a few failures in a row there is a pause, each
// twice as long as the one before, up to a minute. So a server that is away costs a session little, and one that is slow
// for a moment nothing.

const tolerated = 5;
const firstPauseMs = 1_000;
const longestPauseMs = 60_000;

export class Patience {
  private failures = 0;
  private pauses = 0;
  private notBefore = 0;

  /** Times in milliseconds since the epoch. */
  mayAsk(now: number): boolean {
    return now >= this.notBefore;
  }

  answered(): void {
    this.failures = 0;
    this.pauses = 0;
  }

  failed(now: number): void {
    this.failures += 1;
    // Those that were asked before the pause began do not make it longer.
    if (this.failures < tolerated || !this.mayAsk(now)) return;
    this.notBefore = now + Math.min(firstPauseMs * 2 ** this.pauses, longestPauseMs);
    this.pauses += 1;
  }
}
