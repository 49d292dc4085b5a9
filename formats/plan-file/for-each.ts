// Makes the units that a unit with `forEach` stands for. The same template, target and tables always make the same
// units, with the same ids.

import type { Plan, PlanTemplate, PlanUnit, UnitTemplate } from '../../contracts/documents/plan.ts';
import type { UnitId } from '../../contracts/ids.ts';
import type { Path } from '../yaml/wording.ts';
import {
  type Item,
  type Items,
  itemsOfLines,
  itemsOfPaths,
  itemsOfTable,
  numberName,
  valuesOfLines,
  valuesOfPaths,
} from './items.ts';
import { type Place, type PlacedError, inFileOrder } from '../yaml/placed-error.ts';
import { fill, namesIn, unclosedIn } from './placeholders.ts';
import { inertLine } from '../../domain/text/inert.ts';
import { plainUnit } from './schema.ts';
import { quoteWord } from '../../domain/text/shell-word.ts';
import { quote, suggest } from '../yaml/wording.ts';

/** A plan that is read, and not yet made into units. */
export interface OpenPlan extends PlanTemplate {
  /** Where the value at a path of the file stands. */
  readonly place: (path: Path) => Place;
}

export interface Sources {
  /** All files of the target; null = the target is not known. */
  readonly paths: readonly string[] | null;
  /** Texts of the tables that exist, by the names that the plan gives them. */
  readonly tables: ReadonlyMap<string, string>;
  /** What each command has printed; absent = nothing was run. */
  readonly outputs?: ReadonlyMap<string, string>;
}

export type Expanded =
  | {
      readonly plan: Plan;
      /** Units of it that still stand for many, because their source is not known. */
      readonly open: readonly UnitTemplate[];
      readonly errors?: never;
    }
  | { readonly plan?: never; readonly errors: readonly PlacedError[] };

const maxUnits = 10_000;
/** Needs that groups may add; more are hardly meant, and a run has no room for them. */
const maxNeeds = 200_000;
/** Of one template, the errors of its units. */
const maxUnitErrors = 5;
const maxTitle = 200;

export function expandPlan(open: OpenPlan, sources: Sources): Expanded {
  const groups = open.units.map((unit, at) => expandUnit(unit, sources, placedAt(open, at)));
  const made = new Map(groups.map(({ units }, at) => [open.units[at]?.id ?? '', units.map(({ id }) => id)]));
  const errors = [
    ...groups.flatMap(({ errors: wrong }) => wrong),
    ...tooMany(open, groups),
    ...takenIds(open, groups),
    ...tooManyNeeds(open, made),
  ];
  if (errors.length > 0) return { errors: inFileOrder(errors) };
  const units = groups.flatMap((group) =>
    group.units.map((unit) => ({ ...unit, needs: unit.needs.flatMap((need) => made.get(need) ?? []) })),
  );
  return { plan: { version: 1, goal: open.goal, units }, open: open.units.filter((_, at) => groups[at]?.isOpen) };
}

/** The plan with one unit in place of those that it makes. */
export function closedPlan({ goal, units }: PlanTemplate): Plan {
  const plain = (unit: UnitTemplate): PlanUnit => {
    const { forEach: _, ...own } = unit;
    return own;
  };
  return { version: 1, goal, units: units.map(plain) };
}

/** Files that the plan's tables are in, each once. */
export function tablesOf({ units }: PlanTemplate): string[] {
  const files = units.flatMap(({ forEach }) => (forEach?.items.from === 'csv' ? [forEach.items.file] : []));
  return [...new Set(files)];
}

/** Commands that must run before its units can be made, each once. */
export function commandsOf({ units }: PlanTemplate): string[] {
  const commands = units.flatMap(({ forEach }) => (forEach?.items.from === 'command' ? [forEach.items.command] : []));
  return [...new Set(commands)];
}

