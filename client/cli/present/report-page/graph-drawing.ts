// The graph of a run's units as inline SVG; if there are too many units to see anything, a summary instead.

import type { Point } from './graph-layout.ts';
import type { Report } from '../../../../contracts/documents/report.ts';
import type { Markup } from './markup.ts';
import { count, duration } from '../amounts.ts';
import { countPhases, signOf } from '../phases.ts';
import { criticalUnits } from './timeline.ts';
import { columnsOf, fit, inertLine } from '../columns.ts';
import { html } from './markup.ts';
import { layoutGraph } from './graph-layout.ts';
import { levels } from '../../../../domain/plan/dag.ts';

/** A larger graph is unreadable and slow to lay out. */
const drawnAtMost = { units: 150, edges: 600 };

const [boxHeight, gap, rowHeight, margin] = [32, 44, 46, 6];
/** Most columns of a unit's id that a box shows. */
const idShown = 20;
/** Width of one character of an id. */
const characterWidth = 7.4;

interface Scale {
  readonly box: number;
  /** From one layer to the next. */
  readonly step: number;
}

export function graphSection(report: Report): Markup | null {
  const edges = report.units.reduce((sum, { needs }) => sum + needs.length, 0);
  if (edges === 0) return null;
  const drawn = report.units.length <= drawnAtMost.units && edges <= drawnAtMost.edges;
  return html`<section>
    <h2>Dependencies</h2>
    ${drawn ? drawing(report) : summary(report)}
  </section> `;
}

function drawing(report: Report): Markup {
  const connected = new Set(report.units.flatMap(({ id, needs }) => (needs.length === 0 ? [] : [id, ...needs])));
  const units = report.units.filter(({ id }) => connected.has(id));
  const alone = report.units.filter(({ id }) => !connected.has(id)).map(({ id }) => inertLine(id));
  const layout = layoutGraph(units);
  const path = criticalUnits(report);
  const steps = new Set(path.map((id, i) => `${path[i - 1] ?? ''} ${id}`));
  const critical = new Set<string>(path);
  const longest = Math.max(...units.map(({ id }) => Math.min(idShown, columnsOf(id))));
  const box = Math.ceil(52 + characterWidth * longest);
  const scale = { box, step: box + gap };
  const width = (layout.layers - 1) * scale.step + box + 2 * margin;
  const height = Math.ceil((layout.rows - 1) * rowHeight + boxHeight + 2 * margin);
  const edges = layout.edges.map(({ from, to, points }) => {
    const bold = steps.has(`${from} ${to}`);
    return html`<path class="edge ${bold ? 'critical' : ''}" d="${curve(points, scale)}" /> `;
  });
  const nodes = units.map((unit) => node(unit, layout.nodes.get(unit.id), { scale, critical: critical.has(unit.id) }));
  return html`<p class="note">
      From left to right: a unit starts when what it needs has landed. <b class="mark">◆</b> is the critical path, the
      chain with the most work.
    </p>
    <div class="scroll">
      <svg
        class="graph"
        role="img"
        aria-label="${count(units.length, 'unit')} and what they need of one another"
        width="${width}"
        height="${height}"
        viewBox="0 0 ${width} ${height}"
      >
        ${edges}${nodes}
      </svg>
    </div>
    ${alone.length === 0 ? null : html`<p class="note">Without needs, and needed by none: ${alone.join(', ')}</p>`} `;
}

function node(
  { id, title, status }: Report['units'][number],
  at: Point | undefined,
  { scale, critical }: { readonly scale: Scale; readonly critical: boolean },
): Markup | null {
  if (at === undefined) return null;
  const [x, y] = [margin + at.layer * scale.step, round(margin + at.row * rowHeight)];
  const middle = round(y + boxHeight / 2);
  const mark = html`<text class="mark" x="${x + scale.box - 12}" y="${middle}">◆</text>`;
  return html`<g class="node ${status} ${critical ? 'critical' : ''}"
    ><title>${id}: ${title} (${status})</title
    ><rect x="${x}" y="${y}" width="${scale.box}" height="${boxHeight}" rx="6" /><text
      class="sign"
      x="${x + 13}"
      y="${middle}"
      >${signOf(status)}</text
    ><text x="${x + 25}" y="${middle}">${fit(id, idShown)}</text>${critical ? mark : null}</g
  > `;
}

/** Draws an edge from the right side of one box to the left side of another; at a bend it runs straight through the layer. */
function curve(points: readonly Point[], { box, step }: Scale): string {
  const stops = points.flatMap(({ layer, row }, i) => {
    const y = round(margin + row * rowHeight + boxHeight / 2);
    const left = { x: margin + layer * step, y };
    const right = { x: left.x + box, y };
    if (i === 0) return [right];
    return i === points.length - 1 ? [left] : [left, right];
  });
  return stops
    .map(({ x, y }, i) => {
      const before = stops[i - 1];
      if (before === undefined) return `M${x} ${y}`;
      const half = (x + before.x) / 2;
      return before.y === y ? `H${x}` : `C${half} ${before.y} ${half} ${y} ${x} ${y}`;
    })
    .join(' ');
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

/** A line for each level: the units that could start together, and how they ended. */
function summary(report: Report): Markup {
  const byLevel = levels(report.units);
  const path = criticalUnits(report);
  const rows = byLevel.slice(0, levelsShown).map((units, i) => {
    const work = units.reduce((sum, { seconds }) => sum + seconds.work, 0);
    const phases = countPhases(units.map(({ status }) => ({ phase: status })));
    return html`<tr>
      <td class="n">${i + 1}</td>
      <td class="n">${units.length}</td>
      <td>${phases}</td>
      <td class="n">${duration(work)}</td>
    </tr> `;
  });
  const more = byLevel.length - rows.length;
  return html`<p class="note">
      ${count(report.units.length, 'unit')} are too many to draw. A level holds what can start when the levels before it
      have landed.
    </p>
    <div class="scroll">
      <table>
        <thead>
          <tr>
            <th class="n">Level</th>
            <th class="n">Units</th>
            <th>How they ended</th>
            <th class="n">Work</th>
          </tr>
        </thead>
        <tbody>
          ${rows}
        </tbody>
      </table>
    </div>
    ${more > 0 ? html`<p class="note">and ${count(more, 'more level')}</p>` : null}
    <p><b class="mark">◆</b> Critical path, ${count(path.length, 'unit')}: ${pathText(path)}</p> `;
}

const levelsShown = 50;

/** Cuts a longer path in the middle. */
function pathText(path: readonly string[]): string {
  const shown = path.length <= 12 ? path : [...path.slice(0, 6), '…', ...path.slice(-6)];
  return shown.join(' → ');
}
