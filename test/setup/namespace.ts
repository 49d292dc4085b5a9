// A Temporal namespace of one's own for each test file: task queues have fixed names, so two files on one namespace
// would take each other's tasks. Called at the top of tests that talk to Temporal.

import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Connection } from '@temporalio/client';
import { temporal } from '@temporalio/proto';
import { inject } from 'vitest';
import { searchAttributes } from '../../domain/search-attributes.ts';

const { INDEXED_VALUE_TYPE_KEYWORD } = temporal.api.enums.v1.IndexedValueType;

export async function openNamespace(): Promise<{ address: string; namespace: string }> {
  const address = inject('temporalAddress');
  const namespace = `test-${randomUUID().slice(0, 8)}`;
  const connection = await Connection.connect({ address });
  try {
    await connection.workflowService.registerNamespace({
      namespace,
      workflowExecutionRetentionPeriod: { seconds: 24 * 60 * 60 },
    });
    const keywords = Object.fromEntries(searchAttributes.map(({ name }) => [name, INDEXED_VALUE_TYPE_KEYWORD]));
    await retried(() => connection.operatorService.addSearchAttributes({ namespace, searchAttributes: keywords }));
  } finally {
    await connection.close();
  }
  return { address, namespace };
}

/** The server reads new namespaces into its cache after a moment, and answers NOT_FOUND until then. */
async function retried(request: () => Promise<unknown>): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await request();
      return;
    } catch (error) {
      if (attempt === 100) throw error;
      await sleep(100);
    }
  }
}
