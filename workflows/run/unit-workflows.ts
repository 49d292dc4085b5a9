// The workflows of a run's units, which are its children: starts them, and sends them the run's messages.

import {
  ParentClosePolicy,
  WorkflowIdReusePolicy,
  getExternalWorkflowHandle,
  isCancellation,
  sleep,
  startChild,
} from '@temporalio/workflow';
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import { type AllowanceMessage, allowanceSignal, leaveHostSignal } from '../../contracts/messages/unit.ts';
import type { Resolution } from '../../contracts/activities/conflict.ts';
import type { PlanNode, RunContext } from '../../contracts/documents/plan.ts';
import type { RunInput } from '../../domain/run/input.ts';
import { channelsOf } from '../../contracts/people.ts';
import { coppicePhase, coppiceRepository, coppiceRun } from '../../contracts/search-attributes.ts';
import { unitWorkflow } from '../unit/unit.ts';
import { type UnitId, unitWorkflowId } from '../../contracts/ids.ts';
import { webUiText } from '../../domain/text/inert.ts';

const { ALLOW_DUPLICATE, REJECT_DUPLICATE } = WorkflowIdReusePolicy;

type UnitHandle = ReturnType<typeof getExternalWorkflowHandle>;

interface Start {
  readonly context: RunContext;
  readonly allowance: AllowanceMessage | undefined;
  /** How often the unit was retried. */
  readonly retries: number;
  /** Number of the last message taken from its earlier workflow. */
  readonly seq: number;
  /** With which it begins, instead of with its agent. */
  readonly resolution: Resolution | null;
}

export class UnitWorkflows {
  private readonly input: RunInput;

  constructor(input: RunInput) {
    this.input = input;
  }

  async start({ id, title }: PlanNode, { context, allowance, retries, seq, resolution }: Start): Promise<void> {
    const { slug, settings } = this.input;
    const { approvalSeconds, budgetVerdict } = settings;
    const begin = (): Promise<unknown> =>
      startChild(unitWorkflow, {
        workflowId: unitWorkflowId(context.run, id),
        args: [
          {
            context,
            slug,
            unit: id,
            title,
            channels: channelsOf(settings),
            approvalSeconds,
            budgetVerdict,
            ...(allowance === undefined ? {} : { allowance }),
            ...(retries === 0 ? {} : { retried: { retry: retries, seq } }),
            ...(resolution === null ? {} : { resolution }),
          },
        ],
        parentClosePolicy: ParentClosePolicy.ABANDON,
        workflowIdReusePolicy: retries === 0 ? REJECT_DUPLICATE : ALLOW_DUPLICATE,
        staticSummary: webUiText(title) || id,
        typedSearchAttributes: [
          { key: coppiceRun, value: context.run },
          { key: coppiceRepository, value: slug },
          { key: coppicePhase, value: 'ready' },
        ],
      });
    if (retries === 0) return void (await begin());
    // The unit's earlier workflow has reported its end, and may need a moment to close.
    while ((await begin().catch(alreadyStarted)) === 'already started') await sleep('1s');
  }

  grant(unit: UnitId, message: AllowanceMessage): Promise<void> {
    return this.tell(unit, (handle) => handle.signal(allowanceSignal, message));
  }

  leaveHost(unit: UnitId): Promise<void> {
    return this.tell(unit, (handle) => handle.signal(leaveHostSignal));
  }

  cancel(unit: UnitId): Promise<void> {
    return this.tell(unit, (handle) => handle.cancel());
  }

  /** A unit whose workflow has ended has reported that already, or the run finds out after a long silence. */
  private async tell(unit: UnitId, what: (handle: UnitHandle) => Promise<void>): Promise<void> {
    try {
      await what(getExternalWorkflowHandle(unitWorkflowId(this.input.context.run, unit)));
    } catch (error) {
      if (isCancellation(error)) throw error;
    }
  }
}

function alreadyStarted(error: unknown): 'already started' {
  if (error instanceof WorkflowExecutionAlreadyStartedError) return 'already started';
  throw error;
}
