// What the scripted model does for each unit of the demo's plan, as data: the commands of its turns, and those of its
// answer to a failed check or a conflict. Every command may run twice: a host may die in the middle of one.

export interface Script {
  /** One `bash` command a turn. */
  readonly work: readonly string[];
  /** After a check of ours failed. */
  readonly mend?: readonly string[];
  /** After a conflict with what has landed meanwhile. */
  readonly resolve?: readonly string[];
}

/** Keeps both sides of every conflict in a file, in order, without the markers. */
const keepBoth = String.raw`sed -i '/^<<<<<<< /d; /^=======$/d; /^>>>>>>> /d; /^||||||| /d' src/index.ts`;

/** Adds an export to the marked place. */
const exportLine = (line: string): string =>
  `grep -qF "${line}" src/index.ts || printf '%s\n' "${line}" >> src/index.ts`;

export const scripts: Readonly<Record<string, Script>> = {
  weeks: {
    work: [
      'cat src/units.ts test/format.test.ts && node --test 2>&1 | tail -n 8',
      String.raw`grep -q '  w: ' src/units.ts || sed -i 's/^  d: /  w: 604_800_000,\n  d: /' src/units.ts
cat > test/weeks.test.ts <<'END'
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatDuration } from '../src/format.ts';
import { parseDuration } from '../src/parse.ts';

test('weeks are read and written', () => {
  assert.equal(parseDuration('1w 2d'), 9 * 86_400_000);
  assert.equal(formatDuration(9 * 86_400_000), '1w 2d');
});
END
node --test 2>&1 | tail -n 8`,
    ],
  },
  'parse-iso': {
    work: [
      'cat src/units.ts src/parse.ts',
      String.raw`cat > src/parse-iso.ts <<'END'
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
END
cat > test/parse-iso.test.ts <<'END'
import assert from 'node:assert/strict';
import { test } from 'node:test';
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
END
node --test test/parse-iso.test.ts 2>&1 | tail -n 8`,
    ],
  },
  'format-iso': {
    work: [
      'cat src/format.ts',
      String.raw`cat > src/format-iso.ts <<'END'
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
END
cat > test/format-iso.test.ts <<'END'
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatIsoDuration } from '../src/format-iso.ts';

test('milliseconds are written as ISO 8601', () => {
  assert.equal(formatIsoDuration(93_600_000), 'P1DT2H');
  assert.equal(formatIsoDuration(1_500), 'PT1.5S');
  assert.equal(formatIsoDuration(0), 'PT0S');
});
END
node --test test/format-iso.test.ts 2>&1 | tail -n 8`,
    ],
  },
  'round-trip': {
    work: [
      String.raw`cat > test/round-trip.test.ts <<'END'
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatIsoDuration } from '../src/format-iso.ts';
import { parseIsoDuration } from '../src/parse-iso.ts';

test('ISO 8601 goes there and back', () => {
  for (const milliseconds of [0, 1, 999, 1_000, 61_001, 86_400_000, 694_861_500, 8_639_999_999]) {
    assert.equal(parseIsoDuration(formatIsoDuration(milliseconds)), milliseconds);
  }
});
END
node --test test/round-trip.test.ts 2>&1 | tail -n 8`,
    ],
  },
  compare: {
    work: [
      'cat src/parse.ts',
      // Compares the texts, not the durations: its own test finds out.
      String.raw`cat > src/compare.ts <<'END'
/** Orders durations in the short form, for Array.sort. */
export function compareDurations(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** The longest of some durations in the short form. */
export function longestOf(texts: readonly string[]): string {
  return texts.toSorted(compareDurations).at(-1) ?? '0ms';
}
END
cat > test/compare.test.ts <<'END'
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compareDurations, longestOf } from '../src/compare.ts';

test('durations are compared by their length', () => {
  assert.equal(compareDurations('90s', '1m 30s'), 0);
  assert.ok(compareDurations('9s', '10s') < 0);
  assert.equal(longestOf(['9s', '1h', '10m']), '1h');
});
END`,
    ],
    mend: [
      String.raw`cat > src/compare.ts <<'END'
import { parseDuration } from './parse.ts';

/** Orders durations in the short form by their length in milliseconds, for Array.sort. */
export function compareDurations(a: string, b: string): number {
  return parseDuration(a) - parseDuration(b);
}

/** The longest of some durations in the short form; 0ms of none. */
export function longestOf(texts: readonly string[]): string {
  return texts.toSorted(compareDurations).at(-1) ?? '0ms';
}
END
node --test 2>&1 | tail -n 8`,
    ],
  },
  'export-scale': {
    work: [
      'cat src/index.ts src/arithmetic.ts',
      String.raw`cat > src/scale.ts <<'END'
import { checkDuration } from './limits/check.ts';

/** A duration in milliseconds, so many times. */
export function scale(milliseconds: number, by: number): number {
  return checkDuration(milliseconds * by);
}
END
cat > test/scale.test.ts <<'END'
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { scale } from '../src/index.ts';

test('a duration is multiplied', () => {
  assert.equal(scale(1_500, 3), 4_500);
  assert.throws(() => scale(1_000, Infinity), RangeError);
});
END
${exportLine("export { scale } from './scale.ts';")}
node --test 2>&1 | tail -n 8`,
    ],
    resolve: ['git diff --stat; cat src/index.ts', `${keepBoth}; cat src/index.ts; node --test 2>&1 | tail -n 8`],
  },
  'export-clamp': {
    work: [
      'cat src/index.ts src/arithmetic.ts',
      String.raw`cat > src/clamp.ts <<'END'
/** A duration in milliseconds, kept between two others. */
export function clamp(milliseconds: number, least: number, most: number): number {
  return Math.min(most, Math.max(least, milliseconds));
}
END
cat > test/clamp.test.ts <<'END'
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clamp } from '../src/index.ts';

test('a duration is kept within bounds', () => {
  assert.equal(clamp(50, 100, 200), 100);
  assert.equal(clamp(150, 100, 200), 150);
  assert.equal(clamp(250, 100, 200), 200);
});
END
${exportLine("export { clamp } from './clamp.ts';")}
node --test 2>&1 | tail -n 8`,
    ],
    resolve: ['git diff --stat; cat src/index.ts', `${keepBoth}; cat src/index.ts; node --test 2>&1 | tail -n 8`],
  },
  longer: {
    work: [
      String.raw`sed -i 's/ 100 days/ 1,000 days/; s/= 100 \*/= 1_000 */' src/limits/longest.ts; cat src/limits/longest.ts; node --test 2>&1 | tail -n 8`,
    ],
  },
  readme: {
    work: [
      'grep -rn "throw new" src',
      String.raw`grep -q '^## Errors' README.md || cat >> README.md <<'END'

## Errors

- Text that is no duration: a SyntaxError, which quotes the text.
- A duration that is too long, or no number at all: a RangeError.
END
tail -n 6 README.md`,
    ],
  },
};
