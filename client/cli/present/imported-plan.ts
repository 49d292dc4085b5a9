// `coppice plan import` for people.

import type { ImportNote } from '../../../formats/plan-import/item.ts';
import { count } from './amounts.ts';
import { inertLine } from './columns.ts';

export function importedText(path: string, units: number): string {
  const file = inertLine(path);
  return `wrote ${file}: ${count(units, 'unit')}\nRead it, then: coppice plan show ${file}; coppice run ${file}`;
}

/** With the place as compilers write it, where there is one. */
export function importNoteText(file: string, { line, message }: ImportNote): string {
  return inertLine(`${file}:${line === null ? '' : `${line}:`} ${message}`);
}
