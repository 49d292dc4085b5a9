// The commands within a command: what wrappers run (wrappers.ts), and the few programs that need more than a table.

import {
  type Field,
  type Shape,
  anyWords,
  isUnknown,
  joinFields,
  literal,
  shapeOf,
  startOf,
  textOf,
  unknownText,
  withoutStart,
  wordOf,
} from './fields.ts';
import { type Operands, readOperands } from './options.ts';
import type { Wrapper } from './wrapper.ts';
import { runsItsOperand, wrappers } from './wrappers.ts';
import { textsOfParallel } from './parallel.ts';
import { programOf } from './programs.ts';

/** Something that a command runs: another command, or a text that a shell reads. */
export type Inner =
  | {
      readonly kind: 'command';
      readonly fields: readonly Field[];
      readonly perhaps: boolean;
      readonly assignments: readonly Field[];
    }
  | { readonly kind: 'text'; readonly text: Shape; readonly perhaps: boolean };

/** With more places where a command may begin, it counts as unknown. */
const mostStarts = 60;
const unknownInner: Inner = { kind: 'text', text: unknownText, perhaps: false };

/** What is run by the program `name` with these arguments. */
export function innerOf(name: string, args: readonly Field[]): Inner[] {
  if (name === 'find' || name === 'gfind') return innerOfFind(args);
  if (name === 'fd' || name === 'fdfind') return innerOfFd(args);
  if (/^(?:env_)?parallel$|^sem$/.test(name)) {
    return textsOfParallel(args).map((text) => ({ kind: 'text', text, perhaps: false }));
  }
  if (name === 'trap') return innerOfTrap(args);
  if (name.startsWith('git-')) return [command([literal('git'), literal(name.slice('git-'.length)), ...args])];
  const own = wrapperOf(name);
  if (own !== null) return innerOfWrapper(name, own, args);
  return innerOfSubcommand(name, args);
}

function command(fields: readonly Field[], perhaps = false, assignments: readonly Field[] = []): Inner {
  return { kind: 'command', fields, perhaps, assignments };
}

function wrapperOf(name: string): Wrapper | null {
  return Object.hasOwn(wrappers, name) ? (wrappers[name] ?? null) : null;
}

/** `npm exec`, `uv tool run`: options of the program may stand before these words, and between them. */
function innerOfSubcommand(name: string, args: readonly Field[]): Inner[] {
  const program = programOf(name);
  const { rest, options: given } = readOperands(args, program?.options ?? {});
  const aliases = name === 'git' ? gitAliases(given) : [];
  // Of other programs it is not known which options have a value.
  const { key, following } = subcommandOf(name, program === null ? args : rest, program !== null) ?? {};
  const wrapper = key === undefined ? null : wrapperOf(key);
  if (key !== undefined && wrapper !== null) return [...aliases, ...innerOfWrapper(key, wrapper, following ?? [])];
  return runsItsOperand.has(name) && rest.length > 0 ? [...aliases, command(rest, true)] : aliases;
}

interface Subcommand {
  readonly key: string;
  readonly following: readonly Field[];
}

/** The longest name of a wrapper that the words begin with. */
function subcommandOf(name: string, words: readonly Field[], atOnce: boolean): Subcommand | null {
  const found = (subcommands.get(name) ?? []).flatMap((key): Subcommand[] => {
    const [first = '', ...others] = key.split(' ').slice(1);
    let rest = atOnce && wordOf(words[0]) !== first ? null : wordsAfter(first, words);
    for (const other of others) rest = rest === null ? null : wordsAfter(other, rest);
    return rest === null ? [] : [{ key, following: rest }];
  });
  return found.toSorted((a, b) => b.key.length - a.key.length)[0] ?? null;
}

const subcommands = Map.groupBy(
  Object.keys(wrappers).filter((key) => key.includes(' ')),
  (key) => key.slice(0, key.indexOf(' ')),
);

/** What follows a word before which there are only options, and perhaps their values; null = it is not there. */
function wordsAfter(word: string, fields: readonly Field[]): readonly Field[] | null {
  let mayBeValue = false;
  for (const [at, field] of fields.entries()) {
    if (wordOf(field) === word) return fields.slice(at + 1);
    const isOption = /^[-+]/.test(startOf(field.shape));
    if (!isOption && !mayBeValue && !isUnknown(field.shape)) return null;
    mayBeValue = isOption;
  }
  return null;
}

