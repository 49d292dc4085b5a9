// The connection to Temporal, configured as in every Temporal tool (environment, profile file); finds a `coppice dev`
// of the same home by itself. Throws `TemporalUnreachable` with the address and what to do.

import { errorText } from '../domain/errors.ts';
import { Client, Connection, isGrpcServiceError } from '@temporalio/client';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import type { Env } from '../domain/environment.ts';
import { failure } from '../contracts/failures.ts';
import { readDevRecord } from './dev-record.ts';

export interface TemporalTarget {
  readonly address: string;
  readonly namespace: string;
  /** Whether the environment or a profile names the address; else it is that of a `coppice dev`, or the default. */
  readonly isNamed?: boolean;
  /** Options for both `Connection.connect` and `NativeConnection.connect`. */
  readonly options: ReturnType<typeof loadClientConnectConfig>['connectionOptions'];
}

/** A `coppice dev` starts its server elsewhere, and is not found while another address is named. */
const namedHint =
  'TEMPORAL_ADDRESS or a Temporal profile names it: start the server there, or correct the address, or unset it to find `coppice dev`.';
const defaultAddress = '127.0.0.1:7233';

export async function temporalTarget(env: Env, home: string): Promise<TemporalTarget> {
  const { connectionOptions, namespace = 'default' } = loadClientConnectConfig({
    overrideEnvVars: Object.fromEntries(Object.entries(env).flatMap(([name, value]) => (value ? [[name, value]] : []))),
  });
  const address = connectionOptions.address ?? (await readDevRecord(home))?.temporalAddress ?? defaultAddress;
  const isNamed = connectionOptions.address !== undefined;
  return { address, namespace, isNamed, options: { ...connectionOptions, address } };
}

/** `identity`: how Temporal records who sends; absent = the process. */
export async function connectClient(target: TemporalTarget, identity?: string): Promise<Client> {
  try {
    const connection = await Connection.connect({ ...target.options, connectTimeout: '5s' });
    return new Client({ connection, namespace: target.namespace, ...(identity === undefined ? {} : { identity }) });
  } catch (cause) {
    throw unreachable(target, cause);
  }
}

export function unreachable({ address, isNamed = false }: TemporalTarget, cause: unknown): Error {
  const detail = isGrpcServiceError(cause) ? cause.details : errorText(cause);
  return failure('TemporalUnreachable', `no Temporal server answers at ${address} (${detail})`, {
    cause,
    ...(isNamed ? { hint: namedHint } : {}),
  });
}
