// Commit messages with trailers. Values come from people and models, so each is reduced to one line: no title or name
// can start a trailer of its own.

import type { ResultMessage } from '../../repository/contract.ts';
import type { Sha } from '../../../contracts/ids.ts';
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

/** As `git revert` words it; the trailer is what counts. */
export function revertMessage(message: string, commit: Sha, by: string): string {
  const [subject = ''] = message.split('\n');
  const text = {
    subject: `Revert "${subject}"`,
    trailers: [['Coppice-Reverts', commit] as const, ['Requested-by', by] as const],
  };
  return messageText(text);
}

function trailerLines(trailers: readonly Trailer[]): string {
  return trailers.map(([name, value]) => `${name}: ${oneLine(value)}\n`).join('');
}

function oneLine(text: string): string {
  return inertLine(inertText(text)).replaceAll(/\s+/g, ' ');
}