/** `git -c alias.x='!rm -rf .' x` runs a text, `git -c alias.x=push x` another sub-command. */
function gitAliases(options: Operands['options']): Inner[] {
  return options.flatMap(({ name, value }): Inner[] => {
    if (value === undefined || !/^-c$|^--config-env$/.test(name) || !/^alias\./i.test(startOf(value.shape))) return [];
    const [start = ''] = /^[^=]*=?/.exec(startOf(value.shape)) ?? [];
    // Which variable holds the value is known, but not the value.
    const text = name === '-c' ? withoutStart(value.shape, start.length) : unknownText;
    if (isUnknown(text)) return [{ kind: 'text', text, perhaps: false }];
    if (startOf(text).startsWith('!')) return [{ kind: 'text', text: withoutStart(text, 1), perhaps: false }];
    return [{ kind: 'text', text: shapeOf(['git ', ...text]), perhaps: false }];
  });
}

/** What it runs, or a shell if it runs nothing and would then run one. */
function innerOfWrapper(name: string, wrapper: Wrapper, args: readonly Field[]): Inner[] {
  const inner = wrapper.after === undefined ? readWrapper({ name, wrapper, args }) : innerAfter(wrapper, args);
  if (inner.length > 0 || wrapper.shell === undefined) return inner;
  const asked =
    wrapper.shell === 'always' ||
    args.some((field) => /^-[A-Za-z]*[si]|^--(?:shell|login)$/.test(startOf(field.shape)));
  return asked ? [command([literal('sh')])] : [];
}

/** `nix develop -c COMMAND`. */
function innerAfter(wrapper: Wrapper, args: readonly Field[]): Inner[] {
  const at = args.findIndex((field) => wrapper.after?.includes(wordOf(field) ?? '') ?? false);
  return at === -1 ? [] : commandsOf(args.slice(at + 1), { wrapper, perhaps: false, assignments: [] });
}

interface Reading {
  readonly name: string;
  readonly wrapper: Wrapper;
  readonly args: readonly Field[];
  /** Options that have been read, if their last one is taken to have a value. */
  readonly before?: Operands['options'];
}

function readWrapper({ name, wrapper, args, before = [] }: Reading): Inner[] {
  const takes = { assignments: wrapper.assignments === true };
  const { rest, options: own, assignments, perhaps: unsure } = readOperands(args, wrapper, takes);
  const options = [...before, ...own];
  const texts = own.flatMap(({ name: option, value = rest[0] }): Inner[] =>
    isTextOption(option, wrapper) && value !== undefined ? [textOfOption(name, value, rest)] : [],
  );
  if (wrapper.skip !== undefined) texts.push(...laterTexts(wrapper, rest));
  if (options.some(({ name: option }) => wrapper.never?.includes(option) ?? false)) return texts;
  if (texts.length > 0 && wrapper.joined === undefined) return texts;
  const perhaps = unsure || wrapper.perhaps === true || before.length > 0;
  if (wrapper.anywhere === true) {
    const starts = rest.length > mostStarts ? [unknownInner] : rest.map((_, start) => command(rest.slice(start), true));
    return [...texts, ...starts];
  }
  const commands = commandsOf(commandOf(rest, wrapper, options), { wrapper, perhaps, assignments });
  const last = own.at(-1);
  if (last === undefined || isFlag(last, wrapper) || rest.length === 0) return [...texts, ...commands];
  if (before.length > mostStarts) return [unknownInner];
  // The next word may be the value of the last option, and more options may follow.
  return [...texts, ...commands, ...readWrapper({ name, wrapper, args: rest.slice(1), before: options })];
}

interface Found {
  readonly wrapper: Wrapper;
  readonly perhaps: boolean;
  readonly assignments: readonly Field[];
}

function commandsOf(fields: readonly Field[], { wrapper, perhaps, assignments }: Found): Inner[] {
  if (fields.length === 0) return [];
  if (wrapper.each === true) return fields.map(({ shape }) => ({ kind: 'text', text: shape, perhaps }));
  if (wrapper.joined === true) return [{ kind: 'text', text: joinFields(fields), perhaps }];
  return [command(wrapper.as === undefined ? fields : [literal(wrapper.as), ...fields], perhaps, assignments)];
}

/** GNU programs and git take the beginning of a long name. */
function isTextOption(option: string, { texts = [], long = [], longFlags = [] }: Wrapper): boolean {
  if (texts.includes(option)) return true;
  if (!/^--./.test(option) || long.includes(option) || longFlags.includes(option)) return false;
  return texts.some((text) => text.startsWith(option));
}

