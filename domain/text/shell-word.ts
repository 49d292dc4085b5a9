// Text as one word of a shell. Pure.

/** In single quotes: nothing in it is syntax. */
export function quoteWord(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
