// Finds the last line that matches a path without trying all of them: a large repository has thousands of lines, and a
// change may have as many paths. A line is tried only where the path has the names that its pattern spells out.

import { type Pattern, type Segment, patternMatches } from '../globs/path-globs.ts';

interface Placed {
  readonly line: number;
  readonly pattern: Pattern;
}

/** By `/a/b` for patterns that begin with these names, by `a` for those that have this name anywhere, else by nothing. */
export type PatternIndex<Line extends Placed> = Map<string, Line[]>;

export function addPattern<Line extends Placed>(index: PatternIndex<Line>, line: Line): void {
  const key = keyOf(line.pattern);
  const known = index.get(key);
  if (known === undefined) index.set(key, [line]);
  else known.push(line);
}

function keyOf(pattern: Pattern): string {
  const names = pattern.map(nameOf);
  const end = names.indexOf(null);
  const beginning = end === -1 ? names : names.slice(0, end);
  if (beginning.length > 0) return `/${beginning.join('/')}`;
  return names.find((name) => name !== null) ?? '';
}

/** Null = it has wildcards. */
function nameOf(segment: Segment): string | null {
  return segment?.length === 1 ? (segment[0]?.text ?? null) : null;
}

/** Lines were added in their order. */
export function lastMatch<Line extends Placed>(index: PatternIndex<Line>, names: readonly string[]): Line | null {
  let [beginning, last]: [string, Line | null] = ['', null];
  const tryLines = (key: string): void => {
    const found = index
      .get(key)
      ?.findLast(({ line, pattern }) => line > (last?.line ?? 0) && patternMatches(pattern, names));
    last = found ?? last;
  };
  tryLines('');
  for (const name of new Set(names)) tryLines(name);
  for (const name of names) tryLines((beginning += `/${name}`));
  return last;
}
