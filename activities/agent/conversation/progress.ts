// Detects a session that makes no progress. A turn is idle if the worktree is unchanged and every result repeats an
// earlier result of the same call. Numbers are ignored, because clocks and process ids always differ. Output alone is
// no progress: a loop can print forever. A host that takes over a session counts from zero.

import { createHash } from 'node:crypto';
import type { Sha } from '../../../contracts/ids.ts';
import type { ToolCall, ToolResult, Turn } from '../../../contracts/documents/journal.ts';
import { toolCalls } from '../../../contracts/documents/journal.ts';

/** Idle turns in a row after which the agent is warned, and after which it counts as stuck. */
export const idleTurns = { told: 5, stuck: 10 } as const;

export class Progress {
  /** Idle turns in a row, up to the last turn whose effect on the worktree is known. */
  idle = 0;
  private readonly known = new Set<string>();
  private tree: Sha | null = null;

  /** `turns` are those of earlier hosts: their results count as known. */
  constructor(turns: readonly Turn[]) {
    for (const turn of turns) this.learn(turn);
  }

  /** Call once per answer, which is the last turn of `turns`; `tree` is the worktree when the answer arrived. */
  answered(turns: readonly Turn[], tree: Sha): void {
    const before = turns.at(-2);
    if (before !== undefined && this.tree !== null) this.judge(before, this.tree !== tree);
    this.tree = tree;
  }

  private judge(turn: Turn, changed: boolean): void {
    const learned = this.learn(turn);
    if (changed || learned || turn.notes.some(({ key }) => !isIdleNote(key))) this.idle = 0;
    else if (turn.results.length > 0) this.idle += 1;
  }

  /** True if the turn has results that are new. */
  private learn({ answer, results }: Turn): boolean {
    const calls = new Map(toolCalls(answer).map((call) => [call.id, call]));
    const before = this.known.size;
    for (const result of results) this.known.add(fingerprint(calls.get(result.id), result));
    return this.known.size > before;
  }
}

/** Key of the note that warns the agent after this turn. */
export function idleNote(turn: number): string {
  return `idle:${turn}`;
}

function isIdleNote(key: string): boolean {
  return key.startsWith('idle:');
}

function fingerprint(call: ToolCall | undefined, { output, isError }: ToolResult): string {
  const text = JSON.stringify([call?.name, call?.input, output, isError]);
  return createHash('sha1').update(text.replaceAll(/\d+/g, '0')).digest('base64');
}
