import { Client, Connection } from '@temporalio/client';
import { expect, test, vi } from 'vitest';
import { coppiceRun } from '../../contracts/search-attributes.ts';
import { openNamespace } from './namespace.ts';

test('a test file gets a namespace of its own with the search attributes', async () => {
  const [one, two] = [await openNamespace(), await openNamespace()];
  expect(one.namespace).not.toBe(two.namespace);
  const connection = await Connection.connect({ address: one.address });
  const client = new Client({ connection, namespace: one.namespace });
  await client.workflow.start('nothing', {
    taskQueue: 'nobody-polls',
    workflowId: 'w',
    typedSearchAttributes: [{ key: coppiceRun, value: 'r1' }],
  });
  await vi.waitFor(
    async () => expect(await client.workflow.count("CoppiceRun = 'r1'")).toMatchObject({ count: 1 }),
    5_000,
  );
  const elsewhere = new Client({ connection, namespace: two.namespace });
  await expect(elsewhere.workflow.getHandle('w').describe()).rejects.toThrow();
  await connection.close();
});
