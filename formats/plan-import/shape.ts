// Reads JSON of other tools: only what an import needs must have its shape; everything else may be there.

import { z } from 'zod';
import type { ImportNote } from './item.ts';
import type { Path } from '../yaml/wording.ts';
import { describeShape } from '../yaml/check-shape.ts';
import { quote } from '../yaml/wording.ts';
import { errorText } from '../../domain/errors.ts';
import { noteOf } from './item.ts';

export type Shaped<Value> =
  | { readonly value: Value; readonly errors?: never }
  | { readonly value?: never; readonly errors: readonly ImportNote[] };

const maxErrors = 20;

export function readJson(text: string, line: number | null = null): Shaped<unknown> {
  try {
    return { value: JSON.parse(text) as unknown };
  } catch (error) {
    const problem = jsonProblem(errorText(error), text);
    return { errors: [noteOf(`it is not JSON${problem.words}`, line ?? problem.line)] };
  }
}

/** `root` is where the value stands in the file. */
export function readShape<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  { root = [], line = null }: { readonly root?: Path; readonly line?: number | null } = {},
): Shaped<z.output<Schema>> {
  const result = schema.safeParse(value);
  if (result.success) return { value: result.data };
  return {
    errors: describeShape(schema, value, root)
      .slice(0, maxErrors)
      .map((message) => noteOf(message, line)),
  };
}

/** What V8 says of it, in words, and the line if it says one. */
function jsonProblem(message: string, text: string): { words: string; line: number | null } {
  const [, line, column] = /\(line (\d+) column (\d+)\)/.exec(message) ?? [];
  if (line !== undefined) return { words: `: column ${column} of that line is wrong`, line: Number(line) };
  if (/end of JSON/.test(message)) return { words: ': it ends too early', line: text.trimEnd().split('\n').length };
  const [, sign] = /Unexpected token '(.)'/u.exec(message) ?? [];
  return { words: sign === undefined ? '' : `: the character ${quote(sign)} is out of place`, line: null };
}

/** A text that may be missing. */
export const someText = z.string().nullish();

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
