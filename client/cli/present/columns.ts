// How much room text takes on a terminal. Text for people is made harmless first.

import stringWidth from 'string-width';

export { escapeControls, inertLine, inertLines } from '../../../domain/text/inert.ts';

const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });
/** Columns that the text takes on a terminal. The text has no escape sequences. */
export function columnsOf(text: string): number {
  return stringWidth(text, { countAnsiEscapeCodes: true });
}

/** The text; if it is wider than `width` columns, its beginning and an ellipsis. */
export function fit(text: string, width: number): string {
  if (columnsOf(text) <= width) return text;
  if (width < 1) return '';
  let cut = '';
  let room = width - 1;
  for (const { segment } of graphemes.segment(text)) {
    room -= columnsOf(segment);
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
