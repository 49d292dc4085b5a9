// The characters that can deceive a reader or drive a terminal, defined once. inert.ts removes or shows them, formats/
// refuses them in files, and sandbox/readable-output.ts takes them out of what commands print. Classes are written as
// the inside of a regular expression's brackets, for the flag `u`.

/** They turn the direction of the text after them. */
const direction = '\\u061c\\u200e\\u200f\\u202a-\\u202e\\u2066-\\u2069';

/** They end a line for some readers and not for others. */
const separators = '\\u2028\\u2029';

/** What nobody sees: controls, direction, zero-width spaces, "tag" characters and non-characters. Joiners stay: emoji need them. */
export const unseen = `\\p{Cc}\\p{Noncharacter_Code_Point}\\u200b\\u2060-\\u206f\\ufeff\\u{e0000}-\\u{e007f}${direction}`;

/** What a line in a file must not contain. Tag characters are allowed: flags are made of them. */
export const unsafeInLine = new RegExp(`[\\p{Cc}\\p{Cs}\\ufeff${separators}${direction}]`, 'u');

/** What a shell command must not contain; tabs and line breaks are fine. */
export const unsafeInCommand = /(?![\t\r\n])\p{Cc}/u;

/** What a name must not contain, and what a quotation writes out: all that has no shape of its own, joiners as well. */
export const unsafeInName = `\\p{Cc}\\p{Cf}\\p{Cs}${separators}`;

/** What output of a command is shown without: it keeps its tabs, lines and zero-width characters. */
export const unsafeInOutput = new RegExp(`(?![\\t\\n])[\\p{Cc}${direction}]`, 'gu');

/** Escape sequences as ECMA-48 has them: commands, strings (titles, links), and the short ones. */
export const escapeSequences =
  // oxlint-disable-next-line no-control-regex
  /(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]|\x1b[P\]X^_][^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)|\x1b[ -/]*[0-~]/g;
