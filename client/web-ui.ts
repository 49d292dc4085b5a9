// The page of a run in Temporal's Web UI, if the address of the Web UI is known.

import type { Client } from '@temporalio/client';
import type { Env } from '../domain/environment.ts';
import { readDevRecord } from './dev-record.ts';
import { givenWebUi, statusPath } from '../domain/web-ui.ts';
import { temporalTarget } from './temporal.ts';

/** Where a run's page opens on what the run does; null if nobody has said where the Web UI is, or it has no such page. */
export async function webUiPage(
  { client, env, home }: { readonly client: Client; readonly env: Env; readonly home: string },
  workflowId: string,
): Promise<string | null> {
  const address = await webUiAddress(env, home);
  if (address === null) return null;
  const description = await client.workflow
    .getHandle(workflowId)
    .describe()
    .catch(() => null);
  if (description === null) return null;
  return address + statusPath(client.options.namespace, { workflowId, runId: description.runId });
}

/** `COPPICE_TEMPORAL_UI`, or what a `coppice dev` of this home serves, without a slash at the end. */
async function webUiAddress(env: Env, home: string): Promise<string | null> {
  const given = givenWebUi(env);
  if (given !== null) return given;
  const [dev, { address }] = await Promise.all([readDevRecord(home), temporalTarget(env, home)]);
  return dev?.temporalAddress === address ? (dev.ui ?? null) : null;
}
