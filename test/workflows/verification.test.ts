// Verifications as queues see them: the real workflow on a real server, hosts that the test plays, and queues that only
// keep what they are told.

import { caching, maxCachedWorkflows } from './caching.ts';
import { Client, Connection, type WorkflowHandle } from '@temporalio/client';
import { CancelledFailure, Context } from '@temporalio/activity';
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { defaultPayloadConverter } from '@temporalio/common';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Subscription, VerdictMessage } from '../../contracts/messages/verification.ts';
import type { Verdict, VerifyTreeInput } from '../../contracts/activities/verification.ts';
import { unsubscribeSignal, verdictSignal, verificationViewQuery } from '../../contracts/messages/verification.ts';
import { failure } from '../../contracts/failures.ts';
import { makeCancelVerification } from '../../activities/control/cancel-verification.ts';
import { makeRequestVerification } from '../../activities/control/request-verification.ts';
import { openNamespace } from '../setup/namespace.ts';
import { sha } from '../domain/fixtures.ts';
import { taskQueues } from '../../contracts/task-queues.ts';
import { verificationWorkflowId } from '../../contracts/ids.ts';
import { workflowCode } from '../../workers/workflow-code.ts';

Runtime.install({ logger: new DefaultLogger('ERROR') });

const red: Verdict = { status: 'red', command: 'test', output: 'no' };
const green: Verdict = { status: 'green' };

type Host = Awaited<ReturnType<typeof openTestHost>>;

async function openTestHost() {
  const { address, namespace } = await openNamespace();
  const connection = await NativeConnection.connect({ address });
  const client = new Client({ connection: await Connection.connect({ address }), namespace });
  /** What a host answers about a key, an attempt after the other; the last one for ever. */
  const answers = new Map<string, ((input: VerifyTreeInput) => Promise<Verdict> | Verdict)[]>();
  const inputs: VerifyTreeInput[] = [];
  const verifyTree = async (input: VerifyTreeInput): Promise<Verdict> => {
    inputs.push(input);
    const [first, ...rest] = answers.get(input.key) ?? [];
    if (first === undefined) return green;
    if (rest.length > 0) answers.set(input.key, rest);
    return first(input);
  };
  const shared = { connection, namespace, maxHeartbeatThrottleInterval: '100ms' } as const;
  const requestVerification = makeRequestVerification(client);
  const activities = { requestVerification, cancelVerification: makeCancelVerification(client) };
  const workflows = { taskQueue: taskQueues.workflows, ...(await workflowCode()), activities, maxCachedWorkflows };
  const workers = [
    await Worker.create({ ...shared, ...workflows }),
    await Worker.create({ ...shared, taskQueue: taskQueues.verify, activities: { verifyTree } }),
  ];
  const running = Promise.all(workers.map((worker) => worker.run()));
  return {
    client,
    requestVerification,
    script: (key: string, ...given: ((input: VerifyTreeInput) => Promise<Verdict> | Verdict)[]) =>
      answers.set(key, given),
    /** The inputs of the attempts on hosts. */
    attempts: (key: string) => inputs.filter((input) => input.key === key),
    verification: (key: string): WorkflowHandle => client.workflow.getHandle(verificationWorkflowId(key)),
    async close() {
      for (const worker of workers) worker.shutdown();
      await running;
      await connection.close();
      await client.connection.close();
    },
  };
}

let count = 0;
/** 32 hexadecimal digits that no other test has. */
function newKey(): string {
  return (count += 1).toString(16).padStart(32, '0');
}

/** A queue that reads nothing: its history has what it was told. */
async function openQueue({ client }: Host) {
  const workflowId = `queue:test-${(count += 1)}`;
  const handle = await client.workflow.start('queue', { workflowId, taskQueue: 'nobody-polls-it' });
  const heard = async (): Promise<VerdictMessage[]> => {
    const { events } = await handle.fetchHistory();
    const signals = (events ?? []).flatMap(({ workflowExecutionSignaledEventAttributes: signal }) => signal ?? []);
    return signals
      .filter(({ signalName }) => signalName === verdictSignal.name)
      .map(({ input }) => defaultPayloadConverter.fromPayload(input?.payloads?.[0] ?? {}));
  };
  return {
    handle,
    subscription: (change: Partial<Subscription> = {}): Subscription => ({
      queue: workflowId,
      source: { repository: '/srv/a.git', stateRemote: '/srv/s.git', ref: `refs/${workflowId}`, commit: sha(count) },
      timeoutSeconds: 60,
      ...change,
    }),
    heard,
    verdicts: async (): Promise<Verdict[]> => (await heard()).map(({ verdict }) => verdict),
  };
}

