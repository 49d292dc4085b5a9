// Turns the run's data into the report that people read: adds titles, goal, times and the speedup. Pure.

import type { RecordedUnit, ReportData } from '../../contracts/activities/reports.ts';
import { addUsage, noTotals } from '../money/usage.ts';
import type { Plan, RunContext } from '../../contracts/documents/plan.ts';
import type { Report, ReportConflicts, ReportUnit, UnitTry } from '../../contracts/documents/report.ts';
import type { Sha } from '../../contracts/ids.ts';
import { criticalPath } from '../plan/dag.ts';

interface ReportParts {
  readonly context: RunContext;
  readonly data: ReportData;
  /** All pages of records that are in git, in order. */
  readonly pages: readonly (readonly RecordedUnit[])[];
  /** The report from before the run was reopened. */
  readonly earlier: Report | null;
  readonly plan: Plan;
  readonly model: string;
  readonly verify: 'tip' | 'each';
  /** Null if it could not be determined. */
  readonly tip: Sha | null;
}

export function completeReport({ context, data, pages, earlier, plan, model, verify, tip }: ReportParts): Report {
  const recorded = [...pages.flat(), ...data.units];
  const units = addUp([...(earlier?.units ?? []), ...recorded]);
  const { planOnly = false } = data;
  const planner = data.planner === undefined ? undefined : reportUnit(data.planner);
  const planning = planner ?? earlier?.planning;
  const planChanges = [...(earlier?.planChanges ?? []), ...(data.edits ?? [])];
  const ofPlan = planOnly ? [] : plan.units;
  const reported = ofPlan.map((unit) => ({ ...(units.get(unit.id) ?? unheardOf(unit)), title: unit.title }));
  const weigh = (id: string): number => units.get(id)?.seconds.work ?? 0;
  const sequentialSeconds = sum(reported.map((unit) => unit.seconds.work));
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
    plan: context.plan,
    model,
    verify,
    startedBy: context.requestedBy,
    startedAt: data.startedAt,
    endedAt: data.endedAt,
    makespanSeconds,
    criticalPathSeconds: sum(criticalPath(ofPlan, (node) => weigh(node.id)).map(weigh)),
    sequentialSeconds,
    speedup: makespanSeconds > 0 ? Math.round((100 * sequentialSeconds) / makespanSeconds) / 100 : 1,
    costUsd: sum([...reported, ...(planning === undefined ? [] : [planning])].map((unit) => unit.costUsd)),
    ...reviewCost(reported),
    limitUsd: data.limitUsd,
    units: reported,
    ...(planning === undefined ? {} : { planning }),
    ...(planChanges.length === 0 ? {} : { planChanges }),
    conflicts: addConflicts(earlier?.conflicts ?? null, recorded),
    decisions: [
      ...(earlier?.decisions ?? []),
      ...(data.planner === undefined ? [] : [data.planner]).flatMap(({ id, decisions }) =>
        decisions.map((decision) => ({ ...decision, unit: id })),
      ),
      ...recorded.flatMap(({ id, decisions }) => decisions.map((decision) => ({ ...decision, unit: id }))),
      ...data.decisions.map((decision) => ({ ...decision, unit: null })),
    ],
  };
}

/** Adds up the rows of each unit; the last row says how it ended. */
function addUp(rows: readonly ReportUnit[]): Map<string, ReportUnit> {
  const units = new Map<string, ReportUnit>();
  for (const row of rows) {
    const before = units.get(row.id);
    units.set(row.id, before === undefined ? reportUnit(row) : addRow(before, row));
  }
  return units;
}

/** Drops the fields that the report holds elsewhere. */
function reportUnit(row: ReportUnit & Partial<RecordedUnit>): ReportUnit {
  const { decisions: _, conflicts: __, ...unit } = row;
  return unit;
}

function addRow(before: ReportUnit, row: ReportUnit): ReportUnit {
  const seconds = { ...row.seconds };
  for (const kind of ['dependencies', 'slot', 'work', 'human', 'queue'] as const) seconds[kind] += before.seconds[kind];
  const tries = [...triesOf(before), ...triesOf(row)];
  return {
    ...reportUnit(row),
    startedAt: before.startedAt ?? row.startedAt,
    ...(tries.length === 0 ? {} : { tries }),
    hosts: [...new Set([...before.hosts, ...row.hosts])],
    slices: before.slices + row.slices,
    turns: before.turns + row.turns,
    attempts: before.attempts + row.attempts,
    usage: addUsage(before.usage, row.usage),
    costUsd: before.costUsd + row.costUsd,
    ...reviewCost([before, row]),
    estimated: before.estimated || row.estimated,
    seconds,
  };
}

/** Empty for a unit that never started. */
function triesOf(row: ReportUnit): readonly UnitTry[] {
  if (row.tries !== undefined) return row.tries;
  const { status, reason, startedAt, endedAt, slices, attempts, seconds, retries: retry = 0 } = row;
  return startedAt === null ? [] : [{ retry, status, reason, startedAt, endedAt, slices, attempts, seconds }];
}

/** A unit of the plan without a record would be a bug: it is shown as such, not left out. */
function unheardOf({ id, needs }: Plan['units'][number]): ReportUnit {
  return {
    id,
    needs,
    status: 'failed',
    reason: 'lost: the run kept no record of it',
    commit: null,
    slices: 0,
    attempts: 0,
    ...noTotals,
    startedAt: null,
    endedAt: null,
    seconds: { dependencies: 0, slot: 0, work: 0, human: 0, queue: 0 },
  };
}

function addConflicts(earlier: ReportConflicts | null, recorded: readonly RecordedUnit[]): ReportConflicts {
  return {
    predicted: earlier?.predicted ?? 0,
    met: (earlier?.met ?? 0) + sum(recorded.map(({ conflicts }) => conflicts.met)),
    resolvedByAgent: (earlier?.resolvedByAgent ?? 0) + sum(recorded.map(({ conflicts }) => conflicts.resolvedByAgent)),
    resolvedByPerson:
      (earlier?.resolvedByPerson ?? 0) + sum(recorded.map(({ conflicts }) => conflicts.resolvedByPerson ?? 0)),
  };
}

/** What reviews have cost, of these rows; nothing if none was reviewed. */
function reviewCost(rows: readonly Pick<ReportUnit, 'reviewUsd'>[]): Pick<ReportUnit, 'reviewUsd'> {
  const costs = rows.flatMap(({ reviewUsd }) => reviewUsd ?? []);
  return costs.length === 0 ? {} : { reviewUsd: sum(costs) };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
