import { describe, expect, it } from 'vitest';
import { noTotals } from '../../domain/money/usage.ts';
import type { Turn } from '../../contracts/documents/journal.ts';
import { Progress, idleNote } from '../../activities/agent/conversation/progress.ts';
import { sha } from '../domain/fixtures.ts';

type Call = readonly [command: string, output: string];

/** A session: each step is the calls of a turn, the worktree after it, and what the user said. */
class Session {
  readonly turns: Turn[] = [];
  readonly progress: Progress;
  private tree = 0;

  constructor(earlier: readonly Turn[] = []) {
    this.turns.push(...earlier);
    this.progress = new Progress(earlier);
  }

  /** Idle turns as they are known when the next answer has come. */
  step(calls: readonly Call[], more: { changes?: boolean; note?: string } = {}): this {
    const turn = this.turns.length + 1;
    this.turns.push(turnOf(turn, calls, more.note));
    this.progress.answered(this.turns, sha(this.tree));
    if (more.changes === true) this.tree += 1;
    return this;
  }

  idle(): number {
    this.step([]);
    return this.progress.idle;
  }
}

function turnOf(turn: number, calls: readonly Call[], note?: string): Turn {
  return {
    turn,
    at: '2026-11-25T12:00:00Z',
    host: 'h',
    stopReason: 'tool_use',
    usage: noTotals.usage,
    costUsd: 0,
    answer: calls.map(([command], i) => ({ type: 'tool_use', id: `${turn}-${i}`, name: 'bash', input: { command } })),
    results: calls.map(([, output], i) => ({ id: `${turn}-${i}`, output, isError: false, exitCode: 0 })),
    notes: note === undefined ? [] : [{ key: note, text: 'x' }],
  };
}

const look: Call = ['cat a', 'hello'];

describe('the progress of a session', () => {
  it('counts turns in which the same calls bring the same answers', () => {
    expect(new Session().step([look]).idle()).toBe(0);
    expect(new Session().step([look]).step([look]).step([look]).idle()).toBe(2);
  });

  it('counts calls in alternation, and those whose answers differ in numbers only', () => {
    const other: Call = ['ls', 'a b'];
    expect(new Session().step([look]).step([other]).step([look]).step([other, look]).idle()).toBe(2);
    expect(
      new Session()
        .step([['date', '12:01:07']])
        .step([['date', '12:01:09']])
        .idle(),
    ).toBe(1);
  });

  it('begins again with a change of the worktree, a new answer, and what the user says', () => {
    const idle = () => new Session().step([look]).step([look]).step([look]);
    expect(idle().step([look], { changes: true }).idle()).toBe(0);
    expect(
      idle()
        .step([['cat a', 'hello you']])
        .idle(),
    ).toBe(0);
    expect(idle().step([look], { note: 'check:1' }).idle()).toBe(0);
    expect(
      idle()
        .step([look], { note: idleNote(4) })
        .idle(),
    ).toBe(3);
  });

  it('does not count an answer without a call', () => {
    expect(new Session().step([look]).step([look]).step([]).step([look]).idle()).toBe(2);
  });

  it('knows on the next host what was found out before, and counts from nothing', () => {
    const { turns } = new Session().step([look]).step([look]).step([look]);
    expect(new Session(turns).step([look]).step([look]).idle()).toBe(2);
    expect(
      new Session(turns)
        .step([look])
        .step([['ls', 'a']])
        .idle(),
    ).toBe(0);
  });
});
