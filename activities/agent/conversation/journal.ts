// The append-only record of a session, kept under `.coppice/` in the unit's checkpoints: `prefix.json`, then one file
// per turn. Any host rebuilds the same conversation from it, byte for byte. Only the file of the last turn still
// changes. `logs` reads the same files.

import { addUsage, noTotals } from '../../../domain/money/usage.ts';
import type { UnitTotals } from '../../../contracts/usage.ts';
import {
  type Block,
  type HeldCall,
  type Note,
  type Prefix,
  type ToolCall,
  type ToolResult,
  type Turn,
  prefixFile,
  textOfAnswer,
  toolCalls,
  transcriptFile,
  turnFile,
} from '../../../contracts/documents/journal.ts';
import { prefixCodec, turnCodec } from '../../../formats/state-documents/journal.ts';
import { summarySoFar } from '../prompts/prompt.ts';

export interface Message {
  readonly role: 'user' | 'assistant';
  readonly content: readonly Block[];
}

/** Turns whose results are never left out, and the longest result that is always sent, in characters. */
const keptTurns = 4;
const shortResult = 400;
const interrupted = 'interrupted, outcome unknown: the host stopped before the result was recorded; check first';

export class SessionJournal {
  readonly turns: Turn[] = [];
  private prefix: Prefix | null = null;
  /** Transcripts of drivers that keep their own, by turn; 0 = before the first answer. */
  private readonly records = new Map<number, string>();
  private readonly changed = new Set<string>();

