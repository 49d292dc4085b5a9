// Loops are walked once. What their bodies assign may be assigned already when they begin again.

import { type Assignment, type Command, type SyntaxNode, type Word, forEachChild } from 'unbash';
import { type Place, charge } from './place.ts';
import { type Variable, forgetVariables, perhapsAssign } from './scope.ts';
import { assigningBuiltins, runsInThisShell } from './builtins.ts';
import { expandWord } from './expand.ts';
import { expandingIn } from './scripts.ts';
import { unknownText } from './fields.ts';

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
    else if (each.type === 'For' || each.type === 'Select') forget(each.name.value, place);
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

function forget(name: string, { scope }: Place): void {
  if (scope.variables.has(name)) scope.variables.set(name, [{ text: unknownText }]);
}

function forgetAssignedBy({ name, args }: Command, place: Place): void {
  if (name === undefined) return;
  if (runsInThisShell.has(name.value) || place.scope.functions.has(name.value)) forgetVariables(place.scope);
  if (!assigningBuiltins.has(name.value)) return;
  for (const arg of args) if (arg.type === 'Word') forget(arg.value.replace(/^-v/, ''), place);
}
