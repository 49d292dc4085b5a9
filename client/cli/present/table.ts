// Aligned columns without boxes. Every cell is made inert here, so that no caller can forget to.

import type { Paint, Style } from './colour.ts';
import { columnsOf, fit, inertLine, pad } from './columns.ts';

export type Cell = string | { readonly text: string; readonly style: Style | null };

export interface TableOptions {
  /** Columns of the terminal; `Infinity` = cut nothing. */
  readonly width: number;
  readonly paint: Paint;
  /** Columns that shrink first if there is too little room, in this order. */
  readonly shrink: readonly number[];
  /** Columns that are dropped if that is not enough, in this order. */
  readonly drop?: readonly number[];
  /** Width that a column keeps while others can still shrink; 8 by default. */
  readonly keep?: Readonly<Record<number, number>>;
}

const gap = 2;
const keptByDefault = 8;

/** A line for each row; none is wider than `width`. Columns that are empty in every row take no room. */
export function tableLines(rows: readonly (readonly Cell[])[], options: TableOptions): string[] {
  const { width, paint, shrink, drop = [], keep = {} } = options;
  const cells = rows.map((row) =>
    row.map((cell) =>
      typeof cell === 'string' ? { text: inertLine(cell), style: null } : { ...cell, text: inertLine(cell.text) },
    ),
  );
  const widths = chooseWidths(natural(cells), { width, shrink, drop, keep });
  return cells.map((row) => {
    const last = row.findLastIndex(({ text }, i) => text !== '' && (widths[i] ?? 0) > 0);
    const shown = row.slice(0, last + 1).flatMap(({ text, style }, i) => {
      const columns = widths[i] ?? 0;
      if (columns === 0) return [];
      const fitted = i === last ? fit(text, columns) : pad(text, columns);
      return [style === null ? fitted : paint(style, fitted)];
    });
    return shown.join(' '.repeat(gap));
  });
}

function natural(rows: readonly (readonly { text: string }[])[]): number[] {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [i, { text }] of row.entries()) widths[i] = Math.max(widths[i] ?? 0, columnsOf(text));
  }
  return widths;
}

type WidthOptions = Required<Omit<TableOptions, 'paint'>>;

/** Drops as few columns as possible; if nothing helps, cuts the rightmost ones. */
function chooseWidths(widths: readonly number[], { width, shrink, drop, keep }: WidthOptions): number[] {
  let next: number[] = [];
  for (let dropped = 0; dropped <= drop.length; dropped++) {
    next = widths.map((columns, i) => (drop.slice(0, dropped).includes(i) ? 0 : columns));
    for (const i of shrink) {
      const columns = next[i] ?? 0;
      next[i] = Math.max(Math.min(columns, keep[i] ?? keptByDefault), columns - excessOf(next, width));
    }
    if (excessOf(next, width) === 0) return next;
  }
  for (let i = next.length - 1; i >= 0; i--) next[i] = Math.max(0, (next[i] ?? 0) - excessOf(next, width));
  return next;
}

function excessOf(widths: readonly number[], width: number): number {
  const taken = widths.reduce((sum, columns) => sum + (columns > 0 ? columns + gap : 0), -gap);
  return Math.max(0, taken - Math.max(1, width));
}
