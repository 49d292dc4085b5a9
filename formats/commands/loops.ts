// Loops are walked once. What their bodies assign may be assigned already when they begin again.

import {
  type Assignment,
  type Command,
  type ParameterExpansionPart,
  type SyntaxNode,
  type Word,
  forEachChild,
} from 'unbash';
import { type Place, charge } from './place.ts';
import { type Scope, type Variable, forgetVariables, perhapsAssign } from './scope.ts';
import { assigningBuiltins, declaringBuiltins, namesIn, runsInThisShell, withoutNames } from './builtins.ts';
import { expandWord } from './expand.ts';
import { expandingIn } from './scripts.ts';
import { literal, unknownText } from './fields.ts';

/** The values that the variable of a `for` or `select` takes. */
export function loopValues({ wordlist }: { wordlist: readonly Word[] | undefined }, place: Place): Variable {
  const fields =
    wordlist === undefined
      ? place.scope.positional
      : wordlist.flatMap((word) => expandWord(word, expandingIn(place)).flat());
  if (fields === null) return [{ text: unknownText }];
  if (fields.length === 0) return ['unset'];
  return fields.map(({ shape, count }) => ({ text: count === 'any' ? unknownText : shape }));
}

/** From here on, variables may have the values that a part of the script assigns. */
export function forgetAssigned(node: SyntaxNode, place: Place): void {
  charge(place, node.end - node.pos);
  const visit = (each: SyntaxNode): void => {
    if (each.type === 'Assignment') perhapsAssigned(each, place);
    else if (each.type === 'For' || each.type === 'Select') forget(each.name.value, place.scope);
    else if (each.type === 'ParameterExpansion') forgetDefault(each, place);
    else if (each.type === 'Command') forgetAssignedBy(each, place);
    forEachChild(each, visit);
  };
  visit(node);
}

function perhapsAssigned({ name, value, append, index }: Assignment, place: Place): void {
  const isLiteral = value.type === 'Word' && value.parts === undefined && append !== true && index === undefined;
  if (!place.scope.variables.has(name)) return;
  perhapsAssign(place.scope, name, [{ text: isLiteral ? [value.value] : unknownText }]);
}

/** `${name:=value}`. */
function forgetDefault({ operation, parameter }: ParameterExpansionPart, { scope }: Place): void {
  if (operation?.type === 'Default' && operation.operator.endsWith('=')) forget(parameter, scope);
}

function forget(name: string, scope: Scope): void {
  if (scope.variables.has(name)) scope.variables.set(name, [{ text: unknownText }]);
}

function forgetAssignedBy({ name, args }: Command, { scope }: Place): void {
  if (name === undefined) return;
  const words = [name, ...args].flatMap((word) => (word.type === 'Word' ? [word.value] : []));
  const at = words.findIndex((word) => word !== 'builtin' && word !== 'command');
  const program = words[at] ?? '';
  if (runsInThisShell.has(program) || scope.functions.has(program)) forgetVariables(scope);
  if (program === 'shift' || program === 'set') scope.positional = null;
  if (!assigningBuiltins.has(program) && !declaringBuiltins.has(program)) return;
  const fields = words.slice(at + 1).map(literal);
  [...(withoutNames[program] ?? []), ...namesIn(fields)].forEach((each) => forget(each, scope));
}
