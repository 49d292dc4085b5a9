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
import { summarizeRun, viewRun } from '../../domain/run/view.ts';
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
      expect(bytes(view)).toBeLessThan(payload / 2);
      seen.push(...view.units.map(({ id }) => id));
      after = view.version;
      ({ complete } = view);
    }
    expect(seen.toSorted()).toEqual(ids);
    expect(viewRun(input, graph, ended, { after }).units).toEqual([]);
    const next = stepRun(graph, ended, { type: 'skip-unit', unit: unit(ids[1] ?? ''), by: 'dana' }, now);
    expect(viewRun(input, graph, next, { after }).units.map(({ id }) => id)).toContain(ids[1]);
  });

  it('is summed up without being drawn', () => {
    const { counts, shown } = summarizeRun(graph, ended, settings, 50);
    expect(counts).toEqual({ landed: 5_000, failed: 5_000 });
    expect(shown).toHaveLength(50);
  });
});

it('refuses a graph with more needs than a payload can hold, and keeps short titles whole', () => {
  expect(packGraph(units(10_000, 60))).toBeNull();
  expect(packGraph(units(100, 4, 'Parse durations'))?.[0]).toEqual([expect.any(String), 'Parse durations', [], 1]);
});
