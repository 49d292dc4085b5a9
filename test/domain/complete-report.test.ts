import { describe, expect, it } from 'vitest';
import type { RecordedUnit } from '../../contracts/activities/reports.ts';
import { beginRun } from '../../domain/run/begin.ts';
import { noTotals } from '../../domain/money/usage.ts';
import type { Report } from '../../contracts/documents/report.ts';
import type { Plan } from '../../contracts/documents/plan.ts';
import { completeReport } from '../../domain/run/complete-report.ts';
import { freshUnit } from '../../domain/run/state.ts';
import { reasonOf, stepRun } from '../../domain/run/step.ts';
import { stateFromReport } from '../../domain/run/reopen.ts';
import { unpackGraph } from '../../domain/plan/graph.ts';
import { context, graphOf, node, noon, sha, unit } from './fixtures.ts';

const nodes = [node('a'), node('b', ['a']), node('c')];
const rest = { prompt: '', scope: null, verify: null, labels: [], maxTurns: null };
const plan: Plan = { version: 1, goal: 'Try it', units: nodes.map((each) => ({ ...rest, ...each })) };

function row(id: string, change: Partial<RecordedUnit>): RecordedUnit {
  return {
    id: unit(id),
    status: 'landed',
    reason: null,
    needs: [],
    commit: sha(5),
    slices: 1,
    attempts: 1,
    ...noTotals,
    costUsd: 1,
    turns: 2,
    hosts: ['h1'],
    startedAt: noon,
    endedAt: noon,
    seconds: { dependencies: 0, slot: 1, work: 10, human: 0, queue: 2 },
    decisions: [],
    conflicts: { met: 1, resolvedByAgent: 1 },
    ...change,
  };
}

function report(
  pages: readonly RecordedUnit[][],
  units: readonly RecordedUnit[],
  earlier: Report | null = null,
): Report {
  const times = { startedAt: noon, endedAt: '2026-01-01T12:01:00.000Z' };
  const data = {
    ...times,
    status: 'failed',
    pages: pages.length,
    limitUsd: 50,
    reopened: earlier !== null,
    units,
    decisions: [],
  } as const;
  return completeReport({ context: context(), data, pages, earlier, plan, model: 'm', verify: 'tip', tip: sha(9) });
}

describe('a report', () => {
  it('adds up what reviews have cost, also of a unit that began twice', () => {
    const first = row('a', { status: 'failed', reviewUsd: 0.25 });
    const done = report([[first]], [row('a', { reviewUsd: 0.5 }), row('b', {})]);
    expect(done.units.map(({ reviewUsd }) => reviewUsd)).toEqual([0.75, undefined, undefined]);
    expect(done.reviewUsd).toBe(0.75);
    expect(report([], [row('b', {})])).not.toHaveProperty('reviewUsd');
  });

  it('puts pages and the rest into the order of the plan and sums them up', () => {
    const done = report(
      [[row('c', {})], [row('b', {})]],
      [row('a', { seconds: { ...row('a', {}).seconds, work: 20 } })],
    );
    expect(done.units.map(({ id, title }) => [id, title])).toEqual([
      ['a', 'Title of a'],
      ['b', 'Title of b'],
      ['c', 'Title of c'],
    ]);
    expect(done).toMatchObject({ costUsd: 3, sequentialSeconds: 40, criticalPathSeconds: 30, conflicts: { met: 3 } });
    expect(done.units[0]).not.toHaveProperty('conflicts');
  });

  it('adds up what a unit took before and after a retry, and says how it ended last', () => {
    const failed = row('a', { status: 'failed', reason: 'stuck: x', commit: null });
    const done = report([[failed]], [row('a', { hosts: ['h2'], retries: 1 }), row('b', {}), row('c', {})]);
    expect(done.units[0]).toMatchObject({
      status: 'landed',
      reason: null,
      commit: sha(5),
      costUsd: 2,
      turns: 4,
      slices: 2,
      hosts: ['h1', 'h2'],
      seconds: { work: 20, queue: 4 },
      retries: 1,
    });
  });

  it('keeps when each try of a retried unit began and ended, and what it took', () => {
    const at = (minute: number): string => `2026-01-01T12:0${minute}:00.000Z`;
    const first = row('a', { status: 'failed', reason: 'stuck: x', startedAt: at(0), endedAt: at(1) });
    const again = row('a', {
      status: 'cancelled',
      reason: 'cancelled: x',
      retries: 1,
      startedAt: null,
      endedAt: at(2),
    });
    const last = row('a', { retries: 2, startedAt: at(5), endedAt: at(6), attempts: 2 });
    const [done] = report([[first], [again]], [last]).units;
    const { seconds } = first;
    expect(done).toMatchObject({ startedAt: at(0), endedAt: at(6), attempts: 4 });
    // The second one never began.
    expect(done?.tries).toEqual([
      {
        retry: 0,
        status: 'failed',
        reason: 'stuck: x',
        startedAt: at(0),
        endedAt: at(1),
        slices: 1,
        attempts: 1,
        seconds,
      },
      { retry: 2, status: 'landed', reason: null, startedAt: at(5), endedAt: at(6), slices: 1, attempts: 2, seconds },
    ]);
    expect(report([], [row('a', {})]).units[0]).not.toHaveProperty('tries');
    // A run that is opened again knows the tries of before.
    const before = report([[first]], [row('a', { retries: 1, startedAt: at(3), endedAt: at(4) })]);
    const reopened = report([], [last], before).units[0];
    expect(reopened?.tries?.map(({ startedAt }) => startedAt)).toEqual([at(0), at(3), at(5)]);
  });

  it('shows a unit that nothing is known of as what it is', () => {
    expect(report([], []).units[2]).toMatchObject({
      id: 'c',
      status: 'failed',
      reason: expect.stringMatching(/^lost: /),
    });
  });

  it('continues from the report of before when the run was opened again', () => {
    const decisions = [
      { id: 'x', kind: 'merge', decision: 'approved', by: 'dana', channel: 'cli', at: noon, reason: null },
    ] as const;
    const first = report(
      [],
      [row('a', { status: 'failed', reason: 'stuck: x', commit: null, decisions }), row('c', {})],
    );
    const second = report([], [row('a', { retries: 1 }), row('b', {})], first);
    expect(second.units.map(({ id, status, costUsd }) => [id, status, costUsd])).toEqual([
      ['a', 'landed', 2],
      ['b', 'landed', 1],
      ['c', 'landed', 1],
    ]);
    expect(second.decisions).toHaveLength(1);
    expect(second.conflicts.met).toBe(4);
  });
});

