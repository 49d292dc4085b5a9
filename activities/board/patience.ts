// When something that does not answer is asked again: each failure doubles the pause, up to a minute, so that a server
// that is away costs a session little.

const firstPauseMs = 1_000;
const longestPauseMs = 60_000;

export class Patience {
  private failures = 0;
  private notBefore = 0;

  /** Times in milliseconds since the epoch. */
  mayAsk(now: number): boolean {
    return now >= this.notBefore;
  }

  answered(): void {
    this.failures = 0;
  }

  failed(now: number): void {
    this.notBefore = now + Math.min(firstPauseMs * 2 ** this.failures, longestPauseMs);
    this.failures += 1;
  }
}
