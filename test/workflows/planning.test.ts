import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import type { SliceInput, SliceResult } from '../../contracts/activities/agent.ts';
import type { PlanRequest } from '../../contracts/approval.ts';
import { type Sha, approvalWorkflowId, asSha, plannerId } from '../../contracts/ids.ts';
import { decideUpdate } from '../../contracts/messages/approval.ts';
import { findCurrentPlan } from '../../client/plan/current-plan.ts';
import { editPlanUpdate, runOverviewQuery, runViewQuery } from '../../contracts/messages/run.ts';
import { noTotals } from '../../domain/money/usage.ts';
import { replacePlanUpdate, unitViewQuery } from '../../contracts/messages/unit.ts';
import { decision, node, sha } from '../domain/fixtures.ts';
import { type ScriptedHost, nextSha, runInput, startRun, startScriptedHost, unitHandle } from './scripted-host.ts';

let host: ScriptedHost;
let lands: ScriptedHost['activities']['runSlice'];
beforeAll(async () => {
  // Every task is replayed.
  host = await startScriptedHost(0);
  lands = host.activities.runSlice;
});
afterAll(() => host.close());

const policy = { rule: 'plan: ask', by: [], allowed: null };
const requestOf = (plan: string): PlanRequest => ({
  plan,
  units: [],
  unitCount: 2,
  parallel: 4,
  model: 'scripted',
  budgetUsd: null,
  made: { why: 'So.', costUsd: 1 },
});

/** The planner's slices make a plan each. */
function plansThenLands(made: string[], heard: SliceInput[]) {
  return async (slice: SliceInput): Promise<SliceResult> => {
    if (slice.unit !== plannerId) return lands(slice);
    heard.push(slice);
    const plan = nextSha();
    made.push(plan);
    const outcome = { status: 'planned', request: requestOf(plan), verdict: { decide: 'ask', policy } } as const;
    return { outcome, totals: { ...noTotals, costUsd: made.length }, seconds: 1 };
  };
}

it('a plan goes back to its planner, is edited, and is carried out in the same run', async () => {
  const [made, heard]: [string[], SliceInput[]] = [[], []];
  host.activities.runSlice = plansThenLands(made, heard);
  const opened = vi.spyOn(host.activities, 'openPlan');
  const input = runInput('plans', [node('plan')], { planning: { only: false } });
  const run = await startRun(host, input);
  const planner = unitHandle(host, input, node('plan'));
  const approvalOf = async (n: number) => {
    await vi.waitFor(async () => expect((await planner.query(unitViewQuery)).approvals).toBe(n), { timeout: 60_000 });
    return host.client.workflow.getHandle(approvalWorkflowId(input.context.run, plannerId, n));
  };
  const first = await approvalOf(1);
  expect(await run.query(runOverviewQuery, { most: 5 })).toMatchObject({ status: 'planning', total: 1 });
  const refused = await run.executeUpdate(editPlanUpdate, { args: [{ plan: sha(7), expected: sha(1), by: 'dana' }] });
  expect(refused).toMatchObject({ accepted: false, message: 'the run has no plan yet' });
  const wanted = decision({ decisionId: 'w', hash: made[0] ?? '', decision: 'answer', text: 'Smaller.' });
  await first.executeUpdate(decideUpdate, { args: [wanted] });
  const second = await approvalOf(2);
  // The server's index of approvals may be a moment behind, so it says nothing here.
  const index = vi.spyOn(host.client.workflow, 'list').mockImplementation(() => {
    throw new Error('the index was asked');
  });
  const current = () => findCurrentPlan(host.client, input.context.run);
  const asked = { commit: made[1], isPlanners: true };
  await vi.waitFor(async () => expect(await current()).toEqual(asked), { timeout: 60_000, interval: 200 });
  expect(heard[1]?.words).toMatchObject([{ text: 'Smaller.', call: null }]);
  const edited = nextSha();
  const commit = (text = ''): Sha => asSha(text);
  const replacement = { plan: edited, expected: commit(made[0]), by: 'dana' };
  const stale = await planner.executeUpdate(replacePlanUpdate, { args: [replacement] });
  expect(stale).toMatchObject({ accepted: false, message: 'plan: the plan has changed since you opened it' });
  const mine = { ...replacement, expected: commit(made[1]) };
  expect(await planner.executeUpdate(replacePlanUpdate, { args: [mine] })).toEqual({ accepted: true });
  expect(await current()).toEqual({ commit: edited, isPlanners: true });
  index.mockRestore();
  expect(await second.result()).toMatchObject({ status: 'cancelled' });
  const closed = await second.query<{ currentDetails: string }>('__temporal_workflow_metadata');
  expect(closed.currentDetails).not.toMatch(/waits|expires|coppice approve/i);
  const third = await approvalOf(3);
  await third.executeUpdate(decideUpdate, { args: [decision({ decisionId: 'y', hash: edited })] });
  expect(await run.result()).toMatchObject({ status: 'completed', landed: 2, units: 2 });
  expect(opened.mock.calls).toMatchObject([[{ context: { plan: edited } }]]);
  const { units, budget, plan } = await run.query(runViewQuery, { from: 0 });
  expect(units.map(({ id }) => id)).toEqual(['x', 'y']);
  expect([budget.spentUsd, plan]).toEqual([2 + 2 * 0.5, edited]);
  // It has continued as new, so the server no longer has its static summary.
  const page = await run.query<{ currentDetails: string }>('__temporal_workflow_metadata');
  expect(page.currentDetails).toContain(`\n\n${input.goal}\n\nspent `);
  expect(page.currentDetails).toContain('\n- target: `');
});

