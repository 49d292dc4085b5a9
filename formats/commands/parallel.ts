// GNU parallel: a template and values. Values are quoted for the shell, unless a value is all of the command.

import {
  type Field,
  type Shape,
  joinFields,
  quotedShape,
  shapeLength,
  shapeOf,
  startOf,
  textOf,
  wordOf,
} from './fields.ts';
import { readOperands } from './options.ts';

const options = {
  short: 'jSaInNLlPdCEst',
  long: [
    ...['--jobs', '--arg-file', '--colsep', '--delay', '--joblog', '--max-args', '--results', '--timeout', '--workdir'],
    ...['--sshlogin', '--max-procs', '--retries', '--tmpdir', '--tagstring', '--max-lines', '--delimiter', '--load'],
    ...['--env', '--basefile', '--return', '--wd', '--memfree', '--halt', '--replace', '--tagstring', '--profile'],
  ],
};

/** What stands for a value: `{}`, `{1}`, `{.}`, `{= … =}` and their like. */
const placeholders = /\{=.*?=\}|\{[^{}\s]*\}/g;

/** More characters of commands than this count as unknown. */
const mostText = 500_000;

/** The texts that its shells run. Without values in the command, the lines of the input are the values. */
export function textsOfParallel(args: readonly Field[]): Shape[] {
  const { rest, options: given } = readOperands(args, options);
  const at = rest.findIndex((field) => startOf(field.shape).startsWith(':::'));
  const template = at === -1 ? rest : rest.slice(0, at);
  const values = at === -1 ? [] : rest.slice(at + 1);
  const token = given.find(({ name }) => name === '-I')?.value;
  const command = replaced(joinFields(template), wordOf(token));
  // Several lists are combined, some options put several values into one command, and `::::` reads files.
  const isPlain =
    wordOf(rest[at]) === ':::' &&
    values.every((value) => !/^::::?\+?$/.test(wordOf(value) ?? ':::')) &&
    given.every(({ name }) => !/^-[a-zA-Z]*[nNLlXm]|^--(?:max|xargs|colsep)/.test(name));
  if (template.length === 0) return isPlain ? values.map(({ shape }) => shape) : [[null]];
  if (textOf(command) === '{}') return isPlain ? values.flatMap(({ shape }) => [shape, quotedShape(shape)]) : [[null]];
  if (values.length * shapeLength(command) > mostText) return [[null]];
  if (!isPlain) return [filled(command, ['"$_"'], ' "$@"')];
  return values.map(({ shape }) => filled(command, quotedShape(shape)));
}

/** With `-I TOKEN`, the token is `{}`. */
function replaced(text: Shape, token: string | null): Shape {
  return token === null || token === '' ? text : text.map((part) => part?.replaceAll(token, '{}') ?? null);
}

/** The template with a value in each place; if there is none, the value follows. */
function filled(template: Shape, value: Shape, following?: string): Shape {
  let isFound = false;
  const parts = template.flatMap((part): Shape => {
    if (part === null) return [null];
    const between = part.split(placeholders);
    const found = part.match(placeholders) ?? [];
    isFound ||= found.length > 0;
    // The value is known only where nothing is taken away from it.
    return between.flatMap((text, i) => {
      if (i === 0) return [text];
      return [...(/^\{1?\}$/.test(found[i - 1] ?? '') ? value : ['"$_"']), text];
    });
  });
  if (following !== undefined) return shapeOf([...parts, following]);
  return shapeOf(isFound ? parts : [...parts, ' ', ...value]);
}
