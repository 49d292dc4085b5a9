// People at the switch of a merge queue: the real workflow on a real server, with hosts that the test plays.

import { Client, Connection } from '@temporalio/client';
import { Worker } from '@temporalio/worker';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { LandingSubject } from '../../contracts/activities/landing.ts';
import type { QueueDocument } from '../../client/queue/queue-document.ts';
import type { SteerAnswer, SteerRequest } from '../../contracts/queue-view.ts';
import { type ScriptedHost, builtTrain, nextSha, runInput, startRun, startScriptedHost } from './scripted-host.ts';
import { caching, maxCachedWorkflows } from './caching.ts';
import { context, node, subject } from '../domain/fixtures.ts';
import { makeTellQueue } from '../../activities/control/tell-queue.ts';
import { mergeQueueWorkflowType, queueSignal, steerSignal, steerUpdate } from '../../contracts/messages/queue.ts';
import { openNamespace } from '../setup/namespace.ts';
import { openQueue } from '../../client/queue/open-queue.ts';
import { runViewQuery } from '../../contracts/messages/run.ts';
import { steerQueue } from '../../client/queue/steer-queue.ts';
import { taskQueues } from '../../contracts/task-queues.ts';
import { workflowCode } from '../../workers/workflow-code.ts';

type Request = SteerRequest extends infer Each ? (Each extends SteerRequest ? Omit<Each, 'by'> : never) : never;

const patience = { timeout: 60_000, interval: 200 };

function gate(): { readonly passed: Promise<void>; readonly open: () => void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { passed: promise, open: resolve };
}

/** A queue that a test speaks to itself, in place of runs. */
class Queue {
  readonly id: string;
  private readonly client: Client;

  constructor(client: Client, id: string) {
    this.client = client;
    this.id = id;
  }

  async enqueue(...units: readonly string[]): Promise<void> {
    for (const unit of units) {
      const result: LandingSubject = { ...subject(unit, nextSha()), context: { ...context(), queue: this.id } };
      await makeTellQueue(this.client)({
        queue: this.id,
        slug: 'repository',
        repository: '/srv/repository.git',
        branch: 'main',
        message: { type: 'enqueue', subject: result },
      });
    }
  }

  /** Where every task is replayed, a worker may need longer than a person would wait. */
  read(): Promise<QueueDocument> {
    return vi.waitFor(() => openQueue(this.client, 'dana', { ...where, queue: this.id }), patience);
  }

  ask(request: Request): Promise<SteerAnswer> {
    const asked = { ...request, by: 'dana' } as SteerRequest;
    return this.client.workflow.getHandle(this.id).executeUpdate(steerUpdate, { args: [asked] });
  }

  /** Returns what was done, in words. */
  async steer(request: Request): Promise<string> {
    const answer = await this.ask(request);
    if (!answer.accepted) throw new Error(answer.message);
    return answer.message;
  }

  async signal(request: unknown): Promise<void> {
    await this.client.workflow.getHandle(this.id).signal(steerSignal, request as SteerRequest);
  }

  async states(): Promise<Record<string, string>> {
    const { entries } = await this.read();
    return Object.fromEntries(entries.map(({ unit, state }) => [unit, state]));
  }

  async reasons(): Promise<Record<string, string>> {
    const { entries } = await this.read();
    return Object.fromEntries(entries.map(({ unit, reason }) => [unit, reason]));
  }

  /** In landing order. */
  async landed(): Promise<string[]> {
    const { decisions } = await this.read();
    return decisions.flatMap(({ text }) => /^r1\/(\S+) landed/.exec(text)?.[1] ?? []);
  }
}

async function until(queue: Queue, look: 'states' | 'reasons' | 'landed', expected: unknown): Promise<void> {
  await vi.waitFor(async () => expect(await queue[look]()).toEqual(expected), patience);
}

async function untilDecided(queue: Queue, text: unknown): Promise<void> {
  await vi.waitFor(async () => expect((await queue.read()).decisions.at(-1)?.text).toEqual(text), patience);
}

