// Checks Temporal for `coppice doctor`: a server that answers, its namespace, our search attributes, and workers that
// poll. One connection, step by step; after a failed step, the rest is skipped.

import { errorText } from '../../domain/errors.ts';
import { connect } from 'node:net';
import type { Client } from '@temporalio/client';
import { isGrpcServiceError } from '@temporalio/client';
import type { Env } from '../../domain/environment.ts';
import type { Finding } from '../../domain/doctor/finding.ts';
import type { TemporalTarget } from '../temporal.ts';
import { connectClient, temporalTarget, unreachable } from '../temporal.ts';
import { fail, judgePollers, notLookedAt, ok, warn } from '../../domain/doctor/finding.ts';
import { failureHint, hintFor } from '../../contracts/failures.ts';
import { pollersOf } from '../with-worker.ts';
import { searchAttributes } from '../../contracts/search-attributes.ts';

export type TemporalFindings = Readonly<Record<'temporal' | 'search-attributes' | 'workers', Finding>>;

/** Time limit for each question, once connected. */
const patienceMs = 3_000;
/** gRPC's codes for "not found", and for "permission denied" and "unauthenticated". */
const missing: ReadonlySet<number> = new Set([5]);
const denied: ReadonlySet<number> = new Set([7, 16]);

export async function checkTemporal(env: Env, home: string): Promise<TemporalFindings> {
  let target: TemporalTarget;
  let client: Client;
  try {
    target = await temporalTarget(env, home);
    if (await refusesConnections(target.address)) throw unreachable(target, 'connection refused');
    client = await connectClient(target);
  } catch (error) {
    const hint = failureHint(error) ?? hintFor('TemporalUnreachable');
    return without(fail(messageOf(error), hint), 'no Temporal server answers');
  }
  try {
    const temporal = await ask(client, () => checkNamespace(client, target)).catch(unanswered(target));
    if (temporal.status === 'fail') return without(temporal, 'see temporal');
    const [attributes, workers] = await Promise.all([
      ask(client, () => checkAttributes(client, target.namespace)).catch(unanswered(target)),
      ask(client, async () => judgePollers(await pollersOf(client))).catch(unanswered(target)),
    ]);
    return { temporal, 'search-attributes': attributes, workers };
  } finally {
    await client.connection.close();
  }
}

/** Detects a refused connection at once: gRPC would retry until its deadline. All other failures are left to gRPC. */
function refusesConnections(address: string): Promise<boolean> {
  const [, host = '', port = ''] = /^\[?([^\]]*?)\]?:(\d+)$/.exec(address) ?? [];
  if (host === '') return Promise.resolve(false);
  return new Promise((resolve) => {
    const socket = connect({ host, port: Number(port), timeout: 1_000 });
    const end = (refused: boolean): void => {
      socket.destroy();
      resolve(refused);
    };
    socket.once('connect', () => end(false));
    socket.once('timeout', () => end(false));
    socket.once('error', (error: NodeJS.ErrnoException) => end(error.code === 'ECONNREFUSED'));
  });
}

function without(temporal: Finding, why: string): TemporalFindings {
  return { temporal, 'search-attributes': notLookedAt(why), workers: notLookedAt(why) };
}

function ask(client: Client, question: () => Promise<Finding>): Promise<Finding> {
  return client.connection.withDeadline(Date.now() + patienceMs, question);
}

async function checkNamespace(client: Client, { address, namespace }: TemporalTarget): Promise<Finding> {
  const { serverVersion } = await client.workflowService.getSystemInfo({});
  const server = `${serverVersion ? `server ${serverVersion}` : 'a server'} at ${address}`;
  try {
    await client.workflowService.describeNamespace({ namespace });
    return ok(`${server}, namespace ${namespace}`);
  } catch (error) {
    if (!isGrpcServiceError(error) || !missing.has(error.code)) throw error;
    return fail(
      `${server} has no namespace ${namespace}`,
      `Set TEMPORAL_NAMESPACE, or create it: \`temporal operator namespace create --namespace ${namespace}\`.`,
    );
  }
}

async function checkAttributes(client: Client, namespace: string): Promise<Finding> {
  const { customAttributes } = await client.connection.operatorService.listSearchAttributes({ namespace });
  const names = searchAttributes.map(({ name }) => name);
  const unknown = names.filter((name) => customAttributes?.[name] === undefined);
  if (unknown.length === 0) return ok(names.join(', '));
  const commands = unknown.map(
    (name) => `\`temporal operator search-attribute create --namespace ${namespace} --name ${name} --type Keyword\``,
  );
  return warn(
    `missing: ${unknown.join(', ')}`,
    `A worker registers them when it starts, if it is allowed to. Otherwise run: ${commands.join(', ')}.`,
  );
}

function unanswered({ address }: TemporalTarget): (error: unknown) => Finding {
  return (error) => {
    const detail = `${address} does not answer as a Temporal server: ${messageOf(error)}`;
    if (!isGrpcServiceError(error) || !denied.has(error.code)) return fail(detail, hintFor('TemporalUnreachable'));
    return fail(
      `${address} refuses: ${error.details}`,
      'Check TEMPORAL_API_KEY and TEMPORAL_TLS_…, and their permissions.',
    );
  };
}

function messageOf(error: unknown): string {
  if (isGrpcServiceError(error)) return error.details;
  return errorText(error);
}