/** Placeholders that do not end, and those that no item has a value for, as far as that is known before the items are. */
export function wrongPlaceholders(open: OpenPlan): PlacedError[] {
  const valuesOf = { glob: valuesOfPaths, command: valuesOfLines, csv: null } as const;
  return open.units.flatMap((unit, at) => {
    if (unit.forEach === null) return [];
    const place = placedAt(open, at);
    const values = valuesOf[unit.forEach.items.from];
    return [...unclosed(unit, place), ...(values === null ? [] : unknownNames(unit, values, place))];
  });
}

interface Group {
  /** Its only unit is the template itself. */
  readonly isOpen?: boolean;
  readonly units: readonly PlanUnit[];
  readonly errors: readonly PlacedError[];
}

type PlaceOf = (...path: Path) => Place;

function placedAt({ place }: OpenPlan, at: number): PlaceOf {
  return (...path) => place(['units', at, ...path]);
}

function expandUnit({ forEach, ...unit }: UnitTemplate, sources: Sources, place: PlaceOf): Group {
  if (forEach === null) return { units: [unit], errors: [] };
  const template = { ...unit, forEach };
  const { from } = forEach.items;
  const found = itemsOf(forEach.items, sources);
  if (found === null) return { isOpen: true, units: [unit], errors: [] };
  if (found.problem !== undefined) {
    const named = forEach.items.from === 'csv' ? `${quote(forEach.items.file)} ` : `forEach.${from} `;
    return { units: [], errors: [{ at: place('forEach', from), message: named + found.problem }] };
  }
  const unknown = unknownNames(template, found.names, place);
  if (unknown.length > 0) return { units: [], errors: unknown };
  const batches = inBatches(found.items.slice(0, forEach.limit ?? undefined), forEach.batch);
  const width = String(batches.length).length;
  const units = batches.map((items, at) => makeUnit(unit, items, String(at + 1).padStart(width, '0')));
  return {
    units,
    errors: units.flatMap((made) => wrongFields(made, place)).slice(0, maxUnitErrors),
  };
}

/** Null = not known yet. */
function itemsOf(
  items: NonNullable<UnitTemplate['forEach']>['items'],
  { paths, tables, outputs }: Sources,
): Items | null {
  switch (items.from) {
    case 'glob':
      return paths === null ? null : itemsOfPaths(items.globs, paths);
    case 'csv': {
      const table = tables.get(items.file);
      return table === undefined ? { problem: 'does not exist' } : itemsOfTable(table);
    }
    case 'command':
      return outputs === undefined ? null : itemsOfLines(outputs.get(items.command) ?? '');
  }
}

function inBatches(items: readonly Item[], size: number): Item[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, at) => items.slice(at * size, (at + 1) * size));
}

function makeUnit(unit: PlanUnit, items: readonly Item[], number: string): PlanUnit {
  const id = `${unit.id}-${number}` as UnitId;
  /** `valueOf`: of everything but the number. */
  const filled = (text: string, valueOf: (name: string) => string): string =>
    fill(text, (name) => (name === numberName ? String(Number(number)) : valueOf(name)));
  /** With the values of all items, one after the other. */
  const joined = (text: string, between: string, shown = (value: string) => value): string =>
    filled(text, (name) => items.map((item) => shown(item.get(name) ?? '')).join(between));
  /** Once for each item, if it names a value of items. */
  const repeated = (text: string, shown = (value: string) => value): string[] =>
    namesIn(text).some((name) => name !== numberName)
      ? items.map((item) => filled(text, (name) => shown(item.get(name) ?? '')))
      : [joined(text, '')];
  return {
    ...unit,
    id,
    title: inertLine(joined(unit.title, ', '), maxTitle),
    prompt: unit.prompt
      .split('\n')
      .flatMap((line) => repeated(line))
      .join('\n'),
    scope: unit.scope === null ? null : [...new Set(unit.scope.flatMap((glob) => repeated(glob, asName)))],
    verify: unit.verify === null ? null : joined(unit.verify, ' ', asWord),
  };
}

/** In a glob: a value is a name, whatever signs it holds. */
function asName(value: string): string {
  return value.replaceAll(/[*?[\]{}\\]/g, String.raw`\$&`).replace(/^!/, String.raw`\!`);
}

