import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { columnsOf, fit, inertLine, pad } from '../../client/cli/present/columns.ts';
import { harmless, hostile } from './documents.ts';

describe('inert text', () => {
  it('keeps words and loses everything that a terminal would obey', () => {
    expect(inertLine(hostile)).toBe(harmless);
    expect(inertLine('one\n\n two\tthree\u2028four')).toBe('one  two three four');
    expect(inertLine('\x1b\u200b[31mred\u2066\u2069')).toBe('[31mred');
    expect(inertLine('x\ud800y')).toBe('x\ufffdy');
  });

  it('is one bounded line whatever comes in', () => {
    expect(inertLine('x'.repeat(1_000_000))).toHaveLength(2000);
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(inertLine(text)).not.toMatch(/[\p{Cc}\u202a-\u202e\u2066-\u2069\u2028\u2029]/u);
      }),
    );
  });
});

describe('columns', () => {
  it.each([
    ['abc', 3],
    ['', 0],
    ['naïve', 5],
    ['e\u0301', 1],
    ['漢字', 4],
    ['한글', 4],
    ['✅', 2],
    ['👩‍💻', 2],
    ['🇩🇪', 2],
    ['❤️', 2],
    ['·●✓✗»‖–?○', 9],
  ])('%j takes %i', (text, columns) => {
    expect(columnsOf(text)).toBe(columns);
  });

  it('are cut between characters that people see, with an ellipsis', () => {
    expect(fit('abcdef', 6)).toBe('abcdef');
    expect(fit('abcdef', 5)).toBe('abcd…');
    expect(fit('漢字漢字', 6)).toBe('漢字…');
    expect(fit('a👩‍💻b', 3)).toBe('a…');
    expect(fit('abc', 1)).toBe('…');
    expect(fit('abc', 0)).toBe('');
    expect(fit('abc', Infinity)).toBe('abc');
  });

  it('are filled up exactly', () => {
    expect(pad('漢字漢', 6)).toBe('漢字漢');
    expect(pad('漢字漢', 5)).toBe('漢字…');
    expect(pad('漢字漢', 4)).toBe('漢… ');
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.nat(30), (text, width) => {
        expect(columnsOf(pad(inertLine(text), width))).toBe(width);
      }),
    );
  });
});
