// Whether a simple command is one that a pattern means. There are two questions, because words may have gaps:
//
//   guards   for rules that ask or deny. Options before and between the sub-commands are skipped, programs are compared
//            by the names of their files, and a gap can be anything: the answer says whether the match is certain.
//   allows   for rules that allow. The words must be those of the pattern, as they are written.

import { type Certainty, higher, lower } from './certainty.ts';
import { type Field, anyWords, baseName, couldBe, isUnknown, startOf, textOf, wordOf } from './fields.ts';
import { type Program, programOf } from './programs.ts';
import type { SimpleCommand } from './command.ts';
import type { ToolPattern } from './patterns.ts';
import { hasOption } from './match-options.ts';
import { normalPath, withoutWaysUp } from './paths.ts';
import { optionLength } from './options.ts';

type CommandPattern = Extract<ToolPattern, { kind: 'command' }>;

/** Says nothing of whether the command is run at all. */
export function guards(pattern: CommandPattern, { fields }: Pick<SimpleCommand, 'fields'>): Certainty {
  const [program, ...words] = pattern.words;
  return program === undefined ? 2 : guardsFields(program, { words, open: pattern.open }, fields);
}

function guardsFields(program: string, rest: Rest, fields: readonly Field[]): Certainty {
  const at = fields.findIndex(({ count }) => count !== 'any');
  const first = fields[at];
  const following = at === -1 ? [] : fields.slice(at);
  // Words that are not known may be none, or the program and any of the words after it.
  const unknown = at === 0 ? 0 : lower(1, guardsWords(program, rest, [anyWords, ...following]));
  if (first === undefined) return unknown;
  const named = isProgram(program, first);
  if (named === 0) return unknown;
  const words = first.count === 'many' ? [anyWords, ...following.slice(1)] : following.slice(1);
  const known = lower(named, guardsWords(program, rest, words));
  return higher(unknown, at === 0 ? known : lower(1, known));
}

function isProgram(wanted: string, { shape, count }: Field): Certainty {
  if (wanted === '*') return 2;
  if (!wanted.includes('/')) return is(wanted, { shape: baseName(shape), count });
  const text = textOf(shape);
  if (text === null) return couldBe(baseName(shape), wanted.slice(wanted.lastIndexOf('/') + 1)) ? 1 : 0;
  const own = normalPath(wanted);
  const path = normalPath(text);
  if (own === path) return 2;
  // It may be called from another folder.
  const other = withoutWaysUp(path);
  return `/${other}`.endsWith(`/${withoutWaysUp(own)}`) || `/${own}`.endsWith(`/${other}`) ? 1 : 0;
}

interface Rest {
  readonly words: readonly string[];
  readonly open: boolean;
}

interface Matching {
  readonly program: Program | null;
  /** Of the pattern, those that are no options. */
  readonly words: readonly string[];
  readonly options: readonly string[];
  readonly open: boolean;
  readonly fields: readonly Field[];
}

/** Options may stand anywhere; the other words in their order. */
function guardsWords(name: string, { words, open }: Rest, fields: readonly Field[]): Certainty {
  const program = programOf(name);
  const options = words.filter(isOption);
  const others = words.filter((word) => !isOption(word));
  const found = options.map((option) => hasOption(option, fields, program));
  if (found.includes(0)) return 0;
  return found.reduce(lower, follow({ program, words: others, options, open, fields }));
}

function isOption(word: string): boolean {
  return /^[-+]./.test(word) && word !== '--';
}

/** For each place in the fields, whether what begins there matches the words from one on. */
type Places = readonly Certainty[];

/** From the last word to the first, so that neither stack nor time grow with the ways to skip options. */
function follow(matching: Matching): Certainty {
  const { words, fields, open } = matching;
  let after: Places = open ? fields.map(() => 2 as const).concat(2) : endings(matching);
  for (let word = words.length - 1; word >= 0; word--) {
    const before: Places = after;
    const places: Certainty[] = Array.from({ length: fields.length + 3 }, () => 0);
    for (let at = fields.length - 1; at >= 0; at--) {
      places[at] = placeOf(matching, { word, at, taken: before, skipped: places });
    }
    after = places;
  }
  return after[0] ?? 0;
}

