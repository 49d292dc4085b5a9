// Many workers and starts at once on a namespace that nobody has prepared; and a start's message about a namespace that
// it cannot prepare.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { randomUUID } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { msToTs } from '@temporalio/common/lib/time.js';
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import type { Plan, PlanDocument } from '../../contracts/documents/plan.ts';
import type { PreparedRun } from '../../client/start/prepare-run.ts';
import type { RunId } from '../../contracts/ids.ts';
import { asSha, newRunId } from '../../contracts/ids.ts';
import { coppicePhase, coppiceRun } from '../../contracts/search-attributes.ts';
import { defaultConfig } from '../../contracts/documents/config.ts';
import { ensureSearchAttributes } from '../../temporal/search-attributes.ts';
import { parsePlan } from '../../formats/plan-file/plan-file.ts';
import { sameRuns } from '../../client/start/same-runs.ts';
import { startRun } from '../../client/start/start-run.ts';

let connection: Connection;

function parsedPlan(document: PlanDocument): Plan {
  const { plan } = parsePlan(JSON.stringify(document), 'plan');
  if (plan === undefined) throw new Error('a bad plan');
  return plan;
}

beforeAll(async () => {
  connection = await Connection.connect({ address: inject('temporalAddress') });
});
afterAll(() => connection.close());

async function bareNamespace(): Promise<string> {
  const namespace = `test-${randomUUID().slice(0, 8)}`;
  const workflowExecutionRetentionPeriod = msToTs('1 day');
  await connection.workflowService.registerNamespace({ namespace, workflowExecutionRetentionPeriod });
  return namespace;
}

it('registers what is missing once, however many ask, and what it has registered can be used at once', async () => {
  const namespace = await bareNamespace();
  await Promise.all(Array.from({ length: 8 }, () => ensureSearchAttributes(connection, namespace)));
  const client = new Client({ connection, namespace });
  await client.workflow.start('nothing', {
    taskQueue: 'nobody-polls',
    workflowId: 'w',
    typedSearchAttributes: [
      { key: coppiceRun, value: 'r1' },
      { key: coppicePhase, value: 'running' },
    ],
  });
  await vi.waitFor(
    async () =>
      expect(await client.workflow.count("CoppiceRun = 'r1' AND CoppicePhase = 'running'")).toMatchObject({ count: 1 }),
    10_000,
  );
});

describe('a start on a server that no worker has used', () => {
  const prepared: PreparedRun = {
    slug: 'x',
    branch: 'main',
    base: asSha('0'.repeat(40)),
    queue: 'queue:x-01234567',
    warnings: [],
    plan: parsedPlan({ version: 1, goal: 'Try it', units: [{ id: 'a', title: 'A', prompt: 'Do it' }] }),
    config: defaultConfig,
    maxCostUsd: null,
    repository: '/nowhere',
    stateRemote: '',
  };

  it('says which open runs do the same already', async () => {
    const client = new Client({ connection, namespace: await bareNamespace() });
    expect(await sameRuns(client, prepared)).toEqual([]);
    const { run } = await start(client);
    await vi.waitFor(async () => expect(await sameRuns(client, prepared)).toEqual([run]), 10_000);
    const other = parsedPlan({ version: 1, goal: 'Try it', units: [{ id: 'a', title: 'A', prompt: 'Do another' }] });
    expect(await sameRuns(client, { ...prepared, repository: '/nowhere/' })).toEqual([run]);
    expect(await sameRuns(client, { ...prepared, plan: other })).toEqual([]);
    expect(await sameRuns(client, { ...prepared, branch: 'next' })).toEqual([]);
    expect(await sameRuns(client, { ...prepared, repository: '/else/nowhere' })).toEqual([]);
    await client.workflow.getHandle(`run:${run}`).terminate();
    await vi.waitFor(async () => expect(await sameRuns(client, prepared)).toEqual([]), 10_000);
  });

  async function start(client: Client): Promise<{ run: RunId; refs: string[] }> {
    const stateRemote = mkdtempSync(join(tmpdir(), 'coppice-state-'));
    execFileSync('git', ['init', '--quiet', '--bare', stateRemote]);
    const run = newRunId(new Date(), Math.random);
    const refs = () => execFileSync('git', ['--git-dir', stateRemote, 'for-each-ref', '--format=%(refname)']);
    try {
      await startRun({ client, env: {}, run, prepared: { ...prepared, stateRemote }, requestedBy: 'dana' });
      return { run, refs: refs().toString().trim().split('\n') };
    } catch (error) {
      expect(refs().toString()).toBe('');
      throw error;
    } finally {
      rmSync(stateRemote, { recursive: true });
    }
  }

  it('registers what is missing, and starts', async () => {
    const client = new Client({ connection, namespace: await bareNamespace() });
    const { run, refs } = await start(client);
    expect(refs).toEqual([`refs/coppice/runs/${run}/plan`]);
    expect((await client.workflow.getHandle(`run:${run}`).describe()).status.name).toBe('RUNNING');
  });

  it('names the commands where it may not register or even look, and leaves nothing behind', async () => {
    const namespace = await bareNamespace();
    const command = new RegExp(`search-attribute create --namespace ${namespace} --name CoppiceRun --type Keyword`);
    for (const forbidden of [['add'], ['add', 'list']]) {
      const client = new Client({ connection: withoutOperators(forbidden), namespace });
      await expect(start(client)).rejects.toMatchObject({ type: 'SearchAttributesMissing', message: command });
    }
  });

  it('names a namespace that does not exist, and leaves nothing behind', async () => {
    const client = new Client({ connection, namespace: 'nobody-made-it' });
    await expect(start(client)).rejects.toMatchObject({ type: 'BadInput', message: /namespace create/ });
  });

  /** As for users of a server whose operators keep these calls to themselves. */
  function withoutOperators(forbidden: readonly string[]): Connection {
    const denied = () =>
      Promise.reject(Object.assign(new Error('denied'), { code: 7, details: 'denied', metadata: {} }));
    const { operatorService } = connection;
    return new Proxy(connection, {
      get(target, name) {
        if (name !== 'operatorService') return Reflect.get(target, name, target) as unknown;
        return new Proxy(operatorService, {
          get: (service, call) =>
            forbidden.some((kind) => call === `${kind}SearchAttributes`)
              ? denied
              : (Reflect.get(service, call, service) as unknown),
        });
      },
    });
  }
});