/** Some take options after operands: `flock FILE -c TEXT`, `git rebase main -x TEXT`. */
function laterTexts(wrapper: Wrapper, rest: readonly Field[]): Inner[] {
  return rest.flatMap((field, at): Inner[] => {
    const start = startOf(field.shape);
    const equals = start.startsWith('--') ? start.indexOf('=') : -1;
    const isOption = isTextOption(equals === -1 ? start : start.slice(0, equals), wrapper);
    const text = equals === -1 ? rest[at + 1]?.shape : withoutStart(field.shape, equals + 1);
    return isOption && text !== undefined ? [{ kind: 'text', text, perhaps: false }] : [];
  });
}

function textOfOption(name: string, value: Field, rest: readonly Field[]): Inner {
  // `env -S` splits its text and adds the words that follow.
  const text = name === 'env' ? joinFields([value, ...rest]) : value.shape;
  return { kind: 'text', text, perhaps: false };
}

/** Whether the word after the last option is certainly not its value. */
function isFlag({ name, value }: Operands['options'][number], { flags = '', longFlags = [] }: Wrapper): boolean {
  if (value !== undefined || name === '-') return true;
  if (name.startsWith('--')) return longFlags.includes(name);
  return Array.from(name.slice(1)).every((letter) => flags.includes(letter)) || longFlags.includes(name);
}

function commandOf(operands: readonly Field[], wrapper: Wrapper, options: Operands['options']): Field[] {
  let rest = operands;
  const dashes = wrapper.dashes === true ? rest.findIndex((field) => wordOf(field) === '--') : -1;
  if (dashes !== -1) rest = rest.slice(dashes + 1);
  const skip = dashes === -1 ? (wrapper.skip ?? 0) : 0;
  for (let i = 0; i < skip && rest[0]?.count !== 'any'; i++) rest = rest.slice(1);
  if (wordOf(rest[0]) === '--') rest = rest.slice(1);
  if (wrapper.versions === true) rest = withoutVersion(rest);
  if (wrapper.more === true && rest.length > 0) return withInput(rest, options);
  return [...rest];
}

/** `tsc@5` runs `tsc`, `@scope/tool@1` runs `tool` as a rule. */
function withoutVersion(fields: readonly Field[]): Field[] {
  const [first, ...others] = fields;
  const word = wordOf(first);
  if (first === undefined || word === null) return [...fields];
  return [literal(word.replace(/(?<=.)@[^/]*$/, '')), ...others];
}

/** Of `xargs`: words from the input follow, or stand where `-I` says. */
function withInput(fields: readonly Field[], options: Operands['options']): Field[] {
  const replaced = options.find(({ name }) => /^-[IiJ]|^--replace(?:-str)?$/.test(name));
  if (replaced === undefined) return [...fields, anyWords];
  const token = wordOf(replaced.value) ?? replaced.name.replace(/^--.*|^-[IiJ]/, '');
  return fields.map((field) => withGap(field, token === '' ? '{}' : token));
}

/** A word in which `token` stands for something that is not known. */
function withGap(field: Field, token: string): Field {
  const parts = field.shape.flatMap((part) =>
    part === null ? [null] : part.split(token).flatMap((text, i) => (i === 0 ? [text] : [null, text])),
  );
  return { ...field, shape: shapeOf(parts) };
}

const findRuns = new Set(['-exec', '-execdir', '-ok', '-okdir']);

function innerOfFind(args: readonly Field[]): Inner[] {
  return args.flatMap((field, at): Inner[] => {
    const isUnsure = isUnknown(field.shape);
    if (!isUnsure && !findRuns.has(wordOf(field) ?? '')) return [];
    let end = at + 1;
    while (end < args.length && !/^[;+]$/.test(wordOf(args[end]) ?? '')) end += 1;
    if (isUnsure && end === args.length) return [];
    const fields = args.slice(at + 1, end).map((each) => withGap(each, '{}'));
    return fields.length === 0 ? [] : [command(fields, isUnsure)];
  });
}

function innerOfFd(args: readonly Field[]): Inner[] {
  const at = args.findIndex((field) => /^(?:-x|-X|--exec|--exec-batch)$/.test(wordOf(field) ?? ''));
  if (at === -1) return [];
  return [command([...args.slice(at + 1).map((each) => withGap(each, '{}')), anyWords])];
}

function innerOfTrap(args: readonly Field[]): Inner[] {
  const text = args.find((field) => !/^-./.test(startOf(field.shape)));
  if (text === undefined || textOf(text.shape) === '-' || args.length < 2) return [];
  return [{ kind: 'text', text: text.shape, perhaps: false }];
}
