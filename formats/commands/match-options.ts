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
  if (texts.some((text) => isBeginning(text, wanted))) return 1;
  const names = [wanted, ...letters.flatMap((letter) => program?.longNames?.[letter] ?? [])];
  return before.some((field) => isPossibly(names, letters, field)) ? 1 : 0;
}

function startsValue(text: string, wanted: string): boolean {
  return wanted.startsWith('--') && text.startsWith(`${wanted}=`);
}

function hasLetter(letter: string, texts: readonly string[], program: Program | null): boolean {
  const names = program?.longNames?.[letter] ?? [];
  const letters = [letter, ...names.filter((name) => cluster.test(name)).map((name) => name.slice(1))];
  return texts.some((text) => {
    return (
      names.some((name) => name === text || isBeginning(text, name)) || letters.some((each) => hasShort(text, each))
    );
  });
}

/** `--force` in the pattern, `-f` in the command. */
function hasShortName(wanted: string, texts: readonly string[], program: Program | null): boolean {
  const short = Object.entries(program?.longNames ?? {}).flatMap(([letter, names]) =>
    names.includes(wanted) ? [letter] : [],
  );
  return short.some((letter) => texts.some((text) => hasShort(text, letter) || isBeginning(text, wanted)));
}

function hasShort(text: string, letter: string): boolean {
  return cluster.test(text) && text.slice(1).includes(letter);
}

/**
 * GNU programs and git take the beginning of a long name, `--rec` for `--recursive`. Where several options begin so, they
 * fail, and nothing is lost if that is refused.
 */
function isBeginning(text: string, name: string): boolean {
  const [start = ''] = text.split('=');
  return /^--./.test(start) && name.startsWith(start);
}

/** Whether a word with gaps can be an option of one of these names, or bring some of its letters. */
function isPossibly(names: readonly string[], letters: readonly string[], { shape, count }: Field): boolean {
  if (count === 'any') return true;
  if (textOf(shape) !== null) return false;
  const start = startOf(shape);
  if (names.some((name) => couldBe(shape, name) || (start.startsWith('--') && name.startsWith(start)))) return true;
  return letters.length > 0 && /^-[A-Za-z]*$/.test(start);
}
