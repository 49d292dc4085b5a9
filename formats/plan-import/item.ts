// What the readers of other tools' plans have in common: the work as the other tool has it, before it becomes units.
// Data only.

import type { PlanDocument } from '../../contracts/documents/plan.ts';

/** Something to tell the person who imports: what was left out, what could not be mapped, what is wrong. */
export interface ImportNote {
  /** Counted from 1; null where only the message names the place. */
  readonly line: number | null;
  /** In the other tool's terms, beginning with the name of what it is about. */
  readonly message: string;
}

/** A piece of work, or a group of them. */
export interface Item {
  /** Unique; what `needs` names. */
  readonly key: string;
  /** What messages call it: `T014`, `task 5.2`, `#42`. */
  readonly name: string;
  readonly line: number | null;
  readonly state: ItemState;
  /** Null for a group, which is done once all that it needs is done. */
  readonly work: Work | null;
  /** Keys of items. */
  readonly needs: readonly string[];
}

/**
 * `done`: whoever needs it may begin. `out`: it is not imported, and whoever needs it can never begin; the text
 * continues its name, `is cancelled`. `noWork`: the same, and there is no point in telling.
 */
export type ItemState = 'open' | 'done' | { readonly out: string } | { readonly noWork: string };

export interface Work {
  /** In the other tool's spelling. */
  readonly id: string;
  readonly title: string;
  readonly prompt: string;
}

/** What a reader makes of a file. */
export type ItemsRead =
  | { readonly items: readonly Item[]; readonly notes: readonly ImportNote[]; readonly goal?: string }
  | { readonly errors: readonly ImportNote[] };

export type Imported =
  | { readonly plan: PlanDocument; readonly notes: readonly ImportNote[]; readonly errors?: never }
  | { readonly plan?: never; readonly notes: readonly ImportNote[]; readonly errors: readonly ImportNote[] };

/** The part of an error or a note that says where, for a file without lines of its own. */
export function noteOf(message: string, line: number | null = null): ImportNote {
  return { line, message };
}
