// What the scripted model does for each unit of the demo's plan, as data: the tool calls of its turns, and of its
// answer to a failed check or a conflict. Every turn may run twice, because a host may die in the middle of one.

import type { Turn } from './actions.ts';
import { appendOnce, bash, create, createTest, replace, runTests } from './actions.ts';

export interface Script {
  readonly work: readonly Turn[];
  /** After one of our checks failed. */
  readonly fix?: readonly Turn[];
  /** After a conflict with what has landed meanwhile. */
  readonly resolve?: readonly Turn[];
}

/** Keeps both sides of every conflict in the list of exports, in order, without the markers. */
const keepBoth: readonly Turn[] = [
  [bash('git diff --stat; cat src/index.ts')],
  [
    bash("sed -i '/^||||||| /,/^=======$/d; /^=======$/d; /^<<<<<<< /d; /^>>>>>>> /d' src/index.ts; cat src/index.ts"),
    runTests(),
  ],
];

export const scripts: Readonly<Record<string, Script>> = {
  weeks: {
    work: [
      [bash('cat src/units.ts test/format.test.ts'), runTests()],
      [
        bash(String.raw`grep -q '  w: ' src/units.ts || sed -i 's/^  d: /  w: 604_800_000,\n  d: /' src/units.ts`),
        createTest(
          'test/weeks.test.ts',
          `
import { formatDuration } from '../src/format.ts';
import { parseDuration } from '../src/parse.ts';

test('weeks are read and written', () => {
  assert.equal(parseDuration('1w 2d'), 9 * 86_400_000);
  assert.equal(formatDuration(9 * 86_400_000), '1w 2d');
});
`,
        ),
        runTests(),
      ],
    ],
  },
  'parse-iso': {
    work: [
      [bash('cat src/units.ts src/parse.ts')],
      [
        create(
          'src/parse-iso.ts',
          String.raw`
import { checkDuration } from './limits/check.ts';
import { units } from './units.ts';

const pattern = /^P(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$/;
const lengths = [units.w, units.d, units.h, units.m, units.s];

/** Reads an ISO 8601 duration without years and months; answers milliseconds. Throws a SyntaxError for anything else. */
export function parseIsoDuration(text: string): number {
  const match = pattern.exec(text);
  if (match === null || text === 'P' || text.endsWith('T')) {
    throw new SyntaxError('not an ISO 8601 duration: ' + JSON.stringify(text));
  }
  const amounts = match.slice(1).map((amount) => Number(amount ?? 0));
  return checkDuration(Math.round(amounts.reduce((sum, amount, i) => sum + amount * (lengths[i] ?? 0), 0)));
}
`,
        ),
        createTest(
          'test/parse-iso.test.ts',
          `
import { parseIsoDuration } from '../src/parse-iso.ts';

test('ISO 8601 durations are read', () => {
  assert.equal(parseIsoDuration('P1W'), 604_800_000);
  assert.equal(parseIsoDuration('P1DT2H'), 93_600_000);
  assert.equal(parseIsoDuration('PT1.5S'), 1_500);
});

test('years, months and nonsense are refused', () => {
  for (const text of ['P1Y', 'P1M', 'P', 'PT', 'P1DT', '1h']) {
    assert.throws(() => parseIsoDuration(text), SyntaxError);
  }
});
`,
        ),
        runTests('test/parse-iso.test.ts'),
      ],
    ],
  },
  'format-iso': {
    work: [
      [bash('cat src/format.ts')],
      [
        create(
          'src/format-iso.ts',
          `
import { checkDuration } from './limits/check.ts';
import { units } from './units.ts';

/** Writes milliseconds as an ISO 8601 duration, for example P1DT2H; zero is PT0S. */
export function formatIsoDuration(milliseconds: number): string {
  let rest = Math.abs(Math.round(checkDuration(milliseconds)));
  const take = (length: number): number => {
    const amount = Math.floor(rest / length);
    rest -= amount * length;
    return amount;
  };
  const days = take(units.d);
  const hours = take(units.h);
  const minutes = take(units.m);
  const seconds = rest / units.s;
  const date = days > 0 ? days + 'D' : '';
  const time = (hours > 0 ? hours + 'H' : '') + (minutes > 0 ? minutes + 'M' : '') + (seconds > 0 ? seconds + 'S' : '');
  const body = date + (time === '' ? '' : 'T' + time);
  return (milliseconds < 0 ? '-' : '') + 'P' + (body || 'T0S');
}
`,
        ),
        createTest(
          'test/format-iso.test.ts',
          `
import { formatIsoDuration } from '../src/format-iso.ts';

test('milliseconds are written as ISO 8601', () => {
  assert.equal(formatIsoDuration(93_600_000), 'P1DT2H');
  assert.equal(formatIsoDuration(1_500), 'PT1.5S');
  assert.equal(formatIsoDuration(0), 'PT0S');
});
`,
        ),
        runTests('test/format-iso.test.ts'),
      ],
    ],
  },
  'round-trip': {
    work: [
      [
        createTest(
          'test/round-trip.test.ts',
          `
import { formatIsoDuration } from '../src/format-iso.ts';
import { parseIsoDuration } from '../src/parse-iso.ts';

test('ISO 8601 goes there and back', () => {
  for (const milliseconds of [0, 1, 999, 1_000, 61_001, 86_400_000, 694_861_500, 8_639_999_999]) {
    assert.equal(parseIsoDuration(formatIsoDuration(milliseconds)), milliseconds);
  }
});
`,
        ),
        runTests('test/round-trip.test.ts'),
      ],
    ],
  },
  compare: {
    work: [
      [bash('cat src/parse.ts')],
      // Compares the texts, not the durations: its own test reveals this.
      [
        create(
          'src/compare.ts',
          `
/** Orders durations in the short form, for Array.sort. */
export function compareDurations(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** The longest of some durations in the short form. */
export function longestOf(texts: readonly string[]): string {
  return texts.toSorted(compareDurations).at(-1) ?? '0ms';
}
`,
        ),
        createTest(
          'test/compare.test.ts',
          `
import { compareDurations, longestOf } from '../src/compare.ts';

test('durations are compared by their length', () => {
  assert.equal(compareDurations('90s', '1m 30s'), 0);
  assert.ok(compareDurations('9s', '10s') < 0);
  assert.equal(longestOf(['9s', '1h', '10m']), '1h');
});
`,
        ),
      ],
    ],
    fix: [
      [
        create(
          'src/compare.ts',
          `
import { parseDuration } from './parse.ts';

/** Orders durations in the short form by their length in milliseconds, for Array.sort. */
export function compareDurations(a: string, b: string): number {
  return parseDuration(a) - parseDuration(b);
}

/** The longest of some durations in the short form; 0ms of none. */
export function longestOf(texts: readonly string[]): string {
  return texts.toSorted(compareDurations).at(-1) ?? '0ms';
}
`,
        ),
        runTests(),
      ],
    ],
  },
  'export-scale': {
    work: [
      [bash('cat src/index.ts src/arithmetic.ts')],
      [
        create(
          'src/scale.ts',
          `
import { checkDuration } from './limits/check.ts';

/** A duration in milliseconds, so many times. */
export function scale(milliseconds: number, by: number): number {
  return checkDuration(milliseconds * by);
}
`,
        ),
        createTest(
          'test/scale.test.ts',
          `
import { scale } from '../src/index.ts';

test('a duration is multiplied', () => {
  assert.equal(scale(1_500, 3), 4_500);
  assert.throws(() => scale(1_000, Infinity), RangeError);
});
`,
        ),
        appendOnce('src/index.ts', "export { scale } from './scale.ts';"),
        runTests(),
      ],
    ],
    resolve: keepBoth,
  },
  'export-clamp': {
    work: [
      [bash('cat src/index.ts src/arithmetic.ts')],
      [
        create(
          'src/clamp.ts',
          `
/** A duration in milliseconds, kept between two others. */
export function clamp(milliseconds: number, least: number, most: number): number {
  return Math.min(most, Math.max(least, milliseconds));
}
`,
        ),
        createTest(
          'test/clamp.test.ts',
          `
import { clamp } from '../src/index.ts';

test('a duration is kept within bounds', () => {
  assert.equal(clamp(50, 100, 200), 100);
  assert.equal(clamp(150, 100, 200), 150);
  assert.equal(clamp(250, 100, 200), 200);
});
`,
        ),
        appendOnce('src/index.ts', "export { clamp } from './clamp.ts';"),
        runTests(),
      ],
    ],
    resolve: keepBoth,
  },
  longer: {
    work: [
      [
        replace(
          'src/limits/longest.ts',
          ': 100 days. */\nexport const longest = 100 *',
          ': 1,000 days. */\nexport const longest = 1_000 *',
        ),
        runTests(),
      ],
    ],
  },
  readme: {
    work: [
      [bash('grep -rn "throw new" src')],
      [
        bash(`grep -q '^## Errors' README.md || cat >> README.md <<'END'

## Errors

- Text that is no duration: a SyntaxError, which quotes the text.
- A duration that is too long, or no number at all: a RangeError.
END
tail -n 6 README.md`),
      ],
    ],
  },
};
