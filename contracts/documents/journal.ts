// The record of a session as it is kept in a unit's checkpoints: shapes and file names. Written by the session
// (activities/agent/conversation/journal.ts), read by anyone who continues with it and by `coppice logs`.

import type { Usage } from '../usage.ts';

export const prefixFile = 'prefix.json';

export function turnFile(turn: number): string {
  return `turns/${String(turn).padStart(6, '0')}.json`;
}

/** The number of the turn that a file is about; null for other files. */
export function turnOfFile(name: string): number | null {
  const digits = /^turns\/(\d{6,})\.json$/.exec(name)?.[1];
  return digits === undefined ? null : Number(digits);
}

/** Holds what a driver with a record of its own has written up to the end of a turn, one JSON object in a line. */
export function transcriptFile(turn: number): string {
  return `transcript/${String(turn).padStart(6, '0')}.jsonl`;
}

/** Fixed for the life of the session, so that prompt caches stay warm on every host. */
export interface Prefix {
  readonly model: string;
  readonly system: string;
  readonly firstMessage: string;
  /** What the user said before the first answer. */
  readonly notes?: readonly Note[];
  /** USD for calls before the first answer that a host's death has cut off, at the most that they can have cost. */
  readonly lostUsd?: number;
}

/** A block as the Messages API sent it; kept whole, because it must be sent back as it came. */
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
  /** USD for calls after this answer that a host's death has cut off, at the most that they can have cost. */
  readonly lostUsd?: number;
  /** The answer is a summary: it stands in for everything before it. */
  readonly summary?: true;
  /** Long results of turns before this one are no longer sent. */
  readonly clearsBefore?: number;
  readonly results: readonly ToolResult[];
  /** What the user said next: feedback of checks, of the queue, of people. */
  readonly notes: readonly Note[];
}

export interface Note {
  /** Says what the note is about, so that it is never added twice. */
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
