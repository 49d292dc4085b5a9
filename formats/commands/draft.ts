// Words in the making: texts and gaps are added, and unquoted values split into several words as bash does it.

import { type Field, type Shape, anyWords, shapeOf, startOf } from './fields.ts';

export interface Draft {
  readonly fields: Field[];
  /** Of the last word. */
  parts: (string | null)[];
  started: boolean;
  many: boolean;
  /** Whether a gap of the word may split it. */
  loose: boolean;
  /** Whether even the number of words is not known. */
  lost: boolean;
  output: Shape | undefined;
}

export function newDraft(): Draft {
  return { fields: [], parts: [], started: false, many: false, loose: false, lost: false, output: undefined };
}

/** Text that is never split; it makes a word even if it is empty. */
export function addQuoted(draft: Draft, shape: Shape): void {
  draft.parts.push(...shape);
  draft.started = true;
}

/** `many`: a glob; `loose`: may split the word; `solid`: does not. */
export function addGap(draft: Draft, kind: 'many' | 'loose' | 'solid'): void {
  draft.parts.push(null);
  draft.started = true;
  if (kind === 'many') draft.many = true;
  if (kind === 'loose') draft.loose = true;
}

/** The value of an unquoted expansion; `separators` null = not known. */
export function addUnquoted(draft: Draft, shape: Shape, separators: string | null): void {
  for (const part of shape) {
    if (part === null) addGap(draft, 'loose');
    else if (separators === null && /[^\w/.-]/.test(part)) addGap(draft, 'loose');
    else addSplit(draft, part, separators ?? '');
  }
}

/**
 * The elements of an array, or arguments: the first continues the word, the last is continued. Unless they are quoted,
 * they are split; `separators` null = not known.
 */
export function addFields(
  draft: Draft,
  elements: readonly Field[],
  how: 'quoted' | { readonly separators: string | null },
): void {
  elements.forEach((field, i) => {
    if (i > 0) endWord(draft);
    if (field.count === 'any') addGap(draft, 'loose');
    else if (field.count === 'many') {
      draft.parts.push(...field.shape);
      draft.started = true;
      draft.many = true;
    } else if (how === 'quoted') addQuoted(draft, field.shape);
    else addUnquoted(draft, field.shape, how.separators);
  });
}

export function finish(draft: Draft): Field[] {
  endWord(draft);
  return draft.lost ? [anyWords] : draft.fields;
}

function addSplit(draft: Draft, text: string, separators: string): void {
  let from = 0;
  for (let at = 0; at <= text.length; at++) {
    const char = text[at];
    if (char !== undefined && !separators.includes(char)) continue;
    if (at > from) addGlobbed(draft, text.slice(from, at));
    if (char !== undefined) endWord(draft);
    from = at + 1;
  }
}

/** An unquoted value is a glob, too. */
function addGlobbed(draft: Draft, text: string): void {
  text.split(/[*?[]/).forEach((literal, i) => {
    if (i > 0) addGap(draft, 'many');
    draft.parts.push(literal);
  });
  draft.started = true;
}

function endWord(draft: Draft): void {
  if (!draft.started) return;
  const shape = shapeOf(draft.parts);
  if (draft.loose && !isOneWord(shape)) {
    const start = startOf(shape);
    if (start !== '') draft.fields.push({ shape: [start, null], count: 'one' });
    draft.fields.push(anyWords);
  } else {
    draft.fields.push({ shape, count: draft.many ? 'many' : 'one', output: draft.output });
  }
  draft.parts = [];
  draft.started = false;
  draft.many = false;
  draft.loose = false;
  draft.output = undefined;
}

/**
 * Whether an unquoted value that is not known is taken for one word: with text around it that makes it a path or the
 * value of an option. It could hold spaces all the same, but `$BIN/tsc` would otherwise be any command at all.
 */
function isOneWord(shape: Shape): boolean {
  if (/^-|[=/]/.test(startOf(shape))) return true;
  return (
    shape.some((part) => part !== null) &&
    shape.every((part, i) => part !== null || (shape[i + 1] ?? '').startsWith('/'))
  );
}