  /** `files` as `UnitStore.files` returns them; empty for a unit that has not been worked on. */
  static load(files: ReadonlyMap<string, string>): SessionJournal {
    const journal = new SessionJournal();
    const prefix = files.get(prefixFile);
    if (prefix !== undefined) journal.prefix = prefixCodec.read(prefix);
    for (let turn = 0; ; turn++) {
      const record = files.get(transcriptFile(turn));
      if (record !== undefined) journal.records.set(turn, record);
      if (turn === 0) continue;
      const file = files.get(turnFile(turn));
      if (file === undefined) return journal;
      journal.turns.push(turnCodec.read(file));
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
    return this.turns.reduce((sum, turn) => sum + turn.costUsd, 0) + this.lostUsd;
  }

  /** The part of `costUsd` that is only an upper bound. */
  private get lostUsd(): number {
    return this.turns.reduce((sum, { lostUsd = 0 }) => sum + lostUsd, this.prefix?.lostUsd ?? 0);
  }

  recordAnswer(answer: Omit<Turn, 'turn' | 'results' | 'notes'>): void {
    this.put({ ...answer, turn: this.turns.length + 1, results: [], notes: [] });
  }

  recordResults(results: readonly ToolResult[]): void {
    const last = this.last();
    this.put({ ...last, results: [...last.results, ...results] });
  }

  /** Adds a user message after the last answer, or before the first one. Ignores a key that is already there. */
  addUserMessage(message: string, key: string): void {
    if (this.has(key)) return;
    const note = { key, text: message };
    const last = this.turns.at(-1);
    if (last !== undefined) return this.put({ ...last, notes: [...last.notes, note] });
    // The prefix has not been sent to a model yet.
    this.prefix = { ...this.fixed, notes: [...(this.fixed.notes ?? []), note] };
    this.changed.add(prefixFile);
  }

  has(key: string): boolean {
    const isIt = (note: Note): boolean => note.key === key;
    return this.prefix?.notes?.some(isIt) === true || this.turns.some(({ notes }) => notes.some(isIt));
  }

  /** Records the answer to a call that waited for people. Ignores a call that already has a result or does not exist. */
  answerCall(id: string, output: string, { isError = false } = {}): void {
    if (this.openCalls().some((call) => call.id === id)) this.recordResults([{ id, output, isError, exitCode: null }]);
  }

  /** The call that waits for people's permission, or has it and has not begun; null = none. */
  heldCall(): (ToolCall & { readonly held: HeldCall }) | null {
    const held = this.turns.at(-1)?.held;
    const call = this.openCalls().find(({ id }) => id === held?.call);
    return held === undefined || call === undefined || held.begun === true ? null : { ...call, held };
  }

  /** Keeps a call from running until people allow it. */
  hold(call: string, directory: string): void {
    if (this.last().held?.call === call) return;
    this.put({ ...this.last(), held: { call, directory } });
  }

  /** Whether a call that people allowed has begun. */
  hasBegun(call: string): boolean {
    const held = this.turns.at(-1)?.held;
    return held?.call === call && held.begun === true;
  }

  /** Records that people allow the call. Ignores one that is not held. */
  allow(call: string, allowed: NonNullable<HeldCall['allowed']>): void {
    const held = this.heldCall()?.held;
    if (held?.call === call) this.put({ ...this.last(), held: { ...held, allowed } });
  }

  /** Call, and save, before an allowed call runs: from then on it counts as begun, and never runs again. */
  letGo(): void {
    const held = this.heldCall()?.held;
    if (held !== undefined) this.put({ ...this.last(), held: { ...held, begun: true } });
  }

  /** Calls of the last answer that succeeded; none if the agent has been sent a message since. */
  lastCalls(): readonly ToolCall[] {
    const last = this.turns.at(-1);
    if (last === undefined || last.notes.length > 0) return [];
    const done = new Set(last.results.filter(({ isError }) => !isError).map(({ id }) => id));
    return toolCalls(last.answer).filter(({ id }) => done.has(id));
  }

  /** Charges what a call may have cost that was cut off, by its host's death or in the middle of its answer. */
  chargeLostCall(usd: number): void {
    if (usd <= 0) return;
    const last = this.turns.at(-1);
    if (last !== undefined) return this.put({ ...last, lostUsd: (last.lostUsd ?? 0) + usd });
    this.prefix = { ...this.fixed, lostUsd: (this.fixed.lostUsd ?? 0) + usd };
    this.changed.add(prefixFile);
  }

  /** Bytes of old results that `clearResults` would stop sending. */
  clearableBytes(): number {
    const sent = this.turns.findLast(({ summary }) => summary === true)?.turn ?? 0;
    const from = Math.max(this.clearedBefore(), sent);
    const old = this.turns.filter(({ turn }) => turn >= from && turn <= this.turns.length - keptTurns);
    const long = old.flatMap(({ results }) => results).filter(({ output }) => output.length > shortResult);
    return long.reduce((sum, { output }) => sum + Buffer.byteLength(output), 0);
  }

  /** Stops sending long results, except those of the last turns. */
  clearResults(): void {
    if (this.turns.length === 0) return;
    this.put({ ...this.last(), clearsBefore: Math.max(1, this.turns.length - keptTurns + 1) });
  }

  /** The result of a call of the last answer; null if it has none yet. */
  resultOf(id: string): ToolResult | null {
    return this.turns.at(-1)?.results.find((result) => result.id === id) ?? null;
  }

  /** User messages since the last answer. */
  get lastNotes(): readonly Note[] {
    return this.turns.at(-1)?.notes ?? this.prefix?.notes ?? [];
  }

  addToTranscript(turn: number, lines: readonly string[]): void {
    this.records.set(turn, `${this.records.get(turn) ?? ''}${lines.join('\n')}\n`);
    this.changed.add(transcriptFile(turn));
  }

  hasTranscriptOf(turn: number): boolean {
    return this.records.has(turn);
  }

  /** The transcripts of all turns; empty if there are none. */
  transcript(): string {
    const records = [...this.records].toSorted(([a], [b]) => a - b);
    return records.map(([, record]) => record).join('');
  }

  /** Tool calls of the last answer that have no result yet. */
  openCalls(): ToolCall[] {
    const last = this.turns.at(-1);
    if (last === undefined || last.summary === true) return [];
    const done = new Set(last.results.map(({ id }) => id));
    return toolCalls(last.answer).filter(({ id }) => !done.has(id));
  }

  /**
   * Tells the model that the calls of a host that is gone were interrupted, rather than running them again silently.
   * A call that asks a person (`waiting`) stays open for its answer, as does one that people have yet to allow.
   */
  closeInterrupted(waiting: string | null = null): void {
    const held = this.heldCall()?.id;
    const open = this.openCalls().filter(({ id }) => id !== waiting && id !== held);
    if (open.length === 0) return;
    this.recordResults(open.map(({ id }) => ({ id, output: interrupted, isError: true, exitCode: null })));
  }

  /** True if the model is to answer next. */
  awaitsAnswer(): boolean {
    const last = this.turns.at(-1);
    if (last === undefined) return true;
    if (last.summary === true) return true;
    return last.results.length > 0 || last.notes.length > 0 || last.stopReason === 'pause_turn';
  }

  /** The messages to send: everything, or everything since the last summary. The same on every host. */
  messages(): Message[] {
    const { firstMessage, notes: opening = [] } = this.fixed;
    const first = [text(firstMessage), ...opening.map((note) => text(note.text))];
    const at = this.turns.findLastIndex(({ summary }) => summary === true);
    const summary = this.turns[at];
    if (summary !== undefined) {
      first.push(text(summarySoFar(textOfAnswer(summary.answer) || '(nothing was written down)')));
      // Messages that were not answered before the summary are sent as they were written.
      const pending = [...(this.turns[at - 1]?.notes ?? []), ...summary.notes];
      first.push(...pending.map((note) => text(note.text)));
    }
    const messages: Message[] = [{ role: 'user', content: first }];
    const cleared = this.clearedBefore();
    for (const { turn, answer, results, notes } of this.turns.slice(at + 1)) {
      messages.push({ role: 'assistant', content: answer });
      const shown = results.map((result) => resultBlock(turn < cleared ? shortened(result) : result));
      const replies = [...shown, ...notes.map((note) => text(note.text))];
      if (replies.length > 0) messages.push({ role: 'user', content: replies });
    }
    return messages;
  }

  private clearedBefore(): number {
    return this.turns.reduce((latest, { clearsBefore = 0 }) => Math.max(latest, clearsBefore), 0);
  }

  /** Marks files as changed again, because they were not saved. */
  putBack(files: Readonly<Record<string, string>>): void {
    for (const name of Object.keys(files)) this.changed.add(name);
  }

  /** Files that changed since the last call, to go into the next checkpoint. */
  takeChanged(): Record<string, string> {
    const files: Record<string, string> = {};
    for (const name of this.changed) {
      files[name] = this.contentOf(name);
    }
    this.changed.clear();
    return files;
  }

  private contentOf(name: string): string {
    for (const [turn, record] of this.records) if (transcriptFile(turn) === name) return record;
    const turn = this.turns.find((each) => turnFile(each.turn) === name);
    return turn === undefined ? prefixCodec.write(this.fixed) : turnCodec.write(turn);
  }

  totals(): UnitTotals {
    return {
      turns: this.turns.length,
      usage: this.turns.reduce((sum, { usage }) => addUsage(sum, usage), noTotals.usage),
      costUsd: this.costUsd,
      estimated: this.lostUsd > 0,
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

function shortened(result: ToolResult): ToolResult {
  const { output } = result;
  if (output.length <= shortResult) return result;
  return { ...result, output: `[${output.length} characters left out to save room; call again what you need]` };
}

function text(content: string): Block {
  return { type: 'text', text: content };
}

function resultBlock({ id, output, isError }: ToolResult): Block {
  return { type: 'tool_result', tool_use_id: id, content: output, is_error: isError };
}
