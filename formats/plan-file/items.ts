// What a unit with `forEach` stands for: one item for each file that a glob matches, or for each row of a table. An item's
// values have names, which the unit's texts use.

import { parse } from 'csv-parse/sync';
import { ambiguousNames, areAmbiguous, readGlobs } from '../globs/path-globs.ts';
import { compareText } from '../../domain/text/compare.ts';
import { codeOf } from '../../domain/errors.ts';
import { count } from '../../domain/text/count.ts';

export type Item = ReadonlyMap<string, string>;

export type Items =
  | { readonly names: readonly string[]; readonly items: readonly Item[]; readonly problem?: never }
  | { readonly problem: string };

/** The unit’s number, from 1: a value that every unit has, whatever its items are. */
export const numberName = 'number';

/** Of a file of the target. */
export const valuesOfPaths = ['path', 'dir', 'file', 'name'] as const;

/** Of a line that a command has printed. */
export const valuesOfLines = ['line'] as const;

const longestLine = 4_096;

/** In the order in which they were printed; blank lines are none. */
export function itemsOfLines(output: string): Items {
  const lines = output
    .split('\n')
    .map((line) => line.trimEnd())
    .filter((line) => line.trim() !== '');
  if (lines.length === 0) return { problem: 'prints no line' };
  const long = lines.findIndex(({ length }) => length > longestLine);
  if (long !== -1) return { problem: `prints a line with more than ${longestLine} characters (its line ${long + 1})` };
  return { names: valuesOfLines, items: lines.map((line) => new Map([['line', line]])) };
}

/** In the order of their paths. */
export function itemsOfPaths(globs: readonly string[], paths: readonly string[]): Items {
  const matcher = readGlobs(globs, areAmbiguous(globs) ? ambiguousNames(paths) : []);
  const matching = paths.filter((path) => matcher.surely(path)).toSorted(compareText);
  if (matching.length === 0) return { problem: 'matches no file of the target' };
  return { names: valuesOfPaths, items: matching.map(itemOfPath) };
}

function itemOfPath(path: string): Item {
  const slash = path.lastIndexOf('/');
  const file = path.slice(slash + 1);
  const dot = file.lastIndexOf('.');
  return new Map([
    ['path', path],
    ['dir', slash === -1 ? '.' : path.slice(0, slash)],
    ['file', file],
    ['name', dot > 0 ? file.slice(0, dot) : file],
  ]);
}

/** A table in CSV: the first line names the columns; commas, else semicolons or tabs, separate them (RFC 4180). */
export function itemsOfTable(text: string): Items {
  const header = /^[^\r\n]*/.exec(text)?.[0] ?? '';
  const delimiter = [',', ';', '\t'].find((sign) => header.includes(sign)) ?? ',';
  let rows: Row[];
  try {
    const options = { bom: true, delimiter, skip_empty_lines: true, relax_column_count: true, info: true };
    rows = parse(text, options) as unknown as Row[];
  } catch (error) {
    return { problem: quotesProblem(error, text) };
  }
  const [{ record: columns } = { record: [] }, ...values] = rows;
  const names = columns.map((name) => name.trim());
  const wrong = names.find((name, at) => name === '' || names.indexOf(name) !== at);
  if (names.length === 0) return { problem: 'is empty: its first line names the columns' };
  if (wrong !== undefined) {
    return {
      problem: wrong === '' ? 'has a column without a name' : `has two columns with the name ${JSON.stringify(wrong)}`,
    };
  }
  if (names.includes(numberName))
    return { problem: `has a column ${numberName}, which is the name of the unit’s own value` };
  if (values.length === 0) return { problem: 'has no rows below the names of its columns' };
  const uneven = values.find(({ record }) => record.length !== names.length);
  if (uneven !== undefined) return { problem: lengthProblem(uneven, names.length, delimiter) };
  return { names, items: values.map(({ record }) => new Map(record.map((value, at) => [names[at] ?? '', value]))) };
}

interface Row {
  readonly record: readonly string[];
  /** The line that it ends on, counted from 1. */
  readonly info: { readonly lines: number };
}

const separators: Readonly<Record<string, string>> = { ',': 'comma', ';': 'semicolon', '\t': 'tab' };

function lengthProblem({ record, info }: Row, columns: number, delimiter: string): string {
  const sign = separators[delimiter] ?? delimiter;
  const way =
    record.length > columns
      ? `put a value that holds a ${sign} in double quotes`
      : `an empty value needs its ${sign} too`;
  return `has ${count(record.length, 'value')} on line ${info.lines}, and its first line names ${count(columns, 'column')}: ${way}`;
}

/** All else that the parser refuses is about quotes. */
function quotesProblem(error: unknown, text: string): string {
  if (codeOf(error) === 'CSV_QUOTE_NOT_CLOSED')
    return `has a double quote on line ${lineOfOpenQuote(text)} that is never closed`;
  const line = error instanceof Error && 'lines' in error ? ` on line ${String(error.lines)}` : '';
  return `has a double quote inside a value${line}: put the whole value in double quotes, and write each quote in it twice`;
}

function lineOfOpenQuote(text: string): number {
  let [line, opened, isOpen] = [1, 1, false];
  for (const sign of text) {
    if (sign === '\n') line += 1;
    if (sign !== '"') continue;
    // Two quotes in a quoted value close it and open it again.
    isOpen = !isOpen;
    if (isOpen) opened = line;
  }
  return opened;
}
