import type { RecordedUnit, ReportData } from '../../contracts/activities/reports.ts';
import { noTotals } from '../../domain/money/usage.ts';
import type { RunInput } from '../../domain/run/input.ts';
import type { TrainMember } from '../../contracts/activities/landing.ts';
import type { Feedback, SliceResult } from '../../contracts/activities/agent.ts';
import type { ApprovalView, ApprovalCard, PrivateReply } from '../../contracts/approval.ts';
import { readQueue } from '../../client/queue/read-queue.ts';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { WorkflowFailedError, WorkflowUpdateFailedError } from '@temporalio/client';
import type { PlanNode } from '../../contracts/documents/plan.ts';
import type { ScriptedHost } from './scripted-host.ts';
import { caching, maxCachedWorkflows } from './caching.ts';
import { approvalViewQuery, decideSignal, decideUpdate } from '../../contracts/messages/approval.ts';
import { approvalWorkflowId } from '../../contracts/ids.ts';
import { decide } from '../../client/act/decisions.ts';
import { failure } from '../../contracts/failures.ts';
import {
  builtTrain,
  conflictIn,
  nextSha,
  runInput,
  startRun,
  startScriptedHost,
  unitHandle,
  unitsIn,
} from './scripted-host.ts';
import { decision, node, sha } from '../domain/fixtures.ts';
import { cancelUnitUpdate, runViewQuery, skipUnitUpdate } from '../../contracts/messages/run.ts';
import { coppicePhase, coppiceRepository, coppiceRun } from '../../contracts/search-attributes.ts';

const ask = {
  decide: 'ask',
  policy: { rule: 'src/**: ask', by: ['m'], allowed: { slack: ['U1'], users: ['dana'], email: [] } },
} as const;

function sliceDone(
  verdict: Extract<SliceResult['outcome'], { status: 'done' }>['verdict'],
  result = nextSha(),
): SliceResult {
  const outcome = { status: 'done', result, base: sha(2), verdict, changed: ['src/a.ts'], changedCount: 1 } as const;
  return { outcome, totals: noTotals, seconds: 0 };
}

