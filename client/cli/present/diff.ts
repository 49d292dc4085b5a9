// A unit's change for people: a patch in git's colours, or a line for each file. Names and contents come from an agent,
// so control characters are written out.

import type { Cell } from './table.ts';
import type { Style, TextStream } from './colour.ts';
import type { UnitDiff } from '../../unit/unit-diff.ts';
import { changeSizeText } from './amounts.ts';
import { escapeControls } from './columns.ts';
import { painterFor, widthOf } from './colour.ts';
import { sumOf } from '../../../git/count-lines.ts';
import { tableLines } from './table.ts';

/** Outside a terminal, the patch may be applied, so its lines keep their endings. */
export function patchText({ patch }: UnitDiff, stream: TextStream): string {
  const paint = painterFor(stream);
  let inHunk = false;
  const lines = patch.split('\n').map((line) => {
    // Inside a hunk, no line begins with a letter.
    if (line.startsWith('diff --git ')) inHunk = false;
    if (line.startsWith('@@')) inHunk = true;
    const style = styleOf(line, inHunk);
    const ending = stream.isTTY !== true && line.endsWith('\r') ? '\r' : '';
    const shown = escapeControls(ending === '' ? line : line.slice(0, -1)) + ending;
    return style === null || shown === '' ? shown : paint(style, shown);
  });
  return lines.join('\n').replace(/\n$/, '');
}

function styleOf(line: string, inHunk: boolean): Style | null {
  if (!inHunk) return 'bold';
  if (line.startsWith('@@')) return 'cyan';
  if (line.startsWith('+')) return 'green';
  return line.startsWith('-') ? 'red' : null;
}

export function statText({ files }: UnitDiff, stream: TextStream): string {
  const paint = painterFor(stream);
  const rows = files.map(({ path, status, additions, deletions }): Cell[] => [
    path,
    status,
    additions === null ? 'binary' : { text: `+${additions}`, style: 'green' },
    deletions === null ? '' : { text: `−${deletions}`, style: 'red' },
  ]);
  return [...tableLines(rows, { width: widthOf(stream), paint, shrink: [0] }), changeSizeText(sumOf(files))].join('\n');
}
