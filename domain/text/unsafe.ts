// The characters that can deceive a reader or drive a terminal, defined once. inert.ts removes or shows them, formats/
// refuses them in files, and sandbox/readable-output.ts removes them from the output of commands. Classes are written
// as the inside of a regular expression's brackets, for the flag `u`.

/** They change the direction of the text after them. */
const direction = '\\u061c\\u200e\\u200f\\u202a-\\u202e\\u2066-\\u2069';

/** They end a line for some readers but not for others. */
const separators = '\\u2028\\u2029';

/**
 * Invisible: controls, direction, zero-width spaces, "tag" characters and non-characters. Joiners stay: emoji need
 * them.
 */
export const unseen = `\\p{Cc}\\p{Noncharacter_Code_Point}\\u200b\\u2060-\\u206f\\ufeff\\u{e0000}-\\u{e007f}${direction}`;

/** Forbidden in a line of a file. Tag characters are allowed: flags are made of them. */
export const unsafeInLine = new RegExp(`[\\p{Cc}\\p{Cs}\\ufeff${separators}${direction}]`, 'u');

/** Forbidden in a shell command; tabs and line breaks are allowed. */
export const unsafeInCommand = /(?![\t\r\n])\p{Cc}/u;

/** Forbidden in a name, and written out in a quotation: everything without a shape of its own, joiners too. */
export const unsafeInName = `\\p{Cc}\\p{Cf}\\p{Cs}${separators}`;

/**
 * Written out where people read what would run: whatever has no shape of its own, and blanks that are neither space nor tab, which
 * would pass for one. Line breaks stay.
 */
export const unseenInCommand =
  /(?![\t\n ])[\p{Cc}\p{Cf}\p{Cs}\p{Z}\p{Default_Ignorable_Code_Point}\p{Noncharacter_Code_Point}\u2800]/u;

/** Removed from a command's output, which keeps its tabs, lines and zero-width characters. */
export const unsafeInOutput = new RegExp(`(?![\\t\\n])[\\p{Cc}${direction}]`, 'u');

/** Escape sequences of ECMA-48: commands, strings (titles, links), and the short ones. */
export const escapeSequences =
  // oxlint-disable-next-line no-control-regex
  /(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]|\x1b[P\]X^_][^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)|\x1b[ -/]*[0-~]/;
