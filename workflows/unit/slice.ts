// A unit's slice in flight: one activity on some host. When it is cancelled, it asks here what to do.

import { ActivityFailure, CancellationScope, CancelledFailure, isCancellation } from '@temporalio/workflow';
import type { SliceInput, StopRequest } from '../../contracts/activities/agent.ts';
import type { UnitEvent } from '../../domain/unit/state.ts';
import { describeFailure } from '../failure-text.ts';
import { firstInLine } from '../../contracts/task-queues.ts';
import { runSlice } from '../activities.ts';

export class Slice {
  /** What the slice in flight should do. */
  stopRequest: StopRequest = 'go-on';
  private scope: CancellationScope | undefined;
  /** The run was paused while the grant for the next slice was on its way. */
  private leaveFirst = false;

  /** With `first`, the slice goes before all others that wait for a free slot. */
  async run(input: SliceInput, { first }: { readonly first: boolean }): Promise<UnitEvent> {
    if (this.leaveFirst) {
      this.leaveFirst = false;
      return { type: 'slice-cut' };
    }
    const scope = new CancellationScope();
    this.scope = scope;
    this.stopRequest = 'go-on';
    // The unit was cancelled, so the slice ends for good.
    void CancellationScope.current().cancelRequested.catch(() => (this.stopRequest = 'cancel'));
    try {
      const summary = `slice ${input.slice} of ${input.unit}`;
      const options = first ? { summary, priority: { priorityKey: firstInLine } } : { summary };
      const slice = await scope.run(() => runSlice.executeWithOptions(options, [input]));
      return { type: 'slice-ended', slice };
    } catch (error) {
      if (!wasCut(error)) return { type: 'slice-failed', message: describeFailure(error) };
      if (this.isCancelled()) throw new CancelledFailure('the unit was cancelled');
      return { type: 'slice-cut' };
    } finally {
      this.scope = undefined;
    }
  }

  /**
   * Ends the slice in flight; the next one continues from where it stopped. With `isGranted`, a slice is about to
   * begin; if it must leave now, it ends before it begins.
   */
  leaveHost(how: 'after-turn' | 'now', isGranted: boolean): void {
    if (this.scope === undefined) this.leaveFirst ||= how === 'now' && isGranted;
    if (this.scope === undefined || this.isCancelled()) return;
    if (this.stopRequest !== 'now') this.stopRequest = how;
    this.scope.cancel();
  }

  private isCancelled(): boolean {
    return this.stopRequest === 'cancel';
  }
}

/** A slice that fails after its cancellation was requested is not retried, whatever the failure. */
function wasCut(error: unknown): boolean {
  return isCancellation(error) || (error instanceof ActivityFailure && error.retryState === 'CANCEL_REQUESTED');
}