describe(`people at the switch of a queue, ${caching}`, () => {
  let host: ScriptedHost;
  let original: ScriptedHost['activities'];
  let queues = 0;

  beforeAll(async () => {
    host = await startScriptedHost(maxCachedWorkflows);
    original = { ...host.activities };
  });
  afterAll(() => host.close());

  /** One train at a time, so that what comes later waits. */
  function prepare(activities: Partial<ScriptedHost['activities']> = {}): Queue {
    const oneByOne: Partial<ScriptedHost['activities']> = {
      async buildTrain(input) {
        const built = builtTrain(input);
        return { ...built, rules: { ...built.rules, parallel: 1 } };
      },
    };
    Object.assign(host.activities, original, oneByOne, activities);
    queues += 1;
    return new Queue(host.client, `queue:repository-${String(queues).padStart(8, '0')}`);
  }

  /** `a` is being verified until the gate opens, the others wait. */
  async function busyQueue(...others: readonly string[]) {
    const verified = gate();
    const queue = prepare({
      async verifyTree() {
        await verified.passed;
        return { status: 'green' };
      },
    });
    await queue.enqueue('a');
    await until(queue, 'states', { a: 'verifying' });
    await queue.enqueue(...others);
    await until(queue, 'states', { a: 'verifying', ...Object.fromEntries(others.map((unit) => [unit, 'waiting'])) });
    return { queue, verified };
  }

  it('lands nothing while it is paused, says why, and continues where it was', async () => {
    const { queue, verified } = await busyQueue('b');
    expect(await queue.steer({ type: 'pause', reason: 'release\u001b[31m freeze' })).toBe(
      'dana paused the queue: release freeze',
    );
    verified.open();
    await until(queue, 'reasons', {
      a: 'green; the queue is paused',
      b: 'the queue is paused by dana: release freeze',
    });
    expect(await queue.read()).toMatchObject({
      paused: { by: 'dana', reason: 'release freeze', above: null },
      landed: 0,
      trains: [{ units: [{ unit: 'a', verdict: 'green' }], verifications: [] }],
    });
    expect(await queue.steer({ type: 'resume' })).toBe('dana resumed the queue');
    await until(queue, 'landed', ['a', 'b']);
    expect(await queue.read()).toMatchObject({ paused: null, landed: 2, total: 0, trains: [] });
    expect(await queue.ask({ type: 'resume' })).toEqual({
      accepted: false,
      message: 'the queue is neither paused nor draining',
    });
  });

  it('lands what has the priority, and nothing else, while it is paused below it', async () => {
    const { queue, verified } = await busyQueue('b', 'c');
    await queue.steer({ type: 'bump', run: 'r1', unit: 'c', priority: 5 });
    expect(await queue.steer({ type: 'pause', above: 5 })).toBe('dana paused the queue below priority 5');
    verified.open();
    await until(queue, 'landed', ['c']);
    expect(Object.keys(await queue.states()).toSorted()).toEqual(['a', 'b']);
    await queue.steer({ type: 'resume' });
    await until(queue, 'landed', ['c', 'a', 'b']);
  });

  it('lands what is in it while it drains, and takes nothing new until it is resumed', async () => {
    const { queue, verified } = await busyQueue('b');
    expect(await queue.steer({ type: 'drain' })).toBe('dana drains the queue: it takes nothing new');
    await queue.enqueue('late');
    verified.open();
    await until(queue, 'landed', ['a', 'b']);
    const { draining, entries } = await queue.read();
    expect(draining).toMatchObject({ by: 'dana' });
    expect(entries).toMatchObject([{ unit: 'late', state: 'waiting', expectedAt: null }]);
    expect(entries[0]?.reason).toMatch(/^the queue drains since .*, and takes nothing new$/);
    expect(await queue.ask({ type: 'drain' })).toEqual({
      accepted: false,
      message: expect.stringMatching(/^the queue drains already, since /),
    });
    await queue.steer({ type: 'resume' });
    await until(queue, 'landed', ['a', 'b', 'late']);
  });

  it('takes first what was bumped, but nothing overtakes what is in flight', async () => {
    const { queue, verified } = await busyQueue('b', 'c', 'd');
    expect(await queue.steer({ type: 'bump', run: 'r1', unit: 'd' })).toBe('dana gave r1/d priority 1');
    expect(await queue.steer({ type: 'bump', run: 'r1', unit: 'b', priority: -2 })).toBe('dana gave r1/b priority -2');
    expect((await queue.read()).entries.map(({ unit, priority }) => [unit, priority])).toEqual([
      ['a', 0],
      ['d', 1],
      ['c', 0],
      ['b', -2],
    ]);
    const range = 'a priority is a whole number from -10 to 10';
    for (const [unit, priority, refused] of [
      ['a', 1, { message: 'r1/a is in flight already, and nothing overtakes what is' }],
      ['b', 11, { message: range }],
      ['b', 1.5, { message: range }],
      ['nothing', 1, { message: 'r1/nothing is not in the queue', notFound: true }],
    ] as const) {
      const answer = await queue.ask({ type: 'bump', run: 'r1', unit, priority });
      expect(answer).toEqual({ accepted: false, ...refused });
    }
    verified.open();
    await until(queue, 'landed', ['a', 'd', 'c', 'b']);
  });

  it('ejects what waits and what is in flight; what is above is built again without it', async () => {
    const { queue, verified } = await busyQueue('b', 'c');
    expect(await queue.steer({ type: 'eject', run: 'r1', unit: 'b', reason: 'not now' })).toBe(
      'r1/b was ejected by dana: not now',
    );
    expect(await queue.steer({ type: 'eject', run: 'r1', unit: 'a' })).toBe('r1/a was ejected by dana');
    verified.open();
    await until(queue, 'landed', ['c']);
    expect(await queue.ask({ type: 'eject', run: 'r1', unit: 'a' })).toMatchObject({ accepted: false, notFound: true });
  });

  it('is replayed as it was, also where a message that changes nothing comes right before a request', async () => {
    const { queue, verified } = await busyQueue();
    await queue.steer({ type: 'pause' });
    for (const unit of ['b', 'c', 'd']) {
      await queue.enqueue(unit);
      await until(queue, 'states', { a: 'verifying', [unit]: 'waiting' });
      await queue.steer({ type: 'eject', run: 'r1', unit });
    }
    await queue.enqueue('e');
    await until(queue, 'states', { a: 'verifying', e: 'waiting' });
    await queue.steer({ type: 'resume' });
    verified.open();
    await until(queue, 'landed', ['a', 'e']);
    const history = await host.client.workflow.getHandle(queue.id).fetchHistory();
    await Worker.runReplayHistory({ ...(await workflowCode()) }, history, queue.id);
  });

  it('does not take back a landing in progress', async () => {
    const pushed = gate();
    const queue = prepare({
      async landTrain() {
        await pushed.passed;
        return { status: 'landed' };
      },
    });
    await queue.enqueue('a');
    await until(queue, 'states', { a: 'landing' });
    expect(await queue.ask({ type: 'eject', run: 'r1', unit: 'a' })).toEqual({
      accepted: false,
      message: 'r1/a is landing; a landing in progress cannot be taken back',
    });
    pushed.open();
    await until(queue, 'landed', ['a']);
  });

  it('tells the unit of an ejected entry who ejected it and why, also if it might have landed already', async () => {
    const built = gate();
    let hold = true;
    prepare({
      async buildTrain(input) {
        if (hold) await built.passed;
        return builtTrain(input);
      },
    });
    const input = runInput(`ejected-${maxCachedWorkflows}`, [node('a')]);
    const run = await startRun(host, input);
    const queue = new Queue(host.client, input.context.queue);
    await until(queue, 'states', { a: 'building' });
    const { run: id } = input.context;
    expect(await queue.steer({ type: 'eject', run: id, unit: 'a', reason: 'breaks the mobile build' })).toBe(
      `${id}/a is ejected by dana: breaks the mobile build, unless it has just landed`,
    );
    hold = false;
    built.open();
    await expect(run.result()).rejects.toThrow();
    const { units } = await run.query(runViewQuery);
    expect(units.map(({ phase, reason }) => [phase, reason])).toEqual([
      ['failed', 'ejected: by dana: breaks the mobile build'],
    ]);
  });

  it('obeys signals, and shows among the decisions why it does not', async () => {
    const { queue, verified } = await busyQueue('b', 'c');
    await queue.signal({ type: 'pause', by: 'lee' });
    await untilDecided(queue, 'lee paused the queue');
    await queue.signal({ type: 'eject', by: 'lee', run: 'r1', unit: 'c', reason: 'twice' });
    await untilDecided(queue, 'r1/c was ejected by lee: twice');
    await queue.signal({ type: 'bump', by: 'lee', run: 'r1', unit: 'b', priority: 4 });
    await untilDecided(queue, 'lee gave r1/b priority 4');
    for (const [request, why] of [
      [{ type: 'bump', by: 'lee', run: 'r1', unit: 'c' }, 'bump by lee: r1/c is not in the queue'],
      [{ type: 'pause', by: 'lee', above: 99 }, 'pause by lee: a priority is a whole number from -10 to 10'],
      [{ type: 'pause', by: 'lee', above: '5' }, 'pause by lee: `above` must be a number'],
      [{ type: 'pause', by: 'lee', abov: 5 }, 'pause by lee: pause has no field abov'],
      [{ type: 'eject', by: 'lee', run: 'r1' }, 'eject by lee: eject needs `unit`'],
      [
        { type: 'revert', by: 'lee', unit: 'a', commit: 'c', context: {} },
        'revert by lee: `coppice queue revert` knows what it needs',
      ],
      [{ type: 'pause' }, 'pause: a request needs `by`: who asks'],
      [
        { type: 'stop', by: 'lee\u001b[2J' },
        expect.stringMatching(/^refused: a signal by lee: a request needs `type`: /),
      ],
      [
        'pause',
        expect.stringMatching(/^refused: a signal: a request needs `type`: pause, resume, drain, bump, eject, revert$/),
      ],
      [undefined, expect.stringMatching(/^refused: a signal: /)],
    ] as const) {
      await queue.signal(request);
      await untilDecided(queue, typeof why === 'string' ? `refused: ${why}` : why);
    }
    await queue.signal({ type: 'drain', by: 'lee' });
    await untilDecided(queue, 'lee drains the queue: it takes nothing new');
    expect(await queue.read()).toMatchObject({ paused: { by: 'lee', above: null }, draining: { by: 'lee' } });
    await queue.signal({ type: 'resume', by: 'lee' });
    verified.open();
    await until(queue, 'landed', ['a', 'b']);
  });
});

