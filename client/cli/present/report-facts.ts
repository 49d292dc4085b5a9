// The facts of a report in words, for the text formats.

import type { PlanChange, Report } from '../../../contracts/documents/report.ts';
import { count, dollars, largeFileText, duration, shortSha, timeOf } from './amounts.ts';
import { noReviewReasons } from '../../../contracts/review.ts';
import { noReviewText } from '../../../domain/text/review-lines.ts';
import { explainRemembering } from '../../../domain/approval/remembering.ts';
import { inertLine, inertLines } from './columns.ts';
import { shownPaths } from '../../../domain/text/shown-paths.ts';

/** Most paths to list; the rest are counted, and `--json` has all. */
const keptShown = 8;

type ReportedUnit = Report['units'][number];

/** `8 of 9 units landed on main in 3m 12s`. */
export function landedText({ units, branch, makespanSeconds }: Report): string {
  const landed = units.filter(({ status }) => status === 'landed').length;
  if (units.length === 0) return `the plan was made in ${duration(makespanSeconds)}`;
  return `${landed} of ${count(units.length, 'unit')} landed on ${inertLine(branch)} in ${duration(makespanSeconds)}`;
}

/** Units that failed or were cancelled; why others are skipped is said apart (`skippedTogether`). */
function lostUnits(units: readonly ReportedUnit[]): ReportedUnit[] {
  return units.filter(({ status }) => status === 'failed' || status === 'cancelled');
}

/** Units that were lost in the same way and for the same reason, in the order of the first of each. */
export interface LostTogether {
  readonly ids: readonly string[];
  readonly status: ReportedUnit['status'];
  /** `reason` is the first line, with the code; `more` holds the lines after it. */
  readonly reason: string;
  readonly more: readonly string[];
}

/**
 * A reason of several lines is shown once, because a failing setup takes many units with it. Other reasons have a line
 * per unit.
 */
export function lostTogether(units: readonly ReportedUnit[]): LostTogether[] {
  const groups = new Map<string, LostTogether & { readonly ids: string[] }>();
  for (const { id, status, reason } of lostUnits(units)) {
    const [first = '', ...more] = linesOfReason(reason ?? '');
    const key = more.length === 0 ? id : `${status} ${reason}`;
    const group = groups.get(key);
    if (group === undefined)
      groups.set(key, { ids: [id], status, reason: inertLine(first), more: more.flatMap(inertLines) });
    else group.ids.push(id);
  }
  return [...groups.values()];
}

/** Units that were skipped for the same reason, in the order of the first of each. */
export interface SkippedTogether {
  readonly ids: readonly string[];
  /** `left out by dana`, `parse failed`. */
  readonly why: string;
}

export function skippedTogether(units: readonly ReportedUnit[]): SkippedTogether[] {
  const groups = new Map<string, string[]>();
  for (const unit of units) {
    if (unit.status !== 'skipped') continue;
    const why = whySkipped(unit, units);
    groups.set(why, [...(groups.get(why) ?? []), unit.id]);
  }
  return [...groups].map(([why, ids]) => ({ ids, why }));
}

/** Whether the merge queue has sent the unit back: it was handed in more often than it began. */
export function wasReturned({ attempts, tries }: Pick<ReportedUnit, 'attempts' | 'tries'>): boolean {
  return attempts > (tries?.length ?? 1);
}

/** `retried once`, `retried 3 times`. */
export function retriedText(retries: number): string {
  return retries === 1 ? 'retried once' : `retried ${retries} times`;
}

/** Reports of earlier releases do not always name the dependency. */
export function whySkipped(
  { skippedBy, failedDependency }: Pick<ReportedUnit, 'skippedBy' | 'failedDependency'>,
  units: readonly ReportedUnit[],
): string {
  if (skippedBy !== undefined) return `left out by ${inertLine(skippedBy)}`;
  if (failedDependency === undefined) return 'what it needs did not land';
  const how = units.find(({ id }) => id === failedDependency)?.status;
  const verb = how === 'failed' ? 'failed' : how === 'cancelled' ? 'was cancelled' : 'did not land';
  return `${failedDependency} ${verb}`;
}

