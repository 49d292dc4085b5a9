// A run of very many units in the middle of its life, without the hours that lead there: its workflow starts as one
// that has continued as new, with the first half landed. From there on, everything is the product's.

import { connectClient } from '../../client/temporal.ts';
import type { Run } from '../../client/api.ts';
import { layeredUnits } from './layered-units.ts';
import { noTotals } from '../../domain/money/usage.ts';
import { packRun } from '../../domain/run/pack.ts';
import { unpackGraph } from '../../domain/plan/graph.ts';
import { beginRun } from '../../domain/run/begin.ts';
import { stepRun } from '../../domain/run/step.ts';
import { progressOf } from '../../domain/run/view.ts';
import { beginUnit } from '../../domain/unit/state.ts';
import { recordOf } from '../../domain/unit/record.ts';
import { pageSize, unrecorded } from '../../domain/run/records.ts';
import { planHash } from '../../client/runs/run-memo.ts';
import { prepareRun, readRunId } from '../../client/start/prepare-run.ts';
import { runInput, startRunWorkflow } from '../../client/start/start-run.ts';
import type { RunInput } from '../../domain/run/input.ts';
import type { RunState } from '../../domain/run/state.ts';
import { asSha } from '../../contracts/ids.ts';
import type { Stage } from './stage.ts';

/** `count` units in layers, of which at most `parallel` work at once. */
export async function startHalfDone(
  stage: Stage,
  { count, parallel }: { readonly count: number; readonly parallel: number },
): Promise<Run> {
  const repository = stage.remote({ 'coppice.yaml': `version: 1\nrun: { parallel: ${parallel}, budgetUsd: null }\n` });
  const plan = { version: 1, goal: 'Many units', units: layeredUnits(count) };
  const prepared = await prepareRun({ repository, plan }, stage.env, stage.root);
  const { slug, branch, stateRemote, queue, base, config } = prepared;
  const run = readRunId('half-done');
  // Nobody reads the plan before a unit is done, and none will be.
  const context = { run, repository, branch, stateRemote, queue, plan: base, base, requestedBy: stage.coppice.user };
  const input = runInput({ context, slug, plan: prepared.plan, config });
  const startedAt = new Date(Date.now() - 6 * 3600_000);
  const state = halfDone(input, startedAt.getTime());
  const address = stage.env.TEMPORAL_ADDRESS;
  const client = await connectClient({ address, namespace: stage.env.TEMPORAL_NAMESPACE, options: { address } });
  try {
    await startRunWorkflow(
      client,
      { ...input, resumed: packRun(state) },
      { startedAt, progress: progressOf(state), planHash: planHash(prepared), reuse: 'REJECT_DUPLICATE' },
    );
  } finally {
    await client.connection.close();
  }
  return stage.coppice.run(run);
}

/** The first half landed, one after the other, in the order of the plan. */
function halfDone(input: RunInput, startedAt: number): RunState {
  const graph = unpackGraph(input.graph);
  const record = { ...recordOf(beginUnit(startedAt)), totals: { ...noTotals, turns: 9, costUsd: 0.37 } };
  let state = beginRun(graph, input.settings, startedAt);
  for (const [at, { id: unit }] of graph.nodes.slice(0, graph.nodes.length / 2).entries()) {
    const now = startedAt + at * 2_000;
    const end = { status: 'landed', commit: asSha((at + 1).toString(16).padStart(40, '0')) } as const;
    state = stepRun(graph, state, { type: 'started', unit }, now);
    state = stepRun(graph, state, { type: 'unit', message: { unit, seq: 1, type: 'ended', end, record } }, now + 1_000);
    const units = unrecorded(graph, state);
    if (units.length >= pageSize)
      state = stepRun(graph, state, { type: 'recorded', units, version: state.version }, now);
  }
  return stepRun(
    graph,
    state,
    { type: 'recorded', units: unrecorded(graph, state), version: state.version },
    startedAt,
  );
}
