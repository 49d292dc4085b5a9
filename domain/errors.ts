// Message and code of an error, whoever threw it.

export function errorText(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The `code` that Node and many libraries put on their errors: `ENOENT`, say. */
export function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}
