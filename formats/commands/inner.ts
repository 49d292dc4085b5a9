// The commands within a command: what wrappers run (wrappers.ts), and the few programs that need more than a table.

import { type Field, type Shape, anyWords, joinFields, literal, shapeOf, startOf, textOf, wordOf } from './fields.ts';
import { type Operands, readOperands } from './options.ts';
import { type Wrapper, runsItsOperand, wrappers } from './wrappers.ts';
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

/** What is run by the program `name` with these arguments. */
export function innerOf(name: string, args: readonly Field[]): Inner[] {
  if (name === 'find' || name === 'gfind') return innerOfFind(args);
  if (name === 'fd' || name === 'fdfind') return innerOfFd(args);
  if (name === 'parallel') return innerOfParallel(args);
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

/** `npm exec`, `uv tool run`: options of the program may stand before these words. */
function innerOfSubcommand(name: string, args: readonly Field[]): Inner[] {
  const { options = {} } = programOf(name) ?? {};
  const { rest, options: given } = readOperands(args, options);
  const aliases = name === 'git' ? gitAliases(given) : [];
  const [first, second] = rest.map(wordOf);
  if (first === null || first === undefined) return aliases;
  const long = wrapperOf(`${name} ${first} ${second ?? ''}`);
  if (long !== null) return [...aliases, ...innerOfWrapper(`${name} ${first} ${second ?? ''}`, long, rest.slice(2))];
  const short = wrapperOf(`${name} ${first}`);
  if (short !== null) return [...aliases, ...innerOfWrapper(`${name} ${first}`, short, rest.slice(1))];
  return runsItsOperand.has(name) ? [...aliases, command(rest, true)] : aliases;
}

/** `git -c alias.x='!rm -rf .' x` runs a text, `git -c alias.x=push x` another sub-command. */
function gitAliases(options: Operands['options']): Inner[] {
  return options.flatMap(({ name, value }): Inner[] => {
    if (value === undefined || !/^-c$|^--config-env$/.test(name) || !/^alias\./i.test(startOf(value.shape))) return [];
    const [start = ''] = /^[^=]*=?/.exec(startOf(value.shape)) ?? [];
    const text = shapeOf([startOf(value.shape).slice(start.length), ...value.shape.slice(1)]);
    if (startOf(text).startsWith('!')) return [{ kind: 'text', text: withoutStart(text, 1), perhaps: false }];
    return [{ kind: 'text', text: shapeOf(['git ', ...text]), perhaps: false }];
  });
}

function withoutStart(shape: Shape, length: number): Shape {
  return shapeOf([startOf(shape).slice(length), ...shape.slice(1)]);
}

function innerOfWrapper(name: string, wrapper: Wrapper, args: readonly Field[]): Inner[] {
  const {
    rest,
    options,
    assignments,
    perhaps: unsure,
  } = readOperands(args, wrapper, {
    assignments: wrapper.assignments === true,
  });
  const texts = options.flatMap(({ name: option, value }): Inner[] =>
    (wrapper.texts?.includes(option) ?? false) && value !== undefined ? [textOfOption(name, value, rest)] : [],
  );
  if (wrapper.skip !== undefined) texts.push(...laterTexts(wrapper, rest));
  if (options.some(({ name: option }) => wrapper.never?.includes(option) ?? false)) return texts;
  if (texts.length > 0 && wrapper.joined === undefined) return texts;
  const perhaps = unsure || wrapper.perhaps === true;
  const last = options.at(-1);
  const starts = last === undefined || isFlag(last, wrapper) ? [0] : [0, 1];
  const commands = starts.flatMap((start): Inner[] => {
    const fields = commandOf(rest.slice(start), wrapper, options);
    if (fields.length === 0) return [];
    if (wrapper.joined === true) return [{ kind: 'text', text: joinFields(fields), perhaps: perhaps || start > 0 }];
    return [command(fields, perhaps || start > 0, assignments)];
  });
  return [...texts, ...commands];
}

/** Some take options after operands: `flock FILE -c TEXT`, `git rebase main -x TEXT`. */
function laterTexts({ texts = [] }: Wrapper, rest: readonly Field[]): Inner[] {
  return rest.flatMap((field, at): Inner[] => {
    const start = startOf(field.shape);
    const equals = start.startsWith('--') ? start.indexOf('=') : -1;
    const isOption = texts.includes(equals === -1 ? start : start.slice(0, equals));
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
  for (let i = 0; i < (wrapper.skip ?? 0) && rest[0]?.count !== 'any'; i++) rest = rest.slice(1);
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
    if (!findRuns.has(wordOf(field) ?? '')) return [];
    let end = at + 1;
    while (end < args.length && !/^[;+]$/.test(wordOf(args[end]) ?? '')) end += 1;
    const fields = args.slice(at + 1, end).map((each) => withGap(each, '{}'));
    return fields.length === 0 ? [] : [command(fields)];
  });
}

function innerOfFd(args: readonly Field[]): Inner[] {
  const at = args.findIndex((field) => /^(?:-x|-X|--exec|--exec-batch)$/.test(wordOf(field) ?? ''));
  if (at === -1) return [];
  return [command([...args.slice(at + 1).map((each) => withGap(each, '{}')), anyWords])];
}

const parallelOptions = {
  short: 'jSaInNLlPdCEst',
  long: [
    '--jobs',
    '--arg-file',
    '--colsep',
    '--delay',
    '--joblog',
    '--max-args',
    '--results',
    '--timeout',
    '--workdir',
  ],
};

/** Without a command, the words after `:::`, or the lines of the input, are commands. */
function innerOfParallel(args: readonly Field[]): Inner[] {
  const { rest } = readOperands(args, parallelOptions);
  const at = rest.findIndex((field) => wordOf(field)?.startsWith(':::') ?? false);
  const template = at === -1 ? rest : rest.slice(0, at);
  const values = at === -1 ? [] : rest.slice(at + 1);
  if (template.length > 0) {
    const text = joinFields(template);
    if (values.length === 0 || values.some((value) => wordOf(value) === null)) {
      // What `{}` stands for is quoted.
      const parts = text.map((part) => part?.replaceAll(/\{[^{}\s]*\}/g, '"$_"') ?? null);
      return [{ kind: 'text', text: shapeOf([...parts, ' "$@"']), perhaps: false }];
    }
    return values.map((value) => ({ kind: 'text', text: joinFields([...template, value]), perhaps: false }));
  }
  if (values.length === 0) return [{ kind: 'text', text: [null], perhaps: false }];
  return values.map(({ shape }) => ({ kind: 'text', text: shape, perhaps: false }));
}

function innerOfTrap(args: readonly Field[]): Inner[] {
  const text = args.find((field) => !/^-./.test(startOf(field.shape)));
  if (text === undefined || textOf(text.shape) === '-' || args.length < 2) return [];
  return [{ kind: 'text', text: text.shape, perhaps: false }];
}
