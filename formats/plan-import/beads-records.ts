// The records of `bd export`: JSON, one on each line.

import { z } from 'zod';
import type { ImportNote } from './item.ts';
import { isRecord, readJson, readShape, someText } from './shape.ts';
import { noteOf } from './item.ts';
import { plainText } from './wording.ts';

const dependency = z.looseObject({ depends_on_id: z.string(), type: z.string(), metadata: z.unknown().optional() });

const issue = z.looseObject({
  id: z.string().trim().min(1),
  title: someText,
  description: someText,
  design: someText,
  acceptance_criteria: someText,
  notes: someText,
  status: someText,
  issue_type: someText,
  close_reason: someText,
  defer_until: someText,
  ephemeral: z.boolean().nullish(),
  is_template: z.boolean().nullish(),
  pinned: z.boolean().nullish(),
  dependencies: z.array(dependency).nullish(),
  comments: z.array(z.looseObject({ author: someText, text: someText })).nullish(),
});

export type Dependency = z.output<typeof dependency>;
export type Issue = z.output<typeof issue> & { readonly line: number };

const maxErrors = 20;

/** Memories (`bd remember`) are skipped. */
export function readIssues(text: string): { issues: Issue[]; errors: ImportNote[] } {
  const issues = new Map<string, Issue>();
  const errors: ImportNote[] = [];
  for (const [n, record] of plainText(text).split('\n').entries()) {
    if (record.trim() === '') continue;
    if (errors.length >= maxErrors) break;
    const line = n + 1;
    const json = readJson(record, line);
    if (isRecord(json.value) && json.value['_type'] === 'memory') continue;
    const shaped = json.errors === undefined ? readShape(issue, json.value, { line }) : json;
    if (shaped.errors !== undefined) {
      errors.push(...shaped.errors);
      continue;
    }
    const { id } = shaped.value;
    const first = issues.get(id);
    if (first !== undefined) errors.push(noteOf(`${id} is there twice (first on line ${first.line})`, line));
    else issues.set(id, { ...shaped.value, line });
  }
  return { issues: [...issues.values()], errors };
}
