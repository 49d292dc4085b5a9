// People's decisions, messages and stops while a run continues: money, keys, questions, messages, pause and resume.

import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { Context } from '@temporalio/activity';
import type { ReportData } from '../../contracts/activities/reports.ts';
import { noTotals } from '../../domain/money/usage.ts';
import type { RunInput } from '../../domain/run/input.ts';
import type { RunView, UnitActionAnswer } from '../../contracts/messages/run.ts';
import type {
  SliceInput,
  StopRequest,
  SliceOutcome,
  SliceResult,
  PersonMessage,
} from '../../contracts/activities/agent.ts';
import type { ApprovalView } from '../../contracts/approval.ts';
import type { PlanNode } from '../../contracts/documents/plan.ts';
import type { ScriptedHost } from './scripted-host.ts';
import { caching, maxCachedWorkflows } from './caching.ts';
import { approvalWorkflowId, runApprovalWorkflowId } from '../../contracts/ids.ts';
import { decision, node, sha, unit } from '../domain/fixtures.ts';
import { failure } from '../../contracts/failures.ts';
import { makeAskUnit } from '../../activities/control/ask-unit.ts';
import { nextSha, runInput, startRun, startScriptedHost, unitHandle } from './scripted-host.ts';
import { approvalViewQuery, decideUpdate } from '../../contracts/messages/approval.ts';
import { cancelUnitUpdate, runViewQuery } from '../../contracts/messages/run.ts';
import { messageUpdate } from '../../contracts/messages/unit.ts';

const by = { channel: 'cli', id: 'dana', name: 'dana' } as const;
const anybody = { decide: 'ask', policy: { rule: 'question: asked by default', by: [], allowed: null } } as const;

/** A slice that ends so, with what the unit has cost by then. */
function ends(outcome: SliceOutcome, costUsd = 0): SliceResult {
  return { outcome, totals: { ...noTotals, costUsd }, seconds: 0 };
}

function done(costUsd = 0): SliceResult {
  const work = { result: nextSha(), base: sha(2), changed: ['src/a.ts'], changedCount: 1 };
  return ends({ status: 'done', verdict: { decide: 'allow' }, ...work }, costUsd);
}

