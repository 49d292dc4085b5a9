// How large the histories of a merge queue become. Workflows, server and messages are the product's; hosts build, verify
// and land at once (parts/instant-host.ts). The queue continues as new when the server suggests it, so what counts is the
// largest of its runs.

import type { Client } from '@temporalio/client';
import proto from '@temporalio/proto';
import type { LandingSubject, QueueRules } from '../contracts/activities/landing.ts';
import { type UnitId, asSha, newRunId } from '../contracts/ids.ts';
import type { Row } from './parts/figures.ts';
import { Stage } from './parts/stage.ts';
import { acceptedUrl } from '../git/remote-for.ts';
import { connectClient } from '../client/temporal.ts';
import { handIn } from './parts/handed-in.ts';
import { historyLimits } from './parts/histories.ts';
import { queueId } from '../git/queue-id.ts';
import { runBench } from './harness.ts';
import { startInstantHost } from './parts/instant-host.ts';
import { verificationWorkflowType } from '../contracts/messages/verification.ts';

const ways = {
  'nothing to verify': { verify: null, landings: 5000 },
  tip: { verify: 'tip', landings: 5000 },
  // Each has a verification of its own, which takes the bench long.
  each: { verify: 'each', landings: 1000 },
} as const;
type Way = keyof typeof ways;
/** As many entries wait as a large run's. */
const open = 200;

const share = (limit: number) => ({ measure: 'of the limit', of: ({ ours }: { ours: number }) => ours / limit });
const names = (way: Way) => ({ events: `${way}: events`, bytes: `${way}: bytes` });

await runBench({
  name: 'queue-history',
  about: 'the largest history of a merge queue after 5,000 landings, against 100, with hosts that answer at once',
  repetitions: 1,
  rows: Object.fromEntries(
    (Object.keys(ways) as Way[]).flatMap((way): [string, Row][] => [
      [names(way).events, { measure: 'events', judge: share(historyLimits.events), goal: 0.2 }],
      [names(way).bytes, { measure: 'MB', judge: share(historyLimits.bytes / 1024 ** 2), goal: 0.2 }],
    ]),
  ),
  async open({ quick, note }) {
    const sizes = { open: quick ? 3 : open, few: quick ? 3 : 100 };
    const many = (way: Way) => (quick ? 6 : ways[way].landings);
    const measureAll = async (count: (way: Way) => number, say: (text: string) => void) => {
      const figures: Record<string, number> = {};
      for (const way of Object.keys(ways) as Way[]) {
        const { largest, text } = await measure(ways[way].verify, count(way), sizes.open);
        figures[names(way).events] = largest.events;
        figures[names(way).bytes] = largest.bytes / 1024 ** 2;
        process.stderr.write(`queue-history: ${way}: ${text}\n`);
        say(`${way}: ${text}`);
      }
      return figures;
    };
    return {
      ours: () => measureAll(many, note),
      baseline: () =>
        measureAll(
          () => sizes.few,
          () => undefined,
        ),
    };
  },
});

interface Size {
  readonly events: number;
  readonly bytes: number;
}

async function measure(
  verify: QueueRules['verify'] | null,
  landings: number,
  atOnce: number,
): Promise<{ readonly largest: Size; readonly text: string }> {
  await using stage = await Stage.open({ reply: () => ({ hang: 'after-headers' }) });
  await stage.worker('orchestrator', ['--role', 'orchestrator']);
  const { TEMPORAL_ADDRESS: address, TEMPORAL_NAMESPACE: namespace } = stage.env;
  await using host = await startInstantHost(address, namespace, verify);
  const client = await connectClient({ address, namespace, options: { address } });
  const repository = stage.remote({ 'README.md': '# Nothing lands here\n' });
  const subjects = subjectsOf(repository, stage.env.COPPICE_STATE_REMOTE, landings);
  const began = performance.now();
  let handed = 0;
  const hand = async (): Promise<void> => {
    for (let subject = subjects[handed]; subject !== undefined; subject = subjects[handed]) {
      handed += 1;
      await handIn(client, subject);
      while (handed - host.landed() >= atOnce) await pause();
    }
  };
  await Promise.all(Array.from({ length: 8 }, hand));
  while (host.landed() < landings) await pause();
  const perSecond = landings / ((performance.now() - began) / 1000);
  // The last answers.
  await new Promise((resolve) => setTimeout(resolve, 1000));
  const queue = queueId(acceptedUrl(repository), 'main');
  const runs = await sizesOf(client, `WorkflowId = '${queue}'`);
  const verifications = await sizesOf(client, `WorkflowType = '${verificationWorkflowType}'`);
  const total = runs.reduce((sum, { events }) => sum + events, 0);
  const text =
    `${landings} landings in ${runs.length} runs of the queue, ${(total / landings).toFixed(1)} events a landing ` +
    `(${await kindsOf(client, queue, landings)}), ${perSecond.toFixed(1)} landings a second; ` +
    `${verifications.length} verifications of at most ${largestOf(verifications).events} events`;
  await client.connection.close();
  return { largest: largestOf(runs), text };
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 20));
}

function subjectsOf(repository: string, stateRemote: string, count: number): LandingSubject[] {
  const run = newRunId(new Date(), Math.random);
  const commit = (n: number) => asSha(n.toString(16).padStart(40, '1'));
  const [plan, base, queue] = [commit(1), commit(2), queueId(acceptedUrl(repository), 'main')];
  const context = { run, repository, branch: 'main', stateRemote, queue, plan, base, requestedBy: 'bench' };
  const enqueuedAt = new Date().toISOString();
  const nobody = { returned: 0, approvedBy: [], consents: [], egress: [], attempt: 1 };
  return Array.from({ length: count }, (_, i) => {
    const unit = `unit-${i + 1}` as UnitId;
    return { context, unit, title: `Write ${unit}`, result: commit(i + 3), base, enqueuedAt, ...nobody };
  });
}

/** Of executions that have ended, visibility knows the size; the open ones are asked. */
async function sizesOf(client: Client, query: string): Promise<Size[]> {
  const sizes: Size[] = [];
  for await (const { workflowId, runId, status, historyLength, historySize } of client.workflow.list({ query })) {
    const isOpen = status.name === 'RUNNING';
    const { historyLength: events, historySize: bytes } = isOpen
      ? await client.workflow.getHandle(workflowId, runId).describe()
      : { historyLength, historySize };
    sizes.push({ events, bytes: bytes ?? 0 });
  }
  return sizes;
}

function largestOf(sizes: readonly Size[]): Size {
  return {
    events: Math.max(0, ...sizes.map(({ events }) => events)),
    bytes: Math.max(0, ...sizes.map(({ bytes }) => bytes)),
  };
}

/** The most frequent kinds of events of the queue, a landing. */
async function kindsOf(client: Client, workflowId: string, landings: number): Promise<string> {
  const counts = new Map<string, number>();
  for await (const { runId } of client.workflow.list({ query: `WorkflowId = '${workflowId}'` })) {
    const { events } = await client.workflow.getHandle(workflowId, runId).fetchHistory();
    for (const { eventType } of events ?? []) {
      const name = proto.temporal.api.enums.v1.EventType[eventType ?? 0] ?? 'unknown';
      const kind = name.replace('EVENT_TYPE_', '').toLowerCase().replaceAll('_', ' ');
      counts.set(kind, (counts.get(kind) ?? 0) + 1);
    }
  }
  const most = [...counts].toSorted(([, a], [, b]) => b - a).slice(0, 10);
  return most.map(([kind, times]) => `${(times / landings).toFixed(2)} ${kind}`).join(', ');
}
