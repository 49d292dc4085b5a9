// Reads a plan of another tool: text in; out comes a plan of ours with notes on what it does not say, or every error.
// Pure; the command is client/cli/import-plan.ts.

import type { Imported } from './item.ts';
import type { PlanKind } from './kinds.ts';
import { assemble } from './assemble.ts';
import { hasTaskLine } from './spec-kit-lines.ts';
import { isRecord, readJson } from './shape.ts';
import { issueLists } from './github-pages.ts';
import { plainText } from './wording.ts';
import { readBeads } from './beads.ts';
import { readGithub } from './github.ts';
import { readSpecKit } from './spec-kit.ts';
import { readTaskmaster, tagsOf } from './taskmaster.ts';

export interface ImportOptions {
  readonly kind: PlanKind;
  /** Of a Task Master file with several. */
  readonly tag?: string | undefined;
  readonly now: Date;
}

export function importPlan(given: string, { kind, tag, now }: ImportOptions): Imported {
  const text = withoutMark(given);
  switch (kind) {
    case 'spec-kit':
      return assemble(readSpecKit(text));
    case 'taskmaster':
      return assemble(readTaskmaster(text, { tag }));
    case 'beads':
      return assemble(readBeads(text, { now }));
    case 'github':
      return assemble(readGithub(text));
  }
}

/** The kind that the text can only be; null = none, or more than one. */
export function recogniseKind(given: string): PlanKind | null {
  const text = plainText(withoutMark(given));
  const start = text.trimStart()[0] ?? '';
  if (!['{', '['].includes(start)) return hasTaskLine(text) ? 'spec-kit' : null;
  const { value } = readJson(text);
  if (value === undefined)
    return isIssueOfBeads(readJson(text.trimStart().split('\n')[0] ?? '').value) ? 'beads' : null;
  const fits = [
    ...(isListOfTaskmaster(value) ? ['taskmaster' as const] : []),
    ...(isIssueOfBeads(value) ? ['beads' as const] : []),
    ...(isListOfGithub(value) ? ['github' as const] : []),
  ];
  return fits.length === 1 ? (fits[0] ?? null) : null;
}

/** Without the mark of UTF-8 at the beginning. */
function withoutMark(text: string): string {
  return text.replace(/^\uFEFF/, '');
}

function isListOfTaskmaster(value: unknown): boolean {
  const tags = tagsOf(value);
  return tags === null ? isRecord(value) : tags.length > 0;
}

function isIssueOfBeads(value: unknown): boolean {
  if (!isRecord(value)) return false;
  return value['_type'] === 'memory' || (typeof value['id'] === 'string' && 'issue_type' in value);
}

function isListOfGithub(value: unknown): boolean {
  const [, list] = issueLists(value)?.lists[0] ?? [];
  const first: unknown = Array.isArray(list) ? list[0] : undefined;
  return isRecord(first) && 'number' in first && 'title' in first && 'state' in first;
}
