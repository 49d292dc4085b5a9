// Makes sure that the namespace has our search attributes, and that its server lets us use them. Registers missing ones
// if that is allowed; otherwise names the command that does. Called by each worker and before each start of a run,
// which may be our first contact with a server. Safe to run twice, and by many at once.

import { setTimeout as sleep } from 'node:timers/promises';
import { isGrpcServiceError } from '@temporalio/client';
import type { ConnectionLike } from '@temporalio/client';
import proto from '@temporalio/proto';
import { failure } from '../contracts/failures.ts';
import { searchAttributes } from '../contracts/search-attributes.ts';

/** The part of a client's connection that is used here, for any kind of connection. */
type Connection = Pick<ConnectionLike, 'operatorService' | 'workflowService'>;

const { INDEXED_VALUE_TYPE_KEYWORD } = proto.temporal.api.enums.v1.IndexedValueType;
const names = searchAttributes.map(({ name }) => name);
const usableDeadlineMs = 30_000;

export async function ensureSearchAttributes(connection: Connection, namespace: string): Promise<void> {
  await addMissing(connection, namespace, await missingOf(connection, namespace));
  await untilUsable(connection, namespace);
}

async function missingOf(connection: Connection, namespace: string): Promise<string[]> {
  const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace });
  return names.filter((name) => customAttributes?.[name] === undefined);
}

async function addMissing(connection: Connection, namespace: string, missing: readonly string[]): Promise<void> {
  if (missing.length === 0) return;
  try {
    await connection.operatorService.addSearchAttributes({
      namespace,
      searchAttributes: Object.fromEntries(missing.map((name) => [name, INDEXED_VALUE_TYPE_KEYWORD])),
    });
  } catch (cause) {
    // If several workers start at once, one wins; the additions of the others clash with it.
    const still = await missingOf(connection, namespace);
    if (still.length < missing.length) return addMissing(connection, namespace, still);
    throw attributesMissing(namespace, still, cause);
  }
}

/** The failure that names the commands to register `missing`. */
export function attributesMissing(namespace: string, missing: readonly string[], cause: unknown): Error {
  const commands = missing.map(
    (name) => `temporal operator search-attribute create --namespace ${namespace} --name ${name} --type Keyword`,
  );
  const message = `the namespace ${namespace} lacks ${missing.join(', ')}; run: ${commands.join(' && ')}`;
  return failure('SearchAttributesMissing', message, { cause });
}

/**
 * A production server refreshes its namespaces every few seconds; until then it rejects attributes that were just
 * registered.
 */
async function untilUsable(connection: Connection, namespace: string): Promise<void> {
  const query = names.map((name) => `${name} = ''`).join(' AND ');
  for (const deadline = Date.now() + usableDeadlineMs; ; await sleep(200)) {
    try {
      await connection.workflowService.countWorkflowExecutions({ namespace, query });
      return;
    } catch (error) {
      if (!isUnknownYet(error) || Date.now() > deadline) throw error;
    }
  }
}

function isUnknownYet(error: unknown): boolean {
  const [invalidArgument, notFound] = [3, 5]; // gRPC's codes
  return isGrpcServiceError(error) && [invalidArgument, notFound].includes(error.code);
}
