// The append-only record of a session, kept under `.coppice/` of the unit's checkpoints: `prefix.json` once, then one
// file per turn. From it any host rebuilds the same conversation, byte for byte. A turn's file changes only while it is
// the last one. `logs` reads the same files.

import type { UnitTotals } from '../../domain/activity-contracts.ts';
import {
  type Block,
  type Prefix,
  type ToolResult,
  type Turn,
  prefixFile,
  toolCalls,
  turnFile,
} from '../../domain/journal.ts';
import { addUsage, noTotals } from '../../domain/unit.ts';

export interface Message {
  readonly role: 'user' | 'assistant';
  readonly content: readonly Block[];
}

const interrupted = 'interrupted, outcome unknown: the host stopped before the result was recorded; check first';

export class SessionJournal {
  readonly turns: Turn[] = [];
  private prefix: Prefix | null = null;
  private readonly changed = new Set<string>();

  /** `files` as `UnitStore.files` gives them; empty for a unit that nobody has worked on. */
  static load(files: ReadonlyMap<string, string>): SessionJournal {
    const journal = new SessionJournal();
    const prefix = files.get(prefixFile);
    // Both were written by this class and come back unchanged.
    if (prefix !== undefined) journal.prefix = JSON.parse(prefix) as Prefix;
    for (let turn = 1; ; turn++) {
      const file = files.get(turnFile(turn));
      if (file === undefined) return journal;
      journal.turns.push(JSON.parse(file) as Turn);
    }
  }

  /** Only the first call counts: the prefix of a session never changes. */
  begin(prefix: Prefix): void {
    if (this.prefix !== null) return;
    this.prefix = prefix;
    this.changed.add(prefixFile);
  }

  /** Throws before `begin`. */
  get fixed(): Prefix {
    if (this.prefix === null) throw new Error('the session has not begun');
    return this.prefix;
  }

  get costUsd(): number {
    return this.turns.reduce((sum, turn) => sum + turn.costUsd, 0);
  }

  recordAnswer(answer: Omit<Turn, 'turn' | 'results' | 'notes'>): void {
    this.put({ ...answer, turn: this.turns.length + 1, results: [], notes: [] });
  }

  recordResults(results: readonly ToolResult[]): void {
    const last = this.last();
    this.put({ ...last, results: [...last.results, ...results] });
  }

  /** Adds a message of the user, once for each key. There must be an answer to follow. */
  addUserMessage(message: string, key: string): void {
    if (this.has(key)) return;
    const last = this.last();
    this.put({ ...last, notes: [...last.notes, { key, text: message }] });
  }

  has(key: string): boolean {
    return this.turns.some(({ notes }) => notes.some((note) => note.key === key));
  }

  /** Tool calls of the last answer that have no result yet. */
  openCalls(): { readonly id: string; readonly name: string; readonly input: unknown }[] {
    const last = this.turns.at(-1);
    if (last === undefined) return [];
    const done = new Set(last.results.map(({ id }) => id));
    return toolCalls(last.answer).filter(({ id }) => !done.has(id));
  }

  /** A call that was started by a host that is gone is told to the model as what it is, never silently run again. */
  closeInterrupted(): void {
    const open = this.openCalls();
    if (open.length === 0) return;
    this.recordResults(open.map(({ id }) => ({ id, output: interrupted, isError: true, exitCode: null })));
  }

  /** Whether the next word is the model's. */
  awaitsAnswer(): boolean {
    const last = this.turns.at(-1);
    if (last === undefined) return true;
    return last.results.length > 0 || last.notes.length > 0 || last.stopReason === 'pause_turn';
  }

  messages(): Message[] {
    const messages: Message[] = [{ role: 'user', content: [text(this.fixed.firstMessage)] }];
    for (const { answer, results, notes } of this.turns) {
      messages.push({ role: 'assistant', content: answer });
      const replies = [...results.map(resultBlock), ...notes.map((note) => text(note.text))];
      if (replies.length > 0) messages.push({ role: 'user', content: replies });
    }
    return messages;
  }

  /** Files that changed since the last call, for the next checkpoint. */
  takeChanged(): Record<string, string> {
    const files: Record<string, string> = {};
    for (const name of this.changed) {
      const turn = this.turns.find((each) => turnFile(each.turn) === name);
      files[name] = `${JSON.stringify(turn ?? this.prefix, null, 1)}\n`;
    }
    this.changed.clear();
    return files;
  }

  totals(): UnitTotals {
    return {
      turns: this.turns.length,
      usage: this.turns.reduce((sum, { usage }) => addUsage(sum, usage), noTotals.usage),
      costUsd: this.costUsd,
      estimated: false,
      hosts: [...new Set(this.turns.map(({ host }) => host))],
    };
  }

  private last(): Turn {
    const last = this.turns.at(-1);
    if (last === undefined) throw new Error('the model has not answered yet');
    return last;
  }

  private put(turn: Turn): void {
    this.turns[turn.turn - 1] = turn;
    this.changed.add(turnFile(turn.turn));
  }
}

function text(content: string): Block {
  return { type: 'text', text: content };
}

function resultBlock({ id, output, isError }: ToolResult): Block {
  return { type: 'tool_result', tool_use_id: id, content: output, is_error: isError };
}
