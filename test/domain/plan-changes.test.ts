import { describe, expect, it } from 'vitest';
import type { ApprovalView, PlanRequest } from '../../contracts/approval.ts';
import type { PlanNode } from '../../contracts/documents/plan.ts';
import type { RunState } from '../../domain/run/state.ts';
import { adoptPlan } from '../../domain/run/adopt.ts';
import { afterTelling, newsOf } from '../../domain/run/notices.ts';
import { nothingTold } from '../../domain/run/told.ts';
import { pageByChange, pageByPosition } from '../../domain/run/pages.ts';
import { refuseCancel, refusePause, refuseSkip } from '../../domain/run/actions.ts';
import { topics } from '../../contracts/topics.ts';
import { awaitsUnits } from '../../domain/run/units.ts';
import { beginRun } from '../../domain/run/begin.ts';
import { estimatePlan } from '../../domain/plan/estimate.ts';
import { packRun, unpackRun } from '../../domain/run/pack.ts';
import { proposedUnits, refuseChanges, refuseEdit } from '../../domain/run/edit.ts';
import { recordsOf } from '../../domain/run/records.ts';
import { recordOf } from '../../domain/unit/record.ts';
import { beginUnit } from '../../domain/unit/state.ts';
import { runEnd, stepRun } from '../../domain/run/step.ts';
import { statusOf } from '../../domain/run/view.ts';
import { unitsToStart } from '../../domain/run/schedule.ts';
import { unpackGraph } from '../../domain/plan/graph.ts';
import { decision, graphOf, node, noon, openView, runSettings, sha, unit } from './fixtures.ts';

const now = Date.parse(noon);
const policy = openView().policy;
const request: PlanRequest = { plan: sha(9), units: [], unitCount: 2, parallel: 4, model: 'm', budgetUsd: null };
const edit = { plan: sha(9), by: 'dana', added: 1, changed: 1, removed: 0 };
const graphOfNodes = (nodes: readonly PlanNode[]) => unpackGraph(graphOf(nodes));
const begin = (nodes: readonly PlanNode[], settings = {}) =>
  beginRun(graphOfNodes(nodes), { ...runSettings, ...settings }, now);
const planView = (status: ApprovalView['status']): ApprovalView => ({
  ...openView(),
  kind: 'plan',
  subject: { repository: 'r', branch: 'main', title: 't', requestedBy: 'dana', ...request },
  status,
  votes: [{ decisionId: 'd', decision: 'approve', by: decision().by, reason: null, at: noon }],
});

const three = [node('a'), node('b', ['a']), node('c', ['b'])];
const graph = graphOfNodes(three);
const started = (): RunState => stepRun(graph, begin(three), { type: 'started', unit: unit('a') }, now);

