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

/** Names exactly what would happen: the call, where, and in which state of the worktree. */
export function hashOf({ name, input }: ToolCall, at: Pick<Circumstances, 'directory' | 'tree'>): string {
  return sha256([name, input, at.directory, at.tree]);
}

/** The call in full, for people. */
export function textOf({ input }: ToolCall): string {
  const fields = new Map<string, unknown>(Object.entries(input ?? {}));
  const command = fields.get('command');
  const path = fields.get('path') ?? fields.get('file_path');
  if (typeof path !== 'string') return typeof command === 'string' ? command : JSON.stringify(input);
  const rest = [...fields].filter(([name]) => name !== 'path' && name !== 'file_path');
  return [
    path,
    ...rest.map(([name, value]) => `${name}: ${typeof value === 'string' ? value : JSON.stringify(value)}`),
  ].join('\n');
}

function sha256(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex');
}
