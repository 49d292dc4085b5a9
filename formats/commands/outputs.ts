// What simple commands write, where that can be said: `echo`, `printf` and `cat` are how scripts are put together to be
// given to a shell.

import {
  type Field,
  type Shape,
  joinFields,
  joinShapes,
  shapeOf,
  startOf,
  textOf,
  unknownText,
  wordOf,
} from './fields.ts';
import type { Input } from './scope.ts';

export function outputOf(name: string, args: readonly Field[], input: Input): Shape {
  switch (name) {
    case 'echo':
      return outputOfEcho(args);
    case 'printf':
      return outputOfPrintf(args);
    case 'cat':
      return args.every((field) => wordOf(field) === '-') && input.kind === 'text' ? input.text : unknownText;
    case ':':
    case 'true':
      return [];
    default:
      return unknownText;
  }
}

function outputOfEcho(args: readonly Field[]): Shape {
  const first = args.findIndex((field) => !/^-[neE]+$/.test(wordOf(field) ?? ''));
  const words = first === -1 ? [] : args.slice(first);
  const text = joinFields(words);
  const options = args.slice(0, first === -1 ? args.length : first).map((field) => wordOf(field) ?? '');
  // With `-e`, and in other shells without it, there may be escapes.
  if (text.some((part) => part?.includes('\\') ?? false)) return unknownText;
  return shapeOf([...text, options.some((option) => option.includes('n')) ? '' : '\n']);
}

function outputOfPrintf(args: readonly Field[]): Shape {
  const [format, ...values] = args;
  const text = wordOf(format);
  if (text === null || startOf(format?.shape ?? []).startsWith('-')) return unknownText;
  const plain = text.replaceAll('\\n', '\n').replaceAll('\\t', '\t');
  if (plain.includes('\\')) return unknownText;
  if (!plain.includes('%')) return [plain];
  const [before = '', after = '', ...more] = plain.split('%s');
  if (more.length > 0 || before.includes('%') || after.includes('%')) return unknownText;
  if (values.some(({ count }) => count !== 'one')) return unknownText;
  // Without values, it is written once all the same.
  if (values.length === 0) return shapeOf([before, after]);
  return joinShapes(
    values.map(({ shape }) => shapeOf([before, ...shape, after])),
    '',
  );
}

/** Whether a text is empty, so that nothing can be run of it. */
export function isBlank(shape: Shape): boolean {
  return textOf(shape)?.trim() === '';
}
