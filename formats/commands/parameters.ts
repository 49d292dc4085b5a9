// The values of `$name`, `${name…}` and the special parameters, as far as the script itself has set them.

import type { ParameterExpansionPart, SimpleExpansionPart, Word } from 'unbash';
import { type Field, type Shape, anyWords, textOf, unknownText } from './fields.ts';
import { type Value, type Variable, perhapsAssign } from './scope.ts';
import type { Expanding } from './expanding.ts';

/**
 * `solid`: not known, but certainly a single word, such as a number or a folder. `joined`: one word if it is quoted, as
 * `"$*"` is.
 */
export type ExpandedValue =
  | { readonly text: Shape; readonly solid?: boolean }
  | { readonly elements: readonly Field[]; readonly joined?: boolean };

type ExpandText = (word: Word, expanding: Expanding) => Shape[];

/** Variables of the environment that hold one word in practice. */
const single = new Set(['HOME', 'PWD', 'OLDPWD', 'TMPDIR', 'USER', 'LOGNAME', 'UID', 'HOSTNAME', 'RANDOM', 'SECONDS']);
const unknown: ExpandedValue = { text: unknownText };
const oneWord: ExpandedValue = { text: unknownText, solid: true };
const any = { elements: [anyWords] };

export function valuesOfParameter(
  part: SimpleExpansionPart | ParameterExpansionPart,
  expanding: Expanding,
  expandText: ExpandText,
): readonly ExpandedValue[] {
  if (part.type === 'SimpleExpansion') {
    const name = part.text.slice(1);
    if (name === '@' || name === '*') return allArguments(name, expanding);
    return valuesOf(name, expanding).map(asValue);
  }
  if (part.index !== undefined) expanding.visit(part.index);
  if (part.prefix === '#') return [oneWord];
  if (part.prefix === '!') return [/[@*]/.test(part.operation?.type === 'Names' ? '@' : indexOf(part)) ? any : unknown];
  if (part.operation === undefined) return ofIndex(part, expanding);
  return ofOperation(part, expanding, expandText);
}

function asValue(value: Value | 'unset' | ExpandedValue): ExpandedValue {
  if (value === 'unset') return { text: [] };
  if (!('elements' in value)) return value;
  // Without an index, an array is its first element.
  const [first] = value.elements;
  if (first === undefined) return { text: [] };
  return first.count === 'one' ? { text: first.shape } : unknown;
}

function valuesOf(name: string, { scope }: Expanding): readonly (Value | 'unset' | ExpandedValue)[] {
  if (/^[#?$!-]$/.test(name)) return [oneWord];
  // The shell sets it with each command.
  if (name === '_') return [unknown];
  if (/^[1-9]\d*$/.test(name)) return [positional(scope.positional, Number(name))];
  const known = scope.variables.get(name);
  return known ?? [single.has(name) ? oneWord : unknown];
}

function positional(fields: readonly Field[] | null, number: number): ExpandedValue {
  if (fields === null) return unknown;
  const before = fields.slice(0, number);
  if (before.some(({ count }) => count !== 'one')) return unknown;
  return { text: fields[number - 1]?.shape ?? [] };
}

function indexOf({ index }: ParameterExpansionPart): string {
  return index?.value ?? '';
}

/** `${name}`, `${name[1]}`, `${name[@]}`. */
function ofIndex(part: ParameterExpansionPart, expanding: Expanding): readonly ExpandedValue[] {
  const { parameter } = part;
  if (parameter === '@' || parameter === '*') return allArguments(parameter, expanding);
  const index = indexOf(part);
  const values = valuesOf(parameter, expanding);
  if (index === '') return values.map(asValue);
  if (index === '@' || index === '*') return values.map((value) => ({ ...asElements(value), joined: index === '*' }));
  return values.map((value) => elementAt(value, index));
}

function asElements(value: Value | 'unset' | ExpandedValue): { elements: readonly Field[] } {
  if (value === 'unset') return { elements: [] };
  if ('elements' in value) return { elements: value.elements };
  return { elements: textOf(value.text) === null ? [anyWords] : [{ shape: value.text, count: 'one' }] };
}

function elementAt(value: Value | 'unset' | ExpandedValue, index: string): ExpandedValue {
  if (value === 'unset' || !('elements' in value) || !/^\d+$/.test(index)) return unknown;
  return positional(value.elements, Number(index) + 1);
}

function allArguments(name: '@' | '*', { scope }: Expanding): readonly ExpandedValue[] {
  return [{ elements: scope.positional ?? [anyWords], joined: name === '*' }];
}

function ofOperation(
  part: ParameterExpansionPart,
  expanding: Expanding,
  expandText: ExpandText,
): readonly ExpandedValue[] {
  const { operation, parameter } = part;
  if (operation?.type === 'Default') return ofDefault(part, expanding, expandText);
  if (operation !== undefined) {
    // `${x@P}` expands the value once more, with the commands in it.
    if (operation.type === 'Transform' && operation.operand.value === 'P')
      expanding.giveUp('it expands a text as a prompt');
    expanding.visit(operation);
  }
  const index = parameter === '@' || parameter === '*' ? parameter : indexOf(part);
  return [index === '@' || index === '*' ? { ...any, joined: index === '*' } : unknown];
}

/** `${name:-word}` and its like. */
function ofDefault(
  part: ParameterExpansionPart,
  expanding: Expanding,
  expandText: ExpandText,
): readonly ExpandedValue[] {
  const { operation, parameter } = part;
  if (operation?.type !== 'Default') return [unknown];
  const values = ofIndex(part, expanding);
  const operands = expandText(operation.operand, expanding);
  const given = operands.map((text): ExpandedValue => ({ text }));
  const certain = values.every(isSurelySet);
  if (operation.operator.endsWith('?')) return values;
  if (operation.operator.endsWith('+')) return certain ? given : [...given, { text: [] }];
  if (certain) return values;
  if (operation.operator.endsWith('=')) {
    perhapsAssign(
      expanding.scope,
      parameter,
      operands.map((text): Variable[number] => ({ text })),
    );
  }
  return [...values.filter((value) => !isEmpty(value)), ...given];
}

function isSurelySet(value: ExpandedValue): boolean {
  if (!('elements' in value)) return isKnownText(value.text);
  return value.elements.some(({ shape, count }) => count !== 'any' && isKnownText(shape));
}

function isKnownText(shape: Shape): boolean {
  return shape.some((text) => text !== null);
}

function isEmpty(value: ExpandedValue): boolean {
  return ('text' in value ? value.text : value.elements).length === 0;
}
