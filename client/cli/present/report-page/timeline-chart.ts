// The timeline of a run as a Gantt chart of plain elements, so that it folds on a phone and prints. Steps differ by
// pattern and height as well as by colour.

import type { Markup } from './markup.ts';
import type { Report } from '../../../../contracts/documents/report.ts';
import type { Bar, Step, Timeline, TimelineRow } from './timeline.ts';
import { count, duration } from '../amounts.ts';
import { html } from './markup.ts';
import { signOf } from '../phases.ts';
import { steps, timelineOf } from './timeline.ts';

/** Above each of these numbers, rows lose height, then names, and then are not drawn. */
const rowsOf = { roomy: 60, dense: 200, packed: 1000 };
/** Seconds; a shorter wait for a slot is only the time to begin. */
const slotShown = 2;

const words: Record<Step, string> = {
  dependencies: 'waits for what it needs',
  slot: 'waits for a slot',
  work: 'works',
  human: 'waits for a person',
  queue: 'is in the merge queue',
  unknown: 'not recorded',
};

export function timelineSection(report: Report): Markup | null {
  const timeline = timelineOf(report, rowsOf.packed);
  const { rows, ticks, seconds } = timeline;
  if (rows.length === 0) return null;
  const density = rows.length <= rowsOf.roomy ? 'roomy' : rows.length <= rowsOf.dense ? 'dense' : 'packed';
  const packed = density === 'packed';
  const at = (value: number): string => percent(value / seconds);
  return html`<section>
    <h2>Timeline</h2>
    ${legend(report, timeline, packed)}
    <div class="chart ${density}">
      <div class="axis" aria-hidden="true">
        ${ticks.map((tick) => html`<span style="left:${at(tick)}">${tickText(tick)}</span>`)}
      </div>
      <div class="plot">
        <div class="over" aria-hidden="true">
          ${ticks.map((tick) => html`<i class="line" style="left:${at(tick)}"></i>`)}${packed ? null : links(rows, at)}
        </div>
        <ol>
          ${rows.map((row) => rowOf(row, at))}
        </ol>
      </div>
    </div>
    ${notes(timeline, packed)}
  </section> `;
}

/** Shows the time that all units spent in each step, which is the sum of the bars. */
function legend({ units }: Report, { rows }: Timeline, packed: boolean): Markup {
  const used = steps.filter((step) => rows.some(({ bars }) => bars.some((bar) => bar.step === step)));
  const items = used.map((step) => {
    // Waiting for dependencies costs nothing, so its sum is meaningless.
    const counted = step === 'unknown' || step === 'dependencies' ? null : step;
    const total = counted && units.reduce((sum, { seconds }) => sum + seconds[counted], 0);
    return html`<li>
      <span class="swatch"><i class="bar ${step}"></i></span
      >${words[step]}${total === null ? null : html` <b>${duration(total)}</b>`}
    </li> `;
  });
  const pathMark = packed ? html`<span class="swatch"><i class="bar path"></i></span>` : html`<b class="mark">◆</b>`;
  const marks = [
    rows.some(({ critical }) => critical) ? html`<li>${pathMark} critical path</li> ` : null,
    rows.some(({ decided }) => decided.length > 0) && !packed
      ? html`<li><b class="decided">◇</b> a person decided</li> `
      : null,
    rows.some(({ retries }) => retries.length > 0) && !packed
      ? html`<li><b class="retried">↻</b> a person retried it</li> `
      : null,
    rows.some(({ exact }) => !exact) && !packed ? html`<li><b>≈</b> see below</li> ` : null,
  ];
  return html`<ul class="legend">
    ${items}${marks}
  </ul>`;
}

function rowOf(row: TimelineRow, at: (seconds: number) => string): Markup {
  const { unit, critical, bars, end, outcome, exact, failures, retries, decided } = row;
  const landed = unit.status === 'landed';
  const again = retries.map((when) => `; retried after ${duration(when)}`).join('');
  const label = `${unit.id}: ${bars.map(barText).join(', ')}${again}; ${outcome} after ${duration(end)}`;
  return html`<li class="row ${critical ? 'critical' : ''}">
    <span class="name" title="${unit.title}"
      ><b class="sign ${unit.status}">${signOf(unit.status)}</b>
      ${unit.id}${critical ? html` <b class="mark">◆</b>` : null}${exact ? null : ' ≈'}</span
    ><span class="lane" role="img" aria-label="${label}" title="${label}"
      >${bars.map((bar) => barOf(bar, at))}${failures.map((each) => endMark(each, at))}${retries.map((when) => html`<b class="retried" style="left:${at(when)}">↻</b>`)}${decided.map(({ at: when }) => html`<b class="decided" style="left:${at(when)}">◇</b>`)}${landed ? null : endMark({ at: end, status: unit.status }, at)}</span
    >
  </li> `;
}

function endMark({ at: when, status }: TimelineRow['failures'][number], at: (seconds: number) => string): Markup {
  return html`<b class="end ${status}" style="left:${at(when)}">${signOf(status)}</b>`;
}

function barOf({ step, from, to }: Bar, at: (seconds: number) => string): Markup | null {
  // The frame of a bar would be wider than the bar.
  if (step === 'slot' && to - from < slotShown) return null;
  return html`<i class="bar ${step}" style="left:${at(from)};width:${at(to - from)}"></i>`;
}

function barText({ step, from, to }: Bar): string {
  return `${words[step]} ${duration(to - from)}`;
}

/** From the end of a unit on the critical path down to the next one, which starts because of it. */
function links(rows: readonly TimelineRow[], at: (seconds: number) => string): Markup[] {
  const critical = rows.map((row, index) => ({ row, index })).filter(({ row }) => row.critical);
  return critical.flatMap(({ row, index }, i) => {
    const next = critical[i + 1];
    if (next === undefined || !next.row.unit.needs.includes(row.unit.id)) return [];
    return [html`<i class="link" style="left:${at(row.end)};--from:${index};--rows:${next.index - index}"></i>`];
  });
}

function notes({ rows, leftOut, neverStarted }: Timeline, packed: boolean): Markup[] {
  const again = rows.filter(({ exact }) => !exact).length;
  const which = packed ? `${count(again, 'unit')} here` : '≈';
  const sentences = [
    packed ? 'A line is a unit; pointing at it says which, and what it did when.' : '',
    again === 0
      ? ''
      : `${which} went through a step more than once, sent back by the queue or moved to another host: the bars show how long each step took in all, not when.`,
    leftOut === 0 ? '' : `${count(leftOut, 'more unit')} landed faster and are not drawn.`,
    neverStarted === 0 ? '' : `Without a line: ${count(neverStarted, 'unit')} that never started.`,
  ];
  return sentences.filter((text) => text !== '').map((note) => html`<p class="note">${note}</p> `);
}

function percent(share: number): string {
  return `${Math.round(share * 1e5) / 1e3}%`;
}

/** `0`, `45s`, `3m`, `1h 30m`. */
function tickText(seconds: number): string {
  return seconds === 0 ? '0' : duration(seconds).replace(/ 0+[smh]$/, '');
}
