// Message and code of an error, whoever threw it.

export function errorText(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The `code` that Node and many libraries put on their errors: `ENOENT`, say. */
export function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}

/** `words`: what codes of the system mean. An error with another code says it in its own words. */
export function errorInWords(error: unknown, words: Readonly<Record<string, string>>): string {
  const code = codeOf(error);
  return (typeof code === 'string' ? words[code] : undefined) ?? errorText(error);
}

/** What OpenSSL says where nothing leads from a certificate to an authority that is trusted. */
const unknownAuthority = /self[- ]signed certificate|unable to (?:verify the first|get (?:local )?issuer) certificate/i;

/** For a server, or a proxy before it, whose certificate no authority that Node knows has signed; null = it is something else. */
export function certificateHint(error: unknown): string | null {
  for (let at = error; at instanceof Error; at = at.cause) {
    if (unknownAuthority.test(at.message))
      return 'Its certificate is of an authority that is not known here: set NODE_EXTRA_CA_CERTS to a file with the authority’s certificate, and start again.';
  }
  return null;
}
