// The units of the queue's benches: which of them are bad, and which verifications fail without a reason. Everything
// follows from a seed, and nothing from the clock. Pure.

import { createHash } from 'node:crypto';
import { generator } from './random.ts';

export interface SeededUnits {
  readonly seed: number;
  /** In the order in which they are handed in. */
  readonly names: readonly string[];
  readonly bad: ReadonlySet<string>;
}

/** `count` units, of which a share of `rate` is bad, at places that the seed chooses. */
export function seededUnits(seed: number, count: number, rate: number): SeededUnits {
  const random = generator(seed);
  const names = Array.from({ length: count }, (_, i) => `unit-${String(i + 1).padStart(3, '0')}`);
  const shuffled = names.map((name) => ({ name, at: random() })).toSorted((a, b) => a.at - b.at);
  return { seed, names, bad: new Set(shuffled.slice(0, Math.round(count * rate)).map(({ name }) => name)) };
}

/** Share of verifications that fail without a reason. */
export const flakeRate = 0.01;

/** Whether the nth verification (from 1) of a tree with these units fails without a reason. */
export function isFlake(seed: number, units: readonly string[], nth: number): boolean {
  const digest = createHash('sha256')
    .update(`${seed}\n${units.toSorted().join(' ')}\n${nth}`)
    .digest();
  return digest.readUInt32BE(0) / 2 ** 32 < flakeRate;
}
