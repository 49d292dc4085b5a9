// The patterns of CODEOWNERS. They look like those of .gitignore and differ: GitHub knows neither `!` nor `[ ]`, and
// `docs/*` is not recursive; GitLab reads them as File.fnmatch does. A pattern that the server would not take is still
// read, as widely as it may be meant, so that its line can be found to be about a path.

import type { Pattern, Segment } from '../globs/path-globs.ts';
import { readSegment } from '../globs/syntax.ts';

/** Whose rules count. */
export type Dialect = 'github' | 'gitlab';

export interface OwnersPattern {
  readonly pattern: Pattern;
  /** Why the server would not take it; null = it would. */
  readonly problem: string | null;
  /** GitLab's `!`: nobody of the section owns what matches. */
  readonly isExclusion: boolean;
}

export function readPattern(text: string, dialect: Dialect): OwnersPattern {
  const isNegated = text.startsWith('!');
  const plain = isNegated ? text.slice(1) : text;
  if (dialect === 'gitlab') {
    const pattern = gitlabNames(plain).map((name) => asSegment(name, [true]));
    return { pattern, problem: null, isExclusion: isNegated };
  }
  const pattern = githubNames(plain).map((name) => asSegment(name, hasBracket(name) ? [true, false] : [false]));
  return { pattern, problem: githubProblem(text), isExclusion: false };
}

function githubProblem(text: string): string | null {
  if (text.startsWith('!')) return '`!` is not negation in CODEOWNERS';
  if (text.startsWith('\\#')) return '`\\#` does not escape a comment in CODEOWNERS';
  if (hasBracket(text)) return '`[` is not syntax in CODEOWNERS';
  return text.includes('***') ? 'three asterisks in a row are not syntax in CODEOWNERS' : null;
}

function hasBracket(text: string): boolean {
  return text.replaceAll(/\\./g, '').includes('[');
}

/** A pattern without a slash before its end is about every folder; one for a folder is about all that is below it. */
function githubNames(text: string): readonly string[] {
  const names = text.split('/');
  const [first, second] = names;
  if (first === '') names.shift();
  else if (names.length === 1 || (names.length === 2 && second === '')) names.unshift('**');
  const last = names.at(-1);
  // GitHub finds nothing with a lone slash.
  if (names.length === 1 && last === '') return [''];
  if (last === '' || last === '**') return [...names.slice(0, -1), '*', '**'];
  return last === '*' ? names : [...names, '**'];
}

/** Only a pattern that ends with a slash is about a folder, and only one that begins with it about the top. */
function gitlabNames(text: string): readonly string[] {
  const names = text.split('/');
  if (names[0] === '') names.shift();
  else names.unshift('**');
  const last = names.at(-1);
  if (last === '') return [...names.slice(0, -1), '**', '*'];
  return last === '**' ? [...names.slice(0, -1), '*'] : names;
}

/** `classes`: the ways to read brackets. */
function asSegment(name: string, classes: readonly boolean[]): Segment {
  if (/^\*{2,}$/.test(name)) return null;
  return classes.flatMap((each) => readSegment(name, { classes: each, lists: false }));
}
