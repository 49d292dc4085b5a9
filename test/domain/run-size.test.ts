// A run of 10,000 units fits into Temporal's limits, whatever its units are called and however they end.

import { describe, expect, it } from 'vitest';
import { recordOf } from '../../domain/unit/record.ts';
import { beginUnit } from '../../domain/unit/state.ts';
import type { RunInput } from '../../domain/run/input.ts';
import { beginRun } from '../../domain/run/begin.ts';
import { stepRun } from '../../domain/run/step.ts';
import { packGraph, unpackGraph } from '../../domain/plan/graph.ts';
import { packRun, unpackRun } from '../../domain/run/pack.ts';
import { pageSize, recordsOf, unrecorded } from '../../domain/run/records.ts';
import { overviewOfRun, summarizeRun, viewRun } from '../../domain/run/view.ts';
import type { PlanUnit } from '../../contracts/documents/plan.ts';
import type { RunState } from '../../domain/run/state.ts';
import { context, noon, runSettings, sha, unit } from './fixtures.ts';

const payload = 2 * 1024 * 1024;
const now = Date.parse(noon);
const settings = runSettings;

function bytes(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value));
}

function units(count: number, needs: number, title = 'é'.repeat(200)): PlanUnit[] {
  const name = (i: number) => unit(`u${String(i).padStart(6, '0')}`.padEnd(63, 'x'));
  return Array.from({ length: count }, (_, i) => ({
    id: name(i),
    title,
    prompt: '',
    scope: null,
    verify: null,
    labels: [],
    budgetUsd: 1,
    maxTurns: null,
    needs: Array.from({ length: Math.min(i, needs) }, (__, n) => name(i - n - 1)),
  }));
}

describe('a run of 10,000 units with the longest names', () => {
  const packed = packGraph(units(10_000, 4)) ?? [];
  const graph = unpackGraph(packed);
  const input: RunInput = { context: context(), slug: 's', goal: 'g', model: 'm', graph: packed, settings };
  const ids = graph.nodes.map(({ id }) => id);
  let ended: RunState = beginRun(graph, settings, now);
  for (const [i, id] of ids.entries()) {
    const end =
      i % 2 === 0
        ? ({ status: 'landed', commit: sha(i) } as const)
        : ({ status: 'failed', reason: `stuck: ${'long '.repeat(60)}` } as const);
    const record = { ...recordOf(beginUnit(0)), totals: { ...recordOf(beginUnit(0)).totals, costUsd: 0.1 + i / 7 } };
    const at = now + 86_400_000 + i * 997;
    ended = stepRun(graph, ended, { type: 'started', unit: id }, at);
    ended = stepRun(graph, ended, { type: 'unit', message: { unit: id, seq: 9, type: 'ended', end, record } }, at + 1);
    if (i % pageSize === 0) {
      const event = { type: 'recorded', units: unrecorded(graph, ended), version: ended.version } as const;
      ended = stepRun(graph, ended, event, at);
    }
  }

  it('has its whole graph, with titles cut as far as needed', () => {
    expect(graph.nodes).toHaveLength(10_000);
    expect(graph.needs[9_999]).toEqual([9_998, 9_997, 9_996, 9_995]);
    expect(bytes(packed)).toBeLessThan(1_100_000);
  });

  it('continues as new within one payload, also when all have ended', () => {
    expect(bytes({ ...input, resumed: packRun(ended) })).toBeLessThan(payload);
    expect(unpackRun(packRun(ended)).units).toHaveLength(10_000);
  });

  it('hands its records over in pages of a size that an activity can take', () => {
    const failed = recordsOf(graph, ended, ids.slice(0, pageSize));
    expect(bytes(failed)).toBeLessThan(300_000);
  });

  it('answers what changed, page by page, and each unit once', () => {
    const seen: string[] = [];
    let after = 0;
    for (let complete = false; !complete;) {
      const view = viewRun(input, graph, ended, { after });
      expect(bytes(view)).toBeLessThan(payload);
      seen.push(...view.units.map(({ id }) => id));
      after = view.version;
      ({ complete } = view);
    }
    expect(seen.toSorted()).toEqual(ids);
    expect(viewRun(input, graph, ended, { after }).units).toEqual([]);
    const next = stepRun(graph, ended, { type: 'skip-unit', unit: unit(ids[1] ?? ''), by: 'dana' }, now);
    expect(viewRun(input, graph, next, { after }).units.map(({ id }) => id)).toContain(ids[1]);
  });

  it('does the same in the order of the plan for clients that say where a page begins', () => {
    const seen: string[] = [];
    for (let from: number | null = 0; from !== null;) {
      const view = viewRun(input, graph, ended, { after: 0, from });
      expect(bytes(view)).toBeLessThan(payload);
      seen.push(...view.units.map(({ id }) => id));
      expect(view.complete).toBe(view.next === null);
      from = view.next ?? null;
    }
    expect(seen).toEqual(ids);
    const next = stepRun(graph, ended, { type: 'skip-unit', unit: unit(ids[9_999] ?? ''), by: 'dana' }, now);
    const news = viewRun(input, graph, next, { after: ended.version, from: 0 });
    expect(news.units.map(({ id }) => id)).toContain(ids[9_999]);
    expect(news).toMatchObject({ complete: true, next: null, version: next.version });
  });

  it('is summed up without being drawn', () => {
    const { counts, shown } = summarizeRun(graph, ended, settings, 50);
    expect(counts).toEqual({ landed: 5_000, failed: 5_000 });
    expect(shown).toHaveLength(50);
    const overview = overviewOfRun(input, graph, ended, { most: 50 });
    expect(overview.counts).toEqual(counts);
    expect(overview.units).toEqual(shown);
  });
});

it('a run whose units need very many others still fits into pages and into an overview', () => {
  const all = units(2_000, 0, 'Short');
  const wide = all.map((each, i) => (i < 1_900 ? each : { ...each, needs: all.slice(0, 1_900).map(({ id }) => id) }));
  const packed = packGraph(wide) ?? [];
  const graph = unpackGraph(packed);
  const input: RunInput = { context: context(), slug: 's', goal: 'g', model: 'm', graph: packed, settings };
  let state = beginRun(graph, settings, now);
  for (const { id } of wide.slice(1_900)) state = stepRun(graph, state, { type: 'started', unit: id }, now);
  const seen: string[] = [];
  for (let from: number | null = 0; from !== null;) {
    const view = viewRun(input, graph, state, { after: 0, from });
    expect(bytes(view)).toBeLessThan(payload);
    seen.push(...view.units.map(({ id }) => id));
    from = view.next ?? null;
  }
  expect(seen).toHaveLength(2_000);
  const overview = overviewOfRun(input, graph, state, { most: 50 });
  expect(bytes(overview)).toBeLessThan(payload);
  expect(overview.counts).toEqual({ waiting: 1_900, ready: 100 });
  expect(overview.units.length).toBeGreaterThan(0);
});

it('refuses a graph with more needs than a payload can hold, and keeps short titles whole', () => {
  expect(packGraph(units(10_000, 60))).toBeNull();
  expect(packGraph(units(100, 4, 'Parse durations'))?.[0]).toEqual([expect.any(String), 'Parse durations', [], 1]);
});
