// Aligned columns without boxes. Every cell is made inert here, so that no caller can forget it.

import type { Paint, Style } from './colour.ts';
import { columnsOf, fit, inertLine, pad } from './inert.ts';

export type Cell = string | { readonly text: string; readonly style: Style | null };

export interface TableOptions {
  /** Columns of the terminal; `Infinity` = cut nothing. */
  readonly width: number;
  readonly paint: Paint;
  /** Columns that give room first when there is too little, in this order. */
  readonly shrink: readonly number[];
}

const gap = 2;
/** What a column keeps while others can still give. */
const keep = 8;

/** A line for each row; none is wider than `width`. Columns that are empty in every row take no room. */
export function tableLines(rows: readonly (readonly Cell[])[], { width, paint, shrink }: TableOptions): string[] {
  const cells = rows.map((row) =>
    row.map((cell) =>
      typeof cell === 'string' ? { text: inertLine(cell), style: null } : { ...cell, text: inertLine(cell.text) },
    ),
  );
  const widths = shrinkWidths(natural(cells), width, shrink);
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

/** First the columns that may shrink give what they can, then whatever is furthest to the right goes. */
function shrinkWidths(widths: readonly number[], width: number, shrink: readonly number[]): number[] {
  const next = [...widths];
  const excess = (): number =>
    next.reduce((sum, columns) => sum + (columns > 0 ? columns + gap : 0), -gap) - Math.max(1, width);
  for (const i of shrink) {
    const columns = next[i] ?? 0;
    next[i] = Math.max(Math.min(columns, keep), columns - Math.max(0, excess()));
  }
  for (let i = next.length - 1; i >= 0 && excess() > 0; i--) next[i] = Math.max(0, (next[i] ?? 0) - excess());
  return next;
}
