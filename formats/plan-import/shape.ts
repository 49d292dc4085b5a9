// Reads JSON of other tools: only what an import needs must have its shape; everything else may be there.

import { z } from 'zod';
import type { ImportNote } from './item.ts';
import type { Path } from '../yaml/wording.ts';
import { describePath } from '../yaml/wording.ts';
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
    return { errors: [noteOf(`it is not JSON: ${errorText(error)}`, line)] };
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
  const errors = result.error.issues.slice(0, maxErrors).map((issue) => {
    const where = describePath([...root, ...issue.path]);
    return noteOf(`${where === '' ? 'the file' : where}: ${issue.message}`, line);
  });
  return { errors };
}

/** A text that may be missing. */
export const someText = z.string().nullish();

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
