import { expect, it } from 'vitest';
import type { RunState, RunUnit } from '../../domain/run/state.ts';
import { afterTelling, changesOf, endNotice, newsOf } from '../../domain/run/notices.ts';
import { askingWhy } from '../../domain/unit/ask.ts';
import { beginRun } from '../../domain/run/begin.ts';
import { changeUnit } from '../../domain/run/state.ts';
import { graphOf, node, runSettings } from './fixtures.ts';
import { nothingTold } from '../../domain/run/told.ts';
import { topics } from '../../contracts/topics.ts';
import { unpackGraph } from '../../domain/plan/graph.ts';

const graph = unpackGraph(graphOf(Array.from({ length: 10_000 }, (_, i) => node(`u${i}`))));
const begun = beginRun(graph, runSettings, 0);

function change(state: RunState, count: number, to: Partial<RunUnit>, from = 0): RunState {
  let next = state;
  for (let at = from; at < from + count; at++) next = changeUnit(next, at, to);
  return next;
}

it('a run of 10,000 units is told of in few words, and nothing twice', () => {
  const started = afterTelling(nothingTold, begun, [], 'everything');
  expect(newsOf(graph, begun, started, topics)).toEqual({ urgent: [], landed: null });
  const now = change(
    change(begun, 3_000, { phase: 'landed', startedAt: 1 }),
    500,
    { phase: 'failed', reason: 'x: y\nz' },
    5_000,
  );
  const news = newsOf(graph, now, started, topics);
  expect(news.landed).toMatchObject({ kind: 'landed', count: 3_000 });
  expect(news.urgent.map(({ kind }) => kind)).toEqual(['run-begun', 'failed']);
  expect(news.urgent[1]).toMatchObject({ count: 500, units: { length: 10, 0: { id: 'u5000', reason: 'x: y' } } });
  expect(JSON.stringify(news).length).toBeLessThan(5_000);
  const urgentTold = afterTelling({ ...started, begun: true }, now, [], 'what is urgent');
  expect(newsOf(graph, now, urgentTold, topics)).toEqual({ urgent: [], landed: news.landed });
  const allTold = afterTelling(urgentTold, now, [], 'everything');
  expect(newsOf(graph, now, allTold, topics)).toEqual({ urgent: [], landed: null });
  const later = changeUnit(now, 9_000, { phase: 'landed' });
  expect(changesOf(later)).toBeGreaterThan(changesOf(now));
  expect(newsOf(graph, later, allTold, topics).landed).toMatchObject({ count: 1, units: [{ id: 'u9000' }] });
  expect(endNotice(graph, later, 90_000)).toMatchObject({ count: 500, makespanSeconds: 90 });
});

it('only what a channel wants is news; landings it does not want bring the figures up to date', () => {
  const known = { ...afterTelling(nothingTold, begun, [], 'everything'), begun: true };
  const conflict = changeUnit(begun, 1, { phase: 'asking', reason: askingWhy('conflict') });
  expect(newsOf(graph, conflict, known, topics).urgent).toMatchObject([{ kind: 'conflict', count: 1 }]);
  const asked = changeUnit(begun, 1, { phase: 'asking', reason: askingWhy('question') });
  expect(newsOf(graph, asked, known, topics).urgent).toEqual([]);
  const all = change(change(conflict, 1, { phase: 'failed' }, 2), 1, { phase: 'landed' }, 3);
  expect(newsOf(graph, all, known, ['end'])).toEqual({ urgent: [], landed: { kind: 'progress' } });
});

it('a refused key is told once for each time that people are asked', () => {
  const known = { ...afterTelling(nothingTold, begun, [], 'everything'), begun: true };
  const ask = { kind: 'credential', problem: '401' } as const;
  const refused = { ...begun, hold: { ...begun.hold, ask, asked: 1 } };
  const { urgent } = newsOf(graph, refused, known, topics);
  expect(urgent).toEqual([{ kind: 'credential-refused', problem: '401' }]);
  expect(newsOf(graph, refused, afterTelling(known, refused, [], 'what is urgent'), topics).urgent).toEqual([]);
});