/** Splits at Coppice's own line breaks; other breaks come from quoted text and become spaces. */
export function linesOfReason(reason: string): string[] {
  return reason.split(/(?<!\r)\n/);
}

/** Any more names are counted. */
const namesShown = 8;

/** `parse, format and 14 more`. */
export function someOf(names: readonly string[]): string {
  const shown = names.slice(0, names.length > namesShown ? namesShown - 1 : namesShown).map((name) => inertLine(name));
  const left = names.length - shown.length;
  return left === 0 ? shown.join(', ') : `${shown.join(', ')} and ${left} more`;
}

export function facts(report: Report): { name: string; value: string }[] {
  const { repository, branch, base, tip, makespanSeconds, sequentialSeconds, criticalPathSeconds, speedup } = report;
  const { conflicts, costUsd, units, model, startedBy, startedAt } = report;
  const hosts = new Set(units.flatMap((unit) => unit.hosts)).size;
  const turns = units.reduce((sum, unit) => sum + unit.turns, 0);
  const always = [
    { name: 'target', value: `${branch} of ${repository}` },
    { name: 'commits', value: commitsText({ base, tip }) },
    {
      name: 'time',
      value: `${duration(makespanSeconds)} for ${duration(sequentialSeconds)} of work (${speedup.toFixed(1)}x); the critical path has ${duration(criticalPathSeconds)}`,
    },
    {
      name: 'cost',
      value: `${dollars(
        costUsd,
        units.some(({ estimated }) => estimated),
      )}, ${count(turns, 'turn')} of ${model} on ${count(hosts, 'host')}`,
    },
    { name: 'started', value: `${timeOf(startedAt)} by ${startedBy}` },
  ];
  const { met, resolvedByAgent, resolvedByPerson } = conflicts;
  const value = `${met} met, ${resolvedByAgent} resolved by agents, ${resolvedByPerson} by people`;
  const large = largeFilesText(units);
  const kept = keptText(units);
  const red = redBeforeText(units);
  const reviews = reviewsText(report);
  return [
    ...always,
    ...planFacts(report),
    ...(met === 0 ? [] : [{ name: 'conflicts', value }]),
    ...(reviews === null ? [] : [{ name: 'reviews', value: reviews }]),
    ...(large === null ? [] : [{ name: 'large files', value: large }]),
    ...(kept === null ? [] : [{ name: 'left as merged', value: kept }]),
    ...(red === null ? [] : [{ name: 'red before', value: red }]),
    ...(report.verify === undefined ? [] : [{ name: 'verified', value: verifiedText(report.verify) }]),
  ];
}

/**
 * `3 approved, 1 with changes wanted (pay): $0.31 of the cost; not reviewed: docs (no review is asked for)`; null when nothing
 * was reviewed, or was to be.
 */
export function reviewsText({ units, reviewUsd }: Pick<Report, 'units' | 'reviewUsd'>): string | null {
  const missing = noReviewReasons.flatMap((why) => {
    const ids = units.flatMap(({ id, noReview }) => (noReview === why ? [id] : []));
    return ids.length === 0 ? [] : [`not reviewed: ${someOf(ids)} (${noReviewText[why]})`];
  });
  if (reviewUsd === undefined) return missing.length === 0 ? null : missing.join('; ');
  const by = (verdict: string): string[] =>
    units.flatMap(({ id, review }) => (review?.verdict === verdict ? [id] : []));
  const [approved, changes] = [by('approve'), by('changes')];
  const none = units.flatMap(({ id, review }) =>
    review?.verdict === 'none' ? [review.summary ? `${id}: ${review.summary}` : id] : [],
  );
  const said = [
    ...(approved.length === 0 ? [] : [`${approved.length} approved`]),
    ...(changes.length === 0 ? [] : [`${changes.length} with changes wanted (${someOf(changes)})`]),
    ...(none.length === 0 ? [] : [`${none.length} without a verdict (${someOf(none)})`]),
  ];
  return [`${said.join(', ') || 'none has ended'}: ${dollars(reviewUsd)} of the cost`, ...missing].join('; ');
}

