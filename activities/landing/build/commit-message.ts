// Commit messages with trailers. Values come from people and models, so each is one line: nothing in a title or a name
// can start a trailer of its own.

import type { ResultMessage } from '../../repository/contract.ts';
import { inertLine } from '../../../domain/text/inert.ts';
import { inertText } from '../../../git/inert-text.ts';

export type Trailer = readonly [name: string, value: string];

export function messageText({ subject, trailers }: ResultMessage): string {
  return `${oneLine(subject)}\n\n${trailerLines(trailers)}`;
}

/** Trailers added to the block that ends `message`. */
export function withTrailers(message: string, trailers: readonly Trailer[]): string {
  return `${message.trimEnd()}\n${trailerLines(trailers)}`;
}

function trailerLines(trailers: readonly Trailer[]): string {
  return trailers.map(([name, value]) => `${name}: ${oneLine(value)}\n`).join('');
}

function oneLine(text: string): string {
  return inertLine(inertText(text)).replaceAll(/\s+/g, ' ');
}
