// What people are shown of a failed command's output: its end, and before that its beginning, because some programs name
// the cause first and print a page of usage then. Pure.

const cut = '[…]';

/** In whole lines if possible, at most about so many characters. */
export function excerpt(text: string, most: number): string {
  if (text.length <= most) return text;
  const headSize = Math.floor(most / 3);
  const head = text.slice(0, headSize).replace(/[\uD800-\uDBFF]$/, '');
  const tail = text.slice(text.length - (most - headSize)).replace(/^[\uDC00-\uDFFF]/, '');
  const [upTo, from] = [head.lastIndexOf('\n'), tail.indexOf('\n')];
  const first = upTo < head.length / 2 ? head : head.slice(0, upTo);
  return `${first}\n${cut}\n${from === -1 || from > tail.length / 2 ? tail : tail.slice(from + 1)}`;
}

/** At most so many lines, and one that says that some are missing. */
export function excerptLines(text: string, most: number): string[] {
  const lines = text.trimEnd().split('\n');
  if (lines.length <= most) return lines;
  const first = Math.floor(most / 3);
  return [...lines.slice(0, first), cut, ...lines.slice(lines.length - (most - first))];
}
