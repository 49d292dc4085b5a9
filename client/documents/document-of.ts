// Ties the schema of a document to the type that the program prints: if they differ in a field, an optional one or a
// null, the schema does not compile.

import type { z } from 'zod';

interface Versioned {
  readonly version: 1;
}

/** A type as JSON has it: nothing read-only, ids as plain text, intersections flattened. */
type Plain<Value> = Value extends string
  ? string extends Value
    ? string
    : // A branded text takes any key; a literal only itself.
      {} extends Record<Value, 1>
      ? string
      : Value
  : { -readonly [Key in keyof Value]: Plain<Value[Key]> };

/** Identity, not assignability: that would let optional fields differ. */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- how TypeScript is asked for identity
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? unknown : { expected: A };

/** `documentOf<Shape>()(schema)`: `schema` must describe exactly `Shape` with `version: 1`. */
export function documentOf<Shape>() {
  return <Schema extends z.ZodType>(schema: Schema & Same<Plain<Shape & Versioned>, Plain<z.output<Schema>>>): Schema =>
    schema;
}
