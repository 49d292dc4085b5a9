// The report of a run for people: on a terminal, and as Markdown for a pull request or a wiki. On a terminal its table
// is cut to the width; sentences are not, for they say what a person opens the report for.

import type { Cell } from './table.ts';
import type { Paint, TextStream } from './colour.ts';
import type { Report } from '../../../domain/report.ts';
import { count, dollars, duration, shortSha, timeOf } from './amounts.ts';
import { inertLine } from './inert.ts';
import { painterFor, widthOf } from './colour.ts';
import { phaseCell, signCell, statusStyle } from './phases.ts';
import { tableLines } from './table.ts';

type ReportedUnit = Report['units'][number];

export function reportText(report: Report, stream: TextStream): string {
  const paint = painterFor(stream);
  const width = widthOf(stream);
  const { run, status, goal, units, decisions } = report;
  const lines = [
    `${paint('bold', inertLine(run))} ${paint(statusStyle(status), status)}: ${landedText(report)}`,
    ...(goal === '' ? [] : [inertLine(goal)]),
    '',
    ...tableLines(units.map(unitRow), { width, paint, shrink: [6, 1], drop: [3, 5, 4] }),
    ...reasonLines(units, paint),
    '',
    ...tableLines(factRows(report), { width: Infinity, paint, shrink: [] }),
  ];
  if (decisions.length > 0) lines.push('', ...decisionLines(report, paint));
  return lines.join('\n');
}

export function reportMarkdown(report: Report): string {
  const { run, status, goal, units, decisions } = report;
  const lines = [
    `# Run ${escaped(run)}: ${status}`,
    '',
    ...(goal === '' ? [] : [escaped(goal), '']),
    landedText(report),
    '',
  ];
  lines.push('| Unit | Status | Commit | Cost | Work | |', '| --- | --- | --- | ---: | ---: | --- |');
  for (const unit of units) {
    const { id, status: how, commit, costUsd, estimated, seconds, reason, title } = unit;
    const cells = [
      code(id),
      how,
      commit === null ? '' : code(shortSha(commit)),
      dollars(costUsd, estimated),
      duration(seconds.work),
      escaped(reason ?? title),
    ];
    lines.push(`| ${cells.join(' | ')} |`);
  }
  lines.push('', ...facts(report).map(({ name, value }) => `- ${name}: ${escaped(value)}`));
  if (decisions.length > 0)
    lines.push('', '## Decisions', '', ...decisions.map((each) => `- ${escaped(decisionText(each))}`));
  return lines.join('\n');
}

function landedText({ units, branch, makespanSeconds }: Report): string {
  const landed = units.filter(({ status }) => status === 'landed').length;
  return `${landed} of ${count(units.length, 'unit')} landed on ${inertLine(branch)} in ${duration(makespanSeconds)}`;
}

function unitRow(unit: ReportedUnit): Cell[] {
  const { id, status, commit, costUsd, estimated, seconds, title } = unit;
  return [
    signCell(status),
    id,
    phaseCell(status),
    { text: commit === null ? '' : shortSha(commit), style: 'dim' },
    costUsd > 0 ? dollars(costUsd, estimated) : '',
    seconds.work > 0 ? duration(seconds.work) : '',
    title,
  ];
}

/** Why units did not land, never cut: this is what a person opens the report for. Skipped ones follow from these. */
function reasonLines(units: readonly ReportedUnit[], paint: Paint): string[] {
  const lines = units
    .filter(({ status }) => status === 'failed' || status === 'cancelled')
    .map(({ id, status, reason }) => `${paint('red', inertLine(`${id} ${status}`))} ${inertLine(reason ?? '')}`.trim());
  return lines.length === 0 ? [] : ['', ...lines];
}

function facts(report: Report): { name: string; value: string }[] {
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

function factRows(report: Report): Cell[][] {
  return facts(report).map(({ name, value }) => [{ text: name, style: 'dim' }, value]);
}

function decisionLines({ decisions }: Report, paint: Paint): string[] {
  return [paint('bold', 'decisions'), ...decisions.map((decision) => inertLine(decisionText(decision)))];
}

function decisionText({ unit, decision, by, channel, at, reason }: Report['decisions'][number]): string {
  const who = by === null ? '' : ` by ${by}${channel === null ? '' : ` (${channel})`}`;
  return `${unit} ${decision}${who} at ${timeOf(at)}${reason === null ? '' : `: ${reason}`}`;
}

/** Text that Markdown must show as it is; it mentions nobody. */
function escaped(text: string): string {
  return inertLine(text)
    .replace(/[\\`*_[\]<>|~&#!]/g, '\\$&')
    .replace(/(^|\W)@/g, '$1@\u200b');
}

function code(text: string): string {
  return `\`${inertLine(text).replace(/[`|]/g, '')}\``;
}
