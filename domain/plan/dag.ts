// Questions about the graph of a plan: order, cycles, longest chain, what is ready. Pure, iterative (a chain of 10,000
// must not overflow the stack) and near-linear; safe in workflow code. A need that names no node is ignored; if two
// nodes share an id, the first counts. The parser of plan files reports both mistakes.

export interface DagNode {
  readonly id: string;
  readonly needs: readonly string[];
}

/** The direct dependants of each node, in the order of the plan. */
export function dependants<Node extends DagNode>(nodes: readonly Node[]): Map<Node['id'], Node['id'][]> {
  const byId = indexById(nodes);
  const index = new Map<Node['id'], Node['id'][]>([...byId.keys()].map((id) => [id, []]));
  for (const node of byId.values()) {
    for (const need of new Set(node.needs)) index.get(need)?.push(node.id);
  }
  return index;
}

/** Ids, each after everything it needs, otherwise in the order of the plan. Nodes on or behind a cycle are left out. */
export function topologicalOrder<Node extends DagNode>(nodes: readonly Node[]): Node['id'][] {
  const byId = indexById(nodes);
  const neededBy = dependants(nodes);
  const open = new Map<string, number>();
  for (const node of byId.values()) {
    open.set(node.id, [...new Set(node.needs)].filter((need) => byId.has(need)).length);
  }
  const order = [...byId.keys()].filter((id) => open.get(id) === 0);
  // The list grows while it is walked: it is its own queue.
  for (const done of order) {
    for (const id of neededBy.get(done) ?? []) {
      const left = (open.get(id) ?? 0) - 1;
      open.set(id, left);
      if (left === 0) order.push(id);
    }
  }
  return order;
}

/**
 * Cycles as paths along `needs` that end where they began (`[a, b, a]`). Empty exactly when the graph has none. Of
 * cycles that share a node, some may be missing.
 */
export function findCycles<Node extends DagNode>(nodes: readonly Node[]): Node['id'][][] {
  const ordered = new Set<string>(topologicalOrder(nodes));
  // Every node that is left has at least one need that is left, so following such needs always ends in a cycle.
  const left = new Map([...indexById(nodes)].filter(([id]) => !ordered.has(id)));
  const seen = new Set<string>();
  const cycles: Node['id'][][] = [];
  for (const start of left.keys()) {
    const position = new Map<Node['id'], number>();
    let at: Node['id'] | undefined = start;
    while (at !== undefined && !seen.has(at)) {
      seen.add(at);
      position.set(at, position.size);
      at = left.get(at)?.needs.find((need) => left.has(need));
    }
    const closed = at === undefined ? undefined : position.get(at);
    if (at !== undefined && closed !== undefined) cycles.push([...position.keys()].slice(closed).concat(at));
  }
  return cycles;
}

/**
 * The heaviest chain of needs, from its first node to its last; without `weight` the longest. On a tie, the one that
 * the plan names first.
 */
export function criticalPath<Node extends DagNode>(
  nodes: readonly Node[],
  weight: (node: Node) => number = () => 1,
): Node['id'][] {
  const byId = indexById(nodes);
  const best = new Map<string, { readonly total: number; readonly before: Node['id'] | null }>();
  for (const id of topologicalOrder(nodes)) {
    const node = byId.get(id);
    if (node === undefined) continue;
    const before = heaviest(node.needs, (need) => best.get(need)?.total);
    best.set(id, { total: weight(node) + (best.get(before ?? '')?.total ?? 0), before });
  }
  const path: Node['id'][] = [];
  let at = heaviest([...byId.keys()], (id) => best.get(id)?.total);
  while (at !== null) {
    path.push(at);
    at = best.get(at)?.before ?? null;
  }
  return path.toReversed();
}

/** The length of the longest chain that begins with each node, and the order from `topologicalOrder`. */
export function chainsFrom<Node extends DagNode>(
  nodes: readonly Node[],
): { readonly order: Node['id'][]; readonly behind: ReadonlyMap<Node['id'], number> } {
  const order = topologicalOrder(nodes);
  const neededBy = dependants(nodes);
  const behind = new Map<Node['id'], number>();
  for (const id of order.toReversed()) {
    const longest = (neededBy.get(id) ?? []).reduce((most, next) => Math.max(most, behind.get(next) ?? 0), 0);
    behind.set(id, longest + 1);
  }
  return { order, behind };
}

/** Nodes by level, which is the number of nodes before them on their longest chain: each node as early as it can be. */
export function levels<Node extends DagNode>(nodes: readonly Node[]): Node[][] {
  const byId = indexById(nodes);
  const levelOf = new Map<string, number>();
  for (const id of topologicalOrder(nodes)) {
    const needs = byId.get(id)?.needs ?? [];
    levelOf.set(
      id,
      needs.reduce((level, need) => Math.max(level, (levelOf.get(need) ?? -1) + 1), 0),
    );
  }
  const result: Node[][] = [];
  for (const node of byId.values()) {
    const level = levelOf.get(node.id);
    if (level !== undefined) (result[level] ??= []).push(node);
  }
  return result;
}

/** The number of units in the longest chain. */
export function depth(nodes: readonly DagNode[]): number {
  return criticalPath(nodes).length;
}

function indexById<Node extends DagNode>(nodes: readonly Node[]): Map<Node['id'], Node> {
  const byId = new Map<Node['id'], Node>();
  for (const node of nodes) if (!byId.has(node.id)) byId.set(node.id, node);
  return byId;
}

/** The first of the heaviest ids; ids without a total are ignored. */
function heaviest<Id extends string>(ids: readonly Id[], totalOf: (id: Id) => number | undefined): Id | null {
  let best: { readonly id: Id; readonly total: number } | null = null;
  for (const id of ids) {
    const total = totalOf(id);
    if (total !== undefined && (best === null || total > best.total)) best = { id, total };
  }
  return best?.id ?? null;
}
