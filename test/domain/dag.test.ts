import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { DagNode } from '../../domain/plan/dag.ts';
import {
  chainsFrom,
  criticalPath,
  dependants,
  depth,
  findCycles,
  levels,
  topologicalOrder,
} from '../../domain/plan/dag.ts';

function graph(edges: Readonly<Record<string, readonly string[]>>): DagNode[] {
  return Object.entries(edges).map(([id, needs]) => ({ id, needs }));
}

const diamond = graph({ d: ['b', 'c'], b: ['a'], c: ['a'], a: [] });

describe('the graph of a plan', () => {
  it('puts each unit after what it needs, otherwise in the order of the plan', () => {
    expect(topologicalOrder(diamond)).toEqual(['a', 'b', 'c', 'd']);
  });

  it('leaves out what stands on or behind a cycle', () => {
    expect(topologicalOrder(graph({ a: ['b'], b: ['a'], c: ['b'], d: [] }))).toEqual(['d']);
  });

  it('names a cycle as a path that ends where it began', () => {
    expect(findCycles(diamond)).toEqual([]);
    expect(findCycles(graph({ a: ['a'] }))).toEqual([['a', 'a']]);
    expect(findCycles(graph({ x: ['a'], a: ['b'], b: ['c'], c: ['a'] }))).toEqual([['a', 'b', 'c', 'a']]);
    expect(findCycles(graph({ a: ['b'], b: ['a'], c: ['d'], d: ['c'] }))).toHaveLength(2);
  });

  it('finds the heaviest chain, and the first of equals', () => {
    expect(criticalPath(diamond)).toEqual(['a', 'b', 'd']);
    expect(criticalPath(diamond, ({ id }) => (id === 'c' ? 2 : 1))).toEqual(['a', 'c', 'd']);
    expect(criticalPath([])).toEqual([]);
    expect(depth(diamond)).toBe(3);
  });

  it('puts each unit on the level after the last of its needs', () => {
    const skipping = graph({ d: ['c', 'a'], c: ['b'], b: ['a'], a: [], e: ['a', 'nobody'] });
    const ids = levels(skipping).map((level) => level.map(({ id }) => id));
    expect(ids).toEqual([['a'], ['b', 'e'], ['c'], ['d']]);
    expect(levels([])).toEqual([]);
  });

  it('knows who needs a unit', () => {
    expect(dependants(diamond).get('a')).toEqual(['b', 'c']);
    expect(dependants(diamond).get('d')).toEqual([]);
  });

  it('knows how long the chain behind each unit is', () => {
    const { behind, order } = chainsFrom(diamond);
    expect(Object.fromEntries(behind)).toEqual({ a: 3, b: 2, c: 2, d: 1 });
    expect(order).toEqual(topologicalOrder(diamond));
  });

  it('takes a chain of 10,000 units and a wide graph of 10,000 without looking at an edge twice', () => {
    const chain = Array.from({ length: 10_000 }, (_, i) => ({ id: `u${i}`, needs: i === 0 ? [] : [`u${i - 1}`] }));
    expect(depth(chain.toReversed())).toBe(10_000);
    const circle = chain.with(0, { id: 'u0', needs: ['u9999'] });
    expect(findCycles(circle)[0]).toHaveLength(10_001);
    let weighed = 0;
    const wide = chain.map(({ id }, i) => ({ id, needs: [1, 7, 63, 501].map((by) => `u${i - by}`) }));
    criticalPath(wide, () => ++weighed);
    expect(weighed).toBe(10_000);
  });
});

describe('any graph', () => {
  const nodes = fc
    .array(fc.array(fc.nat(11), { maxLength: 3 }), { maxLength: 12 })
    .map((needs) => needs.map((list, i) => ({ id: `n${i}`, needs: list.map((need) => `n${need}`) })));

  it('has a full order exactly when it has no cycle, and the order respects every need', () => {
    fc.assert(
      fc.property(nodes, (any) => {
        const order: string[] = topologicalOrder(any);
        expect(order.length === any.length).toBe(findCycles(any).length === 0);
        for (const { id, needs } of any.filter((node) => order.includes(node.id))) {
          for (const need of needs.filter((name) => any.some((node) => node.id === name))) {
            expect(order.indexOf(need)).toBeLessThan(order.indexOf(id));
          }
        }
      }),
    );
  });

  it('lists only cycles that are there', () => {
    let found = 0;
    fc.assert(
      fc.property(nodes, (any) => {
        for (const cycle of findCycles(any)) {
          found += 1;
          expect(cycle.at(-1)).toBe(cycle[0]);
          for (const [i, id] of cycle.slice(0, -1).entries()) {
            expect(any.find((node) => node.id === id)?.needs).toContain(cycle[i + 1]);
          }
        }
      }),
    );
    expect(found).toBeGreaterThan(0);
  });

  it('has the depth that a naive search finds', () => {
    const acyclic = nodes.map((list) =>
      list.map((node, i) => ({ ...node, needs: node.needs.filter((need) => Number(need.slice(1)) < i) })),
    );
    fc.assert(
      fc.property(acyclic, (any) => {
        const naive = (id: string): number => {
          const needs = any.find((node) => node.id === id)?.needs ?? [];
          return 1 + Math.max(0, ...needs.map(naive));
        };
        expect(depth(any)).toBe(Math.max(0, ...any.map(({ id }) => naive(id))));
      }),
    );
  });
});
