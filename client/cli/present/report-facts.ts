// What a report says in words, for the formats that are text.

import type { Report } from '../../../domain/report.ts';
import { count, dollars, duration, shortSha, timeOf } from './amounts.ts';
import { inertLine } from './inert.ts';

type ReportedUnit = Report['units'][number];

/** What the signs of units are for a run. */
export function endSign(status: Report['status']): string {
  return status === 'completed' ? '✓' : status === 'failed' ? '✗' : '–';
}

/** `8 of 9 units landed on main in 3m 12s`. */
export function landedText({ units, branch, makespanSeconds }: Report): string {
  const landed = units.filter(({ status }) => status === 'landed').length;
  return `${landed} of ${count(units.length, 'unit')} landed on ${inertLine(branch)} in ${duration(makespanSeconds)}`;
}

/** Those whose reason says something: skipped ones follow from these. */
export function lostUnits(units: readonly ReportedUnit[]): ReportedUnit[] {
  return units.filter(({ status }) => status === 'failed' || status === 'cancelled');
}

export function facts(report: Report): { name: string; value: string }[] {
  const { repository, branch, base, tip, makespanSeconds, sequentialSeconds, criticalPathSeconds, speedup } = report;
  const { conflicts, costUsd, units, model, startedBy, startedAt } = report;
  const hosts = new Set(units.flatMap((unit) => unit.hosts)).size;
  const turns = units.reduce((sum, unit) => sum + unit.turns, 0);
  const always = [
    { name: 'target', value: `${branch} of ${repository}` },
    { name: 'commits', value: base === tip ? `${shortSha(tip)}, nothing new` : `${shortSha(base)}..${shortSha(tip)}` },
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
  return met === 0 ? always : [...always, { name: 'conflicts', value }];
}

/** `parse approved by dana (slack) at 2026-11-24T11:02:00Z: looks good`. */
export function decisionText({ unit, decision, by, channel, at, reason }: Report['decisions'][number]): string {
  const who = by === null ? '' : ` by ${by}${channel === null ? '' : ` (${channel})`}`;
  return `${unit} ${decision}${who} at ${timeOf(at)}${reason === null ? '' : `: ${reason}`}`;
}
