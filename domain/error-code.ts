/** The `code` that Node and many libraries put on their errors: `ENOENT`, say. */
export function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}
