// A tool call as people are asked about it: in words, and with the hash that their consent is bound to.

import { createHash } from 'node:crypto';
import type { ToolRequest } from '../../../contracts/tool-request.ts';
import type { ToolCall } from '../../../contracts/documents/journal.ts';

/** Characters of a call that people can still look at. */
export const longestRequest = 10_000;
const longestWords = 1_000;
const mostMatched = 20;

export interface Circumstances {
  readonly directory: string;
  /** Of the worktree as it is now. */
  readonly tree: string;
  readonly matched: readonly string[];
  /** What the agent said in the same answer. */
  readonly words: string;
}

export function requestOf(call: ToolCall, { directory, tree, matched, words }: Circumstances): ToolRequest {
  return {
    call: call.id,
    tool: call.name,
    text: textOf(call),
    directory,
    matched: matched.slice(0, mostMatched),
    words: words.slice(0, longestWords),
    key: keyOf(call, directory),
    hash: hashOf(call, { directory, tree }),
  };
}

/** Names the same call in the same directory. */
export function keyOf({ name, input }: ToolCall, directory: string): string {
  return sha256([name, input, directory]);
}

/**
 * Names exactly what would happen, and this one call: in another conversation the same command is another call. `at`:
 * where, and in which state of the worktree.
 */
export function hashOf({ id, name, input }: ToolCall, at: Pick<Circumstances, 'directory' | 'tree'>): string {
  return sha256([id, name, input, at.directory, at.tree]);
}

/** The call in full, for people: what runs first, then whatever else was said about how. */
export function textOf(call: ToolCall): string {
  const main = mainFields.find((field) => fieldOf(call, field) !== undefined);
  const first = main === undefined ? [] : [fieldOf(call, main) ?? ''];
  const rest = Object.entries(call.input ?? {}).filter(([field]) => field !== main && field !== 'description');
  return [
    ...first,
    ...rest.map(([field, value]) => `${field}: ${typeof value === 'string' ? value : JSON.stringify(value)}`),
  ].join('\n');
}

const mainFields = ['path', 'file_path', 'command'];

/** A text in a call's input; undefined = there is none of this name. */
export function fieldOf({ input }: ToolCall, field: string): string | undefined {
  const value = new Map<string, unknown>(Object.entries(input ?? {})).get(field);
  return typeof value === 'string' ? value : undefined;
}

function sha256(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex');
}
