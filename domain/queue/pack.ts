// A queue's state as it goes through continue-as-new: a short row per waiting entry, because the whole input must fit
// into a payload of 2 MiB at 10,000 entries. Pure; `unpackQueue(packQueue(state))` is the same state.

import type { RunId, Sha, UnitId } from '../../contracts/ids.ts';
import type { Entry } from './entry.ts';
import type { QueueState } from './state.ts';

/** Fields at the end of a row that are empty are left out. */
type PackedEntry = readonly [
  /** Index into the runs. */
  run: number,
  unit: string,
  result: string,
  /** Index into the bases. */
  base: number,
  /** Milliseconds since the epoch. */
  enqueuedAt: number,
  /** Milliseconds after that. */
  since: number,
  order: number,
  landedBefore: number,
  /** What few entries have. */
  rest?: Partial<Entry>,
];

export interface PackedQueue extends Omit<QueueState, 'waiting'> {
  readonly runs: readonly string[];
  readonly bases: readonly string[];
  readonly waiting: readonly PackedEntry[];
}

export function packQueue(state: QueueState): PackedQueue {
  const runs = new Names();
  const bases = new Names();
  const waiting = state.waiting.map((entry): PackedEntry => {
    const { run, unit, result, base, enqueuedAt, since, order, landedBefore, ...others } = entry;
    const at = Date.parse(enqueuedAt);
    const row = [runs.at(run), unit, result, bases.at(base), at, Date.parse(since) - at, order, landedBefore] as const;
    const rest = withoutUsual(others);
    return Object.keys(rest).length === 0 ? row : [...row, rest];
  });
  return { ...state, runs: runs.all, bases: bases.all, waiting };
}

export function unpackQueue({ runs, bases, ...packed }: PackedQueue): QueueState {
  const waiting = packed.waiting.map(
    ([run, unit, result, base, enqueuedAt, since, order, landedBefore, rest = {}]): Entry => ({
      ...usual,
      ...rest,
      run: (runs[run] ?? '') as RunId,
      unit: unit as UnitId,
      result: result as Sha,
      base: (bases[base] ?? '') as Sha,
      enqueuedAt: new Date(enqueuedAt).toISOString(),
      since: new Date(enqueuedAt + since).toISOString(),
      order,
      landedBefore,
    }),
  );
  return { ...packed, waiting };
}

/** What most entries have. */
const usual = { returned: 0, approvedBy: [], consents: [], egress: [], attempt: 1, priority: 0 } as const;

function withoutUsual(fields: Partial<Entry>): Partial<Entry> {
  const isUsual = ([name, value]: [string, unknown]): boolean =>
    JSON.stringify(value) === JSON.stringify((usual as Record<string, unknown>)[name]);
  return Object.fromEntries(Object.entries(fields).filter((field) => !isUsual(field)));
}

class Names {
  readonly all: string[] = [];
  private readonly known = new Map<string, number>();

  at(name: string): number {
    const known = this.known.get(name);
    if (known !== undefined) return known;
    this.known.set(name, this.all.length);
    return this.all.push(name) - 1;
  }
}
