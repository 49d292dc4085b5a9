// A unit whose agent makes no progress with what the merge queue returns: people are asked, and what they decide is done.

import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { BriefRequest, ResolutionRequest } from '../../contracts/activities/conflict.ts';
import type { PlanNode } from '../../contracts/documents/plan.ts';
import type { RecordedUnit } from '../../contracts/activities/reports.ts';
import type { ScriptedHost } from '../workflows/scripted-host.ts';
import type { TrainMember } from '../../contracts/activities/landing.ts';
import type { SliceInput, SliceResult } from '../../contracts/activities/agent.ts';
import { approvalViewQuery, decideUpdate } from '../../contracts/messages/approval.ts';
import { approvalWorkflowId } from '../../contracts/ids.ts';
import { decision, node, sha } from '../domain/fixtures.ts';
import { builtTrain, conflictIn, nextSha, runInput, startRun, startScriptedHost } from '../workflows/scripted-host.ts';
import { noTotals } from '../../domain/money/usage.ts';
import { retryUnitUpdate, runViewQuery } from '../../contracts/messages/run.ts';

const by = { channel: 'cli', id: 'dana', name: 'dana' } as const;
const policy = { rule: 'conflict: asked by default', by: [], allowed: null };
const brief = { commit: sha(20), paths: ['src/a.ts'], pathCount: 1, others: [], lastWords: '' };

function done(resolvedBy?: string): SliceResult {
  const work = { result: nextSha(), base: sha(2), changed: ['src/a.ts'], changedCount: 1 };
  const who = resolvedBy === undefined ? {} : { resolvedBy };
  const outcome = { status: 'done', verdict: { decide: 'allow' }, ...work, ...who } as const;
  return { outcome, totals: noTotals, seconds: 0 };
}

