// Globs over paths of a repository: the one place that decides what is syntax and what is a name. Used wherever globs
// judge paths (policy, protection, scopes, inputs of a setup, files to copy).
//
// Syntax is `*`, `?`, `**` as a whole name, `{a,b}`, `[abc]`, `[a-z]`, `[!a]` and `\` before a literal character.
// Everything else is a name: `(admin)`, `+layout`, `@scope`. A name that holds brackets or braces is ambiguous:
// `[id]` may be a folder of that name, or the folders `i` and `d`. There are two answers:
//
//   surely     as a name; as syntax only where the target has no such name. For globs that permit: a scope, an allowing
//              rule.
//   possibly   both. For globs that guard: a rule that asks or denies, a protection.
//
// The answer depends only on the globs and on the target's paths, so it is the same on every host. Names that a unit
// invents do not count. Matching takes linear time in the length of a path, whatever the glob.

import { type Reading, type Spelling, expandAcross, readSegment, sequenceMatches } from './syntax.ts';
import { compareText } from '../../domain/text/compare.ts';

/** Paths of the target whose last name could be taken for syntax; made by `ambiguousNames`. */
export type AmbiguousNames = readonly string[];

export interface PathGlobs {
  surely(path: string): boolean;
  possibly(path: string): boolean;
  /** Whether a glob surely covers the path and spells out its first folder or file: a wildcard alone names nothing. */
  names(path: string): boolean;
}

/** One name of a path, in every way in which it may be read; null = `**`. */
export type Segment = readonly Spelling[] | null;
export type Pattern = readonly Segment[];

/** Reads `globs` for a target. An empty list matches nothing. Paths are relative, with `/`; dotfiles count. */
export function readGlobs(globs: readonly string[], target: AmbiguousNames): PathGlobs {
  const known = target.map((path) => path.split('/'));
  const texts = globs.flatMap(spellingsOf);
  const wide = texts.map((segments) => segments.map((text) => asSegment(text, 'either')));
  const sure = texts.map((segments) => readSurely(segments, known));
  const named = sure.filter(([first]) => first?.every(({ text }) => text !== null) ?? false);
  const matcher = (patterns: readonly Pattern[]) => (path: string) => {
    const names = path.split('/');
    return patterns.some((pattern) => patternMatches(pattern, names));
  };
  return { surely: matcher(sure), possibly: matcher(wide), names: matcher(named) };
}