it('a run that only plans ends with the plan; one whose plan nobody wants fails', async () => {
  const made: string[] = [];
  host.activities.runSlice = plansThenLands(made, []);
  const reports = vi.spyOn(host.activities, 'writeReport');
  const input = runInput('only', [node('plan')], { planning: { only: true } });
  const run = await startRun(host, input);
  const approval = host.client.workflow.getHandle(approvalWorkflowId(input.context.run, plannerId, 1));
  await vi.waitFor(() => approval.describe(), { timeout: 60_000 });
  await approval.executeUpdate(decideUpdate, { args: [decision({ hash: made[0] ?? '' })] });
  expect(await run.result()).toMatchObject({ status: 'completed', landed: 0, units: 0 });
  expect(reports.mock.lastCall).toMatchObject([
    { context: { plan: made[0] }, data: { planOnly: true, planner: { id: 'plan', costUsd: 1 } } },
  ]);
  const other = runInput('unwanted', [node('plan')], { planning: { only: false } });
  const denied = await startRun(host, other);
  const question = host.client.workflow.getHandle(approvalWorkflowId(other.context.run, plannerId, 1));
  await vi.waitFor(() => question.describe(), { timeout: 60_000 });
  await question.executeUpdate(decideUpdate, { args: [decision({ hash: made[1] ?? '', decision: 'deny' })] });
  await expect(denied.result()).rejects.toMatchObject({ cause: { type: 'RunFailed' } });
});

it('a run that is cancelled while people are asked about its plan ends as cancelled', async () => {
  const made: string[] = [];
  host.activities.runSlice = plansThenLands(made, []);
  const input = runInput('stopped', [node('plan')], { planning: { only: false } });
  const run = await startRun(host, input);
  const approval = host.client.workflow.getHandle(approvalWorkflowId(input.context.run, plannerId, 1));
  await vi.waitFor(() => approval.describe(), { timeout: 60_000 });
  await run.cancel();
  await expect(run.result()).rejects.toMatchObject({ cause: { name: 'CancelledFailure' } });
  expect(await approval.result()).toMatchObject({ status: 'cancelled' });
});

it('what is changed while the run works counts from the next unit on, and not if it has started', async () => {
  let letGo = (): void => undefined;
  const held = new Promise<void>((resolve) => (letGo = resolve));
  const seen: SliceInput[] = [];
  host.activities.runSlice = async (slice) => {
    seen.push(slice);
    if (slice.unit === 'a') await held;
    return lands(slice);
  };
  host.activities.openPlan = async () => ({
    graph: [
      ['a', 'A'],
      ['b', 'B', [0]],
      ['c', 'C', [0]],
    ] as never,
  });
  const input = runInput('changed', [node('a'), node('b', ['a'])]);
  const run = await startRun(host, input);
  await vi.waitFor(() => expect(seen).toHaveLength(1), { timeout: 60_000 });
  const edit = { plan: nextSha(), expected: input.context.plan, by: 'dana' };
  const compared = await host.activities.comparePlans({ context: input.context, plan: edit.plan, by: 'dana' });
  host.activities.comparePlans = async () => ({ ...compared, changed: [node('a').id] });
  expect(await run.executeUpdate(editPlanUpdate, { args: [edit] })).toMatchObject({ message: /a has started/ });
  host.activities.comparePlans = async () => ({ ...compared, added: [node('c').id] });
  expect(await run.executeUpdate(editPlanUpdate, { args: [edit] })).toEqual({ accepted: true, asks: false });
  await vi.waitFor(async () => expect(await run.query(runOverviewQuery, { most: 5 })).toMatchObject({ total: 3 }), {
    timeout: 60_000,
  });
  letGo();
  expect(await run.result()).toMatchObject({ status: 'completed', landed: 3, units: 3 });
  expect(
    seen.map(({ unit, context }) => [unit, context.plan]).toSorted(([one = ''], [two = '']) => (one < two ? -1 : 1)),
  ).toEqual([
    ['a', input.context.plan],
    ['b', edit.plan],
    ['c', edit.plan],
  ]);
});
