// Commit messages with trailers. Values come from people and models, so each is reduced to one line: no title or name
// can start a trailer of its own.

import type { ResultMessage } from '../../repository/contract.ts';
import { inertLine } from '../../../domain/text/inert.ts';
import { inertText } from '../../../git/inert-text.ts';

export type Trailer = readonly [name: string, value: string];

export function messageText({ subject, trailers }: ResultMessage): string {
  return `${oneLine(subject)}\n\n${trailerLines(trailers)}`;
}

/** Appends trailers to the block at the end of `message`. */
export function withTrailers(message: string, trailers: readonly Trailer[]): string {
  return `${message.trimEnd()}\n${trailerLines(trailers)}`;
}

function trailerLines(trailers: readonly Trailer[]): string {
  return trailers.map(([name, value]) => `${name}: ${oneLine(value)}\n`).join('');
}

function oneLine(text: string): string {
  return inertLine(inertText(text)).replaceAll(/\s+/g, ' ');
}
