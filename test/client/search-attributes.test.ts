// What many workers do that start at once on a namespace that nobody has prepared.

import { randomUUID } from 'node:crypto';
import { Client, Connection } from '@temporalio/client';
import { msToTs } from '@temporalio/common/lib/time.js';
import { afterAll, beforeAll, expect, inject, it, vi } from 'vitest';
import { coppicePhase, coppiceRun } from '../../domain/search-attributes.ts';
import { ensureSearchAttributes } from '../../workers/search-attributes.ts';

let connection: Connection;

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
