// Options in patterns, such as the `-rf` of `bash(rm -rf:*)`: they may stand anywhere in the command, together or apart,
// and under their long names.

import { type Field, couldBe, startOf, textOf } from './fields.ts';
import type { Certainty } from './certainty.ts';
import type { Program } from './programs.ts';

const cluster = /^-[A-Za-z]+$/;

/** Whether a command has the option `wanted`. */
export function hasOption(wanted: string, fields: readonly Field[], program: Program | null): Certainty {
  const end = fields.findIndex(({ shape }) => textOf(shape) === '--');
  const before = end === -1 ? fields : fields.slice(0, end);
  const texts = before.flatMap(({ shape, count }) => (count === 'one' ? [textOf(shape) ?? ''] : []));
  if (texts.some((text) => text === wanted || startsValue(text, wanted))) return 2;
  const letters = cluster.test(wanted) ? Array.from(wanted.slice(1)) : [];
  if (letters.length > 0 && letters.every((letter) => hasLetter(letter, texts, program))) {
    return program?.longNames === undefined && letters.length > 1 ? 1 : 2;
  }
  if (hasShortName(wanted, texts, program)) return 2;
  // GNU programs and git take the beginning of a long name.
  if (texts.some((text) => text.startsWith('--') && text.length > 3 && wanted.startsWith(text))) return 1;
  return before.some((field) => isPossibly(wanted, letters, field)) ? 1 : 0;
}

function startsValue(text: string, wanted: string): boolean {
  return wanted.startsWith('--') && text.startsWith(`${wanted}=`);
}

function hasLetter(letter: string, texts: readonly string[], program: Program | null): boolean {
  const names = program?.longNames?.[letter] ?? [];
  const letters = [letter, ...names.filter((name) => cluster.test(name)).map((name) => name.slice(1))];
  return texts.some((text) => {
    return names.includes(text) || (cluster.test(text) && letters.some((each) => text.slice(1).includes(each)));
  });
}

/** `--force` in the pattern, `-f` in the command. */
function hasShortName(wanted: string, texts: readonly string[], program: Program | null): boolean {
  const short = Object.entries(program?.longNames ?? {}).flatMap(([letter, names]) =>
    names.includes(wanted) ? [letter] : [],
  );
  return short.some((letter) => texts.some((text) => cluster.test(text) && text.slice(1).includes(letter)));
}

/** Whether a word with gaps can be the option, or bring some of its letters. */
function isPossibly(wanted: string, letters: readonly string[], { shape, count }: Field): boolean {
  if (count === 'any' || couldBe(shape, wanted)) return true;
  return letters.length > 0 && textOf(shape) === null && /^-[A-Za-z]*$/.test(startOf(shape));
}
