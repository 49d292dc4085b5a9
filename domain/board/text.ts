// Texts and paths of agents, as they come onto a board: harmless, and no longer than allowed.

import { boardLimits } from '../../contracts/messages/board.ts';
import { count } from '../text/count.ts';
import { escapeSequences, unsafeInOutput } from '../text/unsafe.ts';

/** Bytes of UTF-8. */
export function bytesOf(text: string): number {
  let bytes = 0;
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    bytes += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
  }
  return bytes;
}

/** Without controls and escape sequences; lines stay. */
export function cleanText(text: string): string {
  const lines = text.toWellFormed().replaceAll('\r\n', '\n').split(escapeSequences).join('');
  return lines.split(unsafeInOutput).join('').trim();
}

/** Why a clean text cannot be taken; null = it can. */
export function refuseText(text: string): string | null {
  const bytes = bytesOf(text);
  if (bytes <= boardLimits.textBytes) return null;
  return `the text has ${count(bytes, 'byte')}, and at most ${boardLimits.textBytes} are taken: say it shorter, or point to a file`;
}

/** A file or folder inside the repository, without `.`, `..` and slashes at its ends; null if it is none. */
export function cleanPath(path: string): string | null {
  const names: string[] = [];
  const text = path.replace(/^\/work(?:\/|$)/, '');
  for (const name of text.split('/')) {
    if (name === '' || name === '.') continue;
    if (name === '..') return null;
    names.push(name);
  }
  const clean = names.join('/');
  const isFine = clean !== '' && clean.length <= boardLimits.pathCharacters && cleanText(clean) === clean;
  return isFine && !clean.includes('\n') ? clean : null;
}

/** Whether one is the other, or a folder above it. */
export function pathsOverlap(a: string, b: string): boolean {
  return a === b || a.startsWith(`${b}/`) || b.startsWith(`${a}/`);
}
