// Runs one command whose words are expanded: notes it, follows functions, aliases, wrappers and shells, and changes the
// scope as builtins do.

import { parse } from 'unbash';
import {
  type Field,
  type Shape,
  anyWords,
  baseName,
  isUnknown,
  showFields,
  startOf,
  textOf,
  unknownText,
  withoutStart,
  wordOf,
} from './fields.ts';
import { type Inner, innerOf } from './inner.ts';
import { type Place, TooMuch, branch, charge, giveUp } from './place.ts';
import { type ShellRuns, type ShellText, isShell, runsOfEval, runsOfShell, runsOfSource } from './shells.ts';
import { type FunctionBody, assign, forgetUnexported, forgetVariables, joinInto } from './scope.ts';
import { isBlank, outputOf } from './outputs.ts';
import { applyBuiltin } from './builtins.ts';
import { runText } from './scripts.ts';
import { simpleCommand } from './command.ts';

export interface Call {
  readonly fields: readonly Field[];
  readonly text: string;
  readonly withVariables: boolean;
  /** How many wrappers it is in. */
  readonly nesting: number;
  readonly place: Place;
}

const deepest = 30;

/** Stands for a gap in a text that is parsed as a script. */
export const unknownParameter = '${_}';

/** Answers with what the command writes, as far as that is known. */
export function runCall(call: Call): Shape {
  const { fields, place, nesting } = call;
  const [program, ...args] = fields;
  if (program === undefined) return [];
  charge(place, 8 * fields.length);
  if (nesting > deepest) throw new TooMuch('it is nested too deeply');
  note(call);
  const name = program.count === 'one' ? textOf(baseName(program.shape)) : null;
  if (name === null) {
    runUnknownProgram(call);
    return unknownText;
  }
  const word = wordOf(program);
  if (word !== null && runsOwn(word, call)) return unknownText;
  for (const inner of innerOf(name, args)) runInner(inner, call);
  const runs = shellRuns(name, args, place);
  if (runs !== null) return runShell(runs, call);
  const reason = applyBuiltin(name, args, place.scope);
  if (reason !== null) giveUp(place, reason);
  return outputOf(name, args, place.scope.input);
}

function note({ fields, text, withVariables, place }: Call): void {
  const { perhaps, alternative } = place;
  const command = simpleCommand(fields, { text, withVariables, perhaps, alternative });
  const known = fields.map(({ shape, count }) => [shape, count]);
  const key = JSON.stringify([known, perhaps, alternative, withVariables]);
  if (!place.walk.found.has(key)) place.walk.found.set(key, command);
}

function shellRuns(name: string, args: readonly Field[], { scope }: Place): ShellRuns | null {
  if (name === 'eval') return runsOfEval(args, scope.input);
  if (name === 'source' || name === '.') return runsOfSource(args, scope.input);
  return isShell(name) ? runsOfShell(args, scope.input) : null;
}

function runShell(runs: ShellRuns, call: Call): Shape {
  const { place } = call;
  switch (runs.kind) {
    case 'none':
      return unknownText;
    case 'file':
      runInner({ kind: 'command', fields: runs.fields, perhaps: false, assignments: [] }, call);
      if (call.fields.length > 0 && !isShell(wordOf(call.fields[0]) ?? '')) forgetVariables(place.scope);
      return unknownText;
    case 'text':
      return runShape(runs, place);
  }
}

/** Runs a text with gaps. Whatever the gaps turn out to be, the rest is run, but there may be more. */
function runShape({ text, args, here, input }: ShellText, place: Place): Shape {
  if (isBlank(text)) return [];
  if (textOf(text) === null) giveUp(place, 'it runs a text that is only known when it runs');
  if (isUnknown(text)) {
    if (here) forgetVariables(place.scope);
    return unknownText;
  }
  const source = text.map((part) => part ?? unknownParameter).join('');
  const { scope } = place;
  if (!here) {
    const child = branch(place, { positional: args, depth: scope.depth + 1, input });
    forgetUnexported(child.scope);
    return runText(source, child);
  }
  const own = { ...scope, depth: scope.depth + 1 };
  const output = runText(source, { ...place, scope: own });
  scope.positional = own.positional;
  return output;
}

