// Options of a drill that are counts.

/** Throws if one of them is no whole number from 0. */
export function wholeNumbers<Name extends string>(
  values: Readonly<Partial<Record<Name, string | boolean>>>,
  names: readonly Name[],
): Readonly<Record<Name, number>> {
  const numbers = names.map((name) => {
    const number = Number(values[name]);
    if (Number.isInteger(number) && number >= 0) return [name, number] as const;
    throw new Error(`--${name} must be a whole number, not ${values[name]}`);
  });
  return Object.fromEntries(numbers) as Record<Name, number>;
}
