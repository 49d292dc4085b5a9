// The report of a run as Markdown, for a pull request, an issue or the summary of a CI job: the essentials are visible,
// the rest is folded, and all of it fits into one comment on GitHub. It mentions nobody.

import type { Report } from '../../../contracts/documents/report.ts';
import { changeSizeText, count, dollars, duration, shortSha } from './amounts.ts';
import { criticalUnits } from './report-page/timeline.ts';
import {
  decisionText,
  facts,
  landedText,
  lostTogether,
  retriedText,
  skippedTogether,
  wasReturned,
} from './report-facts.ts';
import { fit, inertLine } from './columns.ts';
import { markdownCode, markdownText } from '../../../domain/text/inert.ts';
import { mermaidGraph } from './plan-graph.ts';
import { runSign, signOf } from './phases.ts';

type ReportedUnit = Report['units'][number];

/** GitHub takes 65,536 characters; these are the shares of the parts. */
const room = { reasons: 15_000, units: 25_000, decisions: 10_000 };
/** Columns shown of a title, a decision or a fact. */
const textShown = 300;
const goalShown = 1000;
const linesShown = 30;
/** Most units to name if several were lost for the same reason. */
const namesShown = 8;
/** A longer table is folded. */
const rowsOpen = 12;
/** A larger graph is unreadable, so it is left out. */
const drawnAtMost = 40;
const dearestShown = 3;

export function reportMarkdown(report: Report): string {
  const { run, status, goal } = report;
  return [
    `## ${runSign(status)} Run ${markdownText(run)}: ${markdownText(status)}`,
    markdownText(landedText(report)),
    goal.trim() === '' ? '' : `> ${markdownText(fit(inertLine(goal), goalShown))}`,
    reasonsPart(report),
    unitsPart(report),
    graphPart(report),
    // Before the heading, or else they would belong to it.
    factsPart(report),
    decisionsPart(report),
  ]
    .filter((part) => part !== '')
    .join('\n\n');
}

/** Why units did not land, and who or what had others skipped. */
function reasonsPart({ run, units }: Report): string {
  const lost = lostTogether(units).map(({ ids, status, reason, more }) => {
    const words = markdownText(fit(reason === '' ? status : reason, textShown));
    return `- ${signOf(status)} ${namesOf(ids)} ${words}${quoted(more)}`;
  });
  const because = skippedTogether(units).map(
    ({ ids, why }) => `- ${signOf('skipped')} ${namesOf(ids)} skipped: ${markdownText(fit(why, textShown))}`,
  );
  const all = [...lost, ...because];
  if (all.length === 0) return '';
  return ['### Why units did not land', '', ...withinSpace(all, { characters: room.reasons, run })].join('\n');
}

function namesOf(ids: readonly string[]): string {
  const names = ids.slice(0, namesShown).map(markdownCode).join(', ');
  return ids.length > namesShown ? `${names} and ${ids.length - namesShown} more` : names;
}

/** The last lines of a command's output, as a code block inside a list item. */
function quoted(lines: readonly string[]): string {
  if (lines.length === 0) return '';
  const shown = lines.slice(-linesShown).map((line) => `  ${fit(line.replaceAll('```', "'''"), textShown)}`.trimEnd());
  return ['\n\n  ```text', ...shown, '  ```'].join('\n');
}

function unitsPart({ run, units }: Report): string {
  const rows = units.map(unitRow);
  const table = [
    '| | Unit | Commit | Change | Work | People | Queue | Cost | |',
    '| --- | --- | --- | --- | ---: | ---: | ---: | ---: | --- |',
    ...withinSpace(rows, { characters: room.units, run, start: '\n' }),
  ].join('\n');
  // GitHub reads Markdown inside HTML only after an empty line.
  return units.length <= rowsOpen
    ? table
    : `<details>\n<summary>${count(units.length, 'unit')}</summary>\n\n${table}\n\n</details>`;
}

function unitRow(unit: ReportedUnit): string {
  const { id, title, status, commit, size, costUsd, estimated, seconds, attempts, retries = 0 } = unit;
  const time = (value: number): string => (value > 0 ? duration(value) : '');
  const cells = [
    `${signOf(status)} ${status}`,
    markdownCode(id),
    commit === null ? '' : markdownCode(shortSha(commit)),
    size === undefined ? '' : changeSizeText(size),
    time(seconds.work),
    time(seconds.human),
    time(seconds.queue),
    costUsd > 0 ? markdownText(dollars(costUsd, estimated)) : '',
    `${markdownText(fit(inertLine(title), textShown))}${wasReturned(unit) ? ` (${attempts} attempts)` : ''}${retries > 0 ? ` (${retriedText(retries)})` : ''}`,
  ];
  return `| ${cells.join(' | ')} |`;
}

function graphPart(report: Report): string {
  const { units } = report;
  if (units.length > drawnAtMost || units.every(({ needs }) => needs.length === 0)) return '';
  const nodes = units.map(({ id, needs, status }) => ({ id, needs, label: `${signOf(status)} ${id}` }));
  const graph = mermaidGraph(nodes, criticalUnits(report));
  return `<details>\n<summary>Dependencies; the thick ones are the critical path</summary>\n\n\`\`\`mermaid\n${graph}\n\`\`\`\n\n</details>`;
}

function decisionsPart({ run, decisions }: Report): string {
  if (decisions.length === 0) return '';
  const lines = decisions.map((each) => `- ${markdownText(fit(inertLine(decisionText(each)), textShown))}`);
  return ['### Decisions', '', ...withinSpace(lines, { characters: room.decisions, run })].join('\n');
}

function factsPart(report: Report): string {
  const lines = facts(report).map(({ name, value }) => `- ${name}: ${markdownText(fit(inertLine(value), textShown))}`);
  const spent = report.units.filter(({ costUsd }) => costUsd > 0);
  const dearest = spent.toSorted((a, b) => b.costUsd - a.costUsd).slice(0, dearestShown);
  if (dearest.length < spent.length) {
    const names = dearest.map(
      ({ id, costUsd, estimated }) => `${markdownCode(id)} ${markdownText(dollars(costUsd, estimated))}`,
    );
    lines.push(`- most expensive: ${names.join(', ')}`);
  }
  return lines.join('\n');
}

interface Space {
  readonly characters: number;
  readonly run: string;
  /** Start of the line that counts the rest. */
  readonly start?: string;
}

/** As many lines as fit, and a line that counts the rest. */
function withinSpace(lines: readonly string[], { characters, run, start = '- ' }: Space): string[] {
  let left = characters;
  const shown = lines.filter((line) => (left -= line.length + 1) >= 0);
  const more = lines.length - shown.length;
  return more === 0 ? shown : [...shown, `${start}and ${more} more: ${markdownCode(`coppice report ${run}`)}`];
}
