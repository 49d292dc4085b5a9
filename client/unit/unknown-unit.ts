// The failure for a unit that a run does not have.

import type { RunId } from '../../contracts/ids.ts';
import { failure } from '../../contracts/failures.ts';
import { suggest } from '../../formats/yaml/wording.ts';

/** `units`: those that the run has, as far as they are known. */
export function unknownUnit(run: RunId, unit: string, units: readonly string[] = []): Error {
  const hint = `\`coppice status ${run}\` shows its units.`;
  return failure('NotFound', `the run ${run} has no unit ${unit}${suggest(unit, units)}`, { hint });
}