/** In a shell command: one word. */
function asWord(value: string): string {
  return /^[\w@%+=:,./-]+$/.test(value) ? value : quoteWord(value);
}

function unclosed(unit: UnitTemplate, place: PlaceOf): PlacedError[] {
  return textsOf(unit).flatMap(([text, ...path]) =>
    unclosedIn(text).map((begun) => ({
      at: place(...path),
      message: `${quote(begun)} is not a placeholder: it needs }} on the same line, and no brace before that (to write it as it is: $\${{)`,
    })),
  );
}

function unknownNames(unit: UnitTemplate, names: readonly string[], place: PlaceOf): PlacedError[] {
  const known = [...names, numberName];
  return textsOf(unit).flatMap(([text, ...path]) =>
    [...new Set(namesIn(text))]
      .filter((name) => !known.includes(name))
      .map((name) => ({
        at: place(...path),
        message: `\${{ ${inertLine(name, 80)} }} is not a value of its items, which have ${known.map((each) => inertLine(each, 80)).join(', ')}${suggest(name, known)} (to write it as it is: $\${{ … }})`,
      })),
  );
}

/** Texts that may have placeholders, each with its place in the unit. */
function textsOf({ title, prompt, scope, verify }: UnitTemplate): (readonly [text: string, ...path: Path])[] {
  return [
    [title, 'title'],
    [prompt, 'prompt'],
    ...(scope ?? []).map((glob, at) => [glob, 'scope', at] as const),
    [verify ?? '', 'verify'],
  ];
}

/** What the values of its items have made wrong: a blank title, say. */
function wrongFields({ id, title, prompt, scope, verify }: PlanUnit, place: PlaceOf): PlacedError[] {
  const { error } = plainUnit.safeParse({
    id,
    title,
    prompt,
    ...(scope === null ? {} : { scope }),
    ...(verify === null ? {} : { verify }),
  });
  return (error?.issues ?? []).map(({ path: [field = 'id'], message }) => ({
    at: place(field),
    message: `${String(field)} ${message}, in the unit ${quote(id)} that it makes`,
  }));
}

function tooMany(open: OpenPlan, groups: readonly Group[]): PlacedError[] {
  const all = groups.reduce((sum, { units }) => sum + units.length, 0);
  if (all <= maxUnits) return [];
  const sizes = groups.map(({ units }) => units.length);
  const largest = sizes.indexOf(Math.max(...sizes));
  const message = `the plan makes ${all} units, ${sizes[largest]} of them here; at most ${maxUnits} are possible: put more items into a unit with \`batch\`, or set \`limit\``;
  return [{ at: open.place(['units', largest, 'forEach']), message }];
}

function takenIds(open: OpenPlan, groups: readonly Group[]): PlacedError[] {
  const taken = new Set(open.units.map(({ id }) => id));
  return groups.flatMap(({ units, isOpen }, at) => {
    if (open.units[at]?.forEach === null || isOpen === true) return [];
    const wrong = units.find(({ id }) => taken.has(id));
    for (const { id } of units) taken.add(id);
    return wrong === undefined
      ? []
      : [
          {
            at: open.place(['units', at, 'id']),
            message: `it makes a unit ${quote(wrong.id)}, and there is one with that id`,
          },
        ];
  });
}

function tooManyNeeds(open: OpenPlan, made: ReadonlyMap<string, readonly UnitId[]>): PlacedError[] {
  const countOf = ({ id, needs }: UnitTemplate): number =>
    (made.get(id)?.length ?? 0) * needs.reduce((sum, need) => sum + (made.get(need)?.length ?? 0), 0);
  const all = open.units.reduce((sum, unit) => sum + countOf(unit), 0);
  if (all <= maxNeeds) return [];
  const counts = open.units.map(countOf);
  const largest = counts.indexOf(Math.max(...counts));
  const message = `its units would need ${counts[largest]} units in all: put one unit between, which needs the others, and let these need that one`;
  return [{ at: open.place(['units', largest, 'needs']), message }];
}