/** The target's paths, folders included, whose last name could be taken for syntax. */
export function ambiguousNames(paths: Iterable<string>): AmbiguousNames {
  const found = new Set<string>();
  for (const path of paths) {
    if (!/[[{]/.test(path)) continue;
    const names = path.split('/');
    names.forEach((name, i) => {
      if (/[[{]/.test(name)) found.add(names.slice(0, i + 1).join('/'));
    });
  }
  return [...found];
}

/** Whether these globs can only be read with the target's paths. */
export function areAmbiguous(globs: readonly string[]): boolean {
  return globs.some((glob) => /[[{]/.test(glob));
}

/** Does any of `globs` match in any reading? For uses where matching too much does no harm. */
export function matchesAny(path: string, globs: readonly string[]): boolean {
  return readGlobs(globs, []).possibly(path);
}

/** The paths that each of `globs` surely covers. */
export function coveredBy(globs: Iterable<string>, paths: readonly string[]): Map<string, readonly string[]> {
  const sorted = paths.toSorted(compareText);
  const known = ambiguousNames(paths).map((path) => path.split('/'));
  const covered = (glob: string): string[] => {
    const patterns = spellingsOf(glob).map((segments) => readSurely(segments, known));
    const found = patterns.flatMap((pattern) =>
      pathsBelow(sorted, spelledFolders(pattern)).filter((path) => patternMatches(pattern, path.split('/'))),
    );
    return [...new Set(found)];
  };
  return new Map([...new Set(globs)].map((glob) => [glob, covered(glob)]));
}

/** Those of `globs` that match none of `paths`, in any reading. */
export function withoutMatch(globs: readonly string[], paths: readonly string[]): string[] {
  const sorted = paths.toSorted(compareText);
  const judged = new Map<string, boolean>();
  const hasMatch = (glob: string): boolean => {
    const patterns = spellingsOf(glob).map((texts) => texts.map((text) => asSegment(text, 'either')));
    return patterns.some((pattern) => {
      const below = pathsBelow(sorted, spelledFolders(pattern));
      return below.some((path) => patternMatches(pattern, path.split('/')));
    });
  };
  return globs.filter((glob) => {
    const known = judged.get(glob) ?? hasMatch(glob);
    judged.set(glob, known);
    return !known;
  });
}

/**
 * A glob as lists of names: with its lists that hold slashes written out, and unexpanded, since all of it may be a
 * name.
 */
function spellingsOf(glob: string): string[][] {
  return [...new Set([glob, ...expandAcross(glob)])].map(segmentsOf);
}

// `docs/` is everything below `docs`. `docs/**` includes `docs` itself, but `*/**` excludes files at the top.
function segmentsOf(glob: string): string[] {
  const named = glob.split('/').filter((text) => text !== '' && text !== '.');
  if (glob.endsWith('/')) named.push('**');
  const texts = named.filter((text, i) => text !== '**' || named[i - 1] !== '**');
  const before = texts.at(-2);
  const atLeastOne = texts.at(-1) === '**' && before !== undefined && before !== '**' && before.endsWith('*');
  return atLeastOne ? [...texts.slice(0, -1), '*', '**'] : texts;
}

function asSegment(text: string, reading: Reading | 'either'): Segment {
  if (text === '**') return null;
  const readings: Reading[] =
    reading === 'either'
      ? [true, false].flatMap((classes) => [true, false].map((lists) => ({ classes, lists })))
      : [reading];
  return readings.flatMap((each) => readSegment(text, each));
}

function readSurely(texts: readonly string[], known: readonly (readonly string[])[]): Pattern {
  const wide = texts.map((text) => asSegment(text, 'either'));
  return texts.map((text, i) => {
    if (wide[i] === null || wide[i] === undefined || !areAmbiguous([text])) return wide[i] ?? null;
    /** Whether the target has a name here that holds the characters themselves. */
    const exists = (readings: readonly Reading[]): boolean => {
      const segment = readings.flatMap((reading) => readSegment(text, reading));
      const pattern = [...wide.slice(0, i), segment];
      return known.some((names) => patternMatches(pattern, names));
    };
    const either = [true, false];
    const classes = text.includes('[') && exists(either.map((lists) => ({ classes: false, lists }))) ? [false] : either;
    const lists =
      text.includes('{') && exists(either.map((each) => ({ classes: each, lists: false }))) ? [false] : either;
    return classes.flatMap((each) => lists.flatMap((list) => readSegment(text, { classes: each, lists: list })));
  });
}

/** `names`: a path, split at its slashes. */
export function patternMatches(pattern: Pattern, names: readonly string[]): boolean {
  return sequenceMatches(pattern, names, {
    isStar: (segment) => segment === null,
    matches: (segment, name) => segment?.some((spelling) => nameMatches(spelling, name)) ?? false,
  });
}

function nameMatches({ text, pieces }: Spelling, name: string): boolean {
  if (text !== null) return text === name;
  return sequenceMatches(pieces, Array.from(name), {
    isStar: ({ kind }) => kind === 'star',
    matches: (piece, character) => {
      if (piece.kind === 'character') return piece.character === character;
      return piece.kind === 'any' || (piece.kind === 'class' && piece.holds(character));
    },
  });
}

/** The folders at the start of a pattern that can be read in only one way. */
function spelledFolders(pattern: Pattern): string {
  const names: string[] = [];
  for (const segment of pattern) {
    const [first] = segment ?? [];
    if (!first?.text || segment?.some(({ text }) => text !== first.text)) break;
    names.push(first.text);
  }
  return names.join('/');
}

/** From sorted paths, `folder` itself and those below it. */
function pathsBelow(sorted: readonly string[], folder: string): readonly string[] {
  if (folder === '') return sorted;
  const own = lowerBound(sorted, folder);
  const itself = sorted[own] === folder ? [folder] : [];
  // '0' is the character after '/'.
  return [...itself, ...sorted.slice(lowerBound(sorted, `${folder}/`), lowerBound(sorted, `${folder}0`))];
}

function lowerBound(sorted: readonly string[], text: string): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (compareText(sorted[middle] ?? '', text) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}
