/** The longest duration that the library accepts, in milliseconds: 100 days. */
export const longest = 100 * 86_400_000;
