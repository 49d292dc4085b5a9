// `coppice list` on workflows that no worker ever touches: visibility and memos must be enough.

import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Client } from '@temporalio/client';
import proto from '@temporalio/proto';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { Coppice } from '../../client/api.ts';
import { connectClient } from '../../client/temporal.ts';
import { openNamespace } from '../setup/namespace.ts';
import { runWorkflowType } from '../../contracts/messages/run.ts';

const { COMMAND_TYPE_CONTINUE_AS_NEW_WORKFLOW_EXECUTION } = proto.temporal.api.enums.v1.CommandType;
const main = fileURLToPath(new URL('../../client/cli/main.ts', import.meta.url));
const progress = { total: 3, landed: 1, failed: 2, costUsd: 0.5 };

let client: Client;
let env: Record<string, string>;
let coppice: Coppice;

beforeAll(async () => {
  const { address, namespace } = await openNamespace();
  client = await connectClient({ address, namespace, options: { address } });
  env = { TEMPORAL_ADDRESS: address, TEMPORAL_NAMESPACE: namespace, COPPICE_USER: 'dana' };
  coppice = await Coppice.connect({ env });
});
afterAll(async () => {
  await coppice.close();
  await client.connection.close();
});

function start(workflowId: string, more: Record<string, unknown> = {}, taskQueue = 'nobody-polls') {
  const memo = {
    repository: '/r.git',
    branch: 'main',
    stateRemote: '/s.git',
    startedBy: 'kim',
    goal: 'Try it',
    ...more,
  };
  return client.workflow.start(runWorkflowType, { workflowId, taskQueue, args: [], memo });
}

async function listed(count: number) {
  await vi.waitFor(async () => expect(await coppice.runs()).toHaveLength(count), { timeout: 60_000 });
  return coppice.runs();
}

it('lists runs of everybody, newest first, ended or not, and nothing else', async () => {
  await start('run:first', { progress, startedAt: '2026-11-24T11:00:00.000Z' });
  await start('run:newest', { startedAt: '2026-11-24T13:00:00.000Z' });
  const stopped = await start('run:stopped', { progress: 'nonsense', startedAt: '2026-11-24T12:00:00.000Z' });
  await client.workflow.start(runWorkflowType, { workflowId: 'run:strange', taskQueue: 'nobody-polls', args: [] });
  await stopped.terminate();
  await vi.waitFor(async () => expect((await listed(3))[1]?.endedAt).not.toBeNull(), { timeout: 60_000 });
  const common = { repository: '/r.git', branch: 'main', goal: 'Try it', startedBy: 'kim' };
  const endedAt = expect.stringMatching(/Z$/);
  const unsaid = { ...common, units: null, costUsd: null };
  const units = { total: 3, landed: 1, failed: 2 };
  expect(await coppice.runs()).toEqual([
    { run: 'newest', status: 'running', startedAt: '2026-11-24T13:00:00.000Z', endedAt: null, ...unsaid },
    { run: 'stopped', status: 'cancelled', startedAt: '2026-11-24T12:00:00.000Z', endedAt, ...unsaid },
    {
      run: 'first',
      status: 'running',
      startedAt: '2026-11-24T11:00:00.000Z',
      endedAt: null,
      ...common,
      units,
      costUsd: 0.5,
    },
  ]);
});

it('lists a run that continues as a new execution once, from its first start, and finds it by a part of its id', async () => {
  const startedAt = '2026-11-23T11:00:00.000Z';
  await start('run:renewed', { startedAt }, 'renewals');
  await continueAsNew('renewals');
  await vi.waitFor(async () => expect(await executions('run:renewed')).toBe(2), { timeout: 60_000 });
  const found = (await coppice.runs()).filter(({ run }) => run === 'renewed');
  expect(found).toMatchObject([{ status: 'running', startedAt, endedAt: null }]);
  expect((await coppice.run('renew')).id).toBe('renewed');
});

/** What a worker does when the workflow continues as new. */
async function continueAsNew(taskQueue: string): Promise<void> {
  const { namespace } = client.options;
  const { workflowService } = client;
  const { taskToken, history } = await client.connection.withDeadline(Date.now() + 30_000, () =>
    workflowService.pollWorkflowTaskQueue({ namespace, taskQueue: { name: taskQueue } }),
  );
  const memo = history?.events?.[0]?.workflowExecutionStartedEventAttributes?.memo ?? null;
  const attributes = { workflowType: { name: runWorkflowType }, taskQueue: { name: taskQueue }, memo };
  const commandType = COMMAND_TYPE_CONTINUE_AS_NEW_WORKFLOW_EXECUTION;
  await workflowService.respondWorkflowTaskCompleted({
    namespace,
    taskToken,
    commands: [{ commandType, continueAsNewWorkflowExecutionCommandAttributes: attributes }],
  });
}

async function executions(workflowId: string): Promise<number> {
  return (await client.workflow.count(`WorkflowId = '${workflowId}'`)).count;
}

it('shows people the latest twenty and counts the rest; --all and --json have all', async () => {
  for (let n = 10; n < 30; n++) await start(`run:many-${n}`, { startedAt: `2026-11-25T11:00:${n}.000Z` });
  await listed(24);
  const list = (...args: string[]) =>
    promisify(execFile)(process.execPath, [main, 'list', ...args], { env: { ...process.env, ...env } });
  const { stdout, stderr } = await list();
  const ids = stdout
    .trimEnd()
    .split('\n')
    .map((line) => line.split(' ')[0]);
  expect(ids).toEqual(Array.from({ length: 20 }, (_, i) => `many-${29 - i}`));
  expect(stderr).toBe('4 more: coppice list --all\n');
  expect((await list('--all')).stdout.split('\n')).toHaveLength(25);
  const document = JSON.parse((await list('--json')).stdout) as { version: number; runs: unknown[] };
  expect([document.version, document.runs.length]).toEqual([1, 24]);
  expect((await list('--help')).stdout).toContain('$ coppice list --json');
});
