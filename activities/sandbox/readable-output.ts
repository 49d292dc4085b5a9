// Makes what a command printed safe to show, to send and to store: valid text without terminal control, bounded. What
// programs draw over and over on one line (carriage returns) is read as a terminal would show it in the end.

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
  return (
    text
      // Escape sequences: CSI, OSC (ended by BEL or ST) and the two-character ones.
      // oxlint-disable-next-line no-control-regex
      .replaceAll(/\u001B(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001B]*(?:\u0007|\u001B\\)?|[@-Z\\-_])/g, '')
      .replaceAll('\r\n', '\n')
      .replaceAll(/[^\n]*\r(?=[^\n])/g, '')
      // oxlint-disable-next-line no-control-regex
      .replaceAll(/[\u0000-\u0008\u000B-\u001F\u007F-\u009F\u202A-\u202E\u2066-\u2069]/g, '')
  );
}

/** A cut through the middle of a character leaves no replacement characters behind. */
function decodeWhole(bytes: Uint8Array): string {
  return new TextDecoder('utf-8').decode(bytes).replaceAll(/^\uFFFD+|\uFFFD+$/g, '');
}