const patient = { timeout: 60_000 };

describe(`a verification, ${caching}`, () => {
  let host: Host;
  beforeAll(async () => (host = await openTestHost()));
  afterAll(() => host.close());

  /** Resolves when a host works on the key; it then waits until `answer` is called or it is cancelled. */
  function holding(key: string) {
    const { promise: begun, resolve: begin } = Promise.withResolvers<void>();
    const { promise: answered, resolve: answer } = Promise.withResolvers<Verdict>();
    const { promise: cancelled, resolve: noteCancel } = Promise.withResolvers<void>();
    const hold = async (): Promise<Verdict> => {
      begin();
      const { cancelled: whenCancelled, heartbeat } = Context.current();
      const beat = setInterval(() => heartbeat(), 50);
      try {
        return await Promise.race([answered, whenCancelled]);
      } catch (error) {
        if (error instanceof CancelledFailure) noteCancel();
        throw error;
      } finally {
        clearInterval(beat);
      }
    };
    return { hold, begun, answer, cancelled, key };
  }

  it('tells its queue that a tree is green, and answers the next one at once', async () => {
    const [key, queue] = [newKey(), await openQueue(host)];
    const subscription = queue.subscription();
    expect(await host.requestVerification({ key, subscription })).toBeNull();
    await vi.waitFor(async () => expect(await queue.heard()).toEqual([{ key, verdict: green }]), patient);
    expect(await host.verification(key).result()).toEqual(green);
    expect(await host.requestVerification({ key, subscription })).toEqual(green);
    const [input, ...more] = host.attempts(key);
    expect(input).toEqual({ key, sources: [subscription.source], timeoutSeconds: 60 });
    expect(more).toEqual([]);
  });

  it('fails when a tree is red, and begins again when it is asked again', async () => {
    const [key, queue] = [newKey(), await openQueue(host)];
    host.script(
      key,
      () => red,
      () => green,
    );
    await host.requestVerification({ key, subscription: queue.subscription() });
    await vi.waitFor(async () => expect(await queue.verdicts()).toEqual([red]), patient);
    await expect(host.verification(key).result()).rejects.toMatchObject({
      cause: { type: 'VerificationRed', message: 'red: test', details: [red] },
    });
    expect(await host.requestVerification({ key, subscription: queue.subscription() })).toBeNull();
    await vi.waitFor(async () => expect(await queue.verdicts()).toEqual([red, green]), patient);
  });

  it('says what a host has said when none can verify it', async () => {
    const [key, queue] = [newKey(), await openQueue(host)];
    host.script(key, () => {
      throw failure('NoSuchHost', 'no host has met it');
    });
    await host.requestVerification({ key, subscription: queue.subscription() });
    const failed = { status: 'failed', command: '', output: 'NoSuchHost: no host has met it' };
    await vi.waitFor(async () => expect(await queue.verdicts()).toEqual([failed]), patient);
    expect(host.attempts(key)).toHaveLength(1);
  });

  it('serves several queues with one attempt', async () => {
    const [key, first, second] = [newKey(), await openQueue(host), await openQueue(host)];
    const held = holding(key);
    host.script(key, held.hold, () => red);
    await host.requestVerification({ key, subscription: first.subscription({ timeoutSeconds: 30 }) });
    await held.begun;
    await host.requestVerification({ key, subscription: second.subscription({ timeoutSeconds: 90 }) });
    // A repeated request is no other subscriber.
    await host.requestVerification({ key, subscription: first.subscription({ timeoutSeconds: 30 }) });
    await vi.waitFor(async () => {
      const { queues } = await host.verification(key).query(verificationViewQuery);
      expect(queues).toEqual([first.handle.workflowId, second.handle.workflowId]);
    }, patient);
    held.answer(red);
    for (const queue of [first, second]) {
      await vi.waitFor(async () => expect(await queue.verdicts()).toEqual([red]), patient);
    }
    const [ref] = [first.subscription().source.ref];
    expect(
      host.attempts(key).map((input) => [input.timeoutSeconds, input.sources.map((source) => source.ref)]),
    ).toEqual([[30, [ref]]]);
  });

  it('goes on when one of two queues leaves, and is cancelled when the last one does', async () => {
    const [key, first, second] = [newKey(), await openQueue(host), await openQueue(host)];
    const held = holding(key);
    host.script(key, held.hold);
    for (const queue of [first, second]) await host.requestVerification({ key, subscription: queue.subscription() });
    await held.begun;
    const leave = ({ handle }: typeof first): Promise<void> =>
      host.verification(key).signal(unsubscribeSignal, { queue: handle.workflowId });
    await leave(first);
    await vi.waitFor(async () => {
      const { queues } = await host.verification(key).query(verificationViewQuery);
      expect(queues).toEqual([second.handle.workflowId]);
    }, patient);
    await leave(second);
    await held.cancelled;
    await vi.waitFor(async () => {
      expect((await host.verification(key).describe()).status.name).toBe('CANCELLED');
    }, patient);
    for (const queue of [first, second]) expect(await queue.heard()).toEqual([]);
    // It can be asked for again.
    host.script(key, () => green);
    expect(await host.requestVerification({ key, subscription: first.subscription() })).toBeNull();
    await vi.waitFor(async () => expect(await first.verdicts()).toEqual([green]), patient);
  });

  it('begins anew for a queue that comes when the last one has just left', async () => {
    const [key, first, second] = [newKey(), await openQueue(host), await openQueue(host)];
    const held = holding(key);
    host.script(key, held.hold, () => green);
    await host.requestVerification({ key, subscription: first.subscription() });
    await held.begun;
    await host.verification(key).signal(unsubscribeSignal, { queue: first.handle.workflowId });
    await host.requestVerification({ key, subscription: second.subscription() });
    await vi.waitFor(async () => expect(await second.verdicts()).toEqual([green]), patient);
  });

  it('tells its queues when a person cancels it', async () => {
    const [key, queue] = [newKey(), await openQueue(host)];
    const held = holding(key);
    host.script(key, held.hold);
    await host.requestVerification({ key, subscription: queue.subscription() });
    await held.begun;
    await host.verification(key).cancel();
    await held.cancelled;
    const failed = { status: 'failed', command: '', output: 'the verification was cancelled' };
    await vi.waitFor(async () => expect(await queue.verdicts()).toEqual([failed]), patient);
    await vi.waitFor(async () => {
      expect((await host.verification(key).describe()).status.name).toBe('CANCELLED');
    }, patient);
  });

  it('does without a queue that is gone', async () => {
    const [key, gone, queue] = [newKey(), await openQueue(host), await openQueue(host)];
    await gone.handle.terminate();
    const held = holding(key);
    host.script(key, held.hold);
    for (const each of [gone, queue]) await host.requestVerification({ key, subscription: each.subscription() });
    held.answer(green);
    await vi.waitFor(async () => expect(await queue.verdicts()).toEqual([green]), patient);
    expect(await host.verification(key).result()).toEqual(green);
  });

  it('answers everybody who comes while it ends', async () => {
    const keys = Array.from({ length: 4 }, newKey);
    const queue = await openQueue(host);
    for (const key of keys) host.script(key, () => red);
    // Requests at all moments of short lives: each must end with a verdict.
    const asking = keys.map(async (key) => {
      for (let asked = 1; asked <= 8; asked++) {
        const before = (await queue.heard()).filter((message) => message.key === key).length;
        const late = await openQueue(host);
        const subscribing = host.requestVerification({ key, subscription: queue.subscription() });
        await host.requestVerification({ key, subscription: late.subscription() });
        await subscribing;
        await vi.waitFor(async () => {
          expect((await queue.heard()).filter((message) => message.key === key).length).toBeGreaterThan(before);
          expect(await late.verdicts()).not.toEqual([]);
        }, patient);
      }
    });
    await Promise.all(asking);
    // A queue that asks again after a red verdict wants it repeated.
    for (const key of keys) {
      const heard = (await queue.heard()).filter((message) => message.key === key).length;
      expect(host.attempts(key).length).toBeGreaterThanOrEqual(heard);
    }
  });
});
