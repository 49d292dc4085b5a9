// Keeps a session's checkpoint current: the worktree and the conversation in one commit. The worktree is looked at again
// only after a command may have changed it.

import { errorText } from '../../../domain/errors.ts';
import type { SessionJournal } from '../conversation/journal.ts';
import type { Sha } from '../../../contracts/ids.ts';
import type { SliceHeartbeats } from './slice-heartbeat.ts';
import type { UnitStore } from '../../repository/contract.ts';
import { failureType } from '../../../contracts/failures.ts';

interface SaverContext {
  readonly store: UnitStore;
  readonly journal: SessionJournal;
  readonly heartbeats: SliceHeartbeats;
  /** Aborted on cancel. */
  readonly signal: AbortSignal;
}

export class Saver {
  private readonly context: SaverContext;
  private touched = false;
  private savedTree: Sha | null = null;
  private whyUnstorable: string | null = null;
  private skippedPaths: readonly string[] = [];

  constructor(context: SaverContext) {
    this.context = context;
  }

  /** The work as it was saved last, on this host; null before. */
  get tree(): Sha | null {
    return this.savedTree;
  }

  /** Why the worktree cannot be stored as it is, so that only the conversation is saved; null = it can. */
  get unstorable(): string | null {
    return this.whyUnstorable;
  }

  /** What was in the worktree at the last look and cannot be work. */
  get skipped(): readonly string[] {
    return this.skippedPaths;
  }

  /** A command may have changed the worktree. */
  touch(): void {
    this.touched = true;
  }

  /** Returns when everything there is to know of the unit is in an acknowledged checkpoint. */
  async save(): Promise<void> {
    const { store, journal, heartbeats, signal } = this.context;
    const files = journal.takeChanged();
    const { touched } = this;
    if (!touched && Object.keys(files).length === 0) return;
    this.touched = false;
    const { checkpoint, tree } = await store
      .save(files, { untouched: !touched, signal })
      .then((saved) => {
        if (touched) [this.whyUnstorable, this.skippedPaths] = [null, saved.skipped];
        return saved;
      })
      .catch(async (error: unknown) => {
        this.touched ||= touched;
        if (failureType(error) !== 'SnapshotRefused') throw error;
        this.whyUnstorable = errorText(error);
        return store.save(files, { untouched: true });
      })
      .catch((error: unknown) => {
        journal.putBack(files);
        throw error;
      });
    this.savedTree = tree;
    heartbeats.saved({ checkpoint, turn: journal.turns.length, costUsd: journal.costUsd });
  }

  /** After one of our own commands has run in the worktree: what it left is not the unit's work. */
  setBaseline(): Promise<void> {
    const { store, signal } = this.context;
    return this.leaveBehind(() => store.setBaseline(signal));
  }

  /** Removes what one of our own commands left, so that it is not in the agent's way. */
  undoCommand(): Promise<void> {
    const { store, signal } = this.context;
    return this.leaveBehind(() => store.undoCommand(signal));
  }

  private async leaveBehind(ours: () => Promise<void>): Promise<void> {
    try {
      await ours();
      this.touched = false;
    } catch (error) {
      // The next save meets the same, and tells the agent.
      if (failureType(error) !== 'SnapshotRefused') throw error;
      this.touched = true;
    }
  }
}