describe(`people and workflows ${caching}`, () => {
  let host: ScriptedHost;
  let original: ScriptedHost['activities'];
  let runs = 0;
  let slices: SliceInput[] = [];
  let report: ReportData | undefined;

  beforeAll(async () => {
    host = await startScriptedHost(maxCachedWorkflows);
    original = { ...host.activities };
  });
  afterAll(() => host.close());

  /** Starts a run whose slices end as the test says. */
  async function start(
    nodes: readonly PlanNode[],
    runSlice: (input: SliceInput) => Promise<SliceResult> | SliceResult,
    settings: Partial<RunInput['settings']> = {},
    tryTarget: ScriptedHost['activities']['tryTarget'] = original.tryTarget,
  ) {
    slices = [];
    report = undefined;
    const activities: Partial<ScriptedHost['activities']> = {
      tryTarget,
      async runSlice(input) {
        slices.push(input);
        return runSlice(input);
      },
      async writeReport({ data }) {
        report = data;
        return sha(3);
      },
    };
    Object.assign(host.activities, original, activities);
    runs += 1;
    const input = runInput(`p${runs}`, nodes, settings);
    return { input, handle: await startRun(host, input) };
  }

  type Started = Awaited<ReturnType<typeof start>>;

  function viewOf({ handle }: Started): Promise<RunView> {
    return handle.query(runViewQuery);
  }

  function eventually(check: () => Promise<unknown>): Promise<unknown> {
    return vi.waitFor(check, { timeout: 60_000, interval: 50 });
  }

  /** Waits for an approval to be open and decides it on the command line. */
  async function decide(id: string, change: Parameters<typeof decision>[0]): Promise<ApprovalView> {
    const approval = host.client.workflow.getHandle(id);
    let view: ApprovalView | undefined;
    await eventually(async () => (view = await approval.query(approvalViewQuery)));
    if (view === undefined) throw new Error('unreachable');
    const { hash } = view;
    const ruling = await approval.executeUpdate(decideUpdate, {
      args: [decision({ by, hash, ...change })],
    });
    expect(ruling).toMatchObject({ accepted: true });
    return view;
  }

  /** A slice that works until it is cancelled; answers what its unit says then. */
  async function untilCancelled(): Promise<StopRequest> {
    const { info, cancelled, heartbeat } = Context.current();
    const beat = setInterval(() => heartbeat({ turn: 1 }), 100);
    await cancelled.catch(() => undefined);
    clearInterval(beat);
    return makeAskUnit(host.client)(info.workflowExecution ?? { workflowId: '', runId: '' });
  }

  it('a unit that has spent its budget asks, and continues with what people add', async () => {
    const run = await start(
      [node('a')],
      ({ slice, limitUsd }) => (slice === 1 ? ends({ status: 'budget' }, limitUsd ?? 0) : done(6)),
      { unitBudgetUsd: 5 },
    );
    const view = await decide(approvalWorkflowId(run.input.context.run, unit('a'), 1), { usd: 2 });
    expect(view).toMatchObject({ kind: 'budget', unit: 'a', subject: { spentUsd: 5, limitUsd: 5, topUpUsd: 5 } });
    await expect(run.handle.result()).resolves.toMatchObject({ status: 'completed' });
    expect(slices.map(({ spendUpToUsd, limitUsd }) => [spendUpToUsd, limitUsd])).toEqual([
      [5, 5],
      [7, 7],
    ]);
    expect(report?.units).toMatchObject([
      { costUsd: 6, decisions: [{ kind: 'budget', decision: 'approved', by: 'dana' }] },
    ]);
  });

  it('a run that has spent its budget asks once for all of its units, and fails them when people say no', async () => {
    const run = await start(
      [node('a'), node('b')],
      ({ slice, spendUpToUsd }) => ends({ status: 'budget' }, Math.max(spendUpToUsd ?? 0, slice)),
      { budgetUsd: 1 },
    );
    const id = runApprovalWorkflowId(run.input.context.run, 1);
    await eventually(async () =>
      expect(await viewOf(run)).toMatchObject({
        status: 'running',
        approval: id,
        units: [{ phase: 'asking' }, { phase: 'asking' }],
      }),
    );
    const view = await decide(id, { decision: 'deny', reason: 'enough' });
    expect(view).toMatchObject({ kind: 'budget', unit: null, subject: { limitUsd: 1, topUpUsd: 1 } });
    await expect(run.handle.result()).rejects.toThrow();
    const why = 'budget: more money for the run: denied by dana (cli): enough';
    expect(report?.units.map(({ reason }) => reason)).toEqual([why, why]);
    expect(report?.decisions).toMatchObject([{ id, kind: 'budget', decision: 'denied', reason: 'enough' }]);
  });

  it('a refused key pauses the run with one approval, asks the model for nothing meanwhile, and continues after it', async () => {
    let fixed = false;
    const run = await start(
      [node('a'), node('b'), node('c')],
      () => (fixed ? done() : ends({ status: 'credential', problem: 'the model API answered 401: no' })),
      { parallel: 2 },
    );
    const id = runApprovalWorkflowId(run.input.context.run, 1);
    await eventually(async () =>
      expect(await viewOf(run)).toMatchObject({
        status: 'paused',
        approval: id,
        units: [
          { phase: 'asking', reason: 'the model API answered 401: no' },
          { phase: 'asking' },
          { phase: 'waiting' },
        ],
      }),
    );
    expect(slices).toHaveLength(2);
    const { typedSearchAttributes } = await run.handle.describe();
    expect(JSON.stringify(typedSearchAttributes.getAll())).toContain('"paused"');
    fixed = true;
    expect(await decide(id, {})).toMatchObject({
      kind: 'credential',
      subject: { problem: expect.stringContaining('401') },
    });
    await expect(run.handle.result()).resolves.toMatchObject({ status: 'completed', landed: 3 });
    expect(slices).toHaveLength(5);
    await expect(
      host.client.workflow.getHandle(runApprovalWorkflowId(run.input.context.run, 2)).describe(),
    ).rejects.toThrow();
  });

  const red = { status: 'red', command: 'npm test', output: '1 failed', commit: sha(2), log: null } as const;

  it('a red target is put to people before any slice, and agents are told of it when they say to continue', async () => {
    const run = await start(
      [node('a'), node('b')],
      () => done(),
      { tryTarget: { allowRed: false } },
      async () => red,
    );
    const id = runApprovalWorkflowId(run.input.context.run, 1);
    await eventually(async () => expect(await viewOf(run)).toMatchObject({ approval: id }));
    expect(slices).toEqual([]);
    expect(await decide(id, {})).toMatchObject({
      kind: 'red-base',
      subject: { problem: 'npm test fails', output: '1 failed' },
    });
    await expect(run.handle.result()).resolves.toMatchObject({ status: 'completed', landed: 2 });
    expect(slices.map(({ context }) => context.redTarget)).toEqual(Array(2).fill('npm test fails\n1 failed'));
  });

  it('a red target that people do not want ends every unit with that reason, and the report says who said so', async () => {
    const nodes = [node('a'), node('b', ['a'])];
    const run = await start(
      nodes,
      () => done(),
      { tryTarget: { allowRed: false } },
      async () => red,
    );
    const id = runApprovalWorkflowId(run.input.context.run, 1);
    await eventually(() => host.client.workflow.getHandle(id).query(approvalViewQuery));
    await decide(id, { decision: 'deny', reason: 'fix it first' });
    await expect(run.handle.result()).rejects.toMatchObject({ cause: { type: 'RunFailed' } });
    const why = expect.stringMatching(
      /^red-base: npm test fails on the target, without any change of this run: .*fix it first/,
    );
    const skipped = expect.stringMatching(/^dependency-failed: a is failed \(red-base: /);
    expect(report?.units.map(({ reason }) => reason)).toEqual([why, skipped]);
    expect(report?.decisions).toMatchObject([{ id, kind: 'red-base', decision: 'denied' }]);
    expect(slices).toEqual([]);
  });

  it.each([
    ['corrected', { ...red, status: 'green', commit: sha(2) } as const, 'landed'],
    ['gone', failure('BranchMissing', 'there is no branch main'), 'failed'],
  ])(
    'a red target is looked at again while people are asked, and when it is %s nobody needs to answer',
    async (_what, then, phase) => {
      const asked: (string | undefined)[] = [];
      const run = await start(
        [node('a')],
        () => done(),
        { tryTarget: { allowRed: false } },
        async ({ unless }) => {
          asked.push(unless);
          if (asked.length === 1) return { ...red, commit: sha(1) };
          if (then instanceof Error) throw then;
          return then;
        },
      );
      const id = runApprovalWorkflowId(run.input.context.run, 1);
      await eventually(async () => expect(await viewOf(run)).toMatchObject({ approval: id }));
      await run.handle.result().catch(() => undefined);
      expect(report?.units).toMatchObject([{ status: phase }]);
      expect(asked).toEqual([undefined, sha(1)]);
      await eventually(async () =>
        expect((await host.client.workflow.getHandle(id).describe()).status.name).not.toBe('RUNNING'),
      );
    },
  );

  it('a red target that turns red in another way is asked about anew, and agents are told of the newest', async () => {
    const outputs = ['first', 'second', 'third'];
    const run = await start(
      [node('a')],
      () => done(),
      { tryTarget: { allowRed: false } },
      async () => ({ ...red, output: outputs[0] ?? '', commit: nextSha() }),
    );
    const ids = [1, 2].map((n) => runApprovalWorkflowId(run.input.context.run, n));
    await eventually(async () => expect(await viewOf(run)).toMatchObject({ approval: ids[0] }));
    outputs.shift();
    await eventually(async () => expect(await viewOf(run)).toMatchObject({ approval: ids[1] }));
    outputs.shift();
    expect(await decide(ids[1] ?? '', {})).toMatchObject({ subject: { output: 'second' } });
    await expect(run.handle.result()).resolves.toMatchObject({ status: 'completed' });
    expect(slices[0]?.context.redTarget).toBe('npm test fails\nthird');
    expect(report?.decisions).toMatchObject([
      { id: ids[0], decision: 'cancelled', reason: 'the target has changed' },
      { id: ids[1], decision: 'approved' },
    ]);
  });

  it.each([
    ['a red target that is allowed', red, true, 'landed'],
    ['a green target', { status: 'green', commit: sha(2), log: null } as const, false, 'landed'],
    ['a target whose setup fails', { ...red, status: 'setup-failed' } as const, true, 'failed'],
  ])('%s asks nobody', async (_what, result, allowRed, phase) => {
    const run = await start(
      [node('a'), node('b')],
      () => done(),
      { tryTarget: { allowRed } },
      async () => result,
    );
    await run.handle.result().catch(() => undefined);
    expect(report?.units.map(({ status }) => status)).toEqual([phase, phase]);
    expect(report?.decisions).toEqual([]);
    if (phase === 'failed')
      expect([slices, report?.units[1]?.reason]).toEqual([[], expect.stringMatching(/^setup-failed: /)]);
    else expect(slices[0]?.context.redTarget).toBe(result.status === 'green' ? undefined : 'npm test fails\n1 failed');
  });

  it('a run that tries its target can be cancelled', async () => {
    let began = false;
    const run = await start(
      [node('a')],
      () => done(),
      { tryTarget: { allowRed: false } },
      async () => {
        began = true;
        await Context.current().cancelled;
        throw new Error('not reached');
      },
    );
    await eventually(async () => expect([began, await viewOf(run)]).toMatchObject([true, { trying: true }]));
    await run.handle.cancel();
    await expect(run.handle.result()).rejects.toMatchObject({ cause: { name: 'CancelledFailure' } });
    expect(slices).toEqual([]);
  });

  it('a run that asks can be cancelled, and its question is gone', async () => {
    const run = await start([node('a')], () => ends({ status: 'credential', problem: '401' }));
    const approval = host.client.workflow.getHandle(runApprovalWorkflowId(run.input.context.run, 1));
    await eventually(() => approval.query(approvalViewQuery));
    await run.handle.cancel();
    await expect(run.handle.result()).rejects.toMatchObject({ cause: { name: 'CancelledFailure' } });
    await expect(approval.result()).resolves.toMatchObject({ status: 'cancelled' });
  });

  it('a run that asks ends with its last unit, and its question is gone', async () => {
    const run = await start([node('a')], () => ends({ status: 'credential', problem: '401' }));
    const approval = host.client.workflow.getHandle(runApprovalWorkflowId(run.input.context.run, 1));
    await eventually(() => approval.query(approvalViewQuery));
    await run.handle.executeUpdate(cancelUnitUpdate, { args: ['a'] });
    await expect(run.handle.result()).rejects.toThrow();
    expect(report?.units).toMatchObject([{ status: 'cancelled' }]);
    await expect(approval.result()).resolves.toMatchObject({ status: 'cancelled' });
  });

  it('a question of an agent is answered by a person, and the answer goes with the next slice', async () => {
    const run = await start([node('a')], ({ slice }) =>
      slice === 1 ? ends({ status: 'question', call: 'toolu_1', question: 'Weeks?', verdict: anybody }) : done(),
    );
    const id = approvalWorkflowId(run.input.context.run, unit('a'), 1);
    const view = await decide(id, { decision: 'answer', text: 'Yes.' });
    expect(view).toMatchObject({ kind: 'question', subject: { question: 'Weeks?' } });
    await run.handle.result();
    expect(slices.map(({ words }) => words)).toEqual([[], [{ id, by: 'dana', text: 'Yes.', call: 'toolu_1' }]]);
  });

  it('a message ends the slice after its turn and goes with the next one', async () => {
    const orders: StopRequest[] = [];
    const run = await start([node('a')], async ({ slice }) => {
      if (slice > 1) return done();
      orders.push(await untilCancelled());
      return ends({ status: 'drained' });
    });
    await eventually(async () => expect(slices).toHaveLength(1));
    const word: PersonMessage = { id: 'm1', by: 'dana', text: 'Weeks count.', call: null };
    const handle = unitHandle(host, run.input, node('a'));
    const say = () => handle.executeUpdate(messageUpdate, { args: [word] });
    expect([await say(), await say()]).toEqual([{ accepted: true }, { accepted: true }]);
    await expect(run.handle.result()).resolves.toMatchObject({ status: 'completed' });
    expect(orders).toEqual(['after-turn']);
    expect(slices.map(({ words }) => words)).toEqual([[], [word]]);
  });

  it('a slice that fails while it leaves is continued: nobody tries it again by itself', async () => {
    const run = await start([node('a')], async ({ slice }) => {
      if (slice > 1) return done();
      await untilCancelled();
      throw failure('ModelUnavailable', 'busy');
    });
    await eventually(async () => expect(slices).toHaveLength(1));
    const word: PersonMessage = { id: 'm1', by: 'dana', text: 'x', call: null };
    await unitHandle(host, run.input, node('a')).executeUpdate(messageUpdate, { args: [word] });
    await expect(run.handle.result()).resolves.toMatchObject({ status: 'completed' });
    expect(slices[1]?.words).toMatchObject([{ id: 'm1' }]);
  });

  it('a pause that comes while units are being started reaches all of them', async () => {
    const nodes = [0, 1, 2, 3, 4, 5].map((n) => node(`u-${n}`));
    const run = await start(nodes, async ({ slice }) => {
      if (slice > 2) return done();
      await untilCancelled();
      return ends({ status: 'drained' });
    });
    const act = (update: string, args: [unknown, string?]) =>
      run.handle.executeUpdate<UnitActionAnswer, typeof args>(update, { args });
    expect(await act('pause', [null, 'dana'])).toEqual({ accepted: true });
    await eventually(async () => {
      const { units } = await viewOf(run);
      expect(units.filter(({ phase }) => phase !== 'parked' && phase !== 'waiting')).toEqual([]);
    });
    await run.handle.cancel();
    await expect(run.handle.result()).rejects.toThrow();
  });

  it('a run that is paused stops its sessions and starts nothing until it is resumed', async () => {
    const orders: StopRequest[] = [];
    const run = await start([node('a'), node('b'), node('c', ['a'])], async ({ slice, unit: id }) => {
      if (slice > 1 || id === 'c') return done();
      orders.push(await untilCancelled());
      return ends({ status: 'drained' });
    });
    await eventually(async () => expect(slices).toHaveLength(2));
    const act = (update: string, args: [unknown, string?]) =>
      run.handle.executeUpdate<UnitActionAnswer, typeof args>(update, { args });
    expect(await act('pause', [null, 'dana'])).toEqual({ accepted: true });
    await eventually(async () =>
      expect(await viewOf(run)).toMatchObject({
        status: 'paused',
        units: [{ phase: 'parked', reason: 'paused by dana' }, { phase: 'parked' }, { phase: 'waiting' }],
      }),
    );
    expect(orders).toEqual(['now', 'now']);
    expect(await act('pause', [null, 'eve'])).toMatchObject({ message: 'the run is paused already, by dana' });
    expect(await act('resume', [null])).toEqual({ accepted: true });
    await expect(run.handle.result()).resolves.toMatchObject({ status: 'completed' });
    expect(slices).toHaveLength(5);
  });

  it('a unit that is paused waits alone', async () => {
    const run = await start([node('a'), node('b')], async ({ slice, unit: id }) => {
      if (slice > 1 || id === 'b') return done();
      await untilCancelled();
      return ends({ status: 'drained' });
    });
    const act = (update: string, args: [unknown, string?]) =>
      run.handle.executeUpdate<UnitActionAnswer, typeof args>(update, { args });
    await eventually(async () => expect(slices.length).toBeGreaterThanOrEqual(2));
    expect(await act('pause', ['a', 'dana'])).toEqual({ accepted: true });
    await eventually(async () =>
      expect(await viewOf(run)).toMatchObject({ status: 'running', units: [{ phase: 'parked' }, { phase: 'landed' }] }),
    );
    expect(await act('resume', ['a'])).toEqual({ accepted: true });
    await expect(run.handle.result()).resolves.toMatchObject({ landed: 2 });
  });

  it('a slice that is to leave is still cancelled with its unit, and one that cannot say how far it came is continued', async () => {
    const orders: StopRequest[] = [];
    const run = await start([node('a')], async ({ slice }) => {
      if (slice === 1) {
        await untilCancelled();
        return Context.current().cancelled;
      }
      orders.push(await untilCancelled());
      await eventually(async () => expect(await makeAskUnit(host.client)(executionOf())).toBe('cancel'));
      return Context.current().cancelled;
    });
    const handle = unitHandle(host, run.input, node('a'));
    const say = (id: string) => {
      const word: PersonMessage = { id, by: 'dana', text: 'x', call: null };
      return handle.executeUpdate(messageUpdate, { args: [word] });
    };
    await eventually(async () => expect(slices).toHaveLength(1));
    await say('m1');
    await eventually(async () => expect(slices).toHaveLength(2));
    expect(slices[1]?.words).toMatchObject([{ id: 'm1' }]);
    await say('m2');
    await eventually(async () => expect(orders).toEqual(['after-turn']));
    await run.handle.executeUpdate(cancelUnitUpdate, { args: ['a'] });
    await expect(run.handle.result()).rejects.toThrow();
    expect(report?.units).toMatchObject([{ status: 'cancelled' }]);
  });
});

function executionOf() {
  const { workflowExecution } = Context.current().info;
  if (workflowExecution === undefined) throw new Error('no workflow');
  return workflowExecution;
}
