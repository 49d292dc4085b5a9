// The option `--json`, with the kinds of documents that a command then prints: the commands' page names their schemas,
// and tests compare the output with them.

import { type Command, Option } from 'commander';
import type { DocumentKind } from '../documents/documents.ts';

class JsonOption extends Option {
  readonly documents: readonly DocumentKind[];
  constructor(description: string, documents: readonly DocumentKind[]) {
    super('--json', description);
    this.documents = documents;
  }
}

export function jsonOption(documents: readonly DocumentKind[], description = 'print JSON'): Option {
  return new JsonOption(description, documents);
}

/** The documents that a command prints with `--json` when it succeeds; none for a command without it. */
export function documentsOf(command: Command): readonly DocumentKind[] {
  return command.options.find((option) => option instanceof JsonOption)?.documents ?? [];
}

/** Whether a command line asks for JSON; known before it is parsed, so that its errors are JSON too. */
export function asksForJson(args: readonly string[]): boolean {
  const end = args.indexOf('--');
  const words = end === -1 ? args : args.slice(0, end);
  const format = words.indexOf('--format');
  return words.includes('--json') || words.includes('--format=json') || (format !== -1 && words[format + 1] === 'json');
}
