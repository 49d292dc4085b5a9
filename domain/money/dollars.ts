// Money as people read it.

/** `$1.23`. */
export function dollars(usd: number): string {
  return `$${usd.toFixed(2)}`;
}
