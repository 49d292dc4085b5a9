import { expect, test } from 'vitest';
import { excerpt, excerptLines } from '../../domain/text/excerpt.ts';

const lines = Array.from({ length: 100 }, (_, i) => `line ${i}`);

test('an excerpt has the first and the last lines, in whole lines', () => {
  const cause = ['error: no such package', ...lines].join('\n');
  expect(excerpt(cause, 100)).toMatch(/^error: no such package\nline 0\n\[…\]\nline 9\d\n[^]*\nline 99$/);
  expect(excerpt(lines.slice(0, 3).join('\n'), 100)).toBe('line 0\nline 1\nline 2');
  expect(excerpt('🌲'.repeat(100), 10)).toBe('🌲\n[…]\n🌲🌲🌲');
});

test('an excerpt by lines has the first and the last', () => {
  expect(excerptLines(`${lines.join('\n')}\n`, 4)).toEqual(['line 0', '[…]', 'line 97', 'line 98', 'line 99']);
  expect(excerptLines('one\ntwo\n', 4)).toEqual(['one', 'two']);
});
