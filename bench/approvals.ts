// What a click costs while 500 approvals are open: the real gateway takes a signed request of a loopback Slack, the real
// orchestrator judges it and redraws the card. Compared with an ordinary signal to a trivial workflow on the same server.

import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { DefaultLogger, NativeConnection, Worker, bundleWorkflowCode } from '@temporalio/worker';
import pMap from 'p-map';
import { pino } from 'pino';
import { SlackServer, formOf, sendSigned } from '../test/fakes/slack-server.ts';
import { approvalViewQuery } from '../contracts/messages/approval.ts';
import { actions } from '../people/slack/card.ts';
import { freePorts } from '../scripts/free-port.ts';
import { spawnGateway } from '../scripts/demo/processes.ts';
import { buildPackage } from './parts/built-package.ts';
import { Inspector } from './parts/inspector.ts';
import { type OpenApproval, openApprovals } from './parts/open-approvals.ts';
import { residentMb } from './parts/process-memory.ts';
import { Stage } from './parts/stage.ts';
import { goSignal, trivialWorkflow } from './parts/trivial-workflow.ts';
import { installTemporalLog } from '../workers/temporal-log.ts';
import { runBench } from './harness.ts';

const large = { open: 500, clicks: 100 };
const tiny = { open: 4, clicks: 2 };
let sizes = large;
/** Approvals and signals before anything is measured. */
const warmUp = 10;
const trivialQueue = 'trivial';

const acknowledged = 'click to its acknowledgement, p95';
const recorded = 'click to the decision, p95';
const redrawn = 'click to the card, p95';
const ratio = 'click to the decision, as a ratio';
const gatewayMemory = 'gateway';
const firstMemory = 'orchestrator, approvals open';
const againMemory = 'orchestrator, as many open before';
const itself = { measure: 'ms', of: ({ ours }: Sides) => ours };

const perApproval = {
  measure: 'KB an approval',
  of: ({ ours, baseline }: Sides) => ((ours - baseline) * 1024) / sizes.open,
};

interface Sides {
  readonly ours: number;
  readonly baseline: number;
}

interface Times {
  readonly acknowledged: number;
  readonly recorded: number;
  readonly redrawn: number;
}

await runBench({
  name: 'approvals',
  about: 'a click in Slack with 500 open approvals, against a signal to a trivial workflow that then ends',
  repetitions: 3,
  rows: {
    [acknowledged]: { measure: 'ms', judge: itself, goal: null },
    [recorded]: { measure: 'ms', judge: itself, goal: 300 },
    [ratio]: { measure: 'ms', goal: null },
    [redrawn]: { measure: 'ms', judge: itself, goal: null },
    [gatewayMemory]: { measure: 'MB', judge: { measure: 'MB', of: ({ ours }) => ours }, goal: 120 },
    [firstMemory]: { measure: 'MB', judge: perApproval, goal: 60 },
    [againMemory]: { measure: 'MB', judge: perApproval, goal: 60 },
  },
  async open({ quick, note }) {
    sizes = quick ? tiny : large;
    note(`${sizes.open} open approvals with a card each; ${sizes.clicks} clicks, one after the other`);
    note('memory after garbage collections, of the package, in processes that have decided a few approvals before');
    note(`${firstMemory}: measured once`);
    const stage = await Stage.open({ reply: () => ({ hang: 'after-headers' }) });
    const slack = await SlackServer.start();
    const program = buildPackage(join(stage.root, 'package'));
    const [port = 0, orchestratorPort = 0, gatewayPort = 0] = await freePorts(3);
    const inspected = (at: number) => [stage.env['NODE_OPTIONS'], `--inspect=127.0.0.1:${at}`].join(' ');
    const env = { ...stage.env, ...slack.environment() };
    const orchestrator = await stage.worker(
      'orchestrator',
      ['--role', 'orchestrator'],
      {
        ...slack.environment(),
        NODE_OPTIONS: inspected(orchestratorPort),
      },
      { program },
    );
    const gateway = await spawnGateway(
      { program, root: stage.root, env: { ...env, NODE_OPTIONS: inspected(gatewayPort) } },
      ['--port', `${port}`],
    );
    const connection = await Connection.connect({ address: stage.env.TEMPORAL_ADDRESS });
    const client = new Client({ connection, namespace: stage.env.TEMPORAL_NAMESPACE });
    const trivial = await startTrivial(stage);
    const url = `http://127.0.0.1:${port}/slack/events`;
    const memory = async () => ({
      orchestrator: await collected(orchestrator.pid, orchestratorPort),
      gateway: await collected(gateway.pid, gatewayPort),
    });
    await clickAll(slack, url, await opened(client, slack, 'warm', warmUp));
    await signalAll(client, 'warm-trivial', { open: warmUp, clicks: warmUp });
    const idle = await memory();
    const firstOnes = await opened(client, slack, 'first', sizes.open);
    const first = await memory();
    await withdraw(firstOnes);
    const emptied = await memory();
    return {
      async ours(repetition) {
        const approvals = await opened(client, slack, `open-${repetition}`, sizes.open);
        const full = await memory();
        const times = await clickAll(slack, url, approvals.slice(0, sizes.clicks));
        const { gateway: clicked } = await memory();
        await withdraw(approvals.slice(sizes.clicks));
        slack.messages.length = 0;
        const decided = p95(times.map((each) => each.recorded));
        return {
          [acknowledged]: p95(times.map((each) => each.acknowledged)),
          [recorded]: decided,
          [ratio]: decided,
          [redrawn]: p95(times.map((each) => each.redrawn)),
          [gatewayMemory]: Math.max(full.gateway, clicked),
          [firstMemory]: first.orchestrator,
          [againMemory]: full.orchestrator,
        };
      },
      async baseline(repetition) {
        const { sent, ended } = await signalAll(client, `trivial-${repetition}`, sizes);
        return {
          [acknowledged]: sent,
          [recorded]: ended,
          [ratio]: ended,
          [redrawn]: ended,
          [gatewayMemory]: idle.gateway,
          [firstMemory]: idle.orchestrator,
          [againMemory]: emptied.orchestrator,
        };
      },
      async close() {
        await gateway.stop();
        await trivial.close();
        await connection.close();
        await slack.close();
        await stage.close();
      },
    };
  },
});

