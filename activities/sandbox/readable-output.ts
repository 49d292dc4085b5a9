// Makes a command's output safe to show, send and store: valid text of bounded length without terminal control. A line
// that a program redraws (carriage returns) is reduced to what a terminal would show in the end.

import { escapeSequences, unsafeInOutput } from '../../domain/text/unsafe.ts';
import type { Sandbox } from './contract.ts';

/** At most `maxBytes` of UTF-8: head and tail, with a line between them that says how much is missing. */
export function readableOutput({ redact }: Pick<Sandbox, 'redact'>, output: Uint8Array, maxBytes: number): string {
  return headAndTail(redact(cleanText(new TextDecoder('utf-8').decode(output))), maxBytes);
}

/** The same for text that is already safe. What an earlier cut left out counts as missing, too. */
export function headAndTail(text: string, maxBytes: number): string {
  const bytes = Buffer.from(text, 'utf8');
  if (bytes.length <= maxBytes) return text;
  const half = Math.floor(maxBytes / 2);
  const missing = countMissing(bytes.subarray(half, bytes.length - half));
  const head = decodeWhole(bytes.subarray(0, half));
  const tail = decodeWhole(bytes.subarray(bytes.length - half));
  return `${head}\n[… ${missing} bytes left out …]\n${tail}`;
}

/** The mark of a cut, here or by the collector (git/collect-output.ts). */
const cutMark = /\n\[(?:…|\.{3}) (\d+) bytes left out (?:…|\.{3})\]\n/g;

function countMissing(cut: Uint8Array): number {
  let missing = cut.length;
  for (const [mark, count] of Buffer.from(cut).toString('utf8').matchAll(cutMark))
    missing += Number(count) - Buffer.byteLength(mark);
  return missing;
}

function cleanText(text: string): string {
  return text
    .split(escapeSequences)
    .join('')
    .replaceAll('\r\n', '\n')
    .replaceAll(/[^\n]*\r(?=[^\n])/g, '')
    .split(unsafeInOutput)
    .join('');
}

/** Removes the replacement characters that a cut through a character leaves. */
function decodeWhole(bytes: Uint8Array): string {
  return new TextDecoder('utf-8').decode(bytes).replaceAll(/^\uFFFD+|\uFFFD+$/g, '');
}
