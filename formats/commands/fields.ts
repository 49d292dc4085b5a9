// Words of a command as far as they are known before it runs. A word may have gaps: values that only the running shell
// will know. Gaps are never guessed; whoever matches words decides what a gap counts as.

import { quoteWord } from '../../domain/text/shell-word.ts';

/** Text with gaps: null = any text, also none. Two strings or two gaps never follow each other. */
export type Shape = readonly (string | null)[];

/**
 * What one part of a command becomes: `one` word of this shape, `many` words of this shape (one at least, as a glob
 * gives), or `any` number of words, which can be anything.
 */
export interface Field {
  readonly shape: Shape;
  readonly count: 'one' | 'many' | 'any';
  /** Of a process substitution: what can be read from the file that the word names. */
  readonly output?: Shape | undefined;
}

export const unknownText: Shape = [null];
/** Any number of any words. */
export const anyWords: Field = { shape: unknownText, count: 'any' };

export function shapeOf(parts: readonly (string | null)[]): Shape {
  const shape: (string | null)[] = [];
  for (const part of parts) {
    const last = shape.at(-1);
    if (part === '') continue;
    if (part === null) {
      if (last !== null) shape.push(null);
    } else if (typeof last === 'string') shape[shape.length - 1] = last + part;
    else shape.push(part);
  }
  return shape;
}

/** The text, if there are no gaps. */
export function textOf(shape: Shape): string | null {
  if (shape.length === 0) return '';
  const [only] = shape;
  return shape.length === 1 && only !== undefined ? only : null;
}

/** The word, if it is certainly one and has no gaps. */
export function wordOf(field: Field | undefined): string | null {
  return field?.count === 'one' ? textOf(field.shape) : null;
}

export function literal(text: string): Field {
  return { shape: shapeOf([text]), count: 'one' };
}

/** How much is known of it, in characters. */
export function shapeLength(shape: Shape): number {
  return shape.reduce((sum, part) => sum + (part?.length ?? 1), 0);
}

/** The text before the first gap. */
export function startOf(shape: Shape): string {
  return shape[0] ?? '';
}

/** What follows that many characters, which are known. */
export function withoutStart(shape: Shape, length: number): Shape {
  return shapeOf([startOf(shape).slice(length), ...shape.slice(1)]);
}

/** Whether nothing at all is known of it. */
export function isUnknown(shape: Shape): boolean {
  return shape.length === 1 && shape[0] === null;
}

/** Whether a text with gaps can turn out to be `word`. */
export function couldBe(shape: Shape, word: string): boolean {
  const literals = shape.filter((part) => part !== null);
  if (shape.every((part) => part !== null)) return literals.join('') === word;
  const first = startOf(shape);
  const last = shape.length > 1 ? (shape.at(-1) ?? '') : '';
  if (word.length < first.length + last.length || !word.startsWith(first) || !word.endsWith(last)) return false;
  const end = word.length - last.length;
  let at = first.length;
  for (const part of shape.slice(first === '' ? 0 : 1, last === '' ? undefined : -1)) {
    if (part === null) continue;
    const found = word.indexOf(part, at);
    if (found === -1 || found + part.length > end) return false;
    at = found + part.length;
  }
  return true;
}

/** Of a path, what follows the last slash that is known. */
export function baseName(shape: Shape): Shape {
  for (let i = shape.length - 1; i >= 0; i--) {
    const part = shape[i] ?? null;
    const slash = part?.lastIndexOf('/') ?? -1;
    if (part !== null && slash !== -1) return shapeOf([part.slice(slash + 1), ...shape.slice(i + 1)]);
  }
  return shape;
}

/** Several texts with `between` between them; null = something that is not known. */
export function joinShapes(shapes: readonly Shape[], between: string | null): Shape {
  return shapeOf(shapes.flatMap((shape, i) => (i === 0 ? shape : [between, ...shape])));
}

/** The words as one text, as `eval` and `watch` make it of their arguments. */
export function joinFields(fields: readonly Field[], between: string | null = ' '): Shape {
  return joinShapes(
    fields.map(({ shape, count }) => (count === 'one' ? shape : unknownText)),
    between,
  );
}

/** As one word of a script, if it is known; a gap stays one. */
export function quotedShape(shape: Shape): Shape {
  const text = textOf(shape);
  return text === null ? shape : [quoteWord(text)];
}

/** For people: gaps are shown as `…`. */
export function showFields(fields: readonly Field[]): string {
  return fields.map(({ shape }) => shape.map((part) => part ?? '…').join('') || "''").join(' ');
}
