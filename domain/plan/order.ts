// Which units of a plan wait for which, also over others. Pure.

import { type DagNode, topologicalOrder } from './dag.ts';

export interface Order<Id extends string> {
  /** Of each id, in an order in which all could be done. */
  readonly position: ReadonlyMap<Id, number>;
  /** Whether `later` can only begin when `earlier` has landed. */
  waitsFor(later: Id, earlier: Id): boolean;
}

export function orderOf<Node extends DagNode>(nodes: readonly Node[]): Order<Node['id']> {
  const position = new Map(topologicalOrder(nodes).map((id, at) => [id, at]));
  const needs = new Map<string, readonly string[]>(nodes.map((node) => [node.id, node.needs]));
  return {
    position,
    waitsFor(later, earlier) {
      const lowest = position.get(earlier) ?? Number.POSITIVE_INFINITY;
      const seen = new Set<string>([later]);
      // The list grows while it is walked.
      const queue: string[] = [later];
      for (const id of queue) {
        for (const need of needs.get(id) ?? []) {
          if (need === earlier) return true;
          // What comes before it in the order does not wait for it.
          if (seen.has(need) || (position.get(need) ?? -1) < lowest) continue;
          seen.add(need);
          queue.push(need);
        }
      }
      return false;
    },
  };
}
