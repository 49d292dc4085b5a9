import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  listSchedule,
  longestPathFirst,
  lowerBound,
  planOrder,
  randomTasks,
  type Task,
} from '../../bench/parts/schedule.ts';

const shape = { tasks: 40, seconds: { min: 1, max: 4 }, needs: 3, reach: 12 };

function task(id: string, seconds: number, ...needs: string[]): Task {
  return { id, seconds, needs };
}

test('a seed makes one graph', () => {
  expect(randomTasks(7, shape)).toEqual(randomTasks(7, shape));
  expect(randomTasks(7, shape)).not.toEqual(randomTasks(8, shape));
});

test('the bound is the longest chain, or the work of all slots', () => {
  const tasks = [task('a', 2), task('b', 3, 'a'), task('c', 1)];
  expect(lowerBound(tasks, 2)).toEqual({ chain: 5, work: 3, bound: 5 });
  expect(lowerBound(tasks, 1).bound).toBe(6);
});

test('the longest chain first ends sooner than the plan order where a chain stands last', () => {
  const tasks = [task('x', 3), task('y', 3), task('a', 3), task('b', 3, 'a')];
  expect(listSchedule(tasks, 2, planOrder(tasks))).toBe(9);
  expect(
    listSchedule(
      tasks,
      2,
      longestPathFirst(tasks, ({ seconds }) => seconds),
    ),
  ).toBe(6);
});

test('no list schedule is below the bound or above twice of it', () => {
  fc.assert(
    fc.property(fc.integer(), fc.integer({ min: 1, max: 20 }), (seed, slots) => {
      const tasks = randomTasks(seed, shape);
      const { chain, work, bound } = lowerBound(tasks, slots);
      for (const rank of [planOrder(tasks), longestPathFirst(tasks, () => 1)]) {
        const makespan = listSchedule(tasks, slots, rank);
        // Graham's bound: https://doi.org/10.1137/0117039
        return makespan >= bound - 1e-9 && makespan <= work + chain + 1e-9;
      }
    }),
  );
});
