// Random task graphs and lower bounds of their duration, for comparison with real schedules. Pure; the same seed makes
// the same graph.

import { generator } from './random.ts';
import { criticalPath, dependants, topologicalOrder } from '../../domain/plan/dag.ts';

export interface Task {
  readonly id: string;
  readonly needs: readonly string[];
  readonly seconds: number;
}

export interface GraphShape {
  readonly tasks: number;
  readonly seconds: { readonly min: number; readonly max: number };
  /** Most other tasks that a task needs… */
  readonly needs: number;
  /** … chosen from this many before it: smaller means longer chains. */
  readonly reach: number;
}

export function randomTasks(seed: number, { tasks, seconds, needs, reach }: GraphShape): Task[] {
  const random = generator(seed);
  const below = (limit: number) => Math.floor(random() * limit);
  return Array.from({ length: tasks }, (_, i) => ({
    id: `unit-${i + 1}`,
    needs: [...new Set(Array.from({ length: below(needs + 1) }, () => i - below(reach)))]
      .filter((before) => before > 0)
      .map((before) => `unit-${before}`),
    seconds: seconds.min + random() * (seconds.max - seconds.min),
  }));
}

/** No schedule is shorter than the longest chain, or than all work spread evenly over the slots. */
export function lowerBound(tasks: readonly Task[], slots: number): { chain: number; work: number; bound: number } {
  const seconds = secondsOf(tasks);
  const chain = sum(criticalPath(tasks, (task) => task.seconds).map((id) => seconds.get(id) ?? 0));
  const work = sum(tasks.map((task) => task.seconds)) / slots;
  return { chain, work, bound: Math.max(chain, work) };
}

/** Orders the ready tasks: the smallest rank starts first. */
export type Rank = (task: Task) => number;

/** In the order of the plan. */
export function planOrder(tasks: readonly Task[]): Rank {
  const places = new Map(tasks.map(({ id }, place) => [id, place]));
  return ({ id }) => places.get(id) ?? 0;
}

/** Tasks with the longest remaining chain first, weighted by `weight`. */
export function longestPathFirst(tasks: readonly Task[], weight: (task: Task) => number): Rank {
  const byId = new Map(tasks.map((task) => [task.id, task]));
  const neededBy = dependants(tasks);
  const left = new Map<string, number>();
  for (const id of topologicalOrder(tasks).toReversed()) {
    const task = byId.get(id);
    const behind = Math.max(0, ...(neededBy.get(id) ?? []).map((next) => left.get(next) ?? 0));
    if (task !== undefined) left.set(id, weight(task) + behind);
  }
  return ({ id }) => -(left.get(id) ?? 0);
}

/** The duration if a free slot always takes the ready task of the smallest rank, and nothing else takes time. */
export function listSchedule(tasks: readonly Task[], slots: number, rank: Rank): number {
  const waiting = tasks.toSorted((a, b) => rank(a) - rank(b));
  const done = new Set<string>();
  let running: { id: string; end: number }[] = [];
  let now = 0;
  while (waiting.length > 0 || running.length > 0) {
    for (let i = 0; i < waiting.length && running.length < slots;) {
      const task = waiting[i];
      if (task === undefined || !task.needs.every((need) => done.has(need))) i += 1;
      else running.push({ id: task.id, end: now + (waiting.splice(i, 1)[0]?.seconds ?? 0) });
    }
    if (running.length === 0) throw new Error('the graph has a cycle');
    now = Math.min(...running.map(({ end }) => end));
    for (const { id, end } of running) if (end <= now) done.add(id);
    running = running.filter(({ end }) => end > now);
  }
  return now;
}

function secondsOf(tasks: readonly Task[]): Map<string, number> {
  return new Map(tasks.map(({ id, seconds }) => [id, seconds]));
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