describe('a run that plans', () => {
  const planner = [node('plan')];
  const planned = (how = {}): RunState => {
    const state = stepRun(
      graphOfNodes(planner),
      begin(planner, { planning: { only: false, ...how } }),
      {
        type: 'started',
        unit: unit('plan'),
      },
      now,
    );
    const record = recordOf(beginUnit(now));
    const message = {
      unit: unit('plan'),
      seq: 1,
      type: 'ended',
      end: { status: 'planned', plan: sha(9) },
      record,
    } as const;
    return stepRun(graphOfNodes(planner), state, { type: 'unit', message }, now);
  };

  it('is planning until it has adopted the plan, with fresh units and the planner in the report', () => {
    const state = planned();
    expect([statusOf(state), runEnd(state), state.planning]).toEqual(['planning', null, { plan: sha(9) }]);
    const adopted = adoptPlan(graphOfNodes(planner), state, graph, now + 1);
    expect(adopted.units.map(({ phase }) => phase)).toEqual(['waiting', 'waiting', 'waiting']);
    expect([statusOf(adopted), adopted.planner?.id, adopted.planning]).toEqual(['running', 'plan', undefined]);
    // Nothing waited for a slot before there was a plan.
    const later = stepRun(graph, adopted, { type: 'started', unit: unit('a') }, now + 61);
    expect(recordsOf(graph, later, [unit('a')])[0]?.seconds.slot).toBe(0.06);
    expect(unpackRun(packRun(adopted))).toEqual(adopted);
    expect(unitsToStart(graph, adopted, 4).map(({ id }) => id)).toEqual(['a']);
  });

  it('ends as cancelled if it is cancelled before', () => {
    const state = stepRun(graphOfNodes(planner), planned(), { type: 'cancel-run' }, now);
    expect(runEnd(state)).toBe('cancelled');
  });

  it('waits for a host that makes its units, and starts no session', () => {
    const plan = graphOfNodes(planner);
    const state = begin(planner, { planning: { only: false, unitsOnly: true } });
    expect([awaitsUnits(state), unitsToStart(plan, state, 4)]).toEqual([true, []]);
    const begun = stepRun(plan, state, { type: 'units-begun' }, now);
    expect(awaitsUnits(begun)).toBe(false);
    const made = stepRun(plan, begun, { type: 'units-made', edit, ask: null }, now);
    expect([made.planning?.plan, runEnd(made)]).toEqual([sha(9), null]);
    expect(adoptPlan(plan, made, graph, now)).not.toHaveProperty('planner');
    const asked = stepRun(plan, begun, { type: 'units-made', edit, ask: { policy, request } }, now);
    const agreed = stepRun(plan, asked, { type: 'ask-ended', view: planView('approved'), asked: 1 }, now);
    expect([statusOf(asked), agreed.nextPlan]).toEqual(['planning', edit]);
    expect(adoptPlan(plan, agreed, graph, now)).not.toHaveProperty('edits');
    expect(refuseEdit(asked, sha(1), { expected: sha(9) })).toBeNull();
    for (const refuse of [refuseCancel, refuseSkip, refusePause])
      expect(refuse(plan, begun, unit('plan'))?.message).toContain('only the whole run');
    expect(refuseEdit(begun, sha(1), { expected: sha(1) })?.message).toContain('no plan yet');
    const denied = stepRun(plan, asked, { type: 'ask-ended', view: planView('denied'), asked: 1 }, now);
    expect([denied.units[0]?.phase, runEnd(denied)]).toEqual(['failed', 'failed']);
    const failed = stepRun(plan, begun, { type: 'units-failed', reason: 'plan: no line' }, now);
    expect(failed.units[0]).toMatchObject({ phase: 'failed', reason: 'plan: no line' });
    expect(runEnd(stepRun(plan, begun, { type: 'cancel-run' }, now))).toBe('cancelled');
  });
});