const where = {
  queue: 'queue:repository-0a1b2c3d',
  slug: 'repository',
  repository: '/srv/repository.git',
  branch: 'main',
};

describe('a command about a queue', () => {
  it('fails with the reason of the queue, and by name if the entry is not there', async () => {
    const host = await startScriptedHost(100);
    const queue = new Queue(host.client, 'queue:repository-0a1b2c3d');
    await queue.enqueue('a');
    await until(queue, 'landed', ['a']);
    const steer = (request: Request): Promise<string> =>
      steerQueue(host.client, { ...where, queue: queue.id }, { ...request, by: 'dana' });
    expect(await steer({ type: 'pause' })).toBe('dana paused the queue');
    await expect(steer({ type: 'pause', above: 11 })).rejects.toMatchObject({
      type: 'Refused',
      message: 'a priority is a whole number from -10 to 10',
    });
    await expect(steer({ type: 'eject', run: 'r1', unit: 'a' })).rejects.toMatchObject({
      type: 'NotFound',
      message: 'r1/a is not in the queue',
    });
    await host.close();
  });
});

it('a queue is paused before anything was handed in, and lands it when it is resumed', async () => {
  const host = await startScriptedHost(100);
  const queue = new Queue(host.client, where.queue);
  expect(await steerQueue(host.client, where, { type: 'pause', by: 'dana', reason: 'freeze' })).toBe(
    'dana paused the queue, which nothing was handed in to yet',
  );
  await queue.enqueue('a');
  const waiting = { paused: { by: 'dana', reason: 'freeze' }, entries: [{ unit: 'a' }], landed: 0 };
  await vi.waitFor(async () => expect(await openQueue(host.client, 'dana', where)).toMatchObject(waiting));
  expect(await steerQueue(host.client, where, { type: 'resume', by: 'dana' })).toBe('dana resumed the queue');
  await until(queue, 'landed', ['a']);
  await host.close();
});

