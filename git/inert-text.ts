// Makes text from a remote or a repository safe to show, log and store: inert, and without credentials.

import { inertText as inert } from '../domain/text/inert.ts';

/** At most 2,000 characters. Replaces `secrets`, and removes whatever precedes an `@` in a URL. */
export function inertText(text: string, secrets: readonly string[] = []): string {
  let safe = text.replaceAll(/\/\/[^/@\s]*@/g, '//');
  for (const secret of secrets) if (secret !== '') safe = safe.replaceAll(secret, '***');
  return inert(safe);
}