describe(`workflows ${caching}`, () => {
  let host: ScriptedHost;
  let original: ScriptedHost['activities'];
  let runs = 0;

  beforeAll(async () => {
    host = await startScriptedHost(maxCachedWorkflows);
    original = { ...host.activities };
  });
  afterAll(() => host.close());

  /** Each test has a run, and so a queue, of its own, and says only what its host does differently. */
  function prepare(
    nodes: readonly PlanNode[],
    activities: Partial<ScriptedHost['activities']> = {},
    settings: Partial<RunInput['settings']> = {},
  ): RunInput {
    Object.assign(host.activities, original, activities);
    runs += 1;
    return runInput(`w${runs}`, nodes, settings);
  }

  it('lands a diamond in the order of its needs and reports it', async () => {
    const landed: string[] = [];
    let report: ReportData | undefined;
    const input = prepare([node('a'), node('b', ['a']), node('c', ['a']), node('d', ['b', 'c'])], {
      async landTrain({ commit }) {
        landed.push(...unitsIn(commit).filter((unit) => !landed.includes(unit)));
        return { status: 'landed' };
      },
      async writeReport({ data }) {
        report = data;
        return sha(3);
      },
    });
    const result = await (await startRun(host, input)).result();
    expect(result).toEqual({ run: input.context.run, status: 'completed', report: sha(3), landed: 4, units: 4 });
    expect(landed[0]).toBe('a');
    expect(landed.slice(1, 3).toSorted()).toEqual(['b', 'c']);
    expect(landed[3]).toBe('d');
    expect(
      report?.units.map(({ id, status, slices, attempts, hosts }) => [id, status, slices, attempts, hosts]),
    ).toEqual(['a', 'b', 'c', 'd'].map((id) => [id, 'landed', 1, 1, ['h1']]));
  });

  it('fails the run and skips what depends on a unit that failed; the rest lands', async () => {
    const input = prepare([node('a'), node('b', ['a']), node('c')], {
      async runSlice({ unit }) {
        if (unit === 'a')
          return { ...sliceDone({ decide: 'allow' }), outcome: { status: 'failed', reason: 'no-change: nothing' } };
        return sliceDone({ decide: 'allow' });
      },
    });
    const handle = await startRun(host, input);
    const error: unknown = await handle.result().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(WorkflowFailedError);
    expect(error).toMatchObject({ cause: { type: 'RunFailed', details: [{ status: 'failed', landed: 1, units: 3 }] } });
    const view = await handle.query(runViewQuery);
    expect(view.units.map(({ id, phase, reason }) => [id, phase, reason])).toEqual([
      ['a', 'failed', 'no-change: nothing'],
      ['b', 'skipped', 'dependency-failed: a is failed (no-change: nothing)'],
      ['c', 'landed', null],
    ]);
    await expect(unitHandle(host, input, node('a')).describe()).resolves.toMatchObject({ status: { name: 'FAILED' } });
  });

  it('begins a unit that comes after another when that has ended, although it has failed', async () => {
    const began: string[] = [];
    const input = prepare([{ ...node('b'), after: [node('a').id] }, node('a'), node('c')], {
      async runSlice({ unit }) {
        began.push(unit);
        if (unit !== 'a') return sliceDone({ decide: 'allow' });
        await vi.waitFor(() => expect(began).toContain('c'), 10_000);
        return { ...sliceDone({ decide: 'allow' }), outcome: { status: 'failed', reason: 'no-change: nothing' } };
      },
    });
    await expect((await startRun(host, input)).result()).rejects.toMatchObject({
      cause: { details: [{ status: 'failed', landed: 2, units: 3 }] },
    });
    expect(began.toSorted()).toEqual(['a', 'b', 'c']);
    expect(began[2]).toBe('b');
  });

  it('fails a unit whose slice cannot succeed, with the name of the failure', async () => {
    const input = prepare([node('a')], {
      async runSlice() {
        throw failure('SetupFailed', 'npm ci ended with 1');
      },
    });
    const handle = await startRun(host, input);
    await expect(handle.result()).rejects.toThrow();
    const view = await handle.query(runViewQuery);
    expect(view.units[0]?.reason).toBe('error: SetupFailed: npm ci ended with 1');
  });

  it('shows what the entry in flight fails with, ejects it when no try can help, and lands the others', async () => {
    let tries = 0;
    const input = prepare([node('a'), node('b')], {
      async verifyTree({ key }) {
        if (!unitsIn(key).includes('a')) return { status: 'green' };
        tries += 1;
        throw tries < 3 ? new Error('EIO: a disk') : failure('Unexpected', 'EIO: a disk');
      },
    });
    const handle = await startRun(host, input);
    await vi.waitFor(
      async () => {
        const where = { queue: input.context.queue, repository: 'r', branch: 'main' };
        const { trains } = await readQueue(host.client, where);
        const [verification] = trains.flatMap(({ verifications }) => verifications);
        expect(verification).toMatchObject({ lastFailure: 'EIO: a disk' });
        expect(verification?.attempt).toBeGreaterThan(1);
      },
      { timeout: 60_000 },
    );
    await expect(handle.result()).rejects.toThrow();
    const view = await handle.query(runViewQuery);
    expect(view.units).toMatchObject([
      { phase: 'failed', reason: 'error: Unexpected: EIO: a disk' },
      { phase: 'landed' },
    ]);
  });

  it('gives what the queue sends back to the same unit, then fails it when the same comes again', async () => {
    const feedback: (Feedback | null)[] = [];
    const input = prepare([node('a', ['b']), node('b')], {
      async runSlice(slice) {
        if (slice.unit === 'a') feedback.push(slice.feedback);
        return sliceDone({ decide: 'allow' });
      },
      async buildTrain(train) {
        const built = builtTrain(train, (unit) => (unit === 'a' ? conflictIn('src/a.ts') : null));
        return { ...built, target: sha(50) };
      },
    });
    const handle = await startRun(host, input);
    await expect(handle.result()).rejects.toThrow();
    expect(feedback).toMatchObject([null, { kind: 'conflict', onto: sha(50), paths: ['src/a.ts'] }]);
    const view = await handle.query(runViewQuery);
    expect(view.units).toMatchObject([
      { phase: 'failed', reason: 'conflict: with the target in src/a.ts' },
      { phase: 'landed' },
    ]);
  });

  it('builds and verifies again on the new tip when the target has moved', async () => {
    const verified: string[] = [];
    let pushes = 0;
    const input = prepare([node('a')], {
      async verifyTree({ key }) {
        verified.push(key);
        return { status: 'green' };
      },
      async landTrain() {
        pushes += 1;
        return { status: pushes === 1 ? 'moved' : 'landed' };
      },
    });
    await (await startRun(host, input)).result();
    expect(new Set(verified).size).toBe(2);
    expect(pushes).toBe(2);
  });

  it('lands after an approval that arrives as a signal, and replaces the card', async () => {
    const cards: ApprovalCard[] = [];
    const replies: PrivateReply[] = [];
    let approvedBy: readonly string[] = [];
    const result = nextSha();
    const input = prepare(
      [node('a')],
      {
        runSlice: async () => sliceDone(ask, result),
        async postCard(card) {
          cards.push(card);
          return { channel: card.channel, ts: '1.1' };
        },
        async settleCard({ card }) {
          cards.push(card);
        },
        async replyPrivately({ reply }) {
          replies.push(reply);
        },
        async buildTrain(train) {
          approvedBy = train.members[0]?.approvedBy ?? [];
          return builtTrain(train);
        },
      },
      { channels: [{ medium: 'slack', channel: 'C1' }] },
    );
    const handle = await startRun(host, input);
    const approval = host.client.workflow.getHandle(approvalWorkflowId(input.context.run, node('a').id, 1));
    await vi.waitFor(() => expect(cards).toHaveLength(1), { timeout: 60_000 });
    expect(cards[0]).toMatchObject({ channel: 'C1', view: { status: 'open', hash: result, policy: { by: ['m'] } } });
    const stranger = { channel: 'slack', id: 'U9', name: 'Eve' } as const;
    await approval.signal(decideSignal, decision({ decisionId: 'd0', hash: result, by: stranger }));
    await vi.waitFor(() => expect(replies).toEqual([{ user: 'U9', text: 'Only m may decide this.' }]), {
      timeout: 60_000,
    });
    await approval.signal(decideSignal.name, null);
    await approval.signal(decideSignal, decision({ hash: result }));
    await handle.result();
    expect(cards.at(-1)).toMatchObject({ view: { status: 'approved', votes: [{ by: { name: 'Ulla' } }] } });
    expect(approvedBy).toEqual(['Ulla (slack U1)']);
    await expect(approval.signal(decideSignal, decision({ decisionId: 'late', hash: result }))).rejects.toThrow(
      /not found|completed/i,
    );
  });

  it('keeps a card in each channel, and answers in the one where a person decided', async () => {
    const drawn: string[] = [];
    const replies: string[] = [];
    const result = nextSha();
    const email = ['review@example.com'];
    const policy = { ...ask.policy, allowed: { ...ask.policy.allowed, email } };
    const input = prepare(
      [node('a')],
      {
        runSlice: async () => sliceDone({ ...ask, policy }, result),
        async postCard({ medium = 'slack', channel, view }) {
          drawn.push(`${medium} ${channel} ${view.status}`);
          return { medium, channel, ts: '1.1' };
        },
        async settleCard({ posted, card: { view } }) {
          drawn.push(`${posted?.medium} ${posted?.channel} ${view.status}`);
        },
        async replyPrivately({ posted, reply }) {
          replies.push(`${posted.channel} ${reply.user}`);
        },
      },
      {
        channels: [
          { medium: 'slack', channel: 'C1' },
          { medium: 'slack', channel: 'C2' },
          // Those whom the rule names are asked instead.
          { medium: 'email', channel: 'others@example.com' },
        ],
      },
    );
    const handle = await startRun(host, input);
    const approval = host.client.workflow.getHandle(approvalWorkflowId(input.context.run, node('a').id, 1));
    await vi.waitFor(() => expect(drawn).toHaveLength(3), { timeout: 60_000 });
    for (const by of [
      { channel: 'email', id: 'eve@example.com', name: 'Eve' },
      { channel: 'slack', id: 'U9', name: 'Eve' },
      { channel: 'cli', id: 'eve', name: 'Eve' },
    ] as const)
      await approval.signal(decideSignal, decision({ decisionId: by.channel, hash: result, by }));
    await vi.waitFor(() => expect(replies.toSorted()).toEqual(['C1 U9', 'review@example.com eve@example.com']), {
      timeout: 60_000,
    });
    await approval.signal(decideSignal, decision({ hash: result }));
    await handle.result();
    await vi.waitFor(
      () =>
        expect(drawn.toSorted()).toEqual([
          'email review@example.com approved',
          'email review@example.com open',
          'slack C1 approved',
          'slack C1 open',
          'slack C2 approved',
          'slack C2 open',
        ]),
      { timeout: 60_000 },
    );
  });

  it('tells somebody who clicks while the end of the approval is handed over to a card', async () => {
    const replies: PrivateReply[] = [];
    const slow = Promise.withResolvers<void>();
    const result = nextSha();
    const input = prepare(
      [node('a')],
      {
        runSlice: async () => sliceDone(ask, result),
        settleCard: () => slow.promise,
        async replyPrivately({ reply }) {
          replies.push(reply);
        },
      },
      { channels: [{ medium: 'slack', channel: 'C1' }] },
    );
    const approval = host.client.workflow.getHandle(approvalWorkflowId(input.context.run, node('a').id, 1));
    const eve = { channel: 'slack', id: 'U9', name: 'Eve' } as const;
    let clicked = false;
    host.handingOn = async (given) => {
      if (clicked || !given.includes(approval.workflowId) || !given.includes('"replies":[]')) return;
      clicked = true;
      await approval.signal(decideSignal, decision({ decisionId: 'late', hash: result, by: eve }));
    };
    const handle = await startRun(host, input);
    await vi.waitFor(() => approval.describe(), { timeout: 60_000 });
    await approval.signal(decideSignal, decision({ hash: result }));
    await handle.result();
    try {
      const told = [{ user: 'U9', text: 'This is closed: approved by Ulla (slack).' }];
      await vi.waitFor(() => expect(replies).toEqual(told), { timeout: 60_000 });
    } finally {
      slow.resolve();
    }
  });

  it('answers a decision from the command line at once, refusals too', async () => {
    const result = nextSha();
    const input = prepare([node('a')], { runSlice: async () => sliceDone(ask, result) });
    const handle = await startRun(host, input);
    const id = approvalWorkflowId(input.context.run, node('a').id, 1);
    const approval = host.client.workflow.getHandle(id);
    await vi.waitFor(() => approval.describe(), { timeout: 60_000 });
    const by = { channel: 'cli', id: 'dana', name: 'dana' } as const;
    const refused = await approval.executeUpdate(decideUpdate, { args: [decision({ by, hash: sha(1) })] });
    expect(refused).toMatchObject({ accepted: false, code: 'stale' });
    const denied = await approval.executeUpdate(decideUpdate, {
      args: [decision({ decisionId: 'd2', by, hash: result, decision: 'deny', reason: 'not now' })],
    });
    expect(denied).toEqual({ accepted: true, status: 'denied' });
    await expect(handle.result()).rejects.toThrow();
    const view = await handle.query(runViewQuery);
    expect(view.units[0]?.reason).toBe('denied: denied by dana (cli): not now');
  });

  it('does not land what an approval was taken back for in the middle of a verification, and says when it is too late', async () => {
    const result = nextSha();
    let verified: () => void = () => undefined;
    const mayEnd = new Promise<void>((resolve) => (verified = resolve));
    const landed: string[] = [];
    const input = prepare([node('a'), node('b')], {
      runSlice: async ({ unit }) => (unit === 'a' ? sliceDone(ask, result) : sliceDone({ decide: 'allow' })),
      async verifyTree({ key }) {
        if (unitsIn(key).includes('a')) await mayEnd;
        return { status: 'green' };
      },
      async landTrain({ commit }) {
        landed.push(...unitsIn(commit).filter((unit) => !landed.includes(unit)));
        return { status: 'landed' };
      },
    });
    const handle = await startRun(host, input);
    const id = approvalWorkflowId(input.context.run, node('a').id, 1);
    await vi.waitFor(() => host.client.workflow.getHandle(id).describe(), { timeout: 60_000 });
    const dana = { id, user: 'dana' } as const;
    await decide(host.client, { ...dana, decision: 'approve' });
    await vi.waitFor(async () => expect((await handle.query(runViewQuery)).units[0]?.phase).toBe('queued'), {
      timeout: 60_000,
    });
    await expect(decide(host.client, { id, user: 'eve', decision: 'deny' })).rejects.toThrow('only m may take');
    const denied = await decide(host.client, { ...dana, decision: 'deny', reason: 'not yet' });
    expect(denied).toEqual({ accepted: true, status: 'denied' });
    verified();
    await expect(handle.result()).rejects.toThrow();
    expect(landed).toEqual(['b']);
    const { units } = await handle.query(runViewQuery);
    expect(units[0]?.reason).toBe('denied: the approval was taken back by dana (cli): not yet');
    await expect(decide(host.client, { ...dana, decision: 'deny' })).rejects.toThrow('is closed');
  });

  it('asks again when what was approved has changed: the old consent does not count for the new result', async () => {
    const [first, second] = [nextSha(), nextSha()];
    let slices = 0;
    let approvedBy: readonly string[] = [];
    const input = prepare([node('a')], {
      async runSlice() {
        slices += 1;
        return sliceDone(ask, slices === 1 ? first : second);
      },
      async buildTrain(train) {
        const [member] = train.members;
        if (member?.result === first) return builtTrain(train, () => conflictIn('src/a.ts'));
        approvedBy = member?.approvedBy ?? [];
        return builtTrain(train);
      },
    });
    const handle = await startRun(host, input);
    const approval = (n: number) =>
      host.client.workflow.getHandle(approvalWorkflowId(input.context.run, node('a').id, n));
    await vi.waitFor(() => approval(1).describe(), { timeout: 60_000 });
    await approval(1).signal(decideSignal, decision({ hash: first }));
    await vi.waitFor(() => approval(2).describe(), { timeout: 60_000 });
    const stale = await approval(2).executeUpdate(decideUpdate, {
      args: [decision({ decisionId: 'd2', hash: first })],
    });
    expect(stale).toMatchObject({ accepted: false, code: 'stale' });
    await approval(2).signal(decideSignal, decision({ decisionId: 'd3', hash: second }));
    await handle.result();
    expect(approvedBy).toEqual(['Ulla (slack U1)']);
  });

  it('asks again when more would land than was approved, and lands the same result with both consents', async () => {
    const result = nextSha();
    const subjects: TrainMember[] = [];
    const policy = { rule: 'guarded', by: ['m'], allowed: { slack: ['U1'], users: [], email: [] } };
    const input = prepare([node('a')], {
      runSlice: async () => sliceDone(ask, result),
      async buildTrain(train) {
        subjects.push(...train.members);
        const isCovered = train.members[0]?.consents.some(({ covers }) => covers === 'c1');
        const missing = { policy, changed: ['guarded/a.ts'], changedCount: 1, covers: 'c1' };
        return builtTrain(train, () => (isCovered === true ? null : { status: 'consent-missing', ...missing }));
      },
    });
    const handle = await startRun(host, input);
    const approval = (n: number) =>
      host.client.workflow.getHandle(approvalWorkflowId(input.context.run, node('a').id, n));
    await vi.waitFor(() => approval(1).describe(), { timeout: 60_000 });
    await approval(1).signal(decideSignal, decision({ hash: result }));
    await vi.waitFor(() => approval(2).describe(), { timeout: 60_000 });
    await expect(approval(2).query(approvalViewQuery)).resolves.toMatchObject({
      subject: { result, paths: ['guarded/a.ts'], pathCount: 1 },
    });
    await approval(2).signal(decideSignal, decision({ decisionId: 'd2', hash: result }));
    await expect(handle.result()).resolves.toMatchObject({ landed: 1 });
    const ulla = { channel: 'slack', id: 'U1' };
    expect(subjects.map(({ consents }) => consents)).toEqual([[ulla], [ulla, { ...ulla, covers: 'c1' }]]);
    expect(subjects.at(-1)?.approvedBy).toEqual(['Ulla (slack U1)']);
  });

  it('continues as new on its way and loses nothing', async () => {
    const nodes = Array.from({ length: 12 }, (__, i) => node(`u${i}`, i < 3 ? [] : [`u${i - 3}`]));
    const handle = await startRun(host, prepare(nodes));
    await expect(handle.result()).resolves.toMatchObject({ status: 'completed', landed: 12 });
    const { raw } = await handle.describe();
    expect(raw.workflowExecutionInfo?.execution?.runId).not.toBe(raw.workflowExecutionInfo?.firstRunId);
  });

  it('takes silence as a no', async () => {
    const input = prepare([node('a')], { runSlice: async () => sliceDone(ask) }, { approvalSeconds: 1 });
    const handle = await startRun(host, input);
    await expect(handle.result()).rejects.toThrow();
    const view = await handle.query(runViewQuery);
    expect(view.units[0]?.reason).toBe('expired: nobody decided in time');
  });

  it('reminds people, lets others decide after a while, and waits beyond its time where silence is no answer', async () => {
    const reminded: ApprovalView[] = [];
    const timing = {
      withinSeconds: 1,
      silence: 'pause',
      remindSeconds: 1,
      escalate: { afterSeconds: 1, to: ['owners'], people: { users: ['olga'] } },
    } as const;
    const input = prepare(
      [node('a')],
      {
        runSlice: async () => sliceDone({ ...ask, policy: { ...ask.policy, timing } }),
        async remindPeople({ card }) {
          reminded.push(card.view);
        },
      },
      { channels: [{ medium: 'slack', channel: 'C1' }] },
    );
    const handle = await startRun(host, input);
    const approval = host.client.workflow.getHandle(approvalWorkflowId(input.context.run, node('a').id, 1));
    await vi.waitFor(() => expect(reminded.map(({ reminders = 0 }) => reminders)).toContain(3), { timeout: 60_000 });
    const view = await approval.query(approvalViewQuery);
    expect(view).toMatchObject({ status: 'open', isOverdue: true, escalatedAt: expect.any(String) });
    const by = { channel: 'cli', id: 'olga', name: 'Olga' } as const;
    await approval.executeUpdate(decideUpdate, { args: [decision({ hash: view.hash, by })] });
    await expect(handle.result()).resolves.toMatchObject({ landed: 1 });
  });

  it('cancels a run with everything in it: working, asking and waiting units', async () => {
    let working = 0;
    const input = prepare([node('a'), node('b'), node('c', ['a'])], {
      async runSlice({ unit }) {
        if (unit === 'b') return sliceDone(ask);
        working += 1;
        const { Context } = await import('@temporalio/activity');
        const beat = setInterval(() => Context.current().heartbeat(), 100);
        return Context.current().cancelled.finally(() => clearInterval(beat));
      },
    });
    const handle = await startRun(host, input);
    const approval = host.client.workflow.getHandle(approvalWorkflowId(input.context.run, node('b').id, 1));
    await vi.waitFor(() => expect(working).toBe(1), { timeout: 60_000 });
    await vi.waitFor(() => approval.describe(), { timeout: 60_000 });
    await handle.cancel();
    await expect(handle.result()).rejects.toMatchObject({ cause: { name: 'CancelledFailure' } });
    const view = await handle.query(runViewQuery);
    expect(view.status).toBe('cancelled');
    expect(view.units.map(({ phase }) => phase)).toEqual(['cancelled', 'cancelled', 'cancelled']);
    await expect(approval.query(approvalViewQuery)).resolves.toMatchObject({ status: 'cancelled' });
    await expect(handle.describe()).resolves.toMatchObject({ status: { name: 'CANCELLED' } });
  });

  it('cancels one unit, and says why it cannot cancel one that has ended', async () => {
    const input = prepare([node('a'), node('b')], {
      runSlice: async ({ unit }) => sliceDone(unit === 'a' ? ask : { decide: 'allow' }),
    });
    const handle = await startRun(host, input);
    const approval = host.client.workflow.getHandle(approvalWorkflowId(input.context.run, node('a').id, 1));
    await vi.waitFor(() => approval.describe(), { timeout: 60_000 });
    await expect(handle.executeUpdate(cancelUnitUpdate, { args: ['a'] })).resolves.toEqual({ accepted: true });
    await expect(handle.result()).rejects.toThrow();
    const view = await handle.query(runViewQuery);
    expect(view.units.map(({ phase }) => phase)).toEqual(['cancelled', 'landed']);
    await expect(handle.executeUpdate(cancelUnitUpdate, { args: ['a'] })).rejects.not.toBeInstanceOf(
      WorkflowUpdateFailedError,
    );
  });

  it('begins a unit anew that has failed, and lets what was skipped because of it follow', async () => {
    const slices: { unit: string; retry: number; slice: number }[] = [];
    let report: ReportData | undefined;
    const pages: (readonly RecordedUnit[])[] = [];
    let finishC: () => void = () => undefined;
    const mayFinishC = new Promise<void>((resolve) => (finishC = resolve));
    const input = prepare([node('a'), node('b', ['a']), node('c')], {
      async runSlice({ unit, retry, slice }) {
        slices.push({ unit, retry, slice });
        if (unit === 'c') await mayFinishC;
        const done = sliceDone({ decide: 'allow' });
        return unit === 'a' && retry === 0 ? { ...done, outcome: { status: 'failed', reason: 'stuck: x' } } : done;
      },
      async saveRecords({ units }) {
        pages.push(units);
        return sha(4);
      },
      async writeReport({ data }) {
        report = data;
        return sha(3);
      },
    });
    const handle = await startRun(host, input);
    const phases = async () => {
      const view = await handle.query(runViewQuery);
      return view.units.map(({ phase }) => phase);
    };
    await vi.waitFor(async () => expect(await phases()).toEqual(['failed', 'skipped', 'working']), { timeout: 60_000 });
    const act = (name: string, unit: string) => handle.executeUpdate(name, { args: [unit, 'dana'] });
    await expect(act('retryUnit', 'b')).resolves.toMatchObject({ accepted: false, known: true });
    await expect(act('retryUnit', 'a')).resolves.toEqual({ accepted: true });
    await vi.waitFor(async () => expect(await phases()).toEqual(['landed', 'landed', 'working']), { timeout: 60_000 });
    await expect(act('retryUnit', 'a')).resolves.toMatchObject({
      accepted: false,
      message: expect.stringContaining('a has landed; `coppice queue revert'),
    });
    finishC();
    await expect(handle.result()).resolves.toMatchObject({ status: 'completed', landed: 3 });
    expect(slices.filter(({ unit }) => unit === 'a')).toEqual([
      { unit: 'a', retry: 0, slice: 1 },
      { unit: 'a', retry: 1, slice: 1 },
    ]);
    expect(pages.flat().map(({ id, status }) => [id, status])).toEqual([
      ['a', 'failed'],
      ['b', 'skipped'],
    ]);
    expect(report).toMatchObject({ pages: 1, units: [{ id: 'a', retries: 1 }, { id: 'b' }, { id: 'c' }] });
  });

  it('continues without a unit that a person leaves out while it works', async () => {
    let stopped = false;
    const input = prepare([node('a'), node('b', ['a'])], {
      async runSlice({ unit }) {
        if (unit === 'b') return sliceDone({ decide: 'allow' });
        const { Context } = await import('@temporalio/activity');
        const beat = setInterval(() => Context.current().heartbeat(), 100);
        return Context.current().cancelled.finally(() => {
          stopped = true;
          clearInterval(beat);
        });
      },
    });
    const handle = await startRun(host, input);
    await vi.waitFor(() => unitHandle(host, input, node('a')).describe(), { timeout: 60_000 });
    await expect(handle.executeUpdate(skipUnitUpdate, { args: ['a', 'dana'] })).resolves.toEqual({ accepted: true });
    await expect(handle.result()).rejects.toMatchObject({ cause: { details: [{ status: 'failed', landed: 1 }] } });
    expect(stopped).toBe(true);
    const view = await handle.query(runViewQuery);
    expect(view.units).toMatchObject([
      { phase: 'skipped', reason: 'skipped: left out by dana' },
      { phase: 'landed', reason: null },
    ]);
  });

  it('keeps counts for lists in its memo', async () => {
    const input = prepare([node('a'), node('b')], {
      async runSlice({ unit }) {
        const done = sliceDone({ decide: 'allow' });
        return unit === 'a' ? { ...done, outcome: { status: 'failed', reason: 'stuck: x' } } : done;
      },
    });
    const handle = await startRun(host, input);
    await expect(handle.result()).rejects.toThrow();
    const { memo } = await handle.describe();
    expect(memo).toMatchObject({ progress: { total: 2, landed: 1, failed: 1 } });
  });

  it('does not take back a unit that is being landed: it lands, although it was cancelled', async () => {
    let land: () => void = () => undefined;
    const mayLand = new Promise<void>((resolve) => (land = resolve));
    let landing = false;
    const input = prepare([node('a')], {
      async landTrain() {
        landing = true;
        await mayLand;
        return { status: 'landed' };
      },
    });
    const handle = await startRun(host, input);
    await vi.waitFor(() => expect(landing).toBe(true), { timeout: 60_000 });
    await handle.cancel();
    land();
    await expect(handle.result()).resolves.toMatchObject({ status: 'completed' });
  });

  it('parks a unit whose model cannot be asked, and continues with it when the time has come', async () => {
    const begun: number[] = [];
    const input = prepare([node('a')], {
      async runSlice({ slice }) {
        begun.push(Date.now());
        if (slice > 1) return sliceDone({ decide: 'allow' });
        const outcome = { status: 'parked', retryAfterSeconds: 3, reason: 'overloaded' } as const;
        return { ...sliceDone({ decide: 'allow' }), outcome };
      },
    });
    const handle = await startRun(host, input);
    const parked = await vi.waitFor(
      async () => {
        const { units } = await handle.query(runViewQuery);
        expect(units).toMatchObject([{ phase: 'parked' }]);
        return units[0];
      },
      { timeout: 60_000 },
    );
    expect(parked?.reason).toMatch(/^overloaded; continues at \d{4}-.*Z$/);
    await expect(handle.result()).resolves.toMatchObject({ status: 'completed' });
    const [first = 0, second = 0] = begun;
    expect(begun).toHaveLength(2);
    expect(second - first).toBeGreaterThanOrEqual(3000);
  });

  it('cancels a unit that is parked at once', async () => {
    const outcome = { status: 'parked', retryAfterSeconds: 3600, reason: 'overloaded' } as const;
    const input = prepare([node('a')], { runSlice: async () => ({ ...sliceDone({ decide: 'allow' }), outcome }) });
    const handle = await startRun(host, input);
    const parked = async () => expect((await handle.query(runViewQuery)).units).toMatchObject([{ phase: 'parked' }]);
    await vi.waitFor(parked, { timeout: 60_000 });
    await handle.cancel();
    await expect(handle.result()).rejects.toMatchObject({ cause: { name: 'CancelledFailure' } });
  });

  it('leaves nothing running when the run is terminated: the unit finds no run and cancels itself', async () => {
    let slices = 0;
    let drain: () => void = () => undefined;
    const mayDrain = new Promise<void>((resolve) => (drain = resolve));
    const input = prepare([node('a')], {
      async runSlice() {
        slices += 1;
        await mayDrain;
        return { ...sliceDone({ decide: 'allow' }), outcome: { status: 'drained' } };
      },
    });
    const handle = await startRun(host, input);
    await vi.waitFor(() => expect(slices).toBe(1), { timeout: 60_000 });
    await handle.terminate();
    drain();
    await expect(unitHandle(host, input, node('a')).result()).rejects.toMatchObject({
      cause: { name: 'CancelledFailure' },
    });
    expect(slices).toBe(1);
  });

  it('shows operators what is going on: summary, attributes and details', async () => {
    const input = prepare([node('a')], { runSlice: async () => sliceDone(ask) });
    const handle = await startRun(host, input);
    const approval = host.client.workflow.getHandle(approvalWorkflowId(input.context.run, node('a').id, 1));
    await vi.waitFor(() => approval.describe(), { timeout: 60_000 });
    const unit = await unitHandle(host, input, node('a')).describe();
    expect(await unit.staticSummary()).toBe('Title of a');
    const page = await approval.query<{ currentDetails: string }>('__temporal_workflow_metadata');
    expect(page.currentDetails).toContain('**Waits for a decision**\n\nLand "Title of a" on main\n\n- target: ');
    expect(unit.typedSearchAttributes.getAll().map(({ key, value }) => [key.name, value])).toEqual(
      expect.arrayContaining([
        [coppiceRun.name, input.context.run],
        [coppiceRepository.name, 'repository'],
        [coppicePhase.name, 'asking'],
      ]),
    );
    const metadata = await handle.query<{ currentDetails: string }>('__temporal_workflow_metadata');
    expect(metadata.currentDetails).toContain('0 of 1 units landed');
    await handle.cancel();
    await expect(handle.result()).rejects.toThrow();
  });
});
