// How long people wait for the state of a run of 10,000 units, half of which have landed: one question to the run and a
// look at what is shown, against reading every unit, which programs still do (`status --json`) and people did before.

import { setTimeout as sleep } from 'node:timers/promises';
import { Stage } from './parts/stage.ts';
import { runBench } from './harness.ts';
import { spreadOf } from './parts/figures.ts';
import { startHalfDone } from './parts/half-done-run.ts';
import { startIdleAgents } from './parts/idle-agents.ts';

const wall = 'time to the answer';
const ratio = 'the same, as a ratio';
const looks = 5;

await runBench({
  name: 'status',
  about: 'the status of a run of 10,000 units that people see, against reading all of its units',
  repetitions: 5,
  rows: {
    [wall]: { measure: 'ms', judge: { measure: 'ms', of: ({ ours }) => ours }, goal: 150 },
    [ratio]: { measure: 'ms', goal: null },
  },
  async open({ quick, note }) {
    const sizes = quick ? { count: 120, parallel: 4 } : { count: 10_000, parallel: 50 };
    note(`${sizes.count} units, half of them landed, ${sizes.parallel} at work; the median of ${looks} answers`);
    const stage = await Stage.open({ reply: () => ({ hang: 'after-headers' }) });
    await stage.worker('orchestrator', ['--role', 'orchestrator']);
    const agents = await startIdleAgents(stage.env.TEMPORAL_ADDRESS, sizes.parallel);
    const run = await startHalfDone(stage, sizes);
    while (agents.taken() < sizes.parallel) await sleep(100);
    return {
      ours: async () => figures(await median(() => run.overview())),
      baseline: async () => figures(await median(() => run.status())),
      async close() {
        await agents[Symbol.asyncDispose]();
        await stage.close();
      },
    };
  },
});

function figures(ms: number): Record<typeof wall | typeof ratio, number> {
  return { [wall]: ms, [ratio]: ms };
}

/** Milliseconds of the answer in the middle. */
async function median(ask: () => Promise<unknown>): Promise<number> {
  const all: number[] = [];
  for (let look = 0; look < looks; look++) {
    const started = performance.now();
    await ask();
    all.push(performance.now() - started);
  }
  return spreadOf(all).median;
}
