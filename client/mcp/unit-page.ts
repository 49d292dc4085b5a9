// Which units of a run an answer shows: all of a small run; of a larger one those that need attention, one by its id, or
// a page in the order of the plan.

import { z } from 'zod';
import type { RunId } from '../../contracts/ids.ts';
import { type Limits, usualLimits } from './bounds.ts';
import { unitsShown } from '../watch/overview.ts';
import { unknownUnit } from '../unit/unknown-unit.ts';

export const unitPageInput = {
  unit: z
    .string()
    .min(1)
    .exactOptional()
    .meta({ description: 'Only this unit, by its id in the plan, with its texts in full.' }),
  from: z
    .int()
    .gte(1)
    .exactOptional()
    .meta({
      description: `Pages through the units in the order of the plan, ${unitsShown} at a time: the first one to show, counted from 1. Default: all units; of more than ${unitsShown}, those that need attention.`,
    }),
};

export interface UnitPage {
  readonly unit?: string;
  readonly from?: number;
}

/** Null if the page names none. Throws `NotFound` for a unit that the run does not have. */
export function pickedUnits<Unit extends { readonly id: string }>(
  run: RunId,
  units: readonly Unit[],
  { unit, from }: UnitPage,
): readonly Unit[] | null {
  if (unit === undefined) return from === undefined ? null : units.slice(from - 1, from - 1 + unitsShown);
  const ids = units.map(({ id }) => id);
  const at = ids.indexOf(unit);
  if (at === -1) throw unknownUnit(run, unit, ids);
  return units.slice(at, at + 1);
}

/** A unit that is asked for by its name is shown in full. */
export function limitsOf({ unit }: UnitPage): Limits {
  return unit === undefined ? usualLimits : { ...usualLimits, text: 10_000 };
}

/** What to say of units that are not shown. */
export function unitsLeftOut(shown: number, all: number): string[] {
  return shown < all ? [`units: ${shown} of ${all}`] : [];
}

export const otherUnits = '`from` pages through all units; `unit` shows one in full.';
