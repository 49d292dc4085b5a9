// Turns what the run knows into the report that people read: adds titles, goal, times and the speedup. Pure.

import type { Plan, RunContext } from './plan.ts';
import type { Report, ReportData } from './report.ts';
import type { Sha } from './ids.ts';
import { criticalPath } from './dag.ts';

interface ReportParts {
  readonly context: RunContext;
  readonly data: ReportData;
  readonly plan: Plan;
  readonly model: string;
  readonly tip: Sha;
}

export function completeReport({ context, data, plan, model, tip }: ReportParts): Report {
  const work = new Map(data.units.map((unit) => [unit.id, unit.seconds.work]));
  const titles = new Map(plan.units.map((unit) => [unit.id, unit.title]));
  const weigh = (id: string): number => work.get(id as never) ?? 0;
  const sequentialSeconds = sum(data.units.map((unit) => unit.seconds.work));
  const makespanSeconds = (Date.parse(data.endedAt) - Date.parse(data.startedAt)) / 1000;
  return {
    version: 1,
    run: context.run,
    status: data.status,
    repository: context.repository,
    branch: context.branch,
    base: context.base,
    tip,
    goal: plan.goal,
    model,
    startedBy: context.requestedBy,
    startedAt: data.startedAt,
    endedAt: data.endedAt,
    makespanSeconds,
    criticalPathSeconds: sum(criticalPath(plan.units, (node) => weigh(node.id)).map(weigh)),
    sequentialSeconds,
    speedup: makespanSeconds > 0 ? Math.round((100 * sequentialSeconds) / makespanSeconds) / 100 : 1,
    costUsd: sum(data.units.map((unit) => unit.costUsd)),
    units: data.units.map((unit) => ({ ...unit, title: titles.get(unit.id) ?? unit.id })),
    conflicts: data.conflicts,
    decisions: data.decisions,
  };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
