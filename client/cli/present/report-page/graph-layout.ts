// Places the nodes of a plan's graph in layers from left to right, by Sugiyama's method: longest-path layers, long
// edges bent over invisible points, fewer crossings by barycentres, then heights near the neighbours'. Pure and
// deterministic. Near-quadratic in the edges between two layers: good for some hundred nodes, not for thousands.

import type { DagNode } from '../../../../domain/plan/dag.ts';
import { levels } from '../../../../domain/plan/dag.ts';

/** `layer` counts from the left, `row` from the top; nodes of one layer are at least one row apart. */
export interface Point {
  readonly layer: number;
  readonly row: number;
}

export interface GraphLayout {
  readonly nodes: ReadonlyMap<string, Point>;
  /** From a node, over the bends of the edge, to a node that needs it. */
  readonly edges: readonly { readonly from: string; readonly to: string; readonly points: readonly Point[] }[];
  readonly layers: number;
  /** Height of the highest layer; 1 if all nodes are in one row. */
  readonly rows: number;
}

interface Vertex {
  /** Null for a bend of an edge. */
  readonly id: string | null;
  readonly layer: number;
  readonly before: Vertex[];
  readonly after: Vertex[];
  row: number;
}

interface Edge {
  readonly from: string;
  readonly to: string;
  readonly path: readonly Vertex[];
}

/** Enough for the order to settle on graphs of a size that people look at. */
const sweeps = 12;
/** Rows between the bend of an edge and its neighbours. */
const bendGap = 0.5;

export function layoutGraph(nodes: readonly DagNode[]): GraphLayout {
  const { layers, edges } = makeVertices(nodes);
  orderLayers(layers);
  placeRows(layers);
  closeBands(layers.flat());
  const pointOf = ({ layer, row }: Vertex): Point => ({ layer, row });
  const real = layers.flat().flatMap((vertex) => (vertex.id === null ? [] : [[vertex.id, pointOf(vertex)] as const]));
  return {
    nodes: new Map(real),
    edges: edges.map(({ from, to, path }) => ({ from, to, points: path.map(pointOf) })),
    layers: layers.length,
    rows: Math.max(0, ...layers.flat().map(({ row }) => row)) + 1,
  };
}

function makeVertices(nodes: readonly DagNode[]): { layers: Vertex[][]; edges: Edge[] } {
  const vertices = new Map<string, Vertex>();
  const layers = levels(nodes).map((level, layer) =>
    level.map(({ id }) => {
      const vertex: Vertex = { id, layer, before: [], after: [], row: 0 };
      vertices.set(id, vertex);
      return vertex;
    }),
  );
  const edges: Edge[] = [];
  for (const node of layers.flatMap((layer) => layer.map(({ id }) => nodes.find((each) => each.id === id)))) {
    for (const need of new Set(node?.needs)) {
      const [start, end] = [vertices.get(need), vertices.get(node?.id ?? '')];
      if (start === undefined || end === undefined) continue;
      edges.push({ from: need, to: node?.id ?? '', path: connect(start, end, layers) });
    }
  }
  return { layers, edges };
}

function connect(start: Vertex, end: Vertex, layers: Vertex[][]): Vertex[] {
  const path = [start];
  for (let layer = start.layer + 1; layer < end.layer; layer++) {
    const bend: Vertex = { id: null, layer, before: [], after: [], row: 0 };
    layers[layer]?.push(bend);
    path.push(bend);
  }
  path.push(end);
  for (const [i, vertex] of path.entries()) {
    const next = path[i + 1];
    if (next === undefined) continue;
    vertex.after.push(next);
    next.before.push(vertex);
  }
  return path;
}

/** Sweeps to the right and back, and keeps the order with the fewest crossings. */
function orderLayers(layers: Vertex[][]): void {
  number(layers);
  let best = { crossings: crossingsOf(layers), order: layers.map((layer) => [...layer]) };
  for (let sweep = 0; sweep < sweeps && best.crossings > 0; sweep++) {
    const toRight = sweep % 2 === 0;
    for (const layer of toRight ? layers : layers.toReversed()) {
      const wanted = new Map(
        layer.map((vertex) => [vertex, meanRow(toRight ? vertex.before : vertex.after) ?? vertex.row]),
      );
      layer.sort((a, b) => (wanted.get(a) ?? 0) - (wanted.get(b) ?? 0));
      number([layer]);
    }
    const crossings = crossingsOf(layers);
    if (crossings < best.crossings) best = { crossings, order: layers.map((layer) => [...layer]) };
  }
  for (const [i, layer] of best.order.entries()) layers[i]?.splice(0, layer.length, ...layer);
  number(layers);
}

function number(layers: readonly (readonly Vertex[])[]): void {
  for (const layer of layers) for (const [row, vertex] of layer.entries()) vertex.row = row;
}

function meanRow(vertices: readonly Vertex[]): number | null {
  return vertices.length === 0 ? null : vertices.reduce((sum, { row }) => sum + row, 0) / vertices.length;
}

/** Pairs of edges between two layers that cross. */
function crossingsOf(layers: readonly (readonly Vertex[])[]): number {
  let crossings = 0;
  for (const layer of layers) {
    const ends = layer.flatMap((vertex) => vertex.after.map(({ row }) => row).toSorted((a, b) => a - b));
    for (const [i, end] of ends.entries())
      for (let j = i + 1; j < ends.length; j++) if ((ends[j] ?? 0) < end) crossings++;
  }
  return crossings;
}

/** Places each vertex as near to its neighbours as the order and the gaps allow. */
function placeRows(layers: readonly (readonly Vertex[])[]): void {
  for (const layer of layers)
    setRows(
      layer,
      layer.map(({ row }) => row),
    );
  for (let sweep = 0; sweep < sweeps; sweep++) {
    const toRight = sweep % 2 === 0;
    for (const layer of toRight ? layers : layers.toReversed()) {
      setRows(
        layer,
        layer.map((vertex) => meanRow(toRight ? vertex.before : vertex.after) ?? vertex.row),
      );
    }
  }
}

/**
 * Takes the middle of pushing everything down and pushing everything up: both keep the gaps, so the middle does too.
 */
function setRows(layer: readonly Vertex[], wanted: readonly number[]): void {
  const down = wanted.slice();
  const up = wanted.slice();
  for (let i = 1; i < layer.length; i++)
    down[i] = Math.max(down[i] ?? 0, (down[i - 1] ?? 0) + gapBetween(layer[i - 1], layer[i]));
  for (let i = layer.length - 2; i >= 0; i--)
    up[i] = Math.min(up[i] ?? 0, (up[i + 1] ?? 0) - gapBetween(layer[i], layer[i + 1]));
  for (const [i, vertex] of layer.entries()) vertex.row = ((down[i] ?? 0) + (up[i] ?? 0)) / 2;
}

/** Moves everything up across heights that are empty in every layer. */
function closeBands(vertices: readonly Vertex[]): void {
  let moved: number | null = null;
  let last = 0;
  for (const vertex of vertices.toSorted((a, b) => a.row - b.row)) {
    moved = moved === null ? vertex.row : moved + Math.max(0, vertex.row - last - 1);
    last = vertex.row;
    vertex.row -= moved;
  }
}

function gapBetween(a: Vertex | undefined, b: Vertex | undefined): number {
  return a?.id === null || b?.id === null ? bendGap : 1;
}
