// Checks data against a zod schema and describes errors in the terms of the file: paths as the user would write them,
// places from the document, suggestions for unknown keys. Knows nothing of plans or configuration.

import { z } from 'zod';
import type { PlacedError } from './placed-error.ts';
import type { Path } from './wording.ts';
import type { YamlDocument } from './document.ts';
import { maxErrors } from './placed-error.ts';
import { describePath, describeValue, quote, suggest } from './wording.ts';

type Issue = z.core.$ZodIssue;

export function checkShape<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  document: YamlDocument,
): { readonly data: z.output<Schema> | null; readonly errors: PlacedError[] } {
  const result = schema.safeParse(value, { reportInput: true, error: wording });
  if (result.success) return { data: result.data, errors: [] };
  const issues = result.error.issues.flatMap((issue) => settleUnion(issue, [])).slice(0, maxErrors);
  return { data: null, errors: issues.flatMap((issue) => placeIssue(issue, schema, document)) };
}

/** The same of a value without places: `units[0].id is missing`. `root`: where it stands. */
export function describeShape(schema: z.ZodType, value: unknown, root: Path): string[] {
  const { error } = schema.safeParse(value, { reportInput: true, error: wording });
  return (error?.issues ?? []).flatMap((issue) =>
    settleUnion(issue, root).map((each) => `${describePath(each.path) || 'the file'} ${explain(each)}`),
  );
}

/** The branch of a union that the user meant: the one for this kind of value. */
function settleUnion(issue: Issue, above: Path): Issue[] {
  const path = [...above, ...issue.path];
  if (issue.code !== 'invalid_union') return [{ ...issue, path }];
  const meant = issue.errors.filter((branch) => !branch.some(({ code, path: at }) => isKind(code) && at.length === 0));
  if (meant.length === 0) return [{ ...issue, path }];
  return (meant[0] ?? []).flatMap((inner) => settleUnion(inner, path));
}

function isKind(code: Issue['code']): boolean {
  return code === 'invalid_type' || code === 'invalid_union';
}

function placeIssue(issue: Issue, schema: z.ZodType, document: YamlDocument): PlacedError[] {
  const where = describePath(issue.path);
  if (issue.code === 'unrecognized_keys') {
    const known = keysAt(schema, issue.path);
    return issue.keys.map((key) => ({
      at: document.placeOfKey([...issue.path, key]),
      message: `unknown key ${quote(key)}${where === '' ? '' : ` in ${where}`}${suggest(key, known)}`,
    }));
  }
  if (issue.code === 'invalid_key') {
    const message = `${where} ${issue.issues[0]?.message ?? issue.message}`;
    return [{ at: document.placeOfKey(issue.path), message }];
  }
  return [{ at: document.place(issue.path), message: `${where || 'the file'} ${explain(issue)}` }];
}

/** A message that the schema gives itself comes first. */
function explain(issue: Issue): string {
  const isMissing = issue.input === undefined && missing.has(issue.code);
  return isMissing ? 'is missing' : issue.message;
}

const missing: ReadonlySet<Issue['code']> = new Set(['invalid_type', 'invalid_value', 'invalid_union']);

/** For issues whose schema has no message. */
function wording(issue: z.core.$ZodRawIssue): string | undefined {
  switch (issue.code) {
    case 'invalid_type':
      return `must be ${kinds[issue.expected] ?? issue.expected}, not ${describeValue(issue.input)}`;
    case 'invalid_value': {
      const names = issue.values.map(String);
      const given = typeof issue.input === 'string' ? quote(issue.input) : describeValue(issue.input);
      const meant = typeof issue.input === 'string' ? suggest(issue.input, names) : '';
      return `must be ${names.join(' or ')}, not ${given}${meant}`;
    }
    case 'too_small':
      return tooSmall(issue);
    case 'too_big':
      return isNumber(issue) ? `must be ${issue.inclusive === true ? 'at most' : 'below'} ${issue.maximum}` : undefined;
    default:
      return undefined;
  }
}

function tooSmall(issue: z.core.$ZodRawIssue<z.core.$ZodIssueTooSmall>): string | undefined {
  if (isNumber(issue)) return `must be ${issue.inclusive === true ? 'at least' : 'above'} ${issue.minimum}`;
  if (issue.minimum !== 1) return undefined;
  return issue.origin === 'array' ? 'must not be an empty list' : 'must not be empty';
}

function isNumber({ origin }: { readonly origin: string }): boolean {
  return origin === 'number' || origin === 'int';
}

const kinds: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a finite number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a map',
  record: 'a map',
};

/** The keys that a map at `path` may have. */
function keysAt(schema: z.core.$ZodType, path: Path): string[] {
  const [step, ...rest] = path;
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodNullable) return keysAt(schema.unwrap(), path);
  if (schema instanceof z.ZodUnion) return schema.options.flatMap((option) => keysAt(option, path));
  if (schema instanceof z.ZodArray) return step === undefined ? [] : keysAt(schema.element, rest);
  if (schema instanceof z.ZodRecord) return step === undefined ? [] : keysAt(schema.valueType, rest);
  if (!(schema instanceof z.ZodObject)) return [];
  const shape = schema.shape as Record<string, z.core.$ZodType>;
  if (step === undefined) return Object.keys(shape);
  const inner = shape[String(step)];
  return inner === undefined ? [] : keysAt(inner, rest);
}