describe('a queue that nothing answers for', () => {
  let client: Client;

  beforeAll(async () => {
    const { address, namespace } = await openNamespace();
    client = new Client({ connection: await Connection.connect({ address }), namespace });
  });
  afterAll(() => client.connection.close());

  it('has not begun: there is nothing in it, and nothing to steer', async () => {
    expect(await openQueue(client, 'dana', where)).toMatchObject({ begun: false, entries: [], total: 0 });
    await expect(steerQueue(client, where, { type: 'resume', by: 'dana' })).rejects.toMatchObject({
      type: 'NotFound',
      message: expect.stringContaining('nothing was handed in'),
    });
  });

  it('has no worker: what people ask is recorded', async () => {
    const result: LandingSubject = subject('a', nextSha());
    const handle = await client.workflow.signalWithStart(mergeQueueWorkflowType, {
      workflowId: where.queue,
      taskQueue: taskQueues.workflows,
      args: [{ repository: where.repository, branch: where.branch }],
      signal: queueSignal,
      signalArgs: [{ type: 'enqueue', subject: result }],
    });
    expect(await steerQueue(client, where, { type: 'pause', by: 'dana' })).toMatch(/^recorded: no worker answers/);
    const { events = [] } = await handle.fetchHistory();
    expect(events?.map((event) => event.workflowExecutionSignaledEventAttributes?.signalName).filter(Boolean)).toEqual([
      queueSignal.name,
      steerSignal.name,
    ]);
    await expect(openQueue(client, 'dana', where)).rejects.toMatchObject({ type: 'TemporalUnreachable' });
  });
});
