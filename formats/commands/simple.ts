// Simple commands: assignments, redirections and words are expanded, then the command is run.

import type { Assignment, Command, Word } from 'unbash';
import { type Field, type Shape, anyWords, shapeLength, shapeOf, unknownText } from './fields.ts';
import { type Value, type Variable, assign, become, joinInto, perhapsAssign } from './scope.ts';
import { combine, expandText, expandWord } from './expand.ts';
import { readHere, writesToFile } from './redirects.ts';
import { type Place, branch, charge, giveUp } from './place.ts';
import { declaringBuiltins } from './builtins.ts';
import { expandingIn } from './scripts.ts';
import { runCall, unknownParameter } from './calls.ts';

export function runSimple(command: Command, place: Place): Shape {
  const input = readHere(command.redirects, place);
  const assignments = command.prefix.filter((each) => each.type === 'Assignment');
  const results = resultsOf(command, place);
  const values = assignments.map((each) => ({ name: each.name, values: chargedValuesOf(each, place) }));
  if (command.name === undefined) {
    values.forEach((each) => assign(place.scope, each.name, each.values));
    // `$(<file)` is what the file holds; zsh writes the file without a substitution, too.
    return command.redirects.length > 0 ? unknownText : [];
  }
  if (declaringBuiltins.has(command.name.value)) assignDeclared(command, place);
  const { scope } = place;
  const outer = { variables: values.map(({ name }) => [name, scope.variables.get(name)] as const), input: scope.input };
  const exported = values.filter(({ name }) => !scope.exported.has(name));
  exported.forEach(({ name }) => scope.exported.add(name));
  values.forEach((each) => assign(scope, each.name, each.values));
  if (input !== null) scope.input = input;
  const call = {
    text: place.source.slice(command.pos, command.end).trim().replaceAll(unknownParameter, '…'),
    withVariables: values.length > 0,
    nesting: 0,
  };
  const output = runResults(results, (fields, at) => runCall({ ...call, fields, place: at }), place);
  // These assignments were for this command alone.
  for (const [name, before] of outer.variables) {
    if (before === undefined) scope.variables.delete(name);
    else scope.variables.set(name, before);
  }
  exported.forEach(({ name }) => scope.exported.delete(name));
  // `exec <file` alone is for all commands after it.
  if (input === null || command.name.value !== 'exec' || command.args.length > 0) scope.input = outer.input;
  return writesToFile(command.redirects) ? unknownText : output;
}

/** Runs each of the commands that it may be; afterwards, what any of them has defined may hold. */
function runResults(results: readonly Field[][], run: (fields: Field[], at: Place) => Shape, place: Place): Shape {
  const [only] = results;
  if (only !== undefined && results.length === 1) return run(only, place);
  const before = branch(place);
  const group = place.walk.groups++;
  const isNested = place.alternative !== null;
  results.forEach((fields, index) => {
    const alternative = isNested ? place.alternative : { group, index, of: results.length };
    const own = branch({ ...before, alternative, perhaps: place.perhaps || isNested });
    run(fields, own);
    if (index === 0) become(place.scope, own.scope);
    else joinInto(place.scope, own.scope);
  });
  return unknownText;
}

function resultsOf({ name, args }: Command, place: Place): Field[][] {
  const words: (Word | Assignment)[] = name === undefined ? [] : [name, ...args];
  return words.reduce<Field[][]>(
    (results, word) => {
      const own = word.type === 'Word' ? expandWord(word, expandingIn(place)) : [[asWord(word, place)]];
      return combine(results, own);
    },
    [[]],
  );
}

/** An argument such as `a=1`. */
function asWord(assignment: Assignment, place: Place): Field {
  const { name, value, append } = assignment;
  const [only, ...others] = value.type === 'Word' ? expandText(value, expandingIn(place)) : [unknownText];
  const text = only === undefined || others.length > 0 ? unknownText : only;
  return { shape: shapeOf([`${name}${append === true ? '+' : ''}=`, ...text]), count: 'one' };
}

function assignDeclared({ name, args }: Command, place: Place): void {
  // Outside a function, `local` fails and assigns nothing.
  const set = name?.value === 'local' && !place.scope.inFunction ? perhapsAssign : assign;
  for (const arg of args) if (arg.type === 'Assignment') set(place.scope, arg.name, chargedValuesOf(arg, place));
}

/** Values can grow from assignment to assignment, `x=$x$x`. */
function chargedValuesOf(assignment: Assignment, place: Place): Variable {
  const values = valuesOf(assignment, place);
  for (const value of values)
    if (value !== 'unset') charge(place, 'text' in value ? shapeLength(value.text) : 8 * value.elements.length);
  return values;
}

/** All values that the variable may have after the assignment. */
function valuesOf(assignment: Assignment, place: Place): Variable {
  const expanding = expandingIn(place);
  const { name, value, append, index } = assignment;
  if (name === 'BASH_ALIASES') giveUp(place, 'it defines an alias as a variable');
  if (index !== undefined) expanding.visit(index);
  const values: Value[] =
    value.type === 'Word'
      ? expandText(value, expanding).map((text) => ({ text }))
      : [{ elements: elementsOf(value.elements, place) }];
  if (index !== undefined) return [{ text: unknownText }];
  if (append !== true) return values;
  const before = place.scope.variables.get(name) ?? [{ text: unknownText }];
  return before.flatMap((first) => values.map((second) => appended(first, second)));
}

function elementsOf(words: readonly Word[], place: Place): readonly Field[] {
  const results = words.reduce<Field[][]>((all, word) => combine(all, expandWord(word, expandingIn(place))), [[]]);
  const [only] = results;
  // `([1]=push [0]=git)` are in another order than they are written, or have names.
  const hasIndices = words.some(({ text }) => /^\[.*\]\+?=/s.test(text));
  return only === undefined || results.length > 1 || hasIndices ? [anyWords] : only;
}

function appended(before: Variable[number], value: Value): Value {
  if (before === 'unset') return value;
  if ('text' in before && 'text' in value) return { text: shapeOf([...before.text, ...value.text]) };
  if ('elements' in before && 'elements' in value) return { elements: [...before.elements, ...value.elements] };
  return { text: unknownText };
}
