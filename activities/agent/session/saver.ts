// Keeps a session's checkpoint current: the worktree and the conversation in one commit. Takes a new snapshot only
// after a command that may have changed the worktree.

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

  /** The work as last saved on this host; null = not saved yet. */
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

  /** Marks the worktree as possibly changed by a command. */
  touch(): void {
    this.touched = true;
  }

  /** Resolves when an acknowledged checkpoint holds everything about the unit. */
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
    try {
      await ours();
      this.touched = false;
    } catch (error) {
      // The next save fails in the same way, and tells the agent.
      if (failureType(error) !== 'SnapshotRefused') throw error;
      this.touched = true;
    }
  }
}
