// How much longer than necessary a run of many units takes if agents' work only takes time: the scripted model
// "thinks". Compared with the lower bound of any schedule, and with the same tasks scheduled without any other costs.

import type { Task } from './parts/schedule.ts';
import type { Report } from '../client/api.ts';
import { Stage } from './parts/stage.ts';
import { listSchedule, longestPathFirst, lowerBound, planOrder, randomTasks } from './parts/schedule.ts';
import { assertCompleted } from './parts/report.ts';
import { runBench } from './harness.ts';

const hosts = 2;

await runBench({
  name: 'makespan',
  about: 'wall time of a run of units that only take time, against the least that its graph and slots allow',
  repetitions: 3,
  rows: {
    'against the lower bound': { measure: 's', goal: 1.1 },
    'against a list schedule, plan order': { measure: 's', goal: null },
    'against a list schedule, longest chain first': { measure: 's', goal: null },
  },
  async open({ quick, note }) {
    const slots = quick ? 4 : 16;
    const shape = quick
      ? { tasks: 4, seconds: { min: 0.1, max: 0.2 }, needs: 1, reach: 3 }
      : { tasks: 100, seconds: { min: 4, max: 16 }, needs: 2, reach: 40 };
    const { tasks: count, seconds } = shape;
    note(
      `${count} units of ${seconds.min}–${seconds.max} s, ${slots} slots on ${hosts} hosts, a graph of its own a pair`,
    );
    let tasks: readonly Task[] = [];
    const stage = await Stage.open({
      reply({ user, turn }) {
        const unit = user.split('/').at(-1) ?? '';
        // Half of the time before the one command, half after it.
        const delayMs = ((tasks.find(({ id }) => id === unit)?.seconds ?? 0) * 1000) / 2;
        if (turn > 0) return { text: 'Done.', delayMs };
        return { tools: [{ name: 'bash', input: { command: `echo ${unit} > ${unit}.txt` } }], delayMs };
      },
    });
    await stage.workers(quick ? 'all in one' : { hosts, slots: slots / hosts });
    return {
      async ours(repetition) {
        tasks = randomTasks(repetition, shape);
        const units = tasks.map(({ id, needs }) => ({ id, needs, title: `Write ${id}`, prompt: `Write ${id}.txt` }));
        const repository = stage.remote({ 'coppice.yaml': `version: 1\nrun: { parallel: ${slots} }\n` });
        const started = performance.now();
        const report = await (await stage.coppice.start({ repository, plan: { version: 1, units } })).result();
        const wall = (performance.now() - started) / 1000;
        assertCompleted(report);
        note(whereTheTimeWent(report, tasks));
        return allRows(() => wall);
      },
      async baseline(repetition) {
        const graph = randomTasks(repetition, shape);
        const { chain, work, bound } = lowerBound(graph, slots);
        note(`graph ${repetition}: longest chain ${chain.toFixed(1)} s, work over slots ${work.toFixed(1)} s`);
        return {
          'against the lower bound': bound,
          'against a list schedule, plan order': listSchedule(graph, slots, planOrder(graph)),
          'against a list schedule, longest chain first': listSchedule(
            graph,
            slots,
            // The run does not know how long a unit takes, so it can only count units.
            longestPathFirst(graph, () => 1),
          ),
        };
      },
      close: () => stage.close(),
    };
  },
});

function allRows(value: () => number) {
  return {
    'against the lower bound': value(),
    'against a list schedule, plan order': value(),
    'against a list schedule, longest chain first': value(),
  };
}

/** Time per unit that is not work: waiting for a slot, the host's part of the slice, the queue. */
function whereTheTimeWent({ units }: Report, tasks: readonly Task[]): string {
  const mean = (of: (unit: Report['units'][number]) => number) =>
    (units.reduce((total, unit) => total + of(unit), 0) / units.length).toFixed(2);
  const given = new Map<string, number>(tasks.map(({ id, seconds }) => [id, seconds]));
  const overhead = mean(({ id, seconds }) => seconds.work - (given.get(id) ?? 0));
  const [slot, queue] = [mean(({ seconds }) => seconds.slot), mean(({ seconds }) => seconds.queue)];
  return `per unit, beside its work: ${slot} s for a slot, ${overhead} s around the session, ${queue} s in the queue`;
}
