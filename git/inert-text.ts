// What a remote or a repository says, made safe to show, log and store: inert as everywhere, and without credentials.

import { inertText as inert } from '../domain/text/inert.ts';

/** At most 2,000 characters; `secrets` are replaced, and so is whatever stands before an `@` in a URL. */
export function inertText(text: string, secrets: readonly string[] = []): string {
  let safe = text.replaceAll(/\/\/[^/@\s]*@/g, '//');
  for (const secret of secrets) if (secret !== '') safe = safe.replaceAll(secret, '***');
  return inert(safe);
}
