// Prepares the server before a start writes anything: the namespace exists, and it knows our search attributes. If no
// worker has used the server yet, this makes it ready or names the command that does.

import { NamespaceNotFoundError } from '@temporalio/common';
import type { Client } from '@temporalio/client';
import { isGrpcServiceError } from '@temporalio/client';
import { attributesMissing, ensureSearchAttributes } from '../../temporal/search-attributes.ts';
import { failure } from '../../contracts/failures.ts';
import { searchAttributes } from '../../contracts/search-attributes.ts';

/** gRPC's codes for calls that are not permitted here or that the server does not offer. */
const notForUs: ReadonlySet<number> = new Set([7, 12, 16]);
const invalidArgument: ReadonlySet<number> = new Set([3]);
const notFound: ReadonlySet<number> = new Set([5]);

/** Throws `SearchAttributesMissing`, or `BadInput` for a namespace that does not exist. */
export async function readyServer(client: Client): Promise<void> {
  const { namespace } = client.options;
  try {
    await ensureSearchAttributes(client.connection, namespace);
  } catch (error) {
    // Some servers let only operators check: then the start itself shows whether the attributes exist.
    if (isGrpcServiceError(error) && notForUs.has(error.code)) return;
    throw explainStart(error, namespace);
  }
}

/** Explains a refused start if the cause is known; else returns the error itself. */
export function explainStart(error: unknown, namespace: string): unknown {
  if (isUnknownNamespace(error)) {
    const command = `temporal operator namespace create --namespace ${namespace}`;
    const message = `the Temporal server has no namespace ${namespace}; set TEMPORAL_NAMESPACE, or create it: ${command}`;
    return failure('BadInput', message, { cause: error });
  }
  const names = searchAttributes.map(({ name }) => name);
  const refusal = causes(error).find((cause) => isGrpcServiceError(cause) && invalidArgument.has(cause.code));
  const said = isGrpcServiceError(refusal) ? refusal.details : '';
  const missing = names.filter((name) => said.includes(name));
  return /search attribute/i.test(said) && missing.length > 0 ? attributesMissing(namespace, missing, error) : error;
}

function isUnknownNamespace(error: unknown): boolean {
  return causes(error).some(
    (cause) =>
      cause instanceof NamespaceNotFoundError ||
      (isGrpcServiceError(cause) && notFound.has(cause.code) && /namespace/i.test(cause.details)),
  );
}

function causes(error: unknown): unknown[] {
  const found: unknown[] = [];
  for (let at = error; at instanceof Error && found.length < 10; at = at.cause) found.push(at);
  return found;
}
