// Which units go into one answer to a watcher of a run: an answer must fit into a payload (2 MiB), whatever the units are
// called and however many others they need.

import type { RunState } from './state.ts';

/** Positions in the graph, and what the answer says of the page. */
export interface Page {
  readonly positions: readonly number[];
  /** Units that change from now on have a higher one. */
  readonly version: number;
  readonly complete: boolean;
  readonly next?: number | null;
}

/** Room for units in characters; a character is at most three bytes of UTF-8. */
const room = 600_000;
/** Of a unit beside its texts: names of fields, times, amounts. */
const fixedSize = 260;

/** Characters of the texts of the unit at a position. */
export type SizeOf = (at: number) => number;

/** The first ones that fit into an answer, at least one if there is any. */
export function fitting(positions: readonly number[], sizeOf: SizeOf): readonly number[] {
  let left = room;
  const tooMany = positions.findIndex((at, i) => {
    left -= sizeOf(at) + fixedSize;
    return left < 0 && i > 0;
  });
  return tooMany === -1 ? positions : positions.slice(0, tooMany);
}

/** When a unit changed last, in the eyes of a watcher: the adoption of a plan changes each of them, one after the other. */
function changeOf({ units, adoptedAt }: RunState, at: number): number {
  const { version = 0 } = units[at] ?? {};
  return adoptedAt === undefined ? version : Math.max(version, adoptedAt + at);
}

/** Units that changed after a version, in the order of the plan, beginning at a position. */
export function pageByPosition(
  state: RunState,
  { after, from }: { readonly after: number; readonly from: number },
  sizeOf: SizeOf,
): Page {
  const { units, version } = state;
  const changed = [...units.keys()].filter((at) => at >= from && changeOf(state, at) > after);
  const positions = fitting(changed, sizeOf);
  const next = changed[positions.length] ?? null;
  return { positions, version, complete: next === null, next };
}

/** For clients up to 0.1: the oldest changes first. `version` is that of the last unit in an incomplete page. */
export function pageByChange(state: RunState, after: number, sizeOf: SizeOf): Page {
  const { units, version } = state;
  const versionOf = (at: number): number => changeOf(state, at);
  const changed = [...units.keys()].filter((at) => versionOf(at) > after);
  const page = fitting(
    changed.toSorted((a, b) => versionOf(a) - versionOf(b)),
    sizeOf,
  );
  const complete = page.length === changed.length;
  const last = complete ? version : versionOf(page.at(-1) ?? 0);
  return { positions: page.toSorted((a, b) => a - b), version: last, complete };
}
