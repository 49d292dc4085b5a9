import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { DagNode } from '../../../domain/plan/dag.ts';
import type { GraphLayout } from '../../../client/cli/present/report-page/graph-layout.ts';
import { layoutGraph } from '../../../client/cli/present/report-page/graph-layout.ts';

const graphs = fc
  .integer({ min: 0, max: 14 })
  .chain((size) =>
    fc.tuple(
      ...Array.from({ length: size }, (_, i) =>
        fc.subarray(Array.from({ length: i }, (__, j) => `u${j}`)).map((needs): DagNode => ({ id: `u${i}`, needs })),
      ),
    ),
  );

function crossings({ edges }: GraphLayout): number {
  const steps = edges.flatMap(({ points }) =>
    points.slice(1).map((to, i) => ({ layer: to.layer, from: points[i]?.row ?? 0, to: to.row })),
  );
  return steps.flatMap((a, i) =>
    steps.slice(i + 1).filter((b) => a.layer === b.layer && (a.from - b.from) * (a.to - b.to) < 0),
  ).length;
}

describe('the layout of a graph', () => {
  it('puts a chain in one line', () => {
    const { nodes, layers, rows } = layoutGraph([
      { id: 'a', needs: [] },
      { id: 'b', needs: ['a'] },
      { id: 'c', needs: ['b'] },
    ]);
    expect([...nodes]).toEqual([
      ['a', { layer: 0, row: 0 }],
      ['b', { layer: 1, row: 0 }],
      ['c', { layer: 2, row: 0 }],
    ]);
    expect({ layers, rows }).toEqual({ layers: 3, rows: 1 });
  });

  it('puts a diamond’s ends in the middle of its sides', () => {
    const { nodes } = layoutGraph([
      { id: 'a', needs: [] },
      { id: 'b', needs: ['a'] },
      { id: 'c', needs: ['a'] },
      { id: 'd', needs: ['b', 'c'] },
    ]);
    expect(nodes.get('a')?.row).toBe(0.5);
    expect(nodes.get('d')?.row).toBe(0.5);
  });

  it('uncrosses what need not cross', () => {
    const layout = layoutGraph([
      { id: 'a', needs: [] },
      { id: 'b', needs: [] },
      { id: 'c', needs: ['b'] },
      { id: 'd', needs: ['a'] },
    ]);
    expect(crossings(layout)).toBe(0);
  });

  it('leaves no empty band', () => {
    const star = (centre: string, size: number): DagNode[] => [
      { id: centre, needs: [] },
      ...Array.from({ length: size }, (_, i) => ({ id: `${centre}${i}`, needs: [centre] })),
    ];
    const { nodes, rows } = layoutGraph([...star('a', 9), ...star('b', 2), { id: 'alone', needs: [] }]);
    expect(rows).toBeLessThanOrEqual(12);
    const heights = [...nodes.values()].map(({ row }) => row).toSorted((a, b) => a - b);
    for (const [i, height] of heights.entries()) expect(height - (heights[i - 1] ?? 0)).toBeLessThanOrEqual(1);
  });

  it('has each node once, right of what it needs, apart from its neighbours, and edges that pass no node', () => {
    fc.assert(
      fc.property(graphs, (graph) => {
        const layout = layoutGraph(graph);
        expect(layoutGraph(graph)).toEqual(layout);
        expect([...layout.nodes.keys()].toSorted()).toEqual(graph.map(({ id }) => id).toSorted());
        const places = [...layout.nodes.values()];
        for (const [i, a] of places.entries()) {
          // Rows are sums of halves and thirds: equal but for rounding.
          expect(a.row).toBeGreaterThanOrEqual(-1e-9);
          expect(a.row).toBeLessThanOrEqual(layout.rows - 1 + 1e-9);
          expect(a.layer).toBeLessThan(layout.layers);
          for (const b of places.slice(i + 1))
            if (a.layer === b.layer) expect(Math.abs(a.row - b.row)).toBeGreaterThanOrEqual(0.999);
        }
        expect(layout.edges).toHaveLength(graph.reduce((sum, { needs }) => sum + needs.length, 0));
        for (const { from, to, points } of layout.edges) {
          expect(points[0]).toEqual(layout.nodes.get(from));
          expect(points.at(-1)).toEqual(layout.nodes.get(to));
          const first = points[0]?.layer ?? 0;
          for (const [i, { layer, row }] of points.entries()) {
            expect(layer).toBe(first + i);
            if (i === 0 || i === points.length - 1) continue;
            for (const place of places)
              if (place.layer === layer) expect(Math.abs(place.row - row)).toBeGreaterThanOrEqual(0.499);
          }
        }
      }),
    );
  });
});