describe('a plan that changes', () => {
  const plan = sha(1);
  const nothing = { changed: [], removed: [], verdict: { decide: 'allow' } } as const;

  it('is refused where another one counts by now, or people are asked something else', () => {
    expect(refuseEdit(started(), plan, { expected: plan })).toBeNull();
    expect(refuseEdit(started(), plan, { expected: sha(2) })?.message).toContain('has changed since');
    const asked = stepRun(graph, started(), { type: 'plan-edited', edit, ask: { request, policy, touched: [] } }, now);
    expect(refuseEdit(asked, plan, { expected: sha(9) })).toBeNull();
    expect(refuseEdit(asked, plan, { expected: plan, proposed: 1 })?.message).toContain('already');
    const red = { type: 'ask', ask: { kind: 'red-base', problem: 'x', output: '' } } as const;
    const other = stepRun(graph, started(), { type: 'target-tried', verdict: red }, now);
    expect(refuseEdit(other, plan, { expected: plan })?.message).toContain('something else');
    const cancelled = stepRun(graph, started(), { type: 'cancel-run' }, now);
    expect(refuseEdit(cancelled, plan, { expected: plan })?.message).toContain('cancelled');
  });

  it('leaves what has started as it is', () => {
    const refused = refuseChanges(graph, started(), { ...nothing, changed: [unit('a'), unit('b')] });
    expect(refused?.message).toBe('a can no longer change: only units that wait for their start can');
    expect(refuseChanges(graph, started(), { ...nothing, removed: [unit('b')] })).toBeNull();
    expect(refuseChanges(graph, started(), { ...nothing, verdict: { decide: 'deny', rule: 'r' } })?.message).toContain(
      'r',
    );
  });

  it('starts nothing until the run has adopted it, and then keeps the state of units by their ids', () => {
    const next = stepRun(graph, started(), { type: 'plan-edited', edit, ask: null }, now);
    expect([next.nextPlan, unitsToStart(graph, next, 4), runEnd(next)]).toEqual([edit, [], null]);
    const to = graphOfNodes([node('x'), node('a'), node('b', ['a', 'x'])]);
    const adopted = adoptPlan(graph, next, to, now + 5);
    expect(adopted.units.map(({ phase }) => phase)).toEqual(['waiting', 'ready', 'waiting']);
    expect(adopted.edits).toEqual([{ ...edit, at: now + 5 }]);
    expect(unpackRun(packRun(adopted))).toEqual(adopted);
  });

  it('is adopted in the eyes of a watcher unit by unit, and is no news of what had happened before', () => {
    const failed = stepRun(graph, started(), { type: 'lost', unit: unit('a') }, now);
    const told = afterTelling(nothingTold, failed, [], 'everything');
    const to = graphOfNodes([node('x'), node('a'), node('b', ['a'])]);
    const adopted = adoptPlan(graph, { ...failed, nextPlan: edit }, to, now);
    expect(newsOf(to, adopted, { ...told, begun: true }, topics)).toEqual({ urgent: [], landed: null });
    const size = (): number => 250_000;
    const pages = [failed.version, failed.version + 2].map((after) => pageByChange(adopted, after, size));
    expect(pages.map(({ positions, complete }) => [positions, complete])).toEqual([
      [[0, 1], false],
      [[2], true],
    ]);
    expect(pages.map(({ version }) => version)).toEqual([failed.version + 2, adopted.version]);
    expect(pageByPosition(adopted, { after: failed.version, from: 0 }, () => 1).positions).toEqual([0, 1, 2]);
    const later = stepRun(to, adopted, { type: 'started', unit: unit('x') }, now);
    expect(pageByPosition(later, { after: adopted.version, from: 0 }, () => 1).positions).toEqual([0]);
  });

  it('may give units other needs that were skipped because of one that failed', () => {
    const failed = stepRun(graph, started(), { type: 'lost', unit: unit('a') }, now);
    expect(refuseChanges(graph, failed, { ...nothing, changed: [unit('b')] })).toBeNull();
    const to = graphOfNodes([node('a'), node('b'), node('c', ['b'])]);
    const adopted = adoptPlan(graph, { ...failed, nextPlan: edit }, to, now);
    expect(adopted.units.map(({ phase }) => phase)).toEqual(['failed', 'waiting', 'waiting']);
    const left = stepRun(graph, started(), { type: 'skip-unit', unit: unit('b'), by: 'dana' }, now);
    expect(refuseChanges(graph, left, { ...nothing, changed: [unit('b')] })).not.toBeNull();
  });

  it('maps the unit because of which another one was skipped', () => {
    const failed = stepRun(graph, started(), { type: 'lost', unit: unit('a') }, now);
    expect(failed.units[2]).toMatchObject({ phase: 'skipped', failedDependency: 0 });
    const to = graphOfNodes([node('c', ['b']), node('b', ['a']), node('a')]);
    const adopted = adoptPlan(graph, failed, to, now);
    expect(adopted.units.map(({ failedDependency }) => failedDependency)).toEqual([2, 2, null]);
  });

  it('is asked about while the run goes on; only what it touches waits, and the run does not end', () => {
    const touched = [unit('b')];
    const asked = stepRun(graph, started(), { type: 'plan-edited', edit, ask: { request, policy, touched } }, now);
    const landed = {
      ...asked,
      units: asked.units.map((each, at) => (at === 0 ? { ...each, phase: 'landed' as const } : each)),
    };
    expect([statusOf(asked), unitsToStart(graph, landed, 4)]).toEqual(['running', []]);
    const all = {
      ...asked,
      units: asked.units.map((each) => ({ ...each, phase: 'landed' as const, requestedSlice: null })),
    };
    expect(runEnd(all)).toBeNull();
    const denied = stepRun(graph, all, { type: 'ask-ended', view: planView('denied'), asked: 1 }, now);
    expect([denied.nextPlan, runEnd(denied), denied.hold.refusal]).toEqual([undefined, 'completed', null]);
    const agreed = stepRun(graph, all, { type: 'ask-ended', view: planView('approved'), asked: 1 }, now);
    expect(agreed.nextPlan).toEqual(edit);
  });

  it('gives way to a question about the key', () => {
    const asked = stepRun(graph, started(), { type: 'plan-edited', edit, ask: { request, policy, touched: [] } }, now);
    const { totals } = recordOf(beginUnit(now));
    const message = { unit: unit('a'), seq: 1, type: 'settled', phase: 'ready', credential: 'no', totals } as const;
    const refused = stepRun(graph, asked, { type: 'unit', message }, now);
    expect(refused.hold).toMatchObject({ ask: { kind: 'credential' }, asked: 2 });
    const late = stepRun(graph, refused, { type: 'ask-ended', view: planView('approved'), asked: 1 }, now);
    expect([late.nextPlan, late.hold.ask?.kind]).toEqual([undefined, 'credential']);
    const fixed = stepRun(graph, late, { type: 'ask-ended', view: planView('approved'), asked: 2 }, now);
    expect(fixed.hold).toMatchObject({ ask: { kind: 'plan', edit: { plan: sha(9) } }, asked: 3 });
    const all = { ...refused, units: refused.units.map((each) => ({ ...each, phase: 'landed' as const })) };
    expect(runEnd(all)).toBeNull();
  });

  it('is given up, and nothing else, if its approval is gone', () => {
    const asked = stepRun(graph, started(), { type: 'plan-edited', edit, ask: { request, policy, touched: [] } }, now);
    const lost = stepRun(graph, asked, { type: 'ask-lost', asked: 1 }, now);
    expect([lost.hold.ask, lost.hold.refusal, lost.nextPlan, statusOf(lost)]).toEqual([
      null,
      null,
      undefined,
      'running',
    ]);
  });

  it('counts what agents have proposed', () => {
    const state = {
      ...started(),
      edits: [
        { ...edit, at: 0, proposed: 2 },
        { ...edit, at: 1 },
        { ...edit, at: 2, proposed: 1 },
      ],
    };
    expect(proposedUnits(state)).toBe(3);
  });
});

