// Text from a remote or a repository, made safe to show, log and store: no control characters, no credentials, bounded.

/** At most 2,000 characters; `secrets` are replaced, and so is whatever stands before an `@` in a URL. */
export function inertText(text: string, secrets: readonly string[] = []): string {
  let safe = text.replaceAll(/\/\/[^/@\s]*@/g, '//');
  for (const secret of secrets) if (secret !== '') safe = safe.replaceAll(secret, '***');
  safe = safe
    // Control and bidirectional characters could redraw a terminal or disguise a name.
    // eslint-disable-next-line no-control-regex
    .replaceAll(/\x1b\[[0-9;]*[A-Za-z]|[\0-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/g, '')
    .trim();
  return safe.length > 2000 ? `${safe.slice(0, 2000)}…` : safe;
}
