// What units at work do just now: from the heartbeats of their sessions, which Temporal shows with the unit's pending
// activity. Costs no signal and no history.

import type { Client, WorkflowExecutionDescription } from '@temporalio/client';
import { defaultPayloadConverter } from '@temporalio/common';
import proto from '@temporalio/proto';
import pMap from 'p-map';
import { z } from 'zod';
import type { RunId } from '../../contracts/ids.ts';
import type { RunViewUnit } from '../../contracts/messages/run.ts';
import type { UnitStatus } from './status.ts';
import { firstInLine } from '../../contracts/task-queues.ts';
import { plannerId, runWorkflowId, unitWorkflowId } from '../../contracts/ids.ts';

/** What the run's workflow says of a unit. */
export type KnownUnit = Omit<RunViewUnit, 'position'>;

/** How many units to ask at once. */
const concurrency = 16;

const heartbeat = z.object({
  host: z.string(),
  turn: z.number(),
  costUsd: z.number(),
  doing: z.string(),
  draining: z.literal(true).optional(),
});

/**
 * Adds what sessions do to units at work, with one look at each; the others cost nothing. Looks at no more than `looks`,
 * those first that have worked for longest.
 */
export async function describeUnits(
  client: Client,
  { run, known, looks }: { readonly run: RunId; readonly known: readonly KnownUnit[]; readonly looks: number },
): Promise<UnitStatus[]> {
  const units = known.map((unit): UnitStatus => ({ ...unit, ...idle }));
  const working = known.flatMap((unit, at) => (unit.phase === 'working' ? [{ unit, at }] : []));
  const longest = working.toSorted((a, b) => Date.parse(a.unit.since) - Date.parse(b.unit.since));
  await pMap(
    longest.slice(0, looks),
    async ({ unit, at }) => {
      units[at] = await describeUnit(client, run, unit);
    },
    { concurrency },
  );
  return units;
}

const idle = { host: null, turn: null, doing: null } as const;

async function describeUnit(client: Client, run: RunId, unit: KnownUnit): Promise<UnitStatus> {
  const handle = client.workflow.getHandle(unitWorkflowId(run, unit.id));
  const description = await handle.describe().catch(() => null);
  const beat = description === null ? null : lastHeartbeat(description);
  // The run itself makes the units of `forEach` commands.
  if (description === null && unit.id === plannerId) return { ...unit, ...idle, doing: await readOwnWork(client, run) };
  const failed = description === null ? null : lastFailure(description);
  if (failed !== null) return { ...unit, ...idle, doing: `to be tried again: ${failed}`.slice(0, 200) };
  if (beat === null) return { ...unit, ...idle, doing: waitOf(description) };
  return {
    ...unit,
    host: beat.host,
    turn: beat.turn,
    doing: beat.doing,
    ...(beat.draining === undefined ? {} : { draining: beat.draining }),
    costUsd: Math.max(unit.costUsd, beat.costUsd),
  };
}

function waitOf(description: WorkflowExecutionDescription | null): string {
  const isFirst = description?.raw.pendingActivities?.some(({ priority }) => priority?.priorityKey === firstInLine);
  return isFirst === true ? 'first in line for a free slot' : 'waiting for a free slot';
}

const ownBeat = z.object({ host: z.string(), doing: z.string() });

/** The current step of what the run does itself: the try of its target, or the making of its units. */
export async function readOwnWork(client: Client, run: RunId): Promise<string> {
  const description = await client.workflow
    .getHandle(runWorkflowId(run))
    .describe()
    .catch(() => null);
  for (const activity of description?.raw.pendingActivities ?? []) {
    const payload = activity.heartbeatDetails?.payloads?.[0];
    const parsed = payload ? ownBeat.safeParse(defaultPayloadConverter.fromPayload(payload)) : null;
    if (parsed?.success) return `${parsed.data.doing} (on ${parsed.data.host})`;
  }
  const failed = description === null ? null : lastFailure(description);
  if (failed !== null) return `to be tried again: ${failed}`.slice(0, 200);
  return 'waiting for a free host';
}

/** Why the session, which was on a host before, is not on one now. */
function lastFailure({ raw }: WorkflowExecutionDescription): string | null {
  const waits = raw.pendingActivities?.find(({ state, lastFailure: last }) => state === scheduled && last);
  return waits?.lastFailure?.message ?? null;
}

const scheduled = proto.temporal.api.enums.v1.PendingActivityState.PENDING_ACTIVITY_STATE_SCHEDULED;

function lastHeartbeat(description: WorkflowExecutionDescription): z.infer<typeof heartbeat> | null {
  for (const activity of description.raw.pendingActivities ?? []) {
    const payload = activity.heartbeatDetails?.payloads?.[0];
    const parsed = payload ? heartbeat.safeParse(defaultPayloadConverter.fromPayload(payload)) : null;
    if (parsed?.success) return parsed.data;
  }
  return null;
}
