// Who gets the next free slot: on a real server, with more units than slots.

import proto from '@temporalio/proto';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import type { SliceInput, SliceOutcome } from '../../contracts/activities/agent.ts';
import type { ScriptedHost, Slots } from './scripted-host.ts';
import { nextSha, runInput, startRun, startScriptedHost, unitHandle } from './scripted-host.ts';
import { node, sha } from '../domain/fixtures.ts';
import { taskQueues } from '../../contracts/task-queues.ts';
import { noTotals } from '../../domain/money/usage.ts';

let host: ScriptedHost;
beforeAll(async () => {
  host = await startScriptedHost(100, { slots: 0 });
});
afterAll(() => host.close());

const units = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'].map((id) => node(id));

function done(): SliceOutcome {
  const verdict = { decide: 'allow' } as const;
  return { status: 'done', verdict, result: nextSha(), base: sha(2), changed: ['a.ts'], changedCount: 1 };
}

/** The slices that wait for a slot or are on a host, as `unit slice`. */
async function waiting(input: ReturnType<typeof runInput>): Promise<string[]> {
  const described = await Promise.all(units.map((unit) => unitHandle(host, input, unit).describe()));
  return described.flatMap(({ raw }) => (raw.pendingActivities ?? []).map(({ activityId }) => activityId ?? ''));
}

/** How many slices wait in the line that hosts take them from, by priority. */
async function inLine(): Promise<Record<string, number>> {
  const { namespace, client } = host;
  const { statsByPriorityKey } = await client.workflowService.describeTaskQueue({
    namespace,
    taskQueue: { name: taskQueues.agents },
    taskQueueType: proto.temporal.api.enums.v1.TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY,
    reportStats: true,
  });
  const counts = Object.entries(statsByPriorityKey ?? {}).map(
    ([key, stats]) => [key, Number(stats.approximateBacklogCount ?? 0)] as const,
  );
  return Object.fromEntries(counts.filter(([, count]) => count > 0));
}

it('a unit that a draining host hands back goes first, before units that have waited for longer', async () => {
  const slices: string[] = [];
  let first: Slots;
  host.activities.runSlice = async ({ unit, slice }: SliceInput) => {
    slices.push(`${unit} ${slice}`);
    const isFirst = slices.length === 1;
    if (isFirst) await first.stopPolling();
    const outcome = isFirst ? ({ status: 'drained' } as const) : done();
    return { outcome, totals: noTotals, seconds: 0 };
  };
  const input = runInput('line', units, { parallel: units.length });
  const run = await startRun(host, input);
  await vi.waitFor(async () => expect(await waiting(input)).toHaveLength(units.length), { timeout: 60_000 });
  first = await host.openSlots(1);
  await vi.waitFor(() => expect(slices).toHaveLength(1), { timeout: 60_000 });
  await first.drain();
  const [handedBack = ''] = slices.map((slice) => slice.split(' ')[0]);
  // The others have been in line all the time. The server may still count one that has been taken.
  await vi.waitFor(
    async () => {
      const counts = await inLine();
      expect(counts[1]).toBe(1);
      expect(counts[3]).toBeGreaterThanOrEqual(units.length - 1);
    },
    { timeout: 60_000 },
  );
  const second = await host.openSlots(1);
  await run.result();
  await second.drain();
  expect(slices).toHaveLength(units.length + 1);
  expect(slices.slice(0, 2)).toEqual([`${handedBack} 1`, `${handedBack} 2`]);
});