/** Who made the plan, if people did not, and how it changed while it was carried out. */
export function planFacts({ planning, planChanges = [] }: Report): { name: string; value: string }[] {
  const made =
    planning === undefined
      ? []
      : [
          {
            name: 'planning',
            value: `${dollars(planning.costUsd, planning.estimated)}, ${count(planning.turns, 'turn')}`,
          },
        ];
  return [...made, ...planChanges.map((change) => ({ name: 'plan', value: planChangeText(change) }))];
}

/** `2 units added, 1 changed by dana at 2026-11-24T11:02:00Z (6f1c0a2b)`. */
function planChangeText({ plan, by, at, added, changed, removed }: PlanChange): string {
  const counts = [
    ...(added === 0 ? [] : [`${count(added, 'unit')} added`]),
    ...(changed === 0 ? [] : [`${changed} changed`]),
    ...(removed === 0 ? [] : [`${removed} removed`]),
  ];
  const what = counts.length === 0 ? 'no unit changed' : counts.join(', ');
  return `${what} by ${by} at ${timeOf(at)} (${shortSha(plan)})`;
}

/** `logo.png 3.4 MB, binary (round-logo)`; null when no unit has any. */
export function largeFilesText(units: readonly ReportedUnit[]): string | null {
  const files = units.flatMap(({ id, largeFiles = [] }) => largeFiles.map((file) => `${largeFileText(file)} (${id})`));
  return files.length === 0 ? null : files.join('; ');
}

/** Conflicts that agents have left as the merge made them: `logo.png (round-logo)`; null when no unit has any. */
export function keptText(units: readonly ReportedUnit[]): string | null {
  const paths = units.flatMap(({ id, kept = [] }) => kept.map((path) => `${path} (${id})`));
  return paths.length === 0 ? null : shownPaths(paths, paths.length, keptShown).join(', ');
}

/** Units that landed although a command failed, because it failed on the target already; null when there are none. */
export function redBeforeText(units: readonly ReportedUnit[]): string | null {
  const found = units.flatMap(({ id, redBefore }) => (redBefore === undefined ? [] : [{ id, redBefore }]));
  const commands = [...new Set(found.flatMap(({ redBefore }) => redBefore))];
  return found.length === 0
    ? null
    : `${someOf(commands)} failed on the target already, when ${someOf(found.map(({ id }) => id))} landed`;
}

export function verifiedText(verify: 'tip' | 'each'): string {
  return verify === 'each' ? 'every commit' : 'the last commit of each train';
}

/** How far the target has moved, as a range of commits. */
export function commitsText({ base, tip }: Pick<Report, 'base' | 'tip'>): string {
  if (tip === null) return `from ${shortSha(base)}; where the branch ended is not known`;
  return base === tip ? `${shortSha(tip)}, nothing new` : `${shortSha(base)}..${shortSha(tip)}`;
}

/** `approved`; of a tool call that may run again, `approved, allowed for the rest of the run,`. */
function outcomeText({ decision, sentBack, remember }: Report['decisions'][number]): string {
  if (sentBack === true) return 'sent back';
  return remember === undefined ? decision : `${decision}, ${explainRemembering(remember)},`;
}

/** `parse approved by dana (slack) at 2026-11-24T11:02:00Z: looks good`; names the kind unless it is a merge. */
export function decisionText(each: Report['decisions'][number]): string {
  const { unit, kind, by, channel, at, reason } = each;
  const who = by === null ? '' : ` by ${by}${channel === null ? '' : ` (${channel})`}`;
  const what =
    kind === 'plan' ? 'the plan' : kind === 'merge' && unit !== null ? unit : `${unit ?? 'the run'} (${kind})`;
  return `${what} ${outcomeText(each)}${who} at ${timeOf(at)}${reason === null ? '' : `: ${reason}`}`;
}
