// `coppice plan validate` for people.

import type { PlacedError } from '../../../formats/yaml/placed-error.ts';
import type { Plan, UnitTemplate } from '../../../contracts/documents/plan.ts';
import { count } from './amounts.ts';
import { formatPlacedError } from '../../../formats/yaml/placed-error.ts';
import { inertLine } from './columns.ts';

/** Cuts a longer path in the middle. */
const pathShown = 12;

export function validText(file: string, plan: Plan, criticalPath: readonly string[]): string {
  return [
    `${inertLine(file)} is valid: ${count(plan.units.length, 'unit')}`,
    `the longest chain has ${chainText(criticalPath)}`,
  ].join('\n');
}

/** Of a unit that stands for many. `otherwise`: how to see those of a target that nobody has named. */
export function openText({ id, forEach }: UnitTemplate, otherwise = '--repo URL shows them'): string {
  if (forEach === null) return '';
  const { items, batch } = forEach;
  const [what, from] = sourceOf(items);
  const many = batch === 1 ? `each ${what}` : `every ${batch} ${what}s`;
  const how = items.from === 'command' ? 'a run shows them: the command runs when it starts' : otherwise;
  return inertLine(`${id} stands for a unit for ${many} of ${from}: ${how}`);
}

function sourceOf(items: NonNullable<UnitTemplate['forEach']>['items']): readonly [what: string, from: string] {
  switch (items.from) {
    case 'glob':
      return ['file', items.globs.join(', ')];
    case 'csv':
      return ['row', items.file];
    case 'command':
      return ['line', `\`${items.command}\``];
  }
}

/** The chain's length and units. */
export function chainText(chain: readonly string[]): string {
  const half = pathShown / 2;
  const shown = chain.length <= pathShown ? chain : [...chain.slice(0, half), '…', ...chain.slice(-half)];
  return `${chain.length}: ${inertLine(shown.join(' → '))}`;
}

/** The format of compilers, so that editors find the places. */
export function invalidText(errors: readonly PlacedError[]): string {
  return errors.map((error) => inertLine(formatPlacedError(error))).join('\n');
}
