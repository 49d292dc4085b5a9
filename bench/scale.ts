// The cost of a unit in a very large run against a small one: wall time, histories, the orchestrator's memory and the
// time that `status` takes. Workflows, server and client are the product's; the host answers at once
// (parts/instant-host.ts), so that nothing hides the cost of orchestration. `npm run drill:scale` does the same with
// real git and sessions.

import { connectClient } from '../client/temporal.ts';
import { layeredUnits } from './parts/layered-units.ts';
import { queueId } from '../git/queue-id.ts';
import { readRepository } from '../client/repository.ts';
import { runWorkflowId } from '../contracts/ids.ts';
import { Stage } from './parts/stage.ts';
import { historiesOf, historyLimits } from './parts/histories.ts';
import { residentMb } from './parts/process-memory.ts';
import { runBench } from './harness.ts';
import { startInstantHost } from './parts/instant-host.ts';

const rows = {
  'wall time': { measure: 'ms a unit', goal: 1.2 },
  'events of the largest history': {
    measure: 'events',
    judge: { measure: 'of the limit', of: ({ ours }: { ours: number }) => ours / historyLimits.events },
    goal: 0.2,
  },
  'bytes of the largest history': {
    measure: 'MB',
    judge: { measure: 'of the limit', of: ({ ours }: { ours: number }) => (ours * 1024 ** 2) / historyLimits.bytes },
    goal: 0.2,
  },
  'memory of the orchestrator': { measure: 'MB', goal: null },
  'status in the middle of the run': { measure: 'ms', goal: null },
} as const;

await runBench({
  name: 'scale',
  about: 'a run of very many units against one of 100, with hosts that answer at once',
  repetitions: 1,
  rows,
  async open({ quick, note }) {
    const [many, few] = quick ? [6, 3] : [10_000, 100];
    note(`${many} units in layers of 50, each unit needs two of the layer before; ${few} of the same kind`);
    return { ours: () => measure(many, note), baseline: () => measure(few, () => undefined) };
  },
});

async function measure(count: number, note: (text: string) => void): Promise<Record<keyof typeof rows, number>> {
  await using stage = await Stage.open({ reply: () => ({ hang: 'after-headers' }) });
  const { pid } = await stage.worker('orchestrator', ['--role', 'orchestrator']);
  await using host = await startInstantHost(stage.env.TEMPORAL_ADDRESS);
  const repository = stage.remote({ 'coppice.yaml': 'version: 1\nrun: { parallel: 64 }\n' });
  const started = performance.now();
  const run = await stage.coppice.start({ repository, plan: { version: 1, units: layeredUnits(count) } });
  while (host.landed() < count / 2) await new Promise((resolve) => setTimeout(resolve, 20));
  const asked = performance.now();
  await run.status();
  const statusMs = performance.now() - asked;
  const address = stage.env.TEMPORAL_ADDRESS;
  const client = await connectClient({ address, namespace: 'default', options: { address } });
  // Not `run.result()`: the instant host writes no report.
  await client.workflow.getHandle(runWorkflowId(run.id)).result();
  const wallMs = performance.now() - started;
  const memory = await residentMb(pid, { looks: 5, everyMs: 1000 });
  const ids = [runWorkflowId(run.id), queueId(readRepository(repository), 'main')];
  const histories = await historiesOf(client, ids);
  await client.connection.close();
  note(`the run and its queue went through ${histories.executions} executions`);
  return {
    'wall time': wallMs / count,
    'events of the largest history': histories.events,
    'bytes of the largest history': histories.bytes / 1024 ** 2,
    'memory of the orchestrator': memory,
    'status in the middle of the run': statusMs,
  };
}
