// Where a walk through a script is: what it has found so far, what the script has defined, and how far it may go on.

import type { Command, CompoundList, Statement } from 'unbash';
import { type FunctionBody, type Scope, copyOf } from './scope.ts';
import type { Shape } from './fields.ts';
import type { Alternative, SimpleCommand } from './command.ts';

export type Node = Statement['command'] | Command | CompoundList;

export interface Walk {
  readonly found: Map<string, SimpleCommand>;
  unknown: string | null;
  /** Characters that may still be read. Scripts within scripts are read once for each level. */
  budget: number;
  /** Of alternatives, so far. */
  groups: number;
  /** Functions that nothing has called yet. */
  readonly uncalled: Set<FunctionBody>;
  /** Walks a node; answers with what it writes, as far as that is known. */
  readonly run: (node: Node, place: Place) => Shape;
}

export interface Place {
  readonly walk: Walk;
  readonly scope: Scope;
  /** The text that nodes point into. */
  readonly source: string;
  /** Whether all of this only may happen: a text may be a script, a value may be this one. */
  readonly perhaps: boolean;
  readonly alternative: Alternative | null;
}

/** Thrown when a script is too long or too deep to be followed; caught where parsing begins. */
export class TooMuch extends Error {}

const deepest = 40;

export function charge({ walk, scope }: Pick<Place, 'walk' | 'scope'>, characters: number): void {
  walk.budget -= characters + 1;
  if (walk.budget < 0) throw new TooMuch('it is too long to be followed');
  if (scope.depth > deepest) throw new TooMuch('it is nested too deeply');
}

/** The same place with a copy of what the script has defined. */
export function branch<P extends Omit<Place, 'source'>>(place: P, changes: Partial<Scope> = {}): P {
  const { variables, functions, aliases } = place.scope;
  charge(place, variables.size + functions.size + aliases.size);
  return { ...place, scope: copyOf(place.scope, changes) };
}

export function giveUp({ walk }: Pick<Place, 'walk'>, reason: string): void {
  walk.unknown ??= reason;
}
