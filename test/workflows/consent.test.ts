// What people are asked before something happens: tool calls, plans, critical decisions; and an approval that outgrows its
// history.

import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { ApprovalView, Decision } from '../../contracts/approval.ts';
import type { ReportData } from '../../contracts/activities/reports.ts';
import type { RunInput } from '../../domain/run/input.ts';
import type { ScriptedHost } from './scripted-host.ts';
import type { SliceInput, SliceResult } from '../../contracts/activities/agent.ts';
import type { ToolRequest } from '../../contracts/tool-request.ts';
import { approvalViewQuery, decideSignal, decideUpdate } from '../../contracts/messages/approval.ts';
import { approvalWorkflowId, runApprovalWorkflowId } from '../../contracts/ids.ts';
import { caching, maxCachedWorkflows } from './caching.ts';
import { checkProof, signed } from '../../people/proof.ts';
import { decision, node, sha, unit } from '../domain/fixtures.ts';
import { nextSha, runInput, startRun, startScriptedHost } from './scripted-host.ts';
import { noTotals } from '../../domain/money/usage.ts';

const by = { channel: 'cli', id: 'dana', name: 'dana' } as const;
const secret = 'a secret of thirty-two characters';
const rule = { rule: 'tool bash(git push:*): ask', by: [], allowed: null };
const patient = { timeout: 60_000, interval: 50 };

const push: ToolRequest = {
  call: 'toolu_1',
  tool: 'bash',
  text: 'git push origin main',
  directory: '/work',
  matched: ['git push origin main'],
  words: 'I push it.',
  key: 'a'.repeat(64),
  hash: 'b'.repeat(64),
};

function done(): SliceResult['outcome'] {
  const work = { result: nextSha(), base: sha(2), changed: ['src/a.ts'], changedCount: 1 };
  return { status: 'done', verdict: { decide: 'allow' }, ...work };
}

