// What a script has defined so far, as far as it is known: variables, arguments, functions, aliases, and what a command
// would read from its input.

import type { CommandNode, CompoundList } from 'unbash';
import { type Field, type Shape, anyWords, isUnknown, unknownText } from './fields.ts';

/** One value that a variable may have: a text, or the elements of an array. */
export type Value = { readonly text: Shape } | { readonly elements: readonly Field[] };

/** All values that a variable may have at a place; `unset` = also none. */
export type Variable = readonly (Value | 'unset')[];

export interface FunctionBody {
  readonly name: string;
  readonly body: CommandNode | CompoundList;
  readonly source: string;
  /** Whether it is being called already. */
  readonly again?: true;
}

/** What commands read: nothing of the script, a text, a file, or the output of something. */
export type Input =
  | { readonly kind: 'none' | 'dynamic' }
  | { readonly kind: 'text'; readonly text: Shape }
  | { readonly kind: 'file'; readonly file: Field };

export interface Scope {
  /** A name that is absent comes from the environment: it can have any value. */
  readonly variables: Map<string, Variable>;
  /** Variables that other shells get for certain, if they are set. */
  readonly exported: Set<string>;
  /** Variables that may keep their values when others are assigned. */
  readonly readonly: Set<string>;
  /** Null = not known. */
  positional: readonly Field[] | null;
  /** All that a function may be at a place. */
  readonly functions: Map<string, readonly FunctionBody[]>;
  readonly aliases: Map<string, Shape>;
  input: Input;
  /** Of functions, scripts within scripts, and commands within commands. */
  readonly depth: number;
  /** Where `local` works. */
  readonly inFunction: boolean;
}

/** With more, the value counts as unknown. */
const mostValues = 8;
/** Of an array with more, it is not followed what single elements are. */
const mostElements = 20;
const unknownVariable: Variable = [{ text: unknownText }];

export function newScope(): Scope {
  return {
    variables: new Map(),
    exported: new Set(),
    readonly: new Set(),
    positional: null,
    functions: new Map(),
    aliases: new Map(),
    input: { kind: 'none' },
    depth: 0,
    inFunction: false,
  };
}

/** A copy for a subshell: what it defines ends with it. */
export function copyOf(scope: Scope, changes: Partial<Scope> = {}): Scope {
  return {
    ...scope,
    variables: new Map(scope.variables),
    exported: new Set(scope.exported),
    readonly: new Set(scope.readonly),
    functions: new Map(scope.functions),
    aliases: new Map(scope.aliases),
    ...changes,
  };
}

export function assign(scope: Scope, name: string, values: Variable): void {
  const before = scope.variables.get(name) ?? [];
  const elements = elementsBefore(before);
  const assigned = elements === null ? [...values] : values.map((value) => asFirst(value, elements));
  if (scope.readonly.has(name)) assigned.push(...before);
  const distinct = new Map(assigned.map((value) => [JSON.stringify(value), value]));
  scope.variables.set(name, distinct.size > mostValues ? unknownVariable : [...distinct.values()]);
}

/** Of a variable that may be an array; null = it is none. */
function elementsBefore(values: Variable): readonly Field[] | null {
  const arrays = values.flatMap((value) => (value !== 'unset' && 'elements' in value ? [value.elements] : []));
  const [only] = arrays;
  if (only === undefined) return null;
  return values.length === 1 && only.length <= mostElements && only.every(({ count }) => count === 'one')
    ? only
    : [anyWords, anyWords];
}

/** A text that is assigned to an array becomes its first element, and the others stay. */
function asFirst(value: Variable[number], elements: readonly Field[]): Variable[number] {
  if (value === 'unset' || 'elements' in value) return value;
  if (isUnknown(value.text)) return { elements: [anyWords] };
  return { elements: [{ shape: value.text, count: 'one' }, ...elements.slice(1)] };
}

/** From here on, the variable may also have these values. */
export function perhapsAssign(scope: Scope, name: string, values: Variable): void {
  assign(scope, name, [...(scope.variables.get(name) ?? unknownVariable), ...values]);
}

/** Anything may have been assigned, as after `source FILE`. */
export function forgetVariables(scope: Scope): void {
  for (const name of scope.variables.keys()) scope.variables.set(name, unknownVariable);
  scope.positional = null;
}

/** After a branch that is not always taken: what holds on either way. */
export function joinInto(scope: Scope, other: Scope): void {
  for (const name of new Set([...scope.variables.keys(), ...other.variables.keys()])) {
    const [own, others] = [scope.variables.get(name), other.variables.get(name)];
    if (own === others) continue;
    assign(scope, name, [...(own ?? unknownVariable), ...(others ?? unknownVariable)]);
  }
  if (scope.positional !== other.positional) scope.positional = null;
  for (const name of scope.exported) if (!other.exported.has(name)) scope.exported.delete(name);
  for (const name of other.readonly) scope.readonly.add(name);
  for (const [name, bodies] of other.functions) {
    const own = scope.functions.get(name) ?? [];
    if (own !== bodies) scope.functions.set(name, [...new Set([...own, ...bodies])]);
  }
  for (const [name, text] of other.aliases) {
    const own = scope.aliases.get(name);
    scope.aliases.set(name, own === undefined || own === text ? text : unknownText);
  }
}

/** Takes over what another scope holds. The maps stay: `eval` and its surroundings share them. */
export function become(scope: Scope, other: Scope): void {
  for (const name of ['variables', 'functions', 'aliases'] as const) refill<unknown>(scope[name], other[name]);
  const [exported, fixed] = [[...other.exported], [...other.readonly]];
  scope.exported.clear();
  exported.forEach((name) => scope.exported.add(name));
  fixed.forEach((name) => scope.readonly.add(name));
  scope.positional = other.positional;
}

/** What the shells that a script starts have of it: variables that are not exported are unset there. */
export function forgetUnexported(scope: Scope): void {
  for (const [name, values] of scope.variables) {
    const isCertain = scope.exported.has(name) || values.includes('unset');
    if (!isCertain) scope.variables.set(name, [...values, 'unset']);
  }
}

function refill<V>(map: Map<string, V>, from: ReadonlyMap<string, V>): void {
  const entries = [...from];
  map.clear();
  for (const [key, value] of entries) map.set(key, value);
}
