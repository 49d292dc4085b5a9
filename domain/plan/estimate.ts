// How long a plan may take: its longest chain of units against all of its work, on as many sessions as work at once. An
// estimate for people who are asked about the plan; nothing is scheduled by it. Pure.

import type { PlanEstimate } from '../../contracts/approval.ts';
import type { PlanUnit } from '../../contracts/documents/plan.ts';
import { chainsFrom, criticalPath, dependants } from './dag.ts';

type Estimated = Pick<PlanUnit, 'id' | 'needs' | 'after' | 'estimateSeconds'>;

/** A unit that does not say how long it takes counts as the median of those that do. */
export function estimatePlan(units: readonly Estimated[], parallel: number): PlanEstimate {
  const nodes = units.map(({ id, needs, after = [] }) => ({ id, needs: [...needs, ...after] }));
  const chain = criticalPath(nodes).length;
  const known = units.flatMap(({ estimateSeconds }) => estimateSeconds ?? []).toSorted((a, b) => a - b);
  const median = known[Math.floor(known.length / 2)];
  if (median === undefined) return { chain };
  const seconds = new Map(units.map(({ id, estimateSeconds }) => [id, estimateSeconds ?? median]));
  const workSeconds = [...seconds.values()].reduce((sum, each) => sum + each, 0);
  return { chain, makespanSeconds: makespan(nodes, seconds, parallel), workSeconds };
}

interface Node {
  readonly id: string;
  readonly needs: readonly string[];
}

/** Units start as a run starts them: whichever has the longest chain behind it, as soon as a session is free. */
function makespan(nodes: readonly Node[], seconds: ReadonlyMap<string, number>, parallel: number): number {
  const { behind } = chainsFrom(nodes);
  const neededBy = dependants(nodes);
  const open = new Map(nodes.map(({ id, needs }) => [id, new Set(needs).size]));
  const byNeed = (a: string, b: string): number => (behind.get(b) ?? 0) - (behind.get(a) ?? 0);
  let ready = nodes.flatMap(({ id }) => (open.get(id) === 0 ? [id] : [])).toSorted(byNeed);
  let atWork: { readonly id: string; readonly until: number }[] = [];
  let now = 0;
  while (ready.length > 0 || atWork.length > 0) {
    const starting = ready.slice(0, parallel - atWork.length);
    ready = ready.slice(starting.length);
    atWork.push(...starting.map((id) => ({ id, until: now + (seconds.get(id) ?? 0) })));
    now = atWork.reduce((first, { until }) => Math.min(first, until), Infinity);
    const ended = atWork.filter(({ until }) => until <= now);
    atWork = atWork.filter(({ until }) => until > now);
    const freed = ended
      .flatMap(({ id }) => neededBy.get(id) ?? [])
      .filter((id) => {
        const left = (open.get(id) ?? 0) - 1;
        open.set(id, left);
        return left === 0;
      });
    if (freed.length > 0) ready = [...ready, ...freed].toSorted(byNeed);
  }
  return now;
}
