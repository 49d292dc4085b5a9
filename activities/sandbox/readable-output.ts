// Makes what a command printed safe to show, to send and to store: valid text without terminal control, bounded. What
// programs draw over and over on one line (carriage returns) is read as a terminal would show it in the end.

import { escapeSequences, unsafeInOutput } from '../../domain/text/unsafe.ts';
import type { Sandbox } from './contract.ts';

/** At most `maxBytes` of UTF-8: head and tail, with a line between them that says how much is missing. */
export function readableOutput({ redact }: Pick<Sandbox, 'redact'>, output: Uint8Array, maxBytes: number): string {
  return headAndTail(redact(cleanText(new TextDecoder('utf-8').decode(output))), maxBytes);
}

/** The same for text that is safe already. */
export function headAndTail(text: string, maxBytes: number): string {
  const bytes = Buffer.from(text, 'utf8');
  if (bytes.length <= maxBytes) return text;
  const half = Math.floor(maxBytes / 2);
  const missing = bytes.length - 2 * half;
  const head = decodeWhole(bytes.subarray(0, half));
  const tail = decodeWhole(bytes.subarray(bytes.length - half));
  return `${head}\n[… ${missing} bytes left out …]\n${tail}`;
}

function cleanText(text: string): string {
  return text
    .replaceAll(escapeSequences, '')
    .replaceAll('\r\n', '\n')
    .replaceAll(/[^\n]*\r(?=[^\n])/g, '')
    .replaceAll(unsafeInOutput, '');
}

/** A cut through the middle of a character leaves no replacement characters behind. */
function decodeWhole(bytes: Uint8Array): string {
  return new TextDecoder('utf-8').decode(bytes).replaceAll(/^\uFFFD+|\uFFFD+$/g, '');
}
