// How a run shows in Temporal: its page in the Web UI, the phase that operators search by, and the memo with the counts
// for lists.

import { setCurrentDetails, upsertMemo, upsertSearchAttributes } from '@temporalio/workflow';
import type { RunView } from '../../contracts/messages/run.ts';
import { type ShownRun, runDetails } from '../pages/run.ts';
import { coppicePhase } from '../../contracts/search-attributes.ts';
import { progressOf } from '../../domain/run/view.ts';

export class RunDisplay {
  private status = '';
  private counts = '';

  /** Writes attributes and memo only if they have changed, because each write costs an event. */
  show(run: ShownRun, status: RunView['status']): void {
    if (status !== this.status) upsertSearchAttributes([{ key: coppicePhase, value: status }]);
    this.status = status;
    setCurrentDetails(runDetails(run, status));
    const progress = progressOf(run.state);
    // While a run plans, nothing lands, and what it costs is all that changes.
    const cost = run.state.planning === undefined ? '' : progress.costUsd;
    const counts = `${progress.landed}/${progress.failed}/${progress.total}/${cost}`;
    if (counts !== this.counts) upsertMemo({ progress });
    this.counts = counts;
  }
}
