/** The units of the short form and their lengths in milliseconds, longest first. */
export const units = {
  d: 86_400_000,
  h: 3_600_000,
  m: 60_000,
  s: 1_000,
  ms: 1,
} as const;

export type Unit = keyof typeof units;

/** True for a unit of the short form. */
export function isUnit(text: string): text is Unit {
  return Object.hasOwn(units, text);
}
