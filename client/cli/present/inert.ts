// How much room text takes on a terminal. What is printed for people is made harmless first.

export { escapeControls, inertLine, inertLines } from '../../../domain/text/inert.ts';

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