describe('a run that is opened again', () => {
  const graph = unpackGraph(graphOf(nodes));
  const skipped = row('b', {
    status: 'skipped',
    commit: null,
    reason: 'dependency-failed: a is failed (stuck: x)',
    failedDependency: unit('a'),
  });
  const ended = report([], [row('a', { status: 'failed', reason: 'stuck: x', commit: null }), skipped, row('c', {})]);

  it('has every unit as the report left it, and remembers what each was skipped for', () => {
    const added = { id: 'run:r1:approval:1', kind: 'budget', decision: 'approved', usd: 7, unit: null } as const;
    const who = { by: 'dana', channel: 'cli', at: noon, reason: null } as const;
    const decided = { ...ended, decisions: [...ended.decisions, { ...added, ...who }] };
    // What people have added stays added, and no approval has the id of an earlier one.
    const raised = stateFromReport(graph, { budgetUsd: 10, maxTokens: null, maxTurns: null }, decided);
    expect(raised.ledgers.usd.limit).toBe(17);
    expect(raised.hold.asked).toBeGreaterThanOrEqual(1);
    const state = stateFromReport(graph, { budgetUsd: 10, maxTokens: null, maxTurns: null }, ended);
    expect(state.units.map(({ phase }) => phase)).toEqual(['failed', 'skipped', 'landed']);
    expect(reasonOf(graph, state, 1)).toBe('dependency-failed: a is failed (stuck: x)');
    expect(state.ledgers.usd).toMatchObject({ limit: 10, spent: 3 });
    expect(state.startedAt).toBe(Date.parse(noon));
    const again = stepRun(graph, state, { type: 'retry-unit', unit: unit('a') }, Date.parse(noon));
    expect(again.units.map(({ phase, retries }) => [phase, retries])).toEqual([
      ['waiting', 1],
      ['waiting', 0],
      ['landed', 0],
    ]);
  });

  it('counts changes on from where any watcher can have been', () => {
    const state = stateFromReport(graph, { budgetUsd: null, maxTokens: null, maxTurns: null }, ended);
    expect(Math.min(...state.units.map(({ version }) => version))).toBeGreaterThan(
      beginRun(graph, { budgetUsd: null, maxTokens: null, maxTurns: null }, 0).version,
    );
    expect(state.units.every(({ version }) => version > freshUnit.version)).toBe(true);
  });
});
