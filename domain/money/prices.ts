// What the model API costs: list prices in USD per million tokens, by model family, as published by the vendor and
// known on 2026-11-01. If a price changes, change it here. Used for budgets and reports only.

import type { Usage } from '../../contracts/usage.ts';

export interface Price {
  readonly input: number;
  readonly output: number;
  /** Writing to the prompt cache (5 minutes). */
  readonly cacheWrite: number;
  readonly cacheRead: number;
}

/** The first pattern that matches the model's name counts. */
const families: readonly (readonly [pattern: RegExp, price: Price])[] = [
  [/^claude-(?:fable|mythos)-/, { input: 10, output: 50, cacheWrite: 12.5, cacheRead: 1 }],
  [/^claude-opus-/, { input: 5, output: 25, cacheWrite: 6.25, cacheRead: 0.5 }],
  [/^claude-sonnet-/, { input: 3, output: 15, cacheWrite: 3.75, cacheRead: 0.3 }],
  [/^claude-haiku-/, { input: 1, output: 5, cacheWrite: 1.25, cacheRead: 0.1 }],
];

/** Null for a model that the table does not know. */
export function priceOf(model: string): Price | null {
  return families.find(([pattern]) => pattern.test(model))?.[1] ?? null;
}

/** Context window in tokens that every family has, answer included. Larger windows exist, but must be requested. */
export const contextTokens = 200_000;

/** USD; 0 for a model that the table does not know. */
export function costWith(model: string, usage: Usage): number {
  const price = priceOf(model);
  return price === null ? 0 : costOf(usage, price);
}

/** USD. */
export function costOf(usage: Usage, price: Price): number {
  const { inputTokens, outputTokens, cacheWriteTokens, cacheReadTokens } = usage;
  const millionths =
    inputTokens * price.input +
    outputTokens * price.output +
    cacheWriteTokens * price.cacheWrite +
    cacheReadTokens * price.cacheRead;
  return millionths / 1_000_000;
}