describe(`consent ${caching}`, () => {
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

  /** A run of units, each of which is asked about `push` in its first slice. */
  async function start(ids: readonly string[], settings: Partial<RunInput['settings']> = {}, policy: object = rule) {
    slices = [];
    report = undefined;
    const activities: Partial<ScriptedHost['activities']> = {
      async runSlice(input) {
        slices.push(input);
        const isAllowed = input.allowedCalls?.some(({ key }) => key === push.key) === true;
        const asks = input.slice === 1 && !isAllowed;
        const verdict = { decide: 'ask', policy: policy as typeof rule } as const;
        const outcome = asks ? ({ status: 'tool', request: push, verdict } as const) : done();
        return { outcome, totals: noTotals, seconds: 0 };
      },
      checkProof: async (input) => checkProof(secret, input.approval, input.decision),
      async writeReport({ data }) {
        report = data;
        return sha(3);
      },
    };
    Object.assign(host.activities, original, activities);
    runs += 1;
    const nodes = ids.map((id, at) => node(id, ids.slice(0, at)));
    const input = runInput(`consent${runs}`, nodes, settings);
    return { input, handle: await startRun(host, input) };
  }

  const handleOf = (id: string) => host.client.workflow.getHandle(id);

  async function opened(id: string): Promise<ApprovalView> {
    return vi.waitFor(() => handleOf(id).query(approvalViewQuery), patient);
  }

  async function decide(id: string, change: Partial<Decision>) {
    const { hash } = await opened(id);
    return handleOf(id).executeUpdate(decideUpdate, { args: [decision({ by, hash, ...change })] });
  }

  it('a call that people allow goes back to the unit with what they saw, and a denied one with their reason', async () => {
    const yes = await start(['a']);
    const id = approvalWorkflowId(yes.input.context.run, unit('a'), 1);
    expect(await opened(id)).toMatchObject({
      kind: 'tool',
      hash: push.hash,
      subject: { text: push.text, directory: '/work', matched: push.matched, words: push.words },
    });
    expect(await decide(id, {})).toMatchObject({ accepted: true, status: 'approved' });
    await expect(yes.handle.result()).resolves.toMatchObject({ status: 'completed' });
    expect(slices[1]?.words).toEqual([
      { id, by: 'approved by dana (cli)', text: null, call: push.call, decision: { allowed: true, hash: push.hash } },
    ]);
    const no = await start(['a']);
    await decide(approvalWorkflowId(no.input.context.run, unit('a'), 1), { decision: 'deny', reason: 'not today' });
    await expect(no.handle.result()).resolves.toMatchObject({ status: 'completed' });
    expect(slices[1]?.words).toMatchObject([{ decision: { allowed: false }, text: 'denied by dana (cli): not today' }]);
  });

  it('a call that is allowed for the run is not asked about again, in this unit and in others; the report says so', async () => {
    const { input, handle } = await start(['a', 'b', 'c']);
    await decide(approvalWorkflowId(input.context.run, unit('a'), 1), { remember: 'run' });
    await expect(handle.result()).resolves.toMatchObject({ status: 'completed' });
    expect(slices.map(({ unit: of, slice }) => `${of}${slice}`)).toEqual(['a1', 'a2', 'b1', 'c1']);
    const allowed = { key: push.key, by: 'dana', approval: approvalWorkflowId(input.context.run, unit('a'), 1) };
    expect(slices.at(-1)?.allowedCalls).toEqual([allowed]);
    const all = report?.units.flatMap(({ decisions }) => decisions);
    expect(all).toMatchObject([{ kind: 'tool', decision: 'approved', remember: 'run' }]);
  });

  it('a call that is allowed for the unit counts there alone', async () => {
    const { input, handle } = await start(['a', 'b']);
    await decide(approvalWorkflowId(input.context.run, unit('a'), 1), { remember: 'unit' });
    await decide(approvalWorkflowId(input.context.run, unit('b'), 1), {});
    await expect(handle.result()).resolves.toMatchObject({ status: 'completed' });
    const ofUnit = (id: string) => slices.filter(({ unit: of }) => of === id).at(-1)?.allowedCalls ?? [];
    expect([ofUnit('a').length, ofUnit('b').length]).toEqual([1, 0]);
  });

  it('a critical decision needs a proof of exactly that decision, by signal and by update; a denial needs none', async () => {
    const { input, handle } = await start(['a'], {}, { ...rule, tier: 'critical' });
    const id = approvalWorkflowId(input.context.run, unit('a'), 1);
    expect(await decide(id, {})).toMatchObject({ accepted: false, code: 'not-allowed' });
    const { hash } = await opened(id);
    const good = signed(secret, id, decision({ by, hash, decisionId: 'good' }));
    await handleOf(id).signal(decideSignal.name, { decision: 'approve', hash });
    await handleOf(id).signal(decideSignal.name, { decision: 'approve', by: { channel: 'slack', id: 7, proof: {} } });
    const forged = [
      { ...good, decisionId: 'other' },
      { ...good, by: { ...good.by, id: 'eve' } },
      signed('another secret of thirty-two chars', id, decision({ by, hash })),
      signed(secret, 'run:other:unit:a:approval:1', decision({ by, hash })),
    ];
    for (const each of forged) {
      expect(await handleOf(id).executeUpdate(decideUpdate, { args: [each] })).toMatchObject({
        accepted: false,
        message: expect.stringContaining('proof of your decision is wrong'),
      });
      await handleOf(id).signal(decideSignal, each);
    }
    const mailed = { channel: 'email', id: 'dana@example.com', name: 'dana' } as const;
    const mail = signed(secret, id, decision({ by: mailed, hash }));
    expect(await handleOf(id).executeUpdate(decideUpdate, { args: [mail] })).toMatchObject({
      message: expect.stringContaining('not made by e-mail'),
    });
    const forGood = signed(secret, id, decision({ by, hash, remember: 'run', decisionId: 'for good' }));
    expect(await handleOf(id).executeUpdate(decideUpdate, { args: [forGood] })).toMatchObject({ code: 'malformed' });
    expect((await opened(id)).votes).toEqual([]);
    await handleOf(id).signal(decideSignal, good);
    await expect(handle.result()).resolves.toMatchObject({ status: 'completed' });
    const denied = await start(['a'], {}, { ...rule, tier: 'critical' });
    const other = approvalWorkflowId(denied.input.context.run, unit('a'), 1);
    expect(await decide(other, { decision: 'deny' })).toMatchObject({ accepted: true, status: 'denied' });
  });

  it('a click in time counts, although its proof is known only after the time', async () => {
    const { input, handle } = await start(['a'], {}, { ...rule, tier: 'critical', timing: { withinSeconds: 3 } });
    const checked = Promise.withResolvers<void>();
    const begun = Promise.withResolvers<void>();
    host.activities.checkProof = async ({ approval, decision: sent }) => {
      begun.resolve();
      await checked.promise;
      return checkProof(secret, approval, sent);
    };
    const id = approvalWorkflowId(input.context.run, unit('a'), 1);
    const { hash, expiresAt } = await opened(id);
    await handleOf(id).signal(decideSignal, signed(secret, id, decision({ by, hash, decisionId: 'in time' })));
    await begun.promise;
    await vi.waitFor(() => expect(Date.now()).toBeGreaterThan(Date.parse(expiresAt ?? '') + 500), patient);
    checked.resolve();
    await expect(handleOf(id).result()).resolves.toMatchObject({
      status: 'approved',
      votes: [{ decisionId: 'in time' }],
    });
    await expect(handle.result()).resolves.toMatchObject({ status: 'completed' });
  });

  it.each([null, 'approve', { by: null }])('an update with %j is refused, and the approval goes on', async (sent) => {
    const { input, handle } = await start(['a']);
    const id = approvalWorkflowId(input.context.run, unit('a'), 1);
    await opened(id);
    const update = handleOf(id).executeUpdate(decideUpdate.name, { args: [sent] });
    await expect(update).resolves.toMatchObject({ accepted: false, code: 'malformed', status: 'open' });
    expect(await decide(id, {})).toMatchObject({ accepted: true });
    await expect(handle.result()).resolves.toMatchObject({ status: 'completed' });
  });

  it('a plan is agreed to before anything begins; if not, the run ends', async () => {
    const request = {
      plan: sha(9),
      units: [{ id: 'a', title: 'A' }],
      unitCount: 1,
      parallel: 1,
      model: 'm',
      budgetUsd: 5,
    };
    const planAsk = { policy: { rule: 'plan: ask', by: [], allowed: null }, request };
    const tried = vi.fn<ScriptedHost['activities']['tryTarget']>(original.tryTarget);
    const yes = await start(['a'], { planAsk, tryTarget: { allowRed: false } });
    Object.assign(host.activities, { tryTarget: tried });
    const id = runApprovalWorkflowId(yes.input.context.run, 1);
    expect(await opened(id)).toMatchObject({ kind: 'plan', unit: null, hash: sha(9), subject: request });
    expect([slices, tried.mock.calls]).toEqual([[], []]);
    await decide(id, {});
    await decide(approvalWorkflowId(yes.input.context.run, unit('a'), 1), {});
    await expect(yes.handle.result()).resolves.toMatchObject({ status: 'completed' });
    expect(tried).toHaveBeenCalledTimes(1);
    const no = await start(['a'], { planAsk });
    await decide(runApprovalWorkflowId(no.input.context.run, 1), { decision: 'deny', reason: 'too large' });
    await expect(no.handle.result()).rejects.toThrow();
    expect(slices).toEqual([]);
    expect(report?.units).toMatchObject([{ reason: 'plan: the plan: denied by dana (cli): too large' }]);
  });

  it('an approval continues as new with its votes, its card and its place in lists', async () => {
    const cards: string[] = [];
    const required = [{ ...rule, count: 2, paths: [], pathCount: 0 }];
    const two = { ...rule, required, timing: { withinSeconds: null, remindSeconds: 0.2 } };
    const { input, handle } = await start(['a'], { channels: [{ medium: 'slack', channel: 'C1' }] }, two);
    Object.assign(host.activities, {
      async postCard({ channel }: { channel: string }) {
        cards.push('posted');
        return { channel, ts: '1.1' };
      },
      async settleCard() {
        cards.push('settled');
      },
    });
    const id = approvalWorkflowId(input.context.run, unit('a'), 1);
    expect(await decide(id, { decisionId: 'first' })).toMatchObject({ status: 'open' });
    const first = await handleOf(id).describe();
    // Reminders make the history grow, and are counted on.
    await vi.waitFor(async () => expect((await handleOf(id).describe()).runId).not.toBe(first.runId), patient);
    const { reminders: before = 0 } = await opened(id);
    expect(before).toBeGreaterThan(5);
    await vi.waitFor(async () => expect((await opened(id)).reminders).toBeGreaterThan(before), patient);
    const { memo } = await handleOf(id).describe();
    expect(memo?.['approval']).toMatchObject({ status: 'open', votes: [{ decisionId: 'first' }] });
    const kim = { channel: 'cli', id: 'kim', name: 'kim' } as const;
    expect(await decide(id, { by: kim, decisionId: 'second' })).toMatchObject({ status: 'approved' });
    await expect(handle.result()).resolves.toMatchObject({ status: 'completed' });
    expect(cards.filter((each) => each === 'posted')).toHaveLength(1);
    await vi.waitFor(() => expect(cards.at(-1)).toBe('settled'), patient);
  });
});
