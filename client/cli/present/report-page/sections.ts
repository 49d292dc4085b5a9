// The parts of a report's page that are words and numbers: headline, figures, reasons, facts.

import type { LostTogether } from '../report-facts.ts';
import type { Markup } from './markup.ts';
import type { Report } from '../../../../contracts/documents/report.ts';
import {
  commitsText,
  keptText,
  landedText,
  largeFilesText,
  redBeforeText,
  reviewsText,
  verifiedText,
  lostTogether,
  skippedTogether,
  someOf,
  planFacts,
} from '../report-facts.ts';
import { count, dollars, duration, timeOf } from '../amounts.ts';
import { html } from './markup.ts';
import { inertLines } from '../columns.ts';
import { runSign, signOf } from '../phases.ts';

type ReportedUnit = Report['units'][number];

/** Most lines of the goal to show; a longer one is a document of its own. */
const goalLines = 30;
/** Any more are only counted; the table of units has all. */
const reasonsShown = 50;

export function headSection(report: Report): Markup {
  const { run, status, goal } = report;
  const lines = inertLines(goal.trim());
  const shown = lines.slice(0, goalLines).map((line, i) => html`${i === 0 ? null : html`<br />`}${line}`);
  return html`<header>
    <p class="kicker">Report of a Coppice run</p>
    <h1>${run} <span class="badge ${status}">${runSign(status)} ${status}</span></h1>
    <p class="headline">${landedText(report)}</p>
    ${goal.trim() === '' ? null : html`<p class="goal">${shown}${lines.length > goalLines ? ' …' : null}</p>`}
  </header> `;
}

export function figuresSection(report: Report): Markup {
  const { units, makespanSeconds, criticalPathSeconds, sequentialSeconds, speedup, costUsd, model, conflicts } = report;
  const landed = units.filter(({ status }) => status === 'landed').length;
  const sum = (of: (unit: ReportedUnit) => number): number => units.reduce((total, unit) => total + of(unit), 0);
  const hosts = new Set(units.flatMap((unit) => unit.hosts)).size;
  const human = sum(({ seconds }) => seconds.human);
  const { met, resolvedByAgent, resolvedByPerson } = conflicts;
  const figures: { name: string; value: string; more: string }[] = [
    { name: 'Landed', value: `${landed}/${units.length}`, more: lostText(units) },
    { name: 'Time', value: duration(makespanSeconds), more: `critical path: ${duration(criticalPathSeconds)} of work` },
    {
      name: 'Work',
      value: duration(sequentialSeconds),
      more: `${speedup.toFixed(1)} × the time, on ${count(hosts, 'host')}`,
    },
    {
      name: 'Cost',
      value: dollars(costUsd, isEstimated(report)),
      more: `${count(
        sum(({ turns }) => turns),
        'turn',
      )} of ${model}`,
    },
    {
      name: 'Conflicts',
      value: String(met),
      more: met === 0 ? 'none met' : `${resolvedByAgent} resolved by agents, ${resolvedByPerson} by people`,
    },
    {
      name: 'Decisions',
      value: String(report.decisions.length),
      more: decisionsText(report, human),
    },
  ];
  return html`<dl class="figures">
    ${figures.map(
      ({ name, value, more }) =>
        html`<div>
          <dt>${name}</dt>
          <dd><b>${value}</b> <span>${more}</span></dd>
        </div> `,
    )}
  </dl> `;
}

function decisionsText({ decisions }: Report, seconds: number): string {
  if (decisions.length === 0) return 'nobody was asked';
  return seconds === 0 ? 'no unit waited for them' : `units waited ${duration(seconds)} for people`;
}

function lostText(units: readonly ReportedUnit[]): string {
  const lost = (['failed', 'cancelled', 'skipped'] as const).flatMap((status) => {
    const n = units.filter((unit) => unit.status === status).length;
    return n === 0 ? [] : [`${n} ${status}`];
  });
  return lost.length === 0 ? 'all of them' : lost.join(', ');
}

/** Whether part of the cost is an upper bound. */
export function isEstimated({ units }: Report): boolean {
  return units.some(({ estimated }) => estimated);
}

/** Why units did not land, and who or what had others skipped. */
export function reasonsSection({ units }: Report): Markup | null {
  const lost = lostTogether(units);
  const skipped = skippedTogether(units);
  if (lost.length + skipped.length === 0) return null;
  const more = Math.max(0, lost.length - reasonsShown) + Math.max(0, skipped.length - reasonsShown);
  return html`<section>
    <h2>Why units did not land</h2>
    <ul class="reasons">
      ${lost.slice(0, reasonsShown).map((group) => html`<li><b class="sign ${group.status}">${signOf(group.status)}</b> <b>${someOf(group.ids)}</b> ${reasonOf(group)}</li> `)}${skipped.slice(0, reasonsShown).map(({ ids, why }) => html`<li><b class="sign skipped">${signOf('skipped')}</b> <b>${someOf(ids)}</b> skipped: ${why}</li> `)}
    </ul>
    ${more > 0 ? html`<p class="note">and ${more} more: see the table of units</p> ` : null}
  </section> `;
}

/** The code, the words, then a command's output. */
function reasonOf({ reason, status, more }: LostTogether): Markup {
  const [code = '', ...words] = (reason === '' ? status : reason).split(':');
  const lines = more.map((line) => html`${line}<br />`);
  return html`<code>${code}</code> ${words.join(':')}${more.length === 0 ? null : html`<samp>${lines}</samp>`}`;
}

export function factsSection(report: Report): Markup {
  const { repository, branch, model, startedBy, startedAt, endedAt, units } = report;
  const hosts = [...new Set(units.flatMap((unit) => unit.hosts))];
  const large = largeFilesText(units);
  const kept = keptText(units);
  const red = redBeforeText(units);
  const reviews = reviewsText(report);
  const facts: [name: string, value: string][] = [
    ['Target', `${branch} of ${repository}`],
    ['Commits', commitsText(report)],
    ['Model', model],
    ['Started', `${timeOf(startedAt)} by ${startedBy}`],
    ['Ended', timeOf(endedAt)],
    ...planFacts(report).map(({ name, value }): [string, string] => [name === 'plan' ? 'Plan' : 'Planning', value]),
    ...(report.verify === undefined ? [] : [['Verified', verifiedText(report.verify)] satisfies [string, string]]),
    ...(red === null ? [] : [['Red before', red] satisfies [string, string]]),
    ...(reviews === null ? [] : [['Reviews', reviews] satisfies [string, string]]),
    ...(large === null ? [] : [['Large files', large] satisfies [string, string]]),
    ...(kept === null ? [] : [['Conflicts left as merged', kept] satisfies [string, string]]),
    ['Hosts', hosts.length === 0 ? 'none' : hosts.join(', ')],
  ];
  return html`<footer>
    <dl class="facts">
      ${facts.map(
        ([name, value]) =>
          html`<div>
            <dt>${name}</dt>
            <dd>${value}</dd>
          </div> `,
      )}
    </dl>
  </footer> `;
}
