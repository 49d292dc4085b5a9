// Keeps a session's checkpoint current: the worktree and the conversation in one commit. Takes a new snapshot only
// after a command that may have changed the worktree. What is kept here only goes out with the next save: an answer
// that starts no command may wait for the result, and what commands did is saved while the model thinks.

import { errorText } from '../../../domain/errors.ts';
import type { KeepOptions, ResultMessage, UnitResult, UnitStore } from '../../repository/contract.ts';
import type { Conversations } from '../review/reviews.ts';
import type { Sha } from '../../../contracts/ids.ts';
import type { SliceHeartbeats } from './slice-heartbeat.ts';
import { failureType } from '../../../contracts/failures.ts';

interface SaverContext {
  readonly store: UnitStore;
  readonly journal: Conversations;
  readonly heartbeats: SliceHeartbeats;
  /** Aborted on cancel. */
  readonly signal: AbortSignal;
  /** Called when the journal is taken for a checkpoint; what it returns, when that is acknowledged. */
  mark(): (() => void) | undefined;
}

interface Cursor {
  readonly turn: number;
  readonly costUsd: number;
  readonly whenSaved: (() => void) | undefined;
}

export class Saver {
  private readonly context: SaverContext;
  private touched = false;
  private savedTree: Sha | null = null;
  private whyUnstorable: string | null = null;
  private skippedPaths: readonly string[] = [];
  /** Where the conversation was when something was kept that is not in an acknowledged checkpoint; null = nothing is. */
  private unsent: Cursor | null = null;
  private acknowledgedTurn: number;
  /** Work that goes on beside the session. Everything else here waits for it first. */
  private aside: Promise<void> = Promise.resolve();
  private isAwaited = false;

  constructor(context: SaverContext) {
    this.context = context;
    this.acknowledgedTurn = context.journal.turns.length;
  }

  /** The work as last kept on this host; null = not kept yet. */
  get tree(): Sha | null {
    return this.savedTree;
  }

  /** Why the worktree cannot be stored, so that only the conversation is saved; null = it can. */
  get unstorable(): string | null {
    return this.whyUnstorable;
  }

  /** Paths of the last snapshot that cannot be part of the work. */
  get skipped(): readonly string[] {
    return this.skippedPaths;
  }

  /** True if an answer of the model is only here. */
  get holdsAnswer(): boolean {
    return this.unsent !== null && this.unsent.turn > this.acknowledgedTurn;
  }

  /** Marks the worktree as possibly changed by a command. */
  touch(): void {
    this.touched = true;
  }

  /** Resolves when an acknowledged checkpoint holds everything about the unit. */
  async save(): Promise<void> {
    await this.keep();
    await this.send();
  }

  /** Takes what a checkpoint needs, and leaves it for the next `save` or `push`. */
  async keep(): Promise<void> {
    await this.settled();
    await this.take().catch((error: unknown) => {
      if (failureType(error) !== 'SnapshotRefused') throw error;
      this.whyUnstorable = errorText(error);
      return this.take({ untouched: true });
    });
  }

  /** Resolves when an acknowledged checkpoint holds everything that was kept. */
  async push(): Promise<void> {
    await this.settled();
    await this.send();
  }

  /**
   * `save`, beside a call to the model. If that ends first, what is taken goes out with the next save, as does what could
   * not be saved: then that one fails, too, and says why.
   */
  saveAside(): void {
    this.goAside(async () => {
      await this.take();
      if (!this.isAwaited) await this.send();
    });
  }

  /** `push`, beside a command of ours. What could not be pushed goes out with the next push. */
  pushAside(): void {
    this.goAside(() => this.send());
  }

  /** Resolves when nothing goes on beside the session any more, whether it succeeded or not. */
  async settled(): Promise<void> {
    this.isAwaited = true;
    await this.aside;
    this.isAwaited = false;
  }

  /** The unit's result, in one checkpoint with what was kept; null = nothing has changed. */
  async makeResult(message: ResultMessage): Promise<UnitResult | null> {
    await this.settled();
    const made = await this.context.store.makeResult(message);
    const { checkpoint } = this.context.store;
    if (made !== null && checkpoint !== null) this.acknowledged(checkpoint);
    return made;
  }

  /** Call after a command of ours has run in the worktree: its leftovers are not the unit's work. */
  setBaseline(): Promise<void> {
    const { store, signal } = this.context;
    return this.leaveBehind(() => store.setBaseline(signal));
  }

  /** Removes what a command of ours left, so that it is not in the agent's way. */
  undoCommand(): Promise<void> {
    const { store, signal } = this.context;
    return this.leaveBehind(() => store.undoCommand(signal));
  }

  private async leaveBehind(ours: () => Promise<void>): Promise<void> {
    await this.settled();
    try {
      await ours();
      this.touched = false;
    } catch (error) {
      // The next save fails in the same way, and tells the agent.
      if (failureType(error) !== 'SnapshotRefused') throw error;
      this.touched = true;
    }
  }

  private goAside(work: () => Promise<void>): void {
    this.aside = this.aside.then(work).catch(() => undefined);
  }

  private async take(options: KeepOptions = {}): Promise<void> {
    const { store, journal, signal, mark } = this.context;
    const files = journal.takeChanged();
    const cursor = { turn: journal.turns.length, costUsd: journal.costUsd, whenSaved: mark() };
    const { touched } = this;
    if (!touched && Object.keys(files).length === 0) return;
    const { untouched = !touched } = options;
    if (!untouched) this.touched = false;
    try {
      const { tree, skipped } = await store.keep(files, { untouched, signal });
      if (!untouched) [this.whyUnstorable, this.skippedPaths] = [null, skipped];
      this.savedTree = tree;
      this.unsent = cursor;
    } catch (error) {
      this.touched ||= touched;
      journal.putBack(files);
      throw error;
    }
  }

  private async send(): Promise<void> {
    if (this.unsent !== null) this.acknowledged(await this.context.store.push());
  }

  private acknowledged(checkpoint: Sha): void {
    if (this.unsent === null) return;
    const { turn, costUsd, whenSaved } = this.unsent;
    this.context.heartbeats.saved({ checkpoint, turn, costUsd });
    this.acknowledgedTurn = turn;
    whenSaved?.();
    this.unsent = null;
  }
}