describe('the estimate of a plan', () => {
  const of = (id: string, estimateSeconds: number | undefined, needs: string[] = []) => ({
    ...node(id, needs),
    ...(estimateSeconds === undefined ? {} : { estimateSeconds }),
  });

  it('is the longest chain alone, if no unit says how long it takes', () => {
    expect(estimatePlan(three, 4)).toEqual({ chain: 3 });
  });

  it('starts units as a run does, on as many sessions', () => {
    const units = [of('a', 600), of('b', 600, ['a']), of('c', 600), of('d', undefined)];
    expect(estimatePlan(units, 4)).toEqual({ chain: 2, makespanSeconds: 1200, workSeconds: 2400 });
    expect(estimatePlan(units, 1)).toMatchObject({ makespanSeconds: 2400 });
    expect(estimatePlan(units, 2)).toMatchObject({ makespanSeconds: 1200 });
  });

  it('knows of units that come after others because both may change a file', () => {
    const after = { ...of('b', 60), after: [unit('a')] };
    expect(estimatePlan([of('a', 60), after], 4)).toEqual({ chain: 2, makespanSeconds: 120, workSeconds: 120 });
  });

  it('of 10,000 units is quick', () => {
    const many = Array.from({ length: 10_000 }, (_, i) => of(`u${i}`, 60, i >= 100 ? [`u${i - 100}`] : []));
    expect(estimatePlan(many, 100)).toEqual({ chain: 100, makespanSeconds: 6000, workSeconds: 600_000 });
  });
});
