// Makes text from models, repositories and people harmless to a terminal, and measures it. Whatever is printed for
// people passes `inertLine` first; nothing here may let an escape sequence or a bidirectional control through.

import { stripVTControlCharacters } from 'node:util';

/** Longer text helps nobody on a terminal. */
const maxLength = 2000;

const breaks = /[\t\n\v\f\r\u0085\u2028\u2029]+/g;
/** Controls, bidirectional marks and overrides, zero-width spaces, the invisible "tag" characters, and what is no character. */
const unseen =
  /[\p{Cc}\p{Noncharacter_Code_Point}\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\u{e0000}-\u{e007f}]/gu;

/** One line without anything that a terminal would obey; at most 2,000 characters. */
export function inertLine(text: string): string {
  const bounded = text.length > maxLength ? `${text.slice(0, maxLength - 1)}…` : text;
  return stripVTControlCharacters(bounded.toWellFormed()).replace(breaks, ' ').replace(unseen, '').trim();
}

/** The same line by line; what a line begins with keeps its width. */
export function inertLines(text: string): string[] {
  return text.split(/\r\n|[\n\u0085\u2028\u2029]/).map((line) => {
    const indent = /^[ \t]{0,200}/.exec(line)?.[0] ?? '';
    return (indent.replaceAll('\t', '    ') + inertLine(line)).trimEnd();
  });
}

/** One line whole, with each sign that a terminal would obey, but the tab, written out. */
export function escapeControls(line: string): string {
  return line.toWellFormed().replace(unseen, (sign) => {
    const code = sign.codePointAt(0) ?? 0;
    if (sign === '\t') return sign;
    return code < 256 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u{${code.toString(16)}}`;
  });
}

const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });
const printableAscii = /^[\x20-\x7e]*$/;
const noColumn = /^[\p{Mn}\p{Me}\p{Cf}\p{Cc}]+$/u;
/** East Asian Wide and Fullwidth, roughly: https://www.unicode.org/reports/tr11/ */
const wide =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{17000}-\u{18cff}\u{1b000}-\u{1b2ff}\u{1f200}-\u{1f2ff}\u{20000}-\u{3fffd}]/u;
const emoji = /\p{Emoji_Presentation}|\ufe0f/u;

function columnsOfGrapheme(grapheme: string): number {
  if (printableAscii.test(grapheme)) return grapheme.length;
  if (noColumn.test(grapheme)) return 0;
  return wide.test(grapheme) || emoji.test(grapheme) ? 2 : 1;
}

/** How many columns a terminal takes for it. Text without escape sequences. */
export function columnsOf(text: string): number {
  if (printableAscii.test(text)) return text.length;
  let columns = 0;
  for (const { segment } of graphemes.segment(text)) columns += columnsOfGrapheme(segment);
  return columns;
}

/** The text, or as much of its beginning as `width` columns hold, with an ellipsis. */
export function fit(text: string, width: number): string {
  if (columnsOf(text) <= width) return text;
  if (width < 1) return '';
  let cut = '';
  let room = width - 1;
  for (const { segment } of graphemes.segment(text)) {
    room -= columnsOfGrapheme(segment);
    if (room < 0) break;
    cut += segment;
  }
  return `${cut}…`;
}

/** The text cut or filled up with spaces to exactly `width` columns. */
export function pad(text: string, width: number): string {
  const cut = fit(text, width);
  return cut + ' '.repeat(Math.max(0, width - columnsOf(cut)));
}
