// The graph of a run as its workflow holds it. It travels through every continue-as-new, so it is packed: a row per
// unit, needs by position, titles cut if they would outgrow a payload. Pure; made by client/start/start-run.ts.

import type { PackedNode, PlanNode, PlanUnit } from '../../contracts/documents/plan.ts';
import type { UnitId } from '../../contracts/ids.ts';
import { chainsFrom } from './dag.ts';

export interface RunGraph {
  /** In the order of the plan; a unit's index here is its position everywhere else. */
  readonly nodes: readonly PlanNode[];
  readonly positions: ReadonlyMap<UnitId, number>;
  /** Positions of what each unit needs. */
  readonly needs: readonly (readonly number[])[];
  /** Positions of those that each unit comes after. */
  readonly after: readonly (readonly number[])[];
  /** Positions, each after everything it needs. */
  readonly order: readonly number[];
  /** Positions in starting order: of the units that could start, those with the most work behind them first. */
  readonly priority: readonly number[];
}

/** A payload may have 2 MiB; the state of 10,000 units takes up to 900 kB of it. */
const maxGraphBytes = 1_100_000;

/** Null if the graph is too large even without titles (hundreds of thousands of needs). */
export function packGraph(units: readonly PlanUnit[]): PackedNode[] | null {
  const positions = positionsOf(units);
  const pack = (titleLength: number): PackedNode[] =>
    units.map(({ id, title, needs, budgetUsd, after = [] }): PackedNode => {
      const cut = title.length > titleLength ? `${title.slice(0, titleLength)}…` : title;
      const at = needs.flatMap((need) => positions.get(need) ?? []);
      if (after.length > 0) return [id, cut, at, budgetUsd, after.flatMap((other) => positions.get(other) ?? [])];
      if (budgetUsd !== null) return [id, cut, at, budgetUsd];
      return at.length > 0 ? [id, cut, at] : [id, cut];
    });
  for (const titleLength of [200, 60, 20, 0]) {
    const packed = pack(titleLength);
    if (bytesOf(packed) <= maxGraphBytes) return packed;
  }
  return null;
}

export function unpackGraph(packed: readonly PackedNode[]): RunGraph {
  const ids = packed.map(([id]) => id);
  const idsAt = (positions: readonly number[]): UnitId[] => positions.flatMap((at) => ids[at] ?? []);
  const nodes = packed.map(([id, title, needs = [], budgetUsd = null, after = []]): PlanNode => {
    return { id, title, needs: idsAt(needs), budgetUsd, ...(after.length === 0 ? {} : { after: idsAt(after) }) };
  });
  const positions = positionsOf(nodes);
  // Neither can start before what it comes after: both count for what is started first.
  const chains = chainsFrom(nodes.map(({ id, needs, after = [] }) => ({ id, needs: [...needs, ...after] })));
  const at = (id: UnitId): number => positions.get(id) ?? 0;
  const behind = nodes.map(({ id }) => chains.behind.get(id) ?? 0);
  return {
    nodes,
    positions,
    needs: packed.map(([, , needs = []]) => needs),
    after: packed.map(([, , , , after = []]) => after),
    order: chains.order.map(at),
    priority: nodes.map((_, i) => i).toSorted((a, b) => (behind[b] ?? 0) - (behind[a] ?? 0) || a - b),
  };
}

function positionsOf(units: readonly { readonly id: UnitId }[]): Map<UnitId, number> {
  return new Map(units.map(({ id }, position) => [id, position]));
}

/** An upper bound of the JSON's size in UTF-8: every character beyond ASCII counts as three bytes. */
function bytesOf(packed: readonly PackedNode[]): number {
  const json = JSON.stringify(packed);
  return json.length + 2 * json.replaceAll(/[\x20-\x7e]/g, '').length;
}
