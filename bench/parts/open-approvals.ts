// Open approvals as units ask for them, without runs: the real workflow, with its card, memo and search attributes.

import type { Client, WorkflowHandle } from '@temporalio/client';
import pMap from 'p-map';
import type { ApprovalView } from '../../contracts/approval.ts';
import { approvalWorkflowType } from '../../contracts/messages/approval.ts';
import { coppicePhase, coppiceRepository, coppiceRisk, coppiceRun } from '../../contracts/search-attributes.ts';
import { inLists } from '../../domain/approval/record.ts';
import { openView } from '../../test/domain/fixtures.ts';
import { taskQueues } from '../../contracts/task-queues.ts';

/** Slack takes about one message in a second for each. */
const channels = 25;

export interface OpenApproval {
  readonly view: ApprovalView;
  readonly handle: WorkflowHandle;
}

/** A change of 60 lines in 8 files. */
const preview = {
  words: 'The limits are checked where durations are read, and the tests cover both ends.',
  files: Array.from({ length: 8 }, (_, i) => ({ path: `src/limits/part-${i}.ts`, additions: 5, deletions: 2 })),
  diff: Array.from(
    { length: 60 },
    (_, i) => `+export const limit${i} = ${i} * 86_400_000; // checked by readDuration`,
  ).join('\n'),
  checks: ['npm test'],
  costUsd: 1.25,
};

export function openApprovals(client: Client, prefix: string, count: number): Promise<OpenApproval[]> {
  const numbers = Array.from({ length: count }, (_, i) => i + 1);
  return pMap(numbers, (n) => open(client, `${prefix}-${n}`, `C${n % channels}`), { concurrency: 16 });
}

async function open(client: Client, name: string, channel: string): Promise<OpenApproval> {
  const since = new Date();
  const plain = openView();
  const view: ApprovalView = {
    ...plain,
    id: `run:${name}:unit:a:approval:1`,
    since: since.toISOString(),
    expiresAt: new Date(since.getTime() + 7 * 86_400_000).toISOString(),
    subject: { ...plain.subject, paths: preview.files.map(({ path }) => path), pathCount: 8, preview },
  };
  const handle = await client.workflow.start(approvalWorkflowType, {
    workflowId: view.id,
    taskQueue: taskQueues.workflows,
    args: [{ approval: view, channels: [{ medium: 'slack', channel }] }],
    memo: { approval: inLists(view) },
    typedSearchAttributes: [
      { key: coppiceRun, value: name },
      { key: coppiceRepository, value: 'bench' },
      { key: coppicePhase, value: 'open' },
      { key: coppiceRisk, value: view.kind },
    ],
  });
  return { view, handle };
}
