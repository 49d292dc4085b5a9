// The tips of branches as this process has last fetched or moved them. What is landed at once may be built on them without
// a fetch: if a tip is out of date, the push does nothing and says so.

import type { Sha } from '../../contracts/ids.ts';

/** How long to fetch every time after a tip was out of date: others move the branch, too. */
const distrustMs = 60_000;

export class BranchTips {
  private readonly tips = new Map<string, Sha>();
  private readonly wrongAt = new Map<string, number>();

  /** Null if it is unknown, or likely to be out of date. */
  get(branch: string): Sha | null {
    const isTrusted = Date.now() - (this.wrongAt.get(branch) ?? -Infinity) > distrustMs;
    return isTrusted ? (this.tips.get(branch) ?? null) : null;
  }

  set(branch: string, tip: Sha): void {
    this.tips.set(branch, tip);
  }

  wasWrong(branch: string): void {
    this.wrongAt.set(branch, Date.now());
  }
}
