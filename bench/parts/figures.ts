// Pairs of measured figures, and their text in a table. Pure: the same figures give the same text.

/** Both sides of one repetition, in the row's unit of measure. */
export interface Pair {
  readonly ours: number;
  readonly baseline: number;
}

export interface Row {
  /** Unit of measure of both sides: `s`, `ms`, `MB`, … */
  readonly measure: string;
  /** How a pair is judged; absent = ours over baseline. */
  readonly judge?: Judge;
  /** Highest accepted median of the judged pairs; null = reported only. */
  readonly goal: number | null;
}

export interface Judge {
  /** Unit of measure of the result: `MB a session`. */
  readonly measure: string;
  readonly of: (pair: Pair) => number;
}

export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

export interface RowResult {
  readonly name: string;
  readonly measure: string;
  readonly pairs: readonly Pair[];
  readonly ours: Spread;
  readonly baseline: Spread;
  /** The ratios of the pairs, each judged separately: a disturbance of one repetition affects both its sides. */
  readonly judged: Spread & { readonly measure: string };
  readonly goal: number | null;
  readonly reached: boolean | null;
}

export function spreadOf(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  const [lower, upper] = [sorted[Math.floor((sorted.length - 1) / 2)], sorted[Math.ceil((sorted.length - 1) / 2)]];
  const [min, max] = [sorted[0], sorted.at(-1)];
  if (min === undefined || max === undefined || lower === undefined || upper === undefined) {
    throw new Error('nothing was measured');
  }
  return { median: (lower + upper) / 2, min, max };
}

export function judgeRow(name: string, { measure, judge = ratio, goal }: Row, pairs: readonly Pair[]): RowResult {
  const judged = spreadOf(pairs.map(judge.of));
  return {
    name,
    measure,
    pairs,
    ours: spreadOf(pairs.map(({ ours }) => ours)),
    baseline: spreadOf(pairs.map(({ baseline }) => baseline)),
    judged: { ...judged, measure: judge.measure },
    goal,
    reached: goal === null ? null : judged.median <= goal,
  };
}

const ratio: Judge = { measure: '×', of: ({ ours, baseline }) => ours / baseline };

export const columns = ['', 'ours', 'baseline', 'ratio', 'goal', ''] as const;

/** The cells of a row, under `columns`. */
export function cellsOf({ name, measure, ours, baseline, judged, goal, reached }: RowResult): readonly string[] {
  return [
    name,
    spreadText(ours, measure),
    spreadText(baseline, measure),
    spreadText(judged, judged.measure),
    goal === null ? '-' : `≤ ${goal} ${judged.measure}`,
    reached === null ? '' : reached ? 'reached' : 'NOT reached',
  ];
}

function spreadText({ median, min, max }: Spread, measure: string): string {
  const range = min === max ? '' : ` (${figure(min)}–${figure(max)})`;
  return `${figure(median)} ${measure}${range}`;
}

/** Three significant digits, without an exponent. */
function figure(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  const digits = value === 0 ? 0 : Math.floor(Math.log10(Math.abs(value)));
  return value.toFixed(Math.min(3, Math.max(0, 2 - digits)));
}
