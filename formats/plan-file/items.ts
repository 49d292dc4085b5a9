// What a unit with `forEach` stands for: one item for each file that a glob matches, or for each row of a table. An item's
// values have names, which the unit's texts use.

import { parse } from 'csv-parse/sync';
import { ambiguousNames, areAmbiguous, readGlobs } from '../globs/path-globs.ts';
import { compareText } from '../../domain/text/compare.ts';
import { errorText } from '../../domain/errors.ts';

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
  let rows: string[][];
  try {
    rows = parse(text, { bom: true, delimiter, skip_empty_lines: true });
  } catch (error) {
    return { problem: `is no CSV file: ${errorText(error)}` };
  }
  const [columns = [], ...values] = rows;
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
  return { names, items: values.map((row) => new Map(row.map((value, at) => [names[at] ?? '', value]))) };
}
