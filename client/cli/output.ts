// Where a command prints: documents to stdout, notes for people beside them. With `--json`, stdout carries JSON only,
// and people's text goes to stderr.

import type { DocumentKind, Documents } from '../documents/documents.ts';
import { inertPrint } from '../../domain/text/inert.ts';

export interface Output {
  readonly json: boolean;
  /** Prints one JSON document, with `version` added, on a line of stdout. Only with `--json`. */
  document<Kind extends DocumentKind>(kind: Kind, document: Documents[Kind]): void;
  /** Text that is the command's result. */
  text(text: string): void;
  /** Notes beside the result. */
  note(text: string): void;
}

export interface Streams {
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
}

export function makeOutput({ stdout, stderr }: Streams, json: boolean): Output {
  return {
    json,
    document: (_kind, document) => void stdout.write(`${JSON.stringify({ version: 1, ...document })}\n`),
    text: (text) => void (json ? stderr : stdout).write(`${inertPrint(text)}\n`),
    note: (text) => void stderr.write(`${inertPrint(text)}\n`),
  };
}