/** Once each has its card. */
async function opened(client: Client, slack: SlackServer, name: string, count: number): Promise<OpenApproval[]> {
  const before = slack.messages.length;
  const approvals = await openApprovals(client, name, count);
  while (slack.messages.length < before + count) await sleep(50);
  // The workflows have heard of their cards.
  await pMap(approvals, ({ handle }) => handle.query(approvalViewQuery), { concurrency: 16 });
  return approvals;
}

/** A workflow that is terminated would stay in the orchestrator's cache. */
async function withdraw(approvals: readonly OpenApproval[]): Promise<void> {
  const cancelled = async ({ handle }: OpenApproval): Promise<void> => {
    await handle.cancel();
    await handle.result();
  };
  await pMap(approvals, cancelled, { concurrency: 16 });
}

async function clickAll(slack: SlackServer, url: string, approvals: readonly OpenApproval[]): Promise<Times[]> {
  const times: Times[] = [];
  for (const approval of approvals) times.push(await click(slack, url, approval));
  return times;
}

async function click(slack: SlackServer, url: string, { view, handle }: OpenApproval): Promise<Times> {
  const { id, hash } = view;
  const card = slack.messages.find(({ metadata }) => JSON.stringify(metadata).includes(`"${id}"`));
  if (card === undefined) throw new Error(`${id} has no card`);
  const body = formOf(slack.payload({ action: actions.approve, value: JSON.stringify({ id, hash }) }));
  const started = performance.now();
  const since = () => performance.now() - started;
  const [taken, decided, drawn] = await Promise.all([
    sendSigned(url, body).then((status) => ({ status, at: since() })),
    handle.result().then(since),
    untilRedrawn(card).then(since),
  ]);
  if (taken.status !== 200) throw new Error(`the gateway answered ${taken.status}`);
  return { acknowledged: taken.at, recorded: decided, redrawn: drawn };
}

async function untilRedrawn(card: { readonly text: string }): Promise<void> {
  while (!card.text.includes('approved by')) await sleep(2);
}

/** The same number of trivial workflows, open; as many are told to go, one after the other. */
async function signalAll(
  client: Client,
  name: string,
  { open, clicks }: typeof large,
): Promise<{ readonly sent: number; readonly ended: number }> {
  const numbers = Array.from({ length: open }, (_, i) => i);
  const start = (n: number) =>
    client.workflow.start(trivialWorkflow, { workflowId: `${name}-${n}`, taskQueue: trivialQueue });
  const handles = await pMap(numbers, start, { concurrency: 16 });
  const sent: number[] = [];
  const ended: number[] = [];
  for (const handle of handles.slice(0, clicks)) {
    const started = performance.now();
    const since = () => performance.now() - started;
    const signalled = handle.signal(goSignal).then(since);
    ended.push(await handle.result().then(since));
    sent.push(await signalled);
  }
  await pMap(handles.slice(clicks), (handle) => handle.terminate(), { concurrency: 16 });
  return { sent: p95(sent), ended: p95(ended) };
}

async function startTrivial({ env }: Stage): Promise<{ close(): Promise<void> }> {
  installTemporalLog(pino({ level: 'error' }, pino.destination(2)));
  const workflowsPath = fileURLToPath(new URL('parts/trivial-workflow.ts', import.meta.url));
  const workflowBundle = await bundleWorkflowCode({ workflowsPath, logger: new DefaultLogger('ERROR') });
  const connection = await NativeConnection.connect({ address: env.TEMPORAL_ADDRESS });
  const namespace = env.TEMPORAL_NAMESPACE;
  const worker = await Worker.create({ connection, namespace, taskQueue: trivialQueue, workflowBundle });
  const running = worker.run();
  return {
    async close() {
      worker.shutdown();
      await running;
      await connection.close();
    },
  };
}

async function collected(pid: number, port: number): Promise<number> {
  const inspector = await Inspector.open(port);
  await inspector.collectGarbage();
  inspector.close();
  return residentMb(pid, { looks: 5, everyMs: 200 });
}

function p95(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.ceil(sorted.length * 0.95) - 1] ?? Number.NaN;
}
