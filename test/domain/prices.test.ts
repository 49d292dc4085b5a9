import { expect, it } from 'vitest';
import { costOf, priceOf } from '../../domain/money/prices.ts';
import { defaultConfig } from '../../contracts/documents/config.ts';

it('a call costs its tokens at their prices per million', () => {
  const usage = {
    inputTokens: 1_000_000,
    outputTokens: 2_000_000,
    cacheWriteTokens: 4_000_000,
    cacheReadTokens: 10_000_000,
  };
  expect(costOf(usage, { input: 3, output: 15, cacheWrite: 3.75, cacheRead: 0.3 })).toBeCloseTo(3 + 30 + 15 + 3);
});

it('the default model has a price, and an unknown one has none', () => {
  expect(priceOf(defaultConfig.agent.model)).not.toBeNull();
  expect(priceOf('house-model')).toBeNull();
});
