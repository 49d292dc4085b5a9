// What builtins of the shell change for the commands after them.

import {
  type Field,
  anyWords,
  isUnknown,
  quotedShape,
  shapeOf,
  startOf,
  unknownText,
  withoutStart,
  wordOf,
} from './fields.ts';
import { type Scope, type Variable, assign, forgetVariables } from './scope.ts';

/** Their arguments name variables that get a value. */
export const assigningBuiltins: ReadonlySet<string> = new Set([
  ...['read', 'mapfile', 'readarray', 'getopts', 'printf', 'unset', 'let', 'wait'],
]);
export const declaringBuiltins: ReadonlySet<string> = new Set(['export', 'declare', 'typeset', 'local', 'readonly']);
/** They run a text or a file that may assign anything. */
export const runsInThisShell: ReadonlySet<string> = new Set(['eval', 'source', '.']);

/** Changes the scope as the builtin would; answers with a reason if that cannot be followed. */
export function applyBuiltin(name: string, args: readonly Field[], scope: Scope): string | null {
  if (evaluatesIndex(name, args)) return 'it evaluates a text as the index of an array';
  if (declaringBuiltins.has(name)) return declareAll(name, args, scope);
  if (name === 'set') setPositional(args, scope);
  else if (name === 'shift') shift(args, scope);
  else if (name === 'alias') return defineAliases(args, scope);
  else if (name === 'hash') hash(args, scope);
  else if (name === 'unset') unsetAll(args, scope);
  else if (name === 'printf') printToVariable(args, scope);
  else if (assigningBuiltins.has(name)) {
    if (args.some(({ shape }) => shape[0] === null)) forgetVariables(scope);
    [...(withoutNames[name] ?? []), ...namesIn(args)].forEach((each) => assign(scope, each, unknownValue));
  }
  return null;
}

const unknownValue: Variable = [{ text: unknownText }];

/** `unset 'a[$(x)]'` runs what stands in the brackets, though it was quoted. */
function evaluatesIndex(name: string, args: readonly Field[]): boolean {
  const isTest = /^(?:test|\[)$/.test(name) && args.some((field) => wordOf(field) === '-v');
  if (!isTest && !declaringBuiltins.has(name) && (!assigningBuiltins.has(name) || name === 'printf')) return false;
  return args.some(({ shape }) => shape.some((part) => /\w\[.*(?:\$\(|`)/s.test(part ?? '')));
}

/** Where values go if no variable is named; also those that are set besides. */
export const withoutNames: Readonly<Record<string, readonly string[]>> = {
  read: ['REPLY'],
  mapfile: ['MAPFILE'],
  readarray: ['MAPFILE'],
  getopts: ['OPTARG'],
};

/** `unset NAME`, or `unset NAME[1]`, which takes one element away. */
function unsetAll(args: readonly Field[], scope: Scope): void {
  if (args.some(({ shape }) => shape[0] === null)) forgetVariables(scope);
  for (const field of args) {
    const hasIndex = wordOf(field)?.includes('[') ?? true;
    namesIn([field]).forEach((name) => assign(scope, name, hasIndex ? [{ elements: [anyWords] }] : ['unset']));
  }
}

/** The variables that arguments name, also as `-vNAME` and `-aNAME`. */
export function namesIn(args: readonly Field[]): string[] {
  return args.flatMap(({ shape }) => {
    const [, name] = /^(?:-\w*?[avp])?([A-Za-z_]\w*)/.exec(startOf(shape)) ?? [];
    return name === undefined ? [] : [name];
  });
}

/** `printf -v NAME`. */
function printToVariable(args: readonly Field[], scope: Scope): void {
  const [first, second] = args;
  if (first === undefined || !startOf(first.shape).startsWith('-v')) return;
  const named = wordOf(first) === '-v' ? second : first;
  if (named?.shape[0] === null) forgetVariables(scope);
  else if (named !== undefined) namesIn([named]).forEach((each) => assign(scope, each, unknownValue));
}

/** `export NAME=value` where the shell did not see an assignment, as in `export "$x"`. */
function declareAll(builtin: string, args: readonly Field[], scope: Scope): string | null {
  const has = (letter: RegExp) => args.some(({ shape }) => letter.test(startOf(shape)));
  if (builtin === 'export' || has(/^-\w*x/)) namesIn(args).forEach((name) => scope.exported.add(name));
  if (builtin === 'readonly' || has(/^-\w*r/)) namesIn(args).forEach((name) => scope.readonly.add(name));
  for (const field of args) {
    const word = startOf(field.shape);
    if (/^-\w*[lu]/.test(word)) return 'it declares a variable that changes what is assigned to it';
    if (/^-\w*n/.test(word)) return 'it declares a variable that stands for another one';
    if (isUnknown(field.shape)) forgetVariables(scope);
    const [, name] = /^([A-Za-z_]\w*)=/.exec(word) ?? [];
    if (name === undefined || scope.variables.has(name)) continue;
    assign(scope, name, [{ text: shapeOf([word.slice(name.length + 1), ...field.shape.slice(1)]) }]);
  }
  return null;
}

function setPositional(args: readonly Field[], scope: Scope): void {
  const at = args.findIndex((field) => !/^[-+]./.test(startOf(field.shape)) || wordOf(field) === '--');
  const first = args[at];
  if (first === undefined) return;
  scope.positional = args.slice(wordOf(first) === '--' ? at + 1 : at);
}

function shift(args: readonly Field[], scope: Scope): void {
  const first = scope.positional?.[0];
  if (first === undefined || scope.positional === null) return;
  const isKnown = first.count === 'one' && args.length === 0;
  scope.positional = isKnown ? scope.positional.slice(1) : null;
}

function defineAliases(args: readonly Field[], scope: Scope): string | null {
  for (const field of args) {
    const [start = '', name] = /^([^=]+)=/.exec(startOf(field.shape)) ?? [];
    if (name === undefined) {
      if (isUnknown(field.shape)) return 'it defines an alias that is only known when it runs';
      continue;
    }
    scope.aliases.set(name, withoutStart(field.shape, start.length));
  }
  return null;
}

/** `hash -p FILE NAME` makes NAME run FILE. */
function hash(args: readonly Field[], scope: Scope): void {
  const at = args.findIndex((field) => wordOf(field) === '-p');
  const [file, name] = args.slice(at + 1);
  const word = wordOf(name);
  if (at !== -1 && file !== undefined && word !== null) scope.aliases.set(word, quotedShape(file.shape));
}
