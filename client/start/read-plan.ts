// Reads a plan from a file, or takes the plan itself, with the tables that it names. Its units are made once the target
// is known.

import { dirname, resolve } from 'node:path';
import { type Expanded, type OpenPlan, type Sources, expandPlan, tablesOf } from '../../formats/plan-file/for-each.ts';
import { countErrors, type PlacedError } from '../../formats/yaml/placed-error.ts';
import type { Plan, PlanDocument } from '../../contracts/documents/plan.ts';
import { errorText } from '../../domain/errors.ts';
import { failure } from '../../contracts/failures.ts';
import type { PartlyMade } from './plan-on-target.ts';
import { maxPlanBytes, parsePlan } from '../../formats/plan-file/plan-file.ts';
import { readUserFile } from '../read-user-file.ts';

/** A plan without errors of its own. */
export type GivenPlan =
  | { readonly plan: Plan; readonly open?: never }
  | {
      readonly plan?: never;
      readonly open: OpenPlan;
      readonly tables: Sources['tables'];
      /** As it was written. */
      readonly text: string;
    };

/** A plan that is given as text, with what errors call it. Its tables are relative to the working directory. */
export class PlanText {
  readonly text: string;
  readonly name: string;

  constructor(text: string, name: string) {
    this.text = text;
    this.name = name;
  }
}

/** The path of a file, or the plan itself. */
export type PlanSource = string | PlanDocument | PlanText;

export type PlanReading =
  | { readonly given: GivenPlan; readonly errors?: never }
  | { readonly given?: never; readonly errors: readonly PlacedError[] };

/** Throws `BadInput` if there is no such file. */
export async function readGiven(given: PlanSource): Promise<PlanReading> {
  const { text, name: file } = await textOf(given);
  const parsed = parsePlan(text, file);
  if (parsed.errors !== undefined) return { errors: parsed.errors };
  if (parsed.plan !== undefined) return { given: { plan: parsed.plan } };
  const { open } = parsed;
  const folder = typeof given === 'string' ? dirname(given) : '.';
  const tables = new Map<string, string>();
  const errors: PlacedError[] = [];
  for (const name of tablesOf(open)) {
    try {
      tables.set(name, await readUserFile(resolve(folder, name), maxPlanBytes));
    } catch (error) {
      const at = open.units.findIndex(({ forEach }) => forEach?.items.from === 'csv' && forEach.items.file === name);
      errors.push({ at: open.place(['units', at, 'forEach', 'csv']), message: errorText(error) });
    }
  }
  return errors.length > 0 ? { errors } : { given: { open, tables, text } };
}

async function textOf(given: PlanSource): Promise<PlanText> {
  if (typeof given === 'string') return new PlanText(await readUserFile(given, maxPlanBytes), given);
  return given instanceof PlanText ? given : new PlanText(JSON.stringify(given, null, 2), 'plan');
}

/** Throws `BadPlan` with the place of every error. */
export async function readPlan(given: PlanSource): Promise<GivenPlan> {
  const { given: read, errors } = await readGiven(given);
  if (errors !== undefined) throw badPlan(given, errors);
  return read;
}

/**
 * Makes its units, but for those of commands, which only a host runs. `paths`: all files of the target; null = it is not
 * known, and units of globs are not made either.
 */
export function unitsOf(given: GivenPlan, paths: readonly string[] | null): Expanded {
  return given.open === undefined
    ? { plan: given.plan, open: [] }
    : expandPlan(given.open, { paths, tables: given.tables });
}

/** The same. Throws `BadPlan`. */
export function planOn(given: GivenPlan, paths: readonly string[], source: PlanSource): PartlyMade {
  const made = unitsOf(given, paths);
  if (made.errors !== undefined) throw badPlan(source, made.errors);
  return made;
}

export function badPlan(given: PlanSource, errors: readonly PlacedError[]): Error {
  const what = typeof given === 'string' ? given : 'the plan';
  return failure('BadPlan', `${what} has ${countErrors(errors)}`, { details: { errors } });
}
