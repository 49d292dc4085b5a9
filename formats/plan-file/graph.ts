// Checks between the units of a plan: distinct ids, existing needs, no cycles, no chain too long. Accepts data whose
// shape may be wrong elsewhere, so that a user sees all errors together.

import type { PlacedError } from '../yaml/placed-error.ts';
import type { YamlDocument } from '../yaml/document.ts';
import { criticalPath, findCycles } from '../../domain/plan/dag.ts';
import { maxErrors } from '../yaml/placed-error.ts';
import { quote, suggest } from '../yaml/wording.ts';

const maxChain = 1000;
/** Suggestions compare every id with every wrong need. */
const maxSuggested = 100;

interface Unit {
  readonly index: number;
  readonly id: string;
  readonly needs: readonly string[];
  /** Index of each of `needs` in the file's list. */
  readonly needIndexes: readonly number[];
}

export function checkGraph(value: unknown, document: YamlDocument): PlacedError[] {
  const units = unitsOf(value);
  return [
    ...duplicateIds(units, document),
    ...wrongNeeds(units, document),
    ...cycles(units, document),
    ...longChain(units, document),
  ];
}

function unitsOf(value: unknown): Unit[] {
  const list = isRecord(value) && Array.isArray(value['units']) ? (value['units'] as unknown[]) : [];
  return list.flatMap((item, index) => {
    if (!isRecord(item) || typeof item['id'] !== 'string') return [];
    const listed: unknown[] = Array.isArray(item['needs']) ? item['needs'] : [];
    const needs = listed.flatMap((need, at) => (typeof need === 'string' ? [{ need, at }] : []));
    return [{ index, id: item['id'], needs: needs.map(({ need }) => need), needIndexes: needs.map(({ at }) => at) }];
  });
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

/** Ids also become refs and files, and some file systems fold case and Unicode forms. */
function duplicateIds(units: readonly Unit[], document: YamlDocument): PlacedError[] {
  const seen = new Map<string, Unit>();
  return units.flatMap((unit) => {
    const folded = unit.id.normalize('NFKC').toLowerCase();
    const first = seen.get(folded);
    if (first === undefined) {
      seen.set(folded, unit);
      return [];
    }
    const on = `on line ${document.place(['units', first.index, 'id']).line}`;
    const message =
      first.id === unit.id
        ? `unit ${quote(unit.id)} is defined twice (first ${on})`
        : `unit ${quote(unit.id)} differs from unit ${quote(first.id)} ${on} only in case or Unicode form`;
    return [{ at: document.place(['units', unit.index, 'id']), message }];
  });
}

function wrongNeeds(units: readonly Unit[], document: YamlDocument): PlacedError[] {
  const ids = new Set(units.map(({ id }) => id));
  const names = [...ids];
  const errors: PlacedError[] = [];
  for (const unit of units) {
    const seen = new Set<string>();
    for (const [n, need] of unit.needs.entries()) {
      const repeated = seen.has(need);
      seen.add(need);
      if (ids.has(need) && !repeated && need !== unit.id) continue;
      if (errors.length >= maxErrors) return errors;
      const hint = errors.length < maxSuggested ? suggest(need, names) : '';
      const problem = !ids.has(need)
        ? `, which is not a unit of the plan${hint}`
        : repeated
          ? ' twice'
          : ` (cycle ${nameInPath(need)} → ${nameInPath(need)}): a unit cannot need itself`;
      const at = document.place(['units', unit.index, 'needs', unit.needIndexes[n] ?? n]);
      errors.push({ at, message: `unit ${quote(unit.id)} needs ${quote(need)}${problem}` });
    }
  }
  return errors;
}

function cycles(units: readonly Unit[], document: YamlDocument): PlacedError[] {
  // A unit that needs itself has been reported already; here it would hide a longer cycle.
  const others = units.map((unit) => ({ ...unit, needs: unit.needs.filter((need) => need !== unit.id) }));
  const byId = new Map(others.map((unit) => [unit.id, unit]));
  return findCycles(others).map((cycle) => ({
    at: document.place(['units', byId.get(cycle[0] ?? '')?.index ?? 0, 'needs']),
    message: `the units need each other in a cycle: ${abbreviate(cycle.map(nameInPath))}`,
  }));
}

function longChain(units: readonly Unit[], document: YamlDocument): PlacedError[] {
  const chain = criticalPath(units);
  if (chain.length <= maxChain) return [];
  const last = units.find(({ id }) => id === chain.at(-1));
  const path = abbreviate(chain.map(nameInPath).toReversed());
  const message = `${chain.length} units form a chain of needs (${path}); the limit is 1,000`;
  return [{ at: document.place(['units', last?.index ?? 0]), message }];
}

function nameInPath(id: string): string {
  return /^[\w-]{1,80}$/.test(id) ? id : quote(id);
}

function abbreviate(path: readonly string[]): string {
  const shown = path.length <= 20 ? path : [...path.slice(0, 10), '…', ...path.slice(-9)];
  return shown.join(' → ');
}
