// Starts the workflow of a unit as a child of its run.

import { ParentClosePolicy, WorkflowIdReusePolicy, sleep, startChild } from '@temporalio/workflow';
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import type { AllowanceMessage } from '../../contracts/messages/unit.ts';
import type { PlanNode, RunContext } from '../../contracts/documents/plan.ts';
import type { RunInput } from '../../domain/run/input.ts';
import { channelsOf } from '../../contracts/people.ts';
import { coppicePhase, coppiceRepository, coppiceRun } from '../../contracts/search-attributes.ts';
import { unitWorkflow } from '../unit/unit.ts';
import { unitWorkflowId } from '../../contracts/ids.ts';
import { webUiText } from '../../domain/text/inert.ts';

const { ALLOW_DUPLICATE, REJECT_DUPLICATE } = WorkflowIdReusePolicy;

interface Start {
  readonly input: RunInput;
  readonly context: RunContext;
  readonly allowance: AllowanceMessage | undefined;
  /** Times that the unit was begun anew. */
  readonly retries: number;
  /** Last message taken from its earlier workflow. */
  readonly seq: number;
}

export async function startUnit({ id, title }: PlanNode, start: Start): Promise<void> {
  const { slug, settings } = start.input;
  const { context, allowance, retries, seq } = start;
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
  // The unit's earlier workflow has told its end, and may need a moment to be gone.
  while ((await begin().catch(alreadyStarted)) === 'already started') await sleep('1s');
}

function alreadyStarted(error: unknown): 'already started' {
  if (error instanceof WorkflowExecutionAlreadyStartedError) return 'already started';
  throw error;
}
