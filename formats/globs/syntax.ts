// The parts of a glob: wildcards, classes, lists, and names. Globs are not turned into regular expressions: matching
// could take exponential time, and they would add syntax that nobody asked for.

export type Piece =
  | { readonly kind: 'character'; readonly character: string }
  | { readonly kind: 'any' | 'star' }
  | { readonly kind: 'class'; readonly holds: (character: string) => boolean };

/** One way to spell a name; `text` is the name itself if it has no wildcards. */
export interface Spelling {
  readonly pieces: readonly Piece[];
  readonly text: string | null;
}

/** How a name is read: whether brackets are a class, and whether braces with a comma are a list. */
export interface Reading {
  readonly classes: boolean;
  readonly lists: boolean;
}

/** More than anyone writes by hand; a file with more is refused. */
export const mostAlternatives = 1000;

const classAt = /\[[!^]?\]?[^\]/]*\]/y;

/** The ways to spell one name of a path, without slashes. */
export function readSegment(text: string, { classes, lists }: Reading): Spelling[] {
  const spellings = lists ? expandLists(text, () => true) : [text];
  return spellings.map((spelling) => {
    const pieces = piecesOf(spelling, classes);
    const characters = pieces.flatMap((piece) => (piece.kind === 'character' ? [piece.character] : []));
    return { pieces, text: characters.length === pieces.length ? characters.join('') : null };
  });
}

/** Writes out lists that hold a slash or `**`; lists within one name are left to `readSegment`. */
export function expandAcross(glob: string): string[] {
  return expandLists(glob, (list) => list.includes('/') || list.includes('**'));
}

/** How many ways there are to spell a glob; stops counting at one more than is allowed. */
export function alternativesOf(glob: string): number {
  return expandLists(glob, () => true, mostAlternatives + 1).length;
}

function expandLists(text: string, wanted: (list: string) => boolean, most = mostAlternatives): string[] {
  const list = findList(text, wanted);
  if (list === null) return [text];
  const before = text.slice(0, list.start);
  // The rest is expanded once, not once for each item: otherwise a hundred lists would take for ever.
  const after = expandLists(text.slice(list.end), wanted, most);
  const items = list.items.flatMap((item) => expandLists(item, wanted, most)).slice(0, most);
  const all: string[] = [];
  for (const item of items) {
    for (const rest of after) {
      if (all.length === most) return all;
      all.push(before + item + rest);
    }
  }
  return all;
}

interface List {
  readonly start: number;
  readonly end: number;
  readonly items: readonly string[];
}

/** The first wanted `{a,b}`: balanced, with a comma of its own. */
function findList(text: string, wanted: (list: string) => boolean): List | null {
  for (let at = 0; at < text.length; at = next(text, at)) {
    if (text[at] !== '{') continue;
    const list = listAt(text, at);
    if (list !== null && wanted(text.slice(at, list.end))) return list;
  }
  return null;
}

function listAt(text: string, start: number): List | null {
  const items: string[] = [];
  let depth = 0;
  let from = start + 1;
  for (let at = start; at < text.length; at = next(text, at)) {
    const character = text[at];
    if (character === '{') depth += 1;
    else if (character === ',' && depth === 1) {
      items.push(text.slice(from, at));
      from = at + 1;
    } else if (character === '}') {
      depth -= 1;
      if (depth > 0) continue;
      return items.length === 0 ? null : { start, end: at + 1, items: [...items, text.slice(from, at)] };
    }
  }
  return null;
}

/** The place after the character, escape or class at `at`: commas and braces inside belong to no list. */
function next(text: string, at: number): number {
  if (text[at] === '\\') return at + 2;
  return at + (text[at] === '[' ? (classTextAt(text, at)?.length ?? 1) : 1);
}

function classTextAt(text: string, at: number): string | null {
  classAt.lastIndex = at;
  return classAt.exec(text)?.[0] ?? null;
}

function piecesOf(text: string, classes: boolean): Piece[] {
  const pieces: Piece[] = [];
  for (let at = 0; at < text.length;) {
    const character = String.fromCodePoint(text.codePointAt(at) ?? 0);
    const classText = classes && character === '[' ? classTextAt(text, at) : null;
    const holds = classText === null ? null : readClass(classText);
    if (classText !== null && holds !== null) {
      pieces.push({ kind: 'class', holds });
      at += classText.length;
    } else if (character === '\\' && at + 1 < text.length) {
      const escaped = String.fromCodePoint(text.codePointAt(at + 1) ?? 0);
      pieces.push({ kind: 'character', character: escaped });
      at += 1 + escaped.length;
    } else {
      pieces.push(wildcard(character));
      at += character.length;
    }
  }
  return pieces;
}

function wildcard(character: string): Piece {
  if (character === '*') return { kind: 'star' };
  return character === '?' ? { kind: 'any' } : { kind: 'character', character };
}

/** `[abc]`, `[a-z]`, `[!a]`, `[^a]`; a leading `]` is one of the characters. Null = not a class. */
function readClass(text: string): ((character: string) => boolean) | null {
  const negated = text[1] === '!' || text[1] === '^';
  const characters = Array.from(text.slice(negated ? 2 : 1, -1));
  if (characters.length === 0) return null;
  const ranges: (readonly [from: number, to: number])[] = [];
  for (let i = 0; i < characters.length; i++) {
    const from = codeOf(characters[i]);
    const isRange = characters[i + 1] === '-' && i + 2 < characters.length;
    const to = isRange ? codeOf(characters[i + 2]) : from;
    ranges.push([from, to]);
    if (isRange) i += 2;
  }
  return (character) => {
    const code = codeOf(character);
    return ranges.some(([from, to]) => from <= code && code <= to) !== negated;
  };
}

function codeOf(character = ''): number {
  return character.codePointAt(0) ?? 0;
}

/**
 * Whether a pattern matches a whole input, where a star matches any number of items. Backtracks to the last star only.
 */
export function sequenceMatches<Part, Item>(
  pattern: readonly Part[],
  input: readonly Item[],
  { isStar, matches }: { isStar: (part: Part) => boolean; matches: (part: Part, item: Item) => boolean },
): boolean {
  let [part, item] = [0, 0];
  let [star, tried] = [-1, 0];
  while (item < input.length) {
    const [wanted, found] = [pattern[part], input[item]];
    // `item` is below the length, so the item exists.
    if (part < pattern.length && isStar(wanted as Part)) {
      [star, tried] = [part, item];
      part += 1;
    } else if (part < pattern.length && matches(wanted as Part, found as Item)) {
      part += 1;
      item += 1;
    } else if (star !== -1) {
      tried += 1;
      [part, item] = [star + 1, tried];
    } else {
      return false;
    }
  }
  return pattern.slice(part).every(isStar);
}
