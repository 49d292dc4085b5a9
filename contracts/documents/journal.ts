// Shapes and file names of the journal, the record of a session in a unit's checkpoints. Written by the session
// (activities/agent/conversation/journal.ts), read by whoever continues it and by `coppice logs`.

import type { Usage } from '../usage.ts';

export const prefixFile = 'prefix.json';

export function turnFile(turn: number): string {
  return `turns/${String(turn).padStart(6, '0')}.json`;
}

/** The turn number in a file name; null for other files. */
export function turnOfFile(name: string): number | null {
  const digits = /^turns\/(\d{6,})\.json$/.exec(name)?.[1];
  return digits === undefined ? null : Number(digits);
}

/**
 * If a driver keeps a record of its own, this file holds that record up to the end of a turn: one JSON object per line.
 */
export function transcriptFile(turn: number): string {
  return `transcript/${String(turn).padStart(6, '0')}.jsonl`;
}

/** The folder of a review's own journal and subject; without a number, that of all reviews. */
export function reviewFolder(number?: number): string {
  return number === undefined ? 'review/' : `review/${number}/`;
}

/** Which review a file belongs to, and its name in that review's folder; null for the files of the unit itself. */
export function reviewOfFile(name: string): { readonly review: number; readonly name: string } | null {
  const [, number = '', rest = ''] = /^review\/(\d+)\/(.+)$/.exec(name) ?? [];
  return number === '' ? null : { review: Number(number), name: rest };
}

/** Fixed for the life of the session, so that prompt caches stay warm on every host. */
export interface Prefix {
  readonly model: string;
  readonly system: string;
  readonly firstMessage: string;
  /** What the user said before the first answer. */
  readonly notes?: readonly Note[];
  /** USD for calls before the first answer that a host's death cut off, at their highest possible cost. */
  readonly lostUsd?: number;
}

/** A block exactly as the Messages API sent it, because it must be sent back unchanged. */
export interface Block {
  readonly type: string;
  readonly [field: string]: unknown;
}

export interface ToolResult {
  readonly id: string;
  readonly output: string;
  readonly isError: boolean;
  readonly exitCode: number | null;
}

export interface Turn {
  /** From 1. */
  readonly turn: number;
  /** ISO 8601. */
  readonly at: string;
  readonly host: string;
  readonly answer: readonly Block[];
  readonly stopReason: string;
  readonly usage: Usage;
  readonly costUsd: number;
  /** USD for calls after this answer that a host's death cut off, at their highest possible cost. */
  readonly lostUsd?: number;
  /** The answer is a summary: it stands in for everything before it. */
  readonly summary?: true;
  /** Long results of turns before this one are no longer sent. */
  readonly clearsBefore?: number;
  readonly results: readonly ToolResult[];
  /** The call of this answer that people must allow; absent = there was none. */
  readonly held?: HeldCall;
  /** What the user said next: feedback from checks, from the queue, from people. */
  readonly notes: readonly Note[];
}

/** A call that has not begun when it is recorded here. */
export interface HeldCall {
  readonly call: string;
  /** Where it would run. */
  readonly directory: string;
  /** What people have allowed, and who; absent = they have not decided. */
  readonly allowed?: { readonly hash: string; readonly by: string };
  /** It was let go: it has run, or was interrupted, and does not run again. */
  readonly begun?: true;
}

export interface Note {
  /** Identifies the note's subject, so that it is never added twice. */
  readonly key: string;
  readonly text: string;
}

export interface ToolCall {
  readonly id: string;
  readonly name: string;
  readonly input: unknown;
}

export function toolCalls(blocks: readonly Block[]): ToolCall[] {
  return blocks.flatMap(({ type, id, name, input }) =>
    type === 'tool_use' && typeof id === 'string' && typeof name === 'string' ? [{ id, name, input }] : [],
  );
}

/** What the model has said in an answer; empty if it only called tools. */
export function textOfAnswer(answer: readonly Block[]): string {
  const words = answer.flatMap(({ text }) => (typeof text === 'string' ? [text] : []));
  return words.join('\n').trim();
}
