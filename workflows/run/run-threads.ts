// All channels that are told of a run. What they know goes through continue-as-new; how the run ended is told by a workflow of
// its own.

import { CancellationScope, ParentClosePolicy, log, startChild, workflowInfo } from '@temporalio/workflow';
import type { Told } from '../../domain/run/told.ts';
import type { UnitId } from '../../contracts/ids.ts';
import { RunThread, type Watched } from './run-thread.ts';
import { describeFailure } from '../failure-text.ts';
import { findFullHosts } from '../activities.ts';
import { noticeWorkflow } from './last-notices.ts';
import { runWorkflowId } from '../../contracts/ids.ts';

export class RunThreads {
  private readonly run: Watched;
  private readonly threads: readonly RunThread[];

  constructor(run: Watched) {
    this.run = run;
    const { settings, told } = run.input;
    this.threads = (settings.notices ?? []).map((channel, at) => new RunThread(run, channel, told?.[at]));
  }

  /** Before the run continues as new. */
  stop(): Promise<readonly Told[]> {
    return Promise.all(this.threads.map((thread) => thread.stop()));
  }

  /** The run heard nothing for a while: looks whether that is because no host takes its work, and says so once. */
  async lookForFullHosts(units: readonly UnitId[]): Promise<void> {
    const owing = this.threads.filter(
      (thread) => thread.channel.tell.includes('host-full') && !thread.wasToldOfFullHosts(),
    );
    if (owing.length === 0 || units.length === 0) return;
    try {
      const { run } = this.run.input.context;
      const summary = 'look whether hosts are full';
      const found = await findFullHosts.executeWithOptions({ summary }, [{ run, units }]);
      if (found === null) return;
      for (const thread of owing) thread.add({ kind: 'host-full', ...found });
    } catch (error) {
      log.warn('nobody knows whether hosts are full', { reason: describeFailure(error) });
    }
  }

  /** Never rejects, and waits for nothing but the start of the workflow that tells it. */
  async tellEnd(): Promise<void> {
    if (this.threads.length === 0) return;
    try {
      await CancellationScope.nonCancellable(async () => {
        const now = Date.now();
        const threads = await Promise.all(
          this.threads.map(async (thread) => {
            const told = await thread.stop();
            return { channel: thread.channel, told: thread.endOf(told, now) };
          }),
        );
        const { run } = this.run.input.context;
        await startChild(noticeWorkflow, {
          workflowId: `${runWorkflowId(run)}:notices:${workflowInfo().firstExecutionRunId.slice(0, 8)}`,
          args: [{ threads }],
          parentClosePolicy: ParentClosePolicy.ABANDON,
          staticSummary: 'Tells how a run ended',
        });
      });
    } catch (error) {
      log.warn('nobody is told how the run ended', { reason: describeFailure(error) });
    }
  }
}
