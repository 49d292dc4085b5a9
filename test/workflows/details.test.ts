import { expect, it } from 'vitest';
import { beginRun } from '../../domain/run-state.ts';
import { context, graphOf, node, noon, runSettings } from '../domain/fixtures.ts';
import { runDetails } from '../../workflows/details.ts';
import { unpackGraph } from '../../domain/run-graph.ts';

it('the page of a run keeps its goal apart from the money, and has no formula in it', () => {
  const settings = { ...runSettings, budgetUsd: 10 };
  const packed = graphOf([node('a')]);
  const graph = unpackGraph(packed);
  const input = { context: context(), slug: 's', goal: 'Durations everywhere', model: 'm', graph: packed, settings };
  const state = beginRun(graph, settings, Date.parse(noon));
  const text = runDetails({ input, graph, state }, 'running');
  expect(text).toContain('\n\n> Durations everywhere\n\nspent 0.00 of 10 USD\n');
  expect(text).not.toContain('$');
});
