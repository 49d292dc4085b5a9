// What a unit has used so far: tokens, money, turns, hosts.

/** Tokens as the Messages API counts them; `inputTokens` excludes what the cache served or stored. */
export interface Usage {
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly cacheReadTokens: number;
  readonly cacheWriteTokens: number;
}

/** Totals of the unit so far, from its checkpoint (not of this slice alone), so that nothing is counted twice. */
export interface UnitTotals {
  readonly turns: number;
  readonly usage: Usage;
  readonly costUsd: number;
  /** True if a call cut off by a host's death was charged at its upper bound. */
  readonly estimated: boolean;
  /** Ids of the hosts that worked on the unit, in order of first appearance. */
  readonly hosts: readonly string[];
  /** The part of `costUsd` that was for reviews; absent = there were none. */
  readonly reviewUsd?: number;
}