interface Here {
  readonly word: number;
  readonly at: number;
  /** If the word is this field. */
  readonly taken: Places;
  /** If it comes later. */
  readonly skipped: Places;
}

function placeOf(matching: Matching, here: Here): Certainty {
  const { word, at, taken, skipped } = here;
  const field = matching.fields[at];
  const wanted = matching.words[word];
  if (field === undefined || wanted === undefined) return 0;
  if (field.count === 'any') return lower(1, higher(skipped[at + 1] ?? 0, taken[at] ?? 0));
  const same = isSubcommand(wanted, field, matching.program);
  const next = lower(same, taken[at + 1] ?? 0);
  const again = field.count === 'many' ? lower(same, lower(1, taken[at] ?? 0)) : 0;
  return higher(higher(next, again), skip(matching, here, field));
}

/** Where a command may end if the pattern allows no other words: only its options may be left. */
function endings({ options, fields }: Matching): Places {
  const places: Certainty[] = Array.from({ length: fields.length + 1 }, () => 2);
  for (let at = fields.length - 1; at >= 0; at--) {
    const { shape, count } = fields[at] ?? anyWords;
    const here = count === 'any' ? 1 : options.some((option) => couldBe(shape, option)) ? 2 : 0;
    places[at] = lower(here, places[at + 1] ?? 0);
  }
  return places;
}

function isSubcommand(wanted: string, field: Field, program: Program | null): Certainty {
  if (wanted === '*') return field.count === 'one' ? 2 : 1;
  const same = is(wanted, field);
  if (same === 2 || program === null) return same;
  const word = wordOf(field);
  if (word === null) return same;
  if (Object.hasOwn(program.aliases ?? {}, wanted) && (program.aliases?.[wanted]?.includes(word) ?? false)) return 2;
  return program.abbreviates === true && word.length > 1 && wanted.startsWith(word) ? 1 : same;
}

function is(wanted: string, { shape, count }: Field): Certainty {
  const text = textOf(shape);
  if (text !== null) return isSameText(text, wanted) ? (count === 'one' ? 2 : 1) : 0;
  return couldBe(shape, wanted) ? 1 : 0;
}

/** `./scripts/x` and `scripts//x` are one file. */
function isSameText(text: string, wanted: string): boolean {
  return text === wanted || (wanted.includes('/') && normalPath(text) === normalPath(wanted));
}

/** Takes the field for an option, and perhaps the next one for its value. */
function skip({ program }: Matching, { word, at, skipped }: Here, { shape }: Field): Certainty {
  const after = (count: number): Certainty => skipped[at + count] ?? 0;
  if (isUnknown(shape)) return lower(1, higher(after(1), after(2)));
  const text = startOf(shape);
  if (!/^[-+]./.test(text)) return 0;
  if (text === '--') return lower(1, after(1));
  if (/^--[^=]+=/.test(text)) return after(1);
  // Before the first sub-command, a listed program has only listed options.
  if (program !== null && word === 0) {
    const length = optionLength(text, program.options) || 1;
    // `--pre` may be short for `--prefix`.
    const isBeginning = /^--./.test(text) && (program.options.long?.some((name) => name.startsWith(text)) ?? false);
    return higher(after(length), length === 1 && isBeginning ? lower(1, after(2)) : 0);
  }
  return lower(1, higher(after(1), after(2)));
}

/** Whether an allowing rule means this command for certain. */
export function allows({ words, open }: CommandPattern, { fields, withVariables }: SimpleCommand): boolean {
  if (words.length === 0) return true;
  if (withVariables || fields.length < words.length || (!open && fields.length > words.length)) return false;
  return words.every((word, i) => {
    const field = fields[i];
    return word === '*' ? field?.count === 'one' : wordOf(field) === word;
  });
}
