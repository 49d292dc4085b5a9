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

/** A node that has been looked at; sets are of the units' numbers. */
interface Seen {
  /** What whoever needs it needs in its place. */
  readonly stands: readonly number[];
  /** What `stands` needs, near and far. */
  readonly behind: Uint32Array;
}

/** Needs of each node that is no group, in the order of the nodes; null = too many. The nodes have no cycle. */
export function resolveGroups(nodes: readonly Node[]): ReadonlyMap<string, readonly string[]> | null {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const units = nodes.filter(({ group }) => !group).map(({ id }) => id);
  const indexOf = new Map(units.map((id, index) => [id, index]));
  const words = Math.ceil(units.length / 32);
  const seen = new Map<string, Seen>();
  const resolved = new Map<string, readonly string[]>();
  let pairs = 0;
  for (const id of topologicalOrder(nodes)) {
    const needs = (byId.get(id)?.needs ?? []).flatMap((need) => seen.get(need) ?? []);
    const all = [...new Set(needs.flatMap(({ stands }) => stands))];
    pairs += all.length;
    if (pairs > mostPairs) return null;
    const implied = new Uint32Array(words);
    for (const { behind } of needs) addAll(implied, behind);
    const own = indexOf.get(id);
    if (own === undefined) {
      seen.set(id, { stands: all.filter((need) => !has(implied, need)), behind: implied });
      continue;
    }
    const named = new Set(byId.get(id)?.needs);
    const kept = all.filter((need) => named.has(units[need] ?? '') || !has(implied, need));
    resolved.set(
      id,
      kept.toSorted((a, b) => a - b).map((need) => units[need] ?? ''),
    );
    for (const need of all) add(implied, need);
    seen.set(id, { stands: [own], behind: implied });
  }
  return resolved;
}

function has(set: Uint32Array, index: number): boolean {
  return (((set[index >>> 5] ?? 0) >>> (index & 31)) & 1) === 1;
}

function add(set: Uint32Array, index: number): void {
  set[index >>> 5] = (set[index >>> 5] ?? 0) | (1 << (index & 31));
}

function addAll(set: Uint32Array, other: Uint32Array): void {
  for (let at = 0; at < set.length; at++) set[at] = (set[at] ?? 0) | (other[at] ?? 0);
}
