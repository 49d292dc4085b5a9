// Resolves groups: who needs a group needs its members. Leaves out what another need implies already, so that a barrier
// between two phases does not name each pair. Near-linear for plans as people write them; a bound stops the others.

import { topologicalOrder } from '../../domain/plan/dag.ts';

interface Node {
  readonly id: string;
  /** A group is no unit by itself. */
  readonly group: boolean;
  readonly needs: readonly string[];
}

/** The pairs of a unit and a need that are looked at. */
const mostPairs = 2_000_000;

/** Needs of each node that is no group, in the order of the nodes; null = too many. The nodes have no cycle. */
export function resolveGroups(nodes: readonly Node[]): ReadonlyMap<string, readonly string[]> | null {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const units = nodes.filter(({ group }) => !group).map(({ id }) => id);
  const indexOf = new Map(units.map((id, index) => [id, index]));
  const ancestors = new Map<string, Uint32Array>();
  const resolved = new Map<string, number[]>();
  const words = Math.ceil(units.length / 32);
  let pairs = 0;
  for (const id of topologicalOrder(nodes)) {
    const { group = false, needs = [] } = byId.get(id) ?? {};
    const direct = needs.flatMap((need) => indexOf.get(need) ?? []);
    const through = needs.flatMap((need) => (indexOf.has(need) ? [] : (resolved.get(need) ?? [])));
    const all = [...new Set([...direct, ...through])];
    pairs += all.length;
    if (pairs > mostPairs) return null;
    const implied = new Uint32Array(words);
    for (const need of all) addAll(implied, ancestors.get(units[need] ?? ''));
    const kept = new Set(group ? [] : direct);
    resolved.set(
      id,
      all.filter((need) => kept.has(need) || !has(implied, need)),
    );
    for (const need of all) add(implied, need);
    ancestors.set(id, implied);
  }
  return new Map(
    units.map((id) => [id, (resolved.get(id) ?? []).toSorted((a, b) => a - b).map((index) => units[index] ?? '')]),
  );
}

function has(set: Uint32Array, index: number): boolean {
  return (((set[index >>> 5] ?? 0) >>> (index & 31)) & 1) === 1;
}

function add(set: Uint32Array, index: number): void {
  set[index >>> 5] = (set[index >>> 5] ?? 0) | (1 << (index & 31));
}

function addAll(set: Uint32Array, other: Uint32Array | undefined): void {
  other?.forEach((word, index) => {
    set[index] = (set[index] ?? 0) | word;
  });
}
