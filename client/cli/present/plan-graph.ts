// The graph of a plan as text, Mermaid, Graphviz and JSON. Pure. Anybody may have written the titles, so quotes,
// brackets and tags in them must stay text in each format; ids are always safe (contracts/ids.ts).

import type { Cell } from './table.ts';
import type { DagNode } from '../../../domain/plan/dag.ts';
import type { Plan, PlanUnit } from '../../../contracts/documents/plan.ts';
import type { TextStream } from './colour.ts';
import type { Sha } from '../../../contracts/ids.ts';
import { andMore } from '../../../domain/text/shown-paths.ts';
import { count } from './amounts.ts';
import { criticalPath, levels } from '../../../domain/plan/dag.ts';
import { inertLine } from './columns.ts';
import { painterFor, widthOf } from './colour.ts';
import { tableLines } from './table.ts';

/** Of one unit; JSON has all. */
const needsShown = 5;

/** A block for each level, those that can start first on top; `*` marks the critical path. */
export function planText({ goal, units }: Plan, stream: TextStream): string {
  const paint = painterFor(stream);
  const path = criticalPath(units);
  const critical = new Set<string>(path);
  const rows = levels(units).flatMap((level, depth) =>
    level.map((unit, index) => unitRow(unit, { depth: index === 0 ? depth + 1 : null, critical })),
  );
  return [
    ...(goal === '' ? [] : [paint('bold', inertLine(goal))]),
    `${count(units.length, 'unit')}; the critical path (*) has ${path.length}`,
    '',
    ...tableLines(rows, { width: widthOf(stream), paint, shrink: [4, 3, 2] }),
  ].join('\n');
}

interface RowPosition {
  /** Null on all but the first line of a level. */
  readonly depth: number | null;
  readonly critical: ReadonlySet<string>;
}

function unitRow({ id, title, needs }: PlanUnit, { depth, critical }: RowPosition): Cell[] {
  const onPath = critical.has(id);
  return [
    { text: depth === null ? '' : String(depth), style: 'dim' },
    onPath ? '*' : '',
    { text: id, style: onPath ? 'bold' : null },
    title,
    { text: needs.length === 0 ? '' : `needs ${andMore(needs, needsShown)}`, style: 'dim' },
  ];
}

export function planMermaid({ units }: Plan): string {
  const nodes = units.map(({ id, title, needs }) => ({ id, needs, label: `${id}: ${title}` }));
  return mermaidGraph(nodes, criticalPath(units));
}

interface LabelledNode extends DagNode {
  readonly label: string;
}

/** A thick frame marks each node of the path. Nodes are numbered, because an id like `end` is a keyword of Mermaid. */
export function mermaidGraph(nodes: readonly LabelledNode[], path: readonly string[]): string {
  const names = new Map(nodes.map(({ id }, index) => [id, `u${index}`]));
  const name = (id: string): string => names.get(id) ?? '';
  return [
    'graph LR',
    ...nodes.map(({ id, label }) => `  ${name(id)}["${mermaidText(label)}"]`),
    ...edges(nodes).map(([from, to]) => `  ${name(from)} --> ${name(to)}`),
    '  classDef critical stroke-width:3px',
    `  class ${path.map(name).join(',')} critical`,
  ].join('\n');
}

/** Everything but letters, digits and a few harmless signs becomes a character reference. */
function mermaidText(text: string): string {
  return inertLine(text).replace(/[^\p{L}\p{M}\p{N} ,._-]/gu, (sign) => `#${sign.codePointAt(0) ?? 0};`);
}

export function planDot({ units }: Plan): string {
  const path = criticalPath(units);
  const critical = new Set<string>(path);
  const steps = new Set(path.map((id, index) => `${path[index - 1] ?? ''} ${id}`));
  const bold = (isBold: boolean, text = ''): string => {
    const attributes = [text, isBold ? 'style=bold' : ''].filter((part) => part !== '');
    return attributes.length === 0 ? '' : ` [${attributes.join(', ')}]`;
  };
  return [
    'digraph plan {',
    '  rankdir=LR;',
    '  node [shape=box];',
    ...units.map(({ id, title }) => `  "${id}"${bold(critical.has(id), `label="${id}\\n${dotText(title)}"`)};`),
    ...edges(units).map(([from, to]) => `  "${from}" -> "${to}"${bold(steps.has(`${from} ${to}`))};`),
    '}',
  ].join('\n');
}

/** In a label, Graphviz also reads character references, and treats backslashes as escapes. */
function dotText(text: string): string {
  return inertLine(text).replaceAll('&', '&amp;').replaceAll('\\', '\\\\').replaceAll('"', '\\"');
}

export interface PlanGraph {
  /** That holds the plan, for the plan of a run. */
  readonly commit?: Sha;
  readonly goal: string;
  /** Without their prompts, which may be long. */
  readonly units: readonly Omit<PlanUnit, 'prompt' | 'planner'>[];
  /** From a unit to one that needs it. */
  readonly edges: readonly (readonly [from: string, to: string])[];
  readonly criticalPath: readonly string[];
}

export function planGraph({ goal, units }: Plan, commit?: Sha): PlanGraph {
  return {
    ...(commit === undefined ? {} : { commit }),
    goal,
    units: units.map((unit) => {
      const { prompt: _, ...shown } = unit;
      return shown;
    }),
    edges: edges(units),
    criticalPath: criticalPath(units),
  };
}

function edges(units: readonly DagNode[]): [from: string, to: string][] {
  return units.flatMap(({ id, needs }) => needs.map((need): [string, string] => [need, id]));
}
