import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  escapeControlsOfJson,
  inertLines,
  inertPrint,
  inertText,
  markdownCode,
  markdownText,
  slackLine,
  webUiText,
} from '../../domain/text/inert.ts';

const unseen = /[\p{Cc}\u061c\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\u{e0000}-\u{e007f}]/u;
/** What Markdown, Slack and terminals obey, in any order. */
const pieces = fc
  .array(
    fc.constantFrom(
      ...['#', '-', '+', '1.', '*', '_', '`', '~', '[', ']', '(', ')', '<', '>', '!', '|', '&amp;', '\\', '$', '='],
      ...['https://', 'www.', '@', 'a.b', '\n', '\t', ' ', '\x1b[31m', '\x1b]8;;http://e\x07', '\x9b2J', '\u202e', '5'],
    ),
    { maxLength: 12 },
  )
  .map((parts) => parts.join(''));

describe('text on a page of Markdown', () => {
  it.each([
    ['# a *b* _c_', '\\# a \\*b\\* \\_c\\_'],
    ['- a', '\\- a'],
    ['12. a', '12\\. a'],
    ['[a](b) ![c](d) <b>', '\\[a\\](b) \\!\\[c\\](d) \\<b\\>'],
    ['&lt;b&gt; a|b ~~c~~', '\\&lt;b\\&gt; a\\|b \\~\\~c\\~\\~'],
    ['two\nlines @all me@e.example', 'two lines @\u200ball me@e.example'],
    ['$x^2$ costs $5', '＄x^2＄ costs $5'],
  ])('shows %j as it is', (text, shown) => {
    expect(markdownText(text)).toBe(shown);
  });

  it('is no link and no formula in the Web UI', () => {
    expect(webUiText('https://e.example _www.e a@b $5')).toBe('https:\u200b//e.example \\_www\u200b.e a@\u200bb USD 5');
  });

  it('cannot end the code that it stands in', () => {
    expect(markdownCode('a`b|c\n`` d')).toBe('`abc  d`');
    expect(markdownCode('`')).toBe('`–`');
  });

  it('keeps every sign of markup behind a backslash, whatever comes in', () => {
    fc.assert(
      fc.property(pieces, (text) => {
        for (const shown of [markdownText(text), webUiText(text)]) {
          expect(shown.replaceAll(/\\[^]/g, 'x')).not.toMatch(/[\\`*_[\]<>|~&#!]|^[-+=]|^\d+[.)]|\$\D|\n/);
          expect(shown).not.toMatch(unseen);
        }
        expect(webUiText(text)).not.toMatch(/:\/\/|www\.|@(?!\u200b)|\$/i);
        expect(markdownCode(text)).toMatch(/^`[^`|\n]+`$/);
      }),
    );
  });
});

describe('text in Slack', () => {
  it('names nobody and links nothing', () => {
    fc.assert(
      fc.property(pieces, (text) => {
        expect(slackLine(text)).not.toMatch(/[<>&\n]/);
        expect(slackLine(text)).not.toMatch(unseen);
      }),
    );
    expect(slackLine('<!channel> a&b')).toBe('‹!channel› a＆b');
  });
});

describe('text on a terminal', () => {
  it('loses titles, links and commands, and keeps its words', () => {
    expect(inertText('\x1b]0;title\x07a\x1b[2Jb\x1b]8;;http://e\x1b\\c\x1b(B')).toBe('abc');
    expect(inertText('\x1b]0;never ended')).toBe('0;never ended');
    expect(inertLines('a\x85b\u2028c\n\td')).toEqual(['a', 'b', 'c', '    d']);
  });

  it('passes a last gate that leaves colours and line ends alone', () => {
    const own = '\x1b[1;31mred\x1b[0m\r\nnext\t@\u200bx\n';
    expect(inertPrint(own)).toBe(own);
    expect(inertPrint('a\x1b[2J\x1b]0;t\x07b\u202ec\rd\x9b')).toBe('a[2J]0;tbcd');
  });

  it('is the same in a log, whose lines are still JSON', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const line = escapeControlsOfJson(`${JSON.stringify({ text })}\n`);
        expect(JSON.parse(line)).toEqual({ text });
        expect(line.slice(0, -1)).not.toMatch(unseen);
      }),
    );
  });
});
