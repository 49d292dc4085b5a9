// When each unit of a run waited and worked, from a report. Pure. A report knows when each try of a unit started and
// ended, and how long each step of it took in total; so a try that went through a step more than once is not `exact`.

import type { Report, UnitTry } from '../../../../contracts/documents/report.ts';
import { criticalPath } from '../../../../domain/plan/dag.ts';

type ReportedUnit = Report['units'][number];

/** In the order in which a unit goes through them; `unknown` is time without a record. */
export const steps = ['dependencies', 'slot', 'work', 'human', 'queue', 'unknown'] as const;
export type Step = (typeof steps)[number];

/** Seconds since the run began. */
export interface Bar {
  readonly step: Step;
  readonly from: number;
  readonly to: number;
}

export interface TimelineRow {
  readonly unit: ReportedUnit;
  readonly critical: boolean;
  readonly bars: readonly Bar[];
  /** When the unit ended; seconds since the run began. */
  readonly end: number;
  /** How it ended; a plan is `made`. */
  readonly outcome: ReportedUnit['status'] | 'made';
  /** Whether the bars show when the steps happened; otherwise only how long they took. */
  readonly exact: boolean;
  /** When earlier tries ended, and how; seconds since the run began. */
  readonly failures: readonly { readonly at: number; readonly status: UnitTry['status'] }[];
  /** When a person retried the unit; seconds since the run began. */
  readonly retries: readonly number[];
  /** When people decided; seconds since the run began. */
  readonly decided: readonly { readonly at: number; readonly decision: Report['decisions'][number] }[];
}

export interface Timeline {
  /** Started units, the one that made the plan included, ordered by when work on them began. */
  readonly rows: readonly TimelineRow[];
  /** Length of the axis; above 0. */
  readonly seconds: number;
  readonly ticks: readonly number[];
  /** Units that started but have no row. */
  readonly leftOut: number;
  /** Units that never started. */
  readonly neverStarted: number;
}

/** A smaller gap between the sum of the steps and the end is just message latency. */
const slack = { seconds: 1, share: 0.02 };

export function timelineOf(report: Report, most = Infinity): Timeline {
  const critical = new Set(criticalUnits(report));
  const started = report.units.filter(({ startedAt }) => startedAt !== null);
  const planning = report.planning === undefined ? [] : [planningRow(report, report.planning)];
  const begun = planning[0]?.end ?? 0;
  const rows = [...planning, ...started.map((unit) => rowOf(report, unit, begun, critical.has(unit.id)))];
  const shown = choose(rows, most);
  const seconds = Math.max(report.makespanSeconds, ...rows.map(({ end }) => end)) || 1;
  return {
    rows: shown.toSorted((a, b) => workBegins(a) - workBegins(b) || a.end - b.end),
    seconds,
    ticks: ticksFor(seconds),
    leftOut: rows.length - shown.length,
    neverStarted: report.units.length - started.length,
  };
}

/** The chain of needs with the most work, which the report's `criticalPathSeconds` measures. */
export function criticalUnits({ units }: Report): ReportedUnit['id'][] {
  const work = criticalPath(units, (unit) => unit.seconds.work);
  return units.some(({ needs }) => needs.length > 0) ? work : [];
}

/** The session that made the plan. */
function planningRow(report: Report, planning: NonNullable<Report['planning']>): TimelineRow {
  return { ...rowOf(report, { ...planning, title: 'Make the plan' }, 0, false), outcome: 'made' };
}

/** `begun`: when there was a plan; seconds since the run began. */
function rowOf(report: Report, unit: ReportedUnit, begun: number, critical: boolean): TimelineRow {
  const since = (at: string): number => (Date.parse(at) - Date.parse(report.startedAt)) / 1000;
  const tries: readonly ShownTry[] = unit.tries ?? [{ ...unit, retry: unit.retries ?? 0 }];
  const shown = tries.map((each) => barsOf(each, begun, since));
  const end = Math.max(...shown.map((each) => each.end));
  return {
    unit,
    critical,
    bars: shown.flatMap(({ bars }) => bars),
    end,
    outcome: unit.status,
    exact: tries.every(({ slices, attempts }) => slices <= 1 && attempts <= 1),
    failures: shown.slice(0, -1).map((each, i) => ({ at: each.end, status: tries[i]?.status ?? 'failed' })),
    retries: tries.flatMap(({ retry, startedAt }) =>
      retry === 0 || startedAt === null ? [] : [Math.min(Math.max(0, since(startedAt)), end)],
    ),
    decided: report.decisions
      .filter((decision) => decision.unit === unit.id)
      .map((decision) => ({ at: Math.min(Math.max(0, since(decision.at)), end), decision })),
  };
}

type ShownTry = Omit<UnitTry, 'startedAt'> & { readonly startedAt: string | null };

/** A first try waits from when there was a plan; a retry begins when it started. */
function barsOf(
  { retry, startedAt, endedAt, seconds }: ShownTry,
  begun: number,
  since: (at: string) => number,
): { readonly bars: readonly Bar[]; readonly end: number } {
  const begin = retry === 0 || startedAt === null ? begun : Math.max(0, since(startedAt));
  const bars: Bar[] = [];
  let at = begin;
  for (const step of ['dependencies', 'slot', 'work', 'human', 'queue'] as const) {
    const to = at + seconds[step];
    if (to > at) bars.push({ step, from: at, to });
    at = to;
  }
  const waited = begin + seconds.dependencies;
  const end = endedAt === null ? at : Math.max(since(endedAt), waited);
  if (end - at > Math.max(slack.seconds, slack.share * (end - waited))) {
    bars.push({ step: 'unknown', from: at, to: end });
  }
  return { bars: bars.map((bar) => ({ ...bar, from: Math.min(bar.from, end), to: Math.min(bar.to, end) })), end };
}

/** When work could first have begun, if the unit never waited for a slot after it was returned. */
function workBegins({ bars, end }: TimelineRow): number {
  return bars.find(({ step }) => step !== 'dependencies' && step !== 'slot')?.from ?? end;
}

/**
 * What a person looks for first: the critical path, units that did not land, the longest units. In the order of the
 * plan.
 */
function choose(rows: readonly TimelineRow[], most: number): TimelineRow[] {
  if (rows.length <= most) return [...rows];
  const rank = ({ critical, unit }: TimelineRow): number => (critical ? 0 : unit.status === 'landed' ? 2 : 1);
  const span = (row: TimelineRow): number => row.end - row.unit.seconds.dependencies;
  const chosen = new Set(rows.toSorted((a, b) => rank(a) - rank(b) || span(b) - span(a)).slice(0, most));
  return rows.filter((row) => chosen.has(row));
}

const [minute, hour, day] = [60, 3600, 86_400];
const tickSteps = [
  ...[1, 2, 5, 10, 15, 30],
  ...[1, 2, 5, 10, 15, 30].map((n) => n * minute),
  ...[1, 2, 3, 6, 12].map((n) => n * hour),
  ...[1, 2, 7].map((n) => n * day),
];
const ticksAtMost = 8;

/** Round times from 0, few enough that their labels fit. */
function ticksFor(seconds: number): number[] {
  const step =
    tickSteps.find((candidate) => seconds / candidate <= ticksAtMost) ??
    7 * day * Math.ceil(seconds / (7 * day * ticksAtMost));
  return Array.from({ length: Math.floor(seconds / step) + 1 }, (_, i) => i * step);
}
