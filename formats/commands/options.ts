// Finds where the options of a program end and its operands begin.

import { type Field, anyWords, isUnknown, startOf, withoutStart, wordOf } from './fields.ts';

/** Options that take the next word as their value; all others are flags, or hold their value themselves. */
export interface OptionTable {
  /** Letters of short options. */
  readonly short?: string;
  /** Names of long options, with their dashes. */
  readonly long?: readonly string[];
  /** Whether `-` alone is an option. */
  readonly dash?: true;
}

/** How many words an option takes, itself included; 0 = it is no option. */
export function optionLength(word: string, { short = '', long = [], dash }: OptionTable): 0 | 1 | 2 {
  if (word === '-' && dash === true) return 1;
  if (!/^[-+]./.test(word) || word === '--') return 0;
  if (word.startsWith('--') || long.includes(word)) return long.includes(word) ? 2 : 1;
  for (let at = 1; at < word.length; at++) {
    if (short.includes(word[at] ?? '')) return at === word.length - 1 ? 2 : 1;
  }
  return 1;
}

export interface Operands {
  /** The operands and everything after them. */
  readonly rest: readonly Field[];
  readonly options: readonly { readonly name: string; readonly value: Field | undefined }[];
  readonly assignments: readonly Field[];
  /** Whether it is not certain where the operands begin. */
  readonly perhaps: boolean;
}

/** Splits the arguments of a program that takes options only before its operands. */
export function readOperands(
  args: readonly Field[],
  table: OptionTable,
  { assignments: takesAssignments = false }: { assignments?: boolean } = {},
): Operands {
  const options: { name: string; value: Field | undefined }[] = [];
  const assignments: Field[] = [];
  let at = 0;
  for (; at < args.length; at++) {
    const field = args[at];
    if (field === undefined) break;
    if (field.count !== 'one' || isUnknown(field.shape)) {
      // It may be options, or their values, or the command already.
      return { rest: [anyWords, ...args.slice(at + 1)], options, assignments, perhaps: true };
    }
    const word = wordOf(field) ?? startOf(field.shape);
    if (word === '--') {
      at += 1;
      break;
    }
    if (takesAssignments && /^[A-Za-z_]\w*\+?=/.test(word)) {
      assignments.push(field);
      continue;
    }
    const length = optionLength(word, table);
    if (length === 0) break;
    options.push(optionOf(word, field, { value: args[at + 1], length, table }));
    at += length - 1;
  }
  return { rest: args.slice(at), options, assignments, perhaps: false };
}

function optionOf(
  word: string,
  field: Field,
  { value, length, table }: { value: Field | undefined; length: number; table: OptionTable },
): Operands['options'][number] {
  const equals = word.indexOf('=');
  if (word.startsWith('--') && equals !== -1) {
    return { name: word.slice(0, equals), value: valueIn(field, equals + 1) };
  }
  if (length === 2) return { name: word.startsWith('--') ? word : `-${word.at(-1) ?? ''}`, value };
  const letter = Array.from(word.slice(1)).findIndex((each) => table.short?.includes(each) ?? false);
  if (word.startsWith('--') || letter === -1) return { name: word, value: undefined };
  return { name: `-${word[letter + 1] ?? ''}`, value: valueIn(field, letter + 2) };
}

function valueIn({ shape }: Field, start: number): Field {
  return { shape: withoutStart(shape, start), count: 'one' };
}
