// What people see of a run: one question to its workflow, also where an older worker does not know the question.

import { Context } from '@temporalio/activity';
import { DefaultLogger, NativeConnection, Worker, bundleWorkflowCode } from '@temporalio/worker';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { fileURLToPath } from 'node:url';
import type { RunViewUnit } from '../../contracts/messages/run.ts';
import { Coppice, type Run } from '../../client/api.ts';
import { type ScriptedHost, runInput, startScriptedHost } from '../workflows/scripted-host.ts';
import { connectClient } from '../../client/temporal.ts';
import { context, node, noon, unit } from '../domain/fixtures.ts';
import { openNamespace } from '../setup/namespace.ts';
import { runWorkflowType } from '../../contracts/messages/run.ts';
import { startRunWorkflow } from '../../client/start/start-run.ts';
import { taskQueues } from '../../contracts/task-queues.ts';

const start = {
  startedAt: new Date(noon),
  progress: { total: 60, landed: 0, failed: 0, costUsd: 0 },
  planHash: '0',
  reuse: 'REJECT_DUPLICATE',
} as const;

async function connect({ address, namespace }: { address: string; namespace: string }): Promise<Coppice> {
  return Coppice.connect({ env: { TEMPORAL_ADDRESS: address, TEMPORAL_NAMESPACE: namespace, COPPICE_USER: 'dana' } });
}

describe('a run of 60 units, of which three may work', () => {
  let host: ScriptedHost;
  let coppice: Coppice;
  let run: Run;

  beforeAll(async () => {
    host = await startScriptedHost(100);
    host.activities.runSlice = async () => {
      const { heartbeat, cancelled } = Context.current();
      heartbeat({ host: 'host-1', turn: 7, costUsd: 0.5, doing: 'npm test' });
      return cancelled;
    };
    const nodes = Array.from({ length: 60 }, (_, i) => node(`u${i}`));
    await startRunWorkflow(host.client, runInput('many', nodes, { parallel: 3 }), start);
    coppice = await connect(host);
    run = await coppice.run('many');
  });
  afterAll(async () => {
    await run.cancel();
    await coppice.close();
    await host.close();
  });

  it('counts all units and shows what is at work, with what its session does', async () => {
    const working = { phase: 'working', host: 'host-1', turn: 7, doing: 'npm test', costUsd: 0.5 };
    await vi.waitFor(async () => expect((await run.overview()).units).toMatchObject([working, working, working]), {
      timeout: 60_000,
    });
    const { units, counts, ...head } = await run.overview();
    expect(counts).toEqual({ working: 3, waiting: 57 });
    const { units: all, ...status } = await run.status();
    expect(all).toHaveLength(60);
    expect(all.filter(({ phase }) => phase === 'working')).toEqual(units);
    expect(status).toEqual(head);
  });

  it('is watched with no more looks at units than asked for', async () => {
    for await (const { units } of run.watch({ looks: 1 })) {
      expect(units.filter(({ phase }) => phase === 'working')).toHaveLength(3);
      expect(units.filter(({ host: at }) => at === 'host-1')).toHaveLength(1);
      break;
    }
  });
});

describe('a run whose worker is of the release before', () => {
  let coppice: Coppice;
  let run: Run;
  let stop: () => Promise<void>;

  beforeAll(async () => {
    const { address, namespace } = await openNamespace();
    const connection = await NativeConnection.connect({ address });
    const workflowsPath = fileURLToPath(new URL('fixtures/older-run.ts', import.meta.url));
    const workflowBundle = await bundleWorkflowCode({ workflowsPath, logger: new DefaultLogger('WARN') });
    const worker = await Worker.create({ connection, namespace, taskQueue: taskQueues.workflows, workflowBundle });
    const running = worker.run();
    const client = await connectClient({ address, namespace, options: { address } });
    const { repository, branch, queue, stateRemote, requestedBy: startedBy } = context('old');
    const about = { repository, branch, startedBy, goal: 'Try it' };
    const budget = { spentUsd: 0, limitUsd: null };
    const units = Array.from({ length: 5 }, (_, i): RunViewUnit => {
      const texts = { id: unit(`u${i}`), title: `Title of u${i}`, needs: [], reason: null, commit: null };
      return {
        position: 4 - i,
        phase: 'waiting',
        since: noon,
        costUsd: 0,
        estimated: false,
        budgetUsd: null,
        ...texts,
      };
    });
    const head = {
      run: 'old',
      status: 'running',
      queue,
      model: 'm',
      startedAt: noon,
      budget,
      approval: null,
      ...about,
    };
    await client.workflow.start(runWorkflowType, {
      workflowId: 'run:old',
      taskQueue: taskQueues.workflows,
      args: [{ ...head, units }],
      memo: { ...about, stateRemote },
    });
    coppice = await connect({ address, namespace });
    run = await coppice.run('old');
    stop = async () => {
      await client.workflow.getHandle('run:old').terminate();
      worker.shutdown();
      await running;
      await client.connection.close();
      await connection.close();
    };
  });
  afterAll(async () => {
    await coppice.close();
    await stop();
  });

  it('shows every unit in the order of the plan, whatever the order of its pages', async () => {
    const { units } = await run.status();
    expect(units.map(({ id }) => id)).toEqual(['u4', 'u3', 'u2', 'u1', 'u0']);
  });

  it('has an overview, made from all of its units', async () => {
    expect(await run.overview()).toEqual({ ...(await run.status()), counts: { waiting: 5 } });
  });
});
