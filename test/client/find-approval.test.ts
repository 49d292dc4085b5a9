// Which approval a person means, on workflows that no worker ever touches: visibility and memos must be enough.

import type { Client } from '@temporalio/client';
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { approvalWorkflowType } from '../../contracts/messages/approval.ts';
import { connectClient } from '../../client/temporal.ts';
import { coppiceRun } from '../../contracts/search-attributes.ts';
import { findApproval } from '../../client/act/find-approval.ts';
import { listApprovals } from '../../client/act/decisions.ts';
import { openNamespace } from '../setup/namespace.ts';
import { openView, unit } from '../domain/fixtures.ts';
import { runWorkflowType } from '../../contracts/messages/run.ts';

const run = openView().run;
let client: Client;
let server: Awaited<ReturnType<typeof openNamespace>>;

async function listed(count: number): Promise<void> {
  await vi.waitFor(async () => expect(await listApprovals(client, run)).toHaveLength(count), { timeout: 60_000 });
}

beforeAll(async () => {
  server = await openNamespace();
  const { address, namespace } = server;
  client = await connectClient({ address, namespace, options: { address } });
  const taskQueue = 'nobody-polls';
  const memo = { repository: '/r.git', branch: 'main', stateRemote: '/s.git', startedBy: 'kim', goal: 'Try it' };
  await client.workflow.start(runWorkflowType, { workflowId: `run:${run}`, taskQueue, args: [], memo });
  for (const [name, number] of [
    ['parse', 10],
    ['parse-iso', 1],
  ] as const) {
    const workflowId = `run:${run}:unit:${name}:approval:${number}`;
    await client.workflow.start(approvalWorkflowType, {
      workflowId,
      taskQueue,
      args: [],
      memo: { approval: openView({ id: workflowId, unit: unit(name) }) },
      typedSearchAttributes: [{ key: coppiceRun, value: run }],
    });
  }
  await listed(2);
});
afterAll(() => client.connection.close());

it.each([
  [[run, 'parse'], 'parse:approval:10'],
  [[run, 'parse-iso'], 'parse-iso:approval:1'],
  [['unit:parse-iso'], 'parse-iso:approval:1'],
])('%j is the approval of that unit', async ([text = '', name], id) => {
  expect(await findApproval(client, text, name)).toBe(`run:${run}:unit:${id}`);
});

it.each([undefined, { decided: true }])(
  'a unit that has none open is refused, with those of the run (%j)',
  async (options) => {
    await expect(findApproval(client, run, 'iso', options)).rejects.toMatchObject({
      type: 'NotFound',
      message: `the unit iso of the run ${run} has no open approval`,
      details: [
        null,
        { hint: `Open in this run: run:${run}:unit:parse-iso:approval:1, run:${run}:unit:parse:approval:10` },
      ],
    });
  },
);

it('what names the first approval of a unit does not name its tenth', async () => {
  await expect(findApproval(client, 'parse:approval:1')).rejects.toThrow('no open approval matches parse:approval:1');
});

it('what names a run exactly names no approval of another one', async () => {
  const memo = { repository: '/r.git', branch: 'main', stateRemote: '/s.git', startedBy: 'kim', goal: 'Try it' };
  const begun = { taskQueue: 'nobody-polls', args: [], memo };
  await client.workflow.start(runWorkflowType, { workflowId: 'run:parse', ...begun });
  await expect(findApproval(client, 'parse')).rejects.toThrow('no open approval matches parse');
});

describe('on the command line, what is empty, as of a variable that is not set, is wrong input', () => {
  const main = fileURLToPath(new URL('../../client/cli/main.ts', import.meta.url));
  const id = `run:${run}:unit:parse-iso:approval:1`;
  const coppice = (...args: string[]): Promise<{ code: number; stderr: string }> => {
    const env = { ...process.env, TEMPORAL_ADDRESS: server.address, TEMPORAL_NAMESPACE: server.namespace };
    return promisify(execFile)(process.execPath, [main, ...args], { env }).then(
      ({ stderr }) => ({ code: 0, stderr }),
      (error: { code: number; stderr: string }) => error,
    );
  };

  it.each([
    [['approve', '', '--yes'], 'the id of the approval is empty'],
    [['approve', ' ', '--yes'], 'the id of the approval is empty'],
    [['deny', ''], 'the id of the approval is empty'],
    [['answer', '', 'Yes.'], 'the id of the approval is empty'],
    [['answer', id, ''], 'the answer is blank'],
    [['answer', id, ' \n '], 'the answer is blank'],
    [['answer', run, 'parse-iso', ' '], 'the answer is blank'],
  ])('%j', async (args, words) => {
    expect(await coppice(...args)).toMatchObject({ code: 2, stderr: expect.stringContaining(words) });
    const { workflowExecutionInfo: info } = await client.workflow.workflowService.describeWorkflowExecution({
      namespace: server.namespace,
      execution: { workflowId: id },
    });
    // Its start, and the task that nobody takes.
    expect(Number(info?.historyLength)).toBe(2);
  });
});
