// The parts of a report's page that are tables: units, cost, conflicts, decisions.

import type { Markup } from './markup.ts';
import type { Report } from '../../../../contracts/documents/report.ts';
import { changeSizeText, count, dollars, duration, elapsed, shortSha, timeOf } from '../amounts.ts';
import { explainRemembering } from '../../../../domain/approval/remembering.ts';
import { html } from './markup.ts';
import { isEstimated } from './sections.ts';
import { retriedText, wasReturned, whySkipped } from '../report-facts.ts';
import { signOf } from '../phases.ts';

type ReportedUnit = Report['units'][number];

/** Any more rows are folded at first. */
const rowsOpen = 120;
const costsShown = 5;
/** Any more names are only counted. */
const namesShown = 50;

export function unitsSection(report: Report): Markup {
  const table = html`<div class="scroll">
    <table class="units">
      <thead>
        <tr>
          <th>Unit</th>
          <th>Status</th>
          <th>Change</th>
          <th class="n">Slot</th>
          <th class="n">Work</th>
          <th class="n">People</th>
          <th class="n">Queue</th>
          <th class="n">Turns</th>
          <th class="n">Cost</th>
          <th>Commit</th>
          <th>Host</th>
        </tr>
      </thead>
      <tbody>
        ${report.units.map((unit) => unitRow(unit, report.units))}
      </tbody>
    </table>
  </div> `;
  const n = report.units.length;
  return html`<section>
    <h2>Units</h2>
    ${
      n <= rowsOpen
        ? table
        : html`<details>
            <summary>${count(n, 'unit')}, in the order of the plan</summary>
            ${table}
          </details> `
    }
  </section> `;
}

function unitRow(unit: ReportedUnit, all: readonly ReportedUnit[]): Markup {
  const { id, title, status, size, seconds, turns, costUsd, estimated, commit, hosts } = unit;
  const time = (value: number): Markup => html`<td class="n">${value > 0 ? duration(value) : null}</td>`;
  return html`<tr>
    <td>
      <b>${id}</b><br />
      <span class="soft">${title}</span>
    </td>
    <td>
      <b class="sign ${status}">${signOf(status)}</b>
      ${status}${statusNotes(unit, all).map(
        (note) =>
          html`<br />
            <span class="soft">${note}</span>`,
      )}
    </td>
    <td>${size === undefined ? null : changeSizeText(size)}</td>
    ${time(seconds.slot)} ${time(seconds.work)} ${time(seconds.human)} ${time(seconds.queue)}
    <td class="n">${turns > 0 ? turns : null}</td>
    <td class="n">${costUsd > 0 ? dollars(costUsd, estimated) : null}</td>
    <td>${commit === null ? null : html`<code>${shortSha(commit)}</code>`}</td>
    <td class="soft">${hosts.join(', ')}</td>
  </tr> `;
}

function statusNotes(unit: ReportedUnit, all: readonly ReportedUnit[]): string[] {
  const { status, attempts, retries = 0 } = unit;
  return [
    ...(status === 'skipped' ? [whySkipped(unit, all)] : []),
    ...(wasReturned(unit) ? [`${attempts} attempts`] : []),
    ...(retries > 0 ? [retriedText(retries)] : []),
  ];
}

export function costSection(report: Report): Markup | null {
  const { units, costUsd } = report;
  if (costUsd <= 0) return null;
  const dearest = units.toSorted((a, b) => b.costUsd - a.costUsd).slice(0, costsShown);
  const tokens = (of: keyof ReportedUnit['usage']): string =>
    units.reduce((sum, { usage }) => sum + usage[of], 0).toLocaleString('en');
  const most = dearest[0]?.costUsd ?? 0;
  const share = ({ costUsd: cost }: ReportedUnit): number => Math.round((1000 * cost) / (most || 1)) / 10;
  return html`<section>
    <h2>Cost</h2>
    <p>
      ${dollars(costUsd, isEstimated(report))} in all,
      ${dollars(costUsd / Math.max(1, units.filter(({ turns }) => turns > 0).length))} for each unit that
      began.${isEstimated(report) ? ' ~ marks an upper bound: a host died during a call.' : null}
    </p>
    <div class="scroll">
      <table>
        <thead>
          <tr>
            <th>${dearest.length < units.length ? 'Most expensive' : 'Unit'}</th>
            <th class="n">Cost</th>
            <th class="wide"></th>
          </tr>
        </thead>
        <tbody>
          ${dearest.map(
            (unit) =>
              html`<tr>
                <td>${unit.id}</td>
                <td class="n">${dollars(unit.costUsd, unit.estimated)}</td>
                <td><i class="cost" style="width:${share(unit)}%"></i></td>
              </tr> `,
          )}
        </tbody>
      </table>
    </div>
    <p class="note">
      Tokens: ${tokens('inputTokens')} in, ${tokens('cacheReadTokens')} from the cache, ${tokens('cacheWriteTokens')}
      into the cache, ${tokens('outputTokens')} out.
    </p>
  </section> `;
}

export function conflictsSection({ conflicts, units }: Report): Markup | null {
  const returned = units.filter(wasReturned);
  const { met, predicted, resolvedByAgent, resolvedByPerson } = conflicts;
  if (met + predicted + returned.length === 0) return null;
  const names = returned.slice(0, namesShown).map(({ id, status }) => `${id} (${status})`);
  const more = returned.length - names.length;
  return html`<section>
    <h2>Conflicts</h2>
    <p>
      ${count(met, 'conflict')} met, ${predicted} predicted; ${resolvedByAgent} resolved by agents, ${resolvedByPerson}
      by people.
    </p>
    ${returned.length === 0 ? null : html`<p class="note">Sent back by the queue, because of a conflict or a red verification: ${names.join(', ')}${more > 0 ? ` and ${more} more` : null}</p> `}
  </section> `;
}

export function decisionsSection({ decisions, startedAt }: Report): Markup | null {
  if (decisions.length === 0) return null;
  const rows = decisions.map(
    ({ unit, decision, by, channel, at, reason, remember }) =>
      html`<tr>
        <td><b>${unit}</b></td>
        <td>
          ${decision}${remember === undefined ? null : html` <span class="soft">${explainRemembering(remember)}</span>`}
        </td>
        <td>${by}${channel === null ? null : html` <span class="soft">${channel}</span>`}</td>
        <td>${timeOf(at)} <span class="soft">+${elapsed(startedAt, at)}</span></td>
        <td>${reason}</td>
      </tr> `,
  );
  return html`<section>
    <h2>Decisions</h2>
    <div class="scroll">
      <table>
        <thead>
          <tr>
            <th>Unit</th>
            <th>Decision</th>
            <th>By</th>
            <th>At</th>
            <th>Reason</th>
          </tr>
        </thead>
        <tbody>
          ${rows}
        </tbody>
      </table>
    </div>
  </section> `;
}