function runInner(inner: Inner, call: Call): void {
  const { place, nesting } = call;
  // `command` and `builtin` change nothing about where a command runs.
  const isHere = /^(?:command|builtin)$/.test(wordOf(call.fields[0]) ?? '');
  const at = isHere ? place : branch(place);
  const own = { ...at, perhaps: place.perhaps || inner.perhaps };
  if (inner.kind === 'text') {
    if (!inner.perhaps || textOf(inner.text) !== null) {
      runShape({ kind: 'text', text: inner.text, args: null, here: false, input: own.scope.input }, own);
    }
    return;
  }
  for (const { shape } of inner.assignments) {
    const [start = '', name] = /^(\w+)=/.exec(startOf(shape)) ?? [];
    if (name === undefined) continue;
    assign(at.scope, name, [{ text: withoutStart(shape, start.length) }]);
    at.scope.exported.add(name);
  }
  runCall({
    fields: inner.fields,
    text: showFields(inner.fields),
    withVariables: call.withVariables || inner.assignments.length > 0,
    nesting: nesting + 1,
    place: own,
  });
}

/** A program whose name is not known may be a wrapper or a shell. */
function runUnknownProgram(call: Call): void {
  const { fields, place } = call;
  const at = fields.findIndex(({ shape }) => !isUnknown(shape));
  if (at === -1 || !isUnknown(baseName(fields[0]?.shape ?? []))) return;
  if (at > 0) runInner({ kind: 'command', fields: fields.slice(at), perhaps: true, assignments: [] }, call);
  for (const field of fields.slice(1)) {
    const text = wordOf(field);
    if (text === null || !/\s/.test(text)) continue;
    charge(place, text.length);
    if (parse(text).errors === undefined) runInner({ kind: 'text', text: [text], perhaps: true }, call);
  }
}

/** Functions and aliases of the script itself. */
function runsOwn(word: string, call: Call): boolean {
  const { scope } = call.place;
  const bodies = scope.functions.get(word);
  if (bodies !== undefined) {
    bodies.forEach((body) => runFunction(body, call));
    return true;
  }
  const alias = scope.aliases.get(word);
  if (alias === undefined) return false;
  runAlias(alias, word, call);
  return true;
}

function runFunction(body: FunctionBody, { place, fields }: Call): void {
  const { scope, walk } = place;
  walk.uncalled.delete(body);
  charge(place, 20);
  // If it calls itself, it is walked once more, with arguments that can be anything.
  const positional = body.again === true ? [anyWords] : fields.slice(1);
  const inside = branch(place, { positional, depth: scope.depth + 1, inFunction: true });
  if (body.again === true) inside.scope.functions.delete(body.name);
  else inside.scope.functions.set(body.name, [{ ...body, again: true }]);
  walk.run(body.body, { ...inside, source: body.source });
  inside.scope.functions.set(body.name, scope.functions.get(body.name) ?? []);
  const outer = scope.positional;
  joinInto(scope, inside.scope);
  scope.positional = outer;
}

/** An alias is replaced as text; the words that follow belong to its last command. */
function runAlias(alias: Shape, word: string, call: Call): void {
  const { place, fields } = call;
  const rest = fields.slice(1);
  const inside = branch(place, { positional: rest, depth: place.scope.depth + 1 });
  inside.scope.aliases.delete(word);
  const text = textOf(alias);
  if (text === null) {
    giveUp(place, 'it runs an alias that is only known when it runs');
    return;
  }
  runText(`${text} "$@"`, inside);
}

/** Walks the functions that the script defines and never calls: a later one may. */
export function runUncalled(place: Omit<Place, 'source'>): void {
  for (;;) {
    const [next] = place.walk.uncalled.values();
    if (next === undefined) return;
    place.walk.uncalled.delete(next);
    const inside = branch(place, { positional: [anyWords], depth: 1, inFunction: true });
    forgetVariables(inside.scope);
    inside.scope.functions.delete(next.name);
    place.walk.run(next.body, { ...inside, source: next.source });
  }
}