describe.each([
  ['with cached workflows', 100],
  ['replaying every task', 0],
])('people and conflicts %s', (_, maxCachedWorkflows) => {
  let host: ScriptedHost;
  let original: ScriptedHost['activities'];
  let runs = 0;
  let slices: SliceInput[] = [];
  let briefs: BriefRequest[] = [];
  let resolutions: ResolutionRequest[] = [];
  let recorded: readonly RecordedUnit[] = [];

  beforeAll(async () => {
    host = await startScriptedHost(maxCachedWorkflows);
    original = { ...host.activities };
  });
  afterAll(() => host.close());

  async function start(nodes: readonly PlanNode[], activities: Partial<ScriptedHost['activities']>) {
    [slices, briefs, resolutions, recorded] = [[], [], [], []];
    Object.assign(host.activities, original, {
      async runSlice(input) {
        slices.push(input);
        return done();
      },
      async prepareBrief(request) {
        briefs.push(request);
        return { verdict: { decide: 'ask', policy }, brief };
      },
      async takeResolution(request) {
        resolutions.push(request);
        return done(request.resolution.by);
      },
      async saveRecords({ units }) {
        recorded = [...recorded, ...units];
        return sha(4);
      },
      async writeReport({ data }) {
        recorded = [...recorded, ...data.units];
        return sha(3);
      },
      ...activities,
    } satisfies Partial<ScriptedHost['activities']>);
    runs += 1;
    const input = runInput(`h${runs}`, nodes);
    const handle = await startRun(host, input);
    const approval = (n: number) =>
      host.client.workflow.getHandle(approvalWorkflowId(input.context.run, node('a').id, n));
    const opened = async (n: number) => {
      await vi.waitFor(() => approval(n).query(approvalViewQuery), { timeout: 60_000 });
      return approval(n).query(approvalViewQuery);
    };
    return { input, handle, approval, opened };
  }

  /** `a` conflicts until it brings a person's result; `b` conflicts once, in the same file. */
  function conflicting(): ScriptedHost['activities']['buildTrain'] {
    const built: string[] = [];
    return meeting((unit, { result }) => {
      built.push(unit);
      const isFirst = built.filter((each) => each === unit).length === 1;
      return (unit === 'a' && !resolved.has(result)) || (unit === 'b' && isFirst);
    });
  }

  /** A host on which some conflict with the target, in one file. */
  function meeting(
    isConflict: (unit: string, member: TrainMember) => boolean,
  ): ScriptedHost['activities']['buildTrain'] {
    return async (train) => ({
      ...builtTrain(train, (unit, member) => (isConflict(unit, member) ? conflictIn('src/a.ts') : null)),
      target: sha(50),
    });
  }

  const resolved = new Set<string>();

  it('asks once the same conflict comes again, lets others go on meanwhile, and lands a person’s result', async () => {
    const run = await start([node('a'), node('b')], {
      buildTrain: conflicting(),
      async takeResolution(request) {
        resolutions.push(request);
        const own = done(request.resolution.by);
        if (own.outcome.status === 'done') resolved.add(own.outcome.result);
        return own;
      },
    });
    const { hash } = await run.opened(1);
    expect(briefs).toMatchObject([
      {
        unit: 'a',
        returns: ['conflict', 'conflict'],
        feedback: { kind: 'conflict', onto: sha(50) },
        problem: 'conflict: with the target in src/a.ts',
      },
    ]);
    // It would wait for half an hour if the queue still thought that `a` repairs its conflict.
    await vi.waitFor(
      async () =>
        expect((await run.handle.query(runViewQuery)).units).toMatchObject([{ phase: 'asking' }, { phase: 'landed' }]),
      { timeout: 60_000 },
    );
    const own = decision({ by, hash, resolution: sha(30) });
    expect(await run.approval(1).executeUpdate(decideUpdate, { args: [own] })).toMatchObject({ accepted: true });
    await run.handle.result();
    const resolution = { commit: sha(30), by: 'dana' };
    expect(resolutions).toMatchObject([{ unit: 'a', retry: 0, slices: 2, resolution }]);
    expect(recorded.find(({ id }) => id === 'a')).toMatchObject({
      status: 'landed',
      conflicts: { met: 2, resolvedByAgent: 0, resolvedByPerson: 1 },
      decisions: [{ kind: 'conflict', decision: 'approved', by: 'dana' }],
    });
  });

  it('asks again when a person’s result cannot be taken, then tells the agent their words', async () => {
    const run = await start([node('a')], {
      buildTrain: meeting(() => slices.length < 3),
      async takeResolution() {
        const outcome = { status: 'failed', reason: 'out-of-scope: b.ts' } as const;
        return { outcome, totals: noTotals, seconds: 0 };
      },
    });
    const first = await run.opened(1);
    const own = decision({ by, hash: first.hash, resolution: sha(30) });
    await run.approval(1).executeUpdate(decideUpdate, { args: [own] });
    const second = await run.opened(2);
    expect(second).toMatchObject({ kind: 'conflict', subject: { refused: 'out-of-scope: b.ts' } });
    const words = decision({ by, hash: second.hash, decision: 'answer', text: 'Keep both.' });
    await run.approval(2).executeUpdate(decideUpdate, { args: [words] });
    await run.handle.result();
    expect(slices.at(-1)).toMatchObject({
      slice: 3,
      triedAgain: 1,
      words: [{ by: 'dana', text: 'Keep both.' }],
      feedback: { kind: 'conflict' },
    });
  });

  it('begins a unit that has failed with a person’s result; what the queue returns goes to its agent', async () => {
    let met = 0;
    let release = (): void => undefined;
    const waiting = new Promise<void>((resolve) => (release = resolve));
    const run = await start([node('a'), node('b')], {
      async runSlice(input) {
        slices.push(input);
        if (input.unit === 'b') await waiting;
        const isFirst = input.unit === 'a' && input.retry === 0;
        const outcome = { status: 'failed', reason: 'check-failed: test' } as const;
        return isFirst ? { outcome, totals: noTotals, seconds: 0 } : done();
      },
      buildTrain: meeting((unit) => unit === 'a' && (met += 1) === 1),
    });
    const phaseOfA = async () => (await run.handle.query(runViewQuery)).units[0]?.phase;
    await vi.waitFor(async () => expect(await phaseOfA()).toBe('failed'), { timeout: 60_000 });
    expect(briefs).toEqual([]);
    const resolution = { commit: sha(30), by: 'dana' };
    const again = await run.handle.executeUpdate(retryUnitUpdate, { args: [node('a').id, { resolution }] });
    expect(again).toEqual({ accepted: true });
    await vi.waitFor(async () => expect(await phaseOfA()).toBe('landed'), { timeout: 60_000 });
    release();
    await run.handle.result();
    expect(resolutions).toMatchObject([{ unit: 'a', retry: 1, slices: 0, resolution }]);
    expect(slices.filter(({ unit }) => unit === 'a')).toMatchObject([
      { retry: 0, slice: 1, feedback: null },
      { retry: 1, slice: 1, feedback: { kind: 'conflict' } },
    ]);
  });

  it('is no longer asked about when its run is cancelled', async () => {
    const run = await start([node('a')], { buildTrain: meeting(() => true) });
    await run.opened(1);
    await run.handle.cancel();
    await expect(run.handle.result()).rejects.toThrow();
    expect(recorded).toMatchObject([{ status: 'cancelled', decisions: [{ kind: 'conflict', decision: 'cancelled' }] }]);
  });
});
