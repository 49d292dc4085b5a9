import { expect, test } from 'vitest';
import { bounded, cutOf, shortened } from '../../client/mcp/bounds.ts';

const limits = { text: 100, list: 3 };

test('what is short stays as it is', () => {
  const document = { a: 'x'.repeat(100), b: [1, 2, 3], c: null, d: { e: true } };
  expect(bounded(document, limits)).toEqual({ value: document, cuts: [] });
  expect(shortened(document, { more: 'Ask.', limits })).toEqual(document);
});

test('long texts are cut in the middle and long lists at their end, at any depth', () => {
  const document = { units: [{ title: `begin ${'x'.repeat(1_000)} end` }, {}, {}, {}] };
  const { value, cuts } = bounded(document, limits);
  expect(value.units).toHaveLength(3);
  expect(value.units[0]?.title).toMatch(/^begin x+\n\[…\]\nx+ end$/);
  expect(value.units[0]?.title?.length).toBeLessThan(110);
  expect(cuts).toEqual(['units: 3 of 4', 'units[0].title: 100 of 1010 characters']);
});

test('an object of a thousand fields has a hundred', () => {
  const input = Object.fromEntries(Array.from({ length: 1_000 }, (_, at) => [`key${at}`, at]));
  const { value, cuts } = bounded({ input }, limits);
  expect(Object.keys(value.input)).toHaveLength(100);
  expect(cuts).toEqual(['input: 100 of 1000 fields']);
});

test('a few of many cuts are named, and the way to the rest', () => {
  const cuts = Array.from({ length: 12 }, (_, at) => `cut ${at}`);
  expect(cutOf(cuts, 'Ask.').cut).toEqual([...cuts.slice(0, 10), 'and 2 more', 'Ask.']);
  expect(cutOf([], 'Ask.')).toEqual({});
});
