// The page of a run in Temporal's Web UI and lists there, if the address of the Web UI is known.

import type { Client } from '@temporalio/client';
import type { Env } from '../domain/environment.ts';
import { readDevRecord } from './dev-record.ts';
import { type View, givenWebUi, statusPath, viewPath } from '../domain/web-ui.ts';
import { temporalTarget } from './temporal.ts';

interface WebUiUser {
  readonly client: Client;
  readonly env: Env;
  readonly home: string;
}

/** Where a run's page opens on what the run does; null if nobody has said where the Web UI is, or it has no such page. */
export async function webUiPage({ client, env, home }: WebUiUser, workflowId: string): Promise<string | null> {
  const address = await webUiAddress(env, home);
  if (address === null) return null;
  const description = await client.workflow
    .getHandle(workflowId)
    .describe()
    .catch(() => null);
  if (description === null) return null;
  return address + statusPath(client.options.namespace, { workflowId, runId: description.runId });
}

/** A list of workflows; null if nobody has said where the Web UI is. */
export async function webUiList({ client, env, home }: WebUiUser, view: View): Promise<string | null> {
  const address = await webUiAddress(env, home);
  return address === null ? null : address + viewPath(client.options.namespace, view);
}

/** `COPPICE_TEMPORAL_UI`, or what a `coppice dev` of this home serves, without a slash at the end. */
async function webUiAddress(env: Env, home: string): Promise<string | null> {
  const given = givenWebUi(env);
  if (given !== null) return given;
  const [dev, { address }] = await Promise.all([readDevRecord(home), temporalTarget(env, home)]);
  return dev?.temporalAddress === address ? (dev.ui ?? null) : null;
}
