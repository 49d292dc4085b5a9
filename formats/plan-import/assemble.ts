// Makes a plan of what a reader found: leaves out what is done, what is no work and what could never begin, names
// cycles, and gives each piece of work its unit.

import type { ImportNote, Imported, Item, ItemsRead, Work } from './item.ts';
import type { PlanDocumentUnit } from '../../contracts/documents/plan.ts';
import { dependants, findCycles } from '../../domain/plan/dag.ts';
import { noteOf } from './item.ts';
import { freshId, listed, plainText, titleFrom, unitIdFrom } from './wording.ts';
import { resolveGroups } from './needs.ts';

const maxUnits = 10_000;
const maxPromptBytes = 1024 * 1024;
const maxCycles = 20;

interface WorkItem extends Item {
  readonly work: Work;
}

export function assemble(read: ItemsRead): Imported {
  if ('errors' in read) return { errors: read.errors, notes: [] };
  const { goal = '' } = read;
  const { left, notes: waiting } = withoutWaiting(read.items);
  const work = left.filter(isWork);
  const notes = [...read.notes, ...waiting];
  const errors = [...cycles(left), ...oversized(work)];
  if (work.length === 0) errors.push(noteOf('nothing in it is left to do'));
  if (errors.length > 0) return { errors, notes };
  const needs = resolveGroups(
    left.map(({ key, work: own, needs: all }) => ({ id: key, group: own === null, needs: all })),
  );
  if (needs === null)
    return { errors: [noteOf('so many of its parts need each other that no plan can hold it')], notes };
  const { ids, notes: renamed } = unitIds(work);
  const units = work.map((item) => unitFrom(item, ids, needs.get(item.key) ?? []));
  const purpose = goal === '' ? {} : { goal };
  return { plan: { version: 1, ...purpose, units }, notes: [...notes, ...renamed] };
}

function isWork(item: Item): item is WorkItem {
  return item.work !== null;
}

/** Open items, with a note for each that is left out, and without needs that are done. */
function withoutWaiting(items: readonly Item[]): { left: Item[]; notes: ImportNote[] } {
  const open = items.filter(({ state }) => state !== 'done');
  const neededBy = dependants(open.map(({ key, needs }) => ({ id: key, needs })));
  const cause = new Map(open.filter(({ state }) => typeof state === 'object').map((item) => [item.key, item]));
  // The list grows while it is walked: it is its own queue.
  const queue = [...cause.entries()];
  for (const [key, first] of queue) {
    for (const waiting of neededBy.get(key) ?? []) {
      if (cause.has(waiting)) continue;
      cause.set(waiting, first);
      queue.push([waiting, first]);
    }
  }
  const notes = open.flatMap((item) => whyLeftOut(item, cause.get(item.key)));
  const left = open.filter(({ key }) => !cause.has(key));
  const keys = new Set(left.map(({ key }) => key));
  return { left: left.map((item) => ({ ...item, needs: item.needs.filter((need) => keys.has(need)) })), notes };
}

/** Groups of a name share it with the work that they are about. */
function whyLeftOut({ name, line, work, state }: Item, cause: Item | undefined): ImportNote[] {
  if (cause === undefined || work === null || typeof cause.state === 'string') return [];
  if (typeof state === 'object' && 'noWork' in state) return [];
  const reason = 'out' in cause.state ? cause.state.out : cause.state.noWork;
  const why = cause.name === name ? reason : `waits for ${cause.name}, which ${reason}`;
  return [noteOf(`${name} is left out: it ${why}`, line)];
}

function cycles(items: readonly Item[]): ImportNote[] {
  const byKey = new Map(items.map((item) => [item.key, item]));
  const found = findCycles(items.map(({ key, needs }) => ({ id: key, needs })));
  return found.slice(0, maxCycles).map((cycle) => {
    const members = cycle.flatMap((key) => byKey.get(key) ?? []);
    const names = members.map(({ name }) => name).filter((name, n, all) => n === 0 || name !== all[n - 1]);
    return noteOf(`they need each other in a cycle: ${abbreviated(names)}`, members[0]?.line ?? null);
  });
}

function abbreviated(path: readonly string[]): string {
  return (path.length <= 20 ? path : [...path.slice(0, 10), '…', ...path.slice(-9)]).join(' → ');
}

function oversized(work: readonly WorkItem[]): ImportNote[] {
  const large = work.filter((item) => Buffer.byteLength(item.work.prompt) > maxPromptBytes);
  const many =
    work.length > maxUnits
      ? [noteOf(`${work.length} pieces of work are left to do; a plan has at most 10,000 units`)]
      : [];
  return [...many, ...large.map(({ name, line }) => noteOf(`${name} has a text larger than 1 MiB`, line))];
}

function unitIds(work: readonly WorkItem[]): { ids: ReadonlyMap<string, string>; notes: ImportNote[] } {
  const ids = new Map<string, string>();
  const taken = new Set<string>();
  const renamed: string[] = [];
  for (const { key, name, work: own } of work) {
    const wanted = unitIdFrom(own.id);
    const id = freshId(wanted, taken);
    if (id !== wanted) renamed.push(`${name} is ${id}`);
    taken.add(id);
    ids.set(key, id);
  }
  return {
    ids,
    notes: renamed.length === 0 ? [] : [noteOf(`ids that are not unique got a number: ${listed(renamed)}`)],
  };
}

function unitFrom(
  { key, work }: WorkItem,
  ids: ReadonlyMap<string, string>,
  needs: readonly string[],
): PlanDocumentUnit {
  const id = ids.get(key) ?? '';
  const title = titleFrom(work.title, id);
  const prompt = plainText(work.prompt).trim();
  return {
    id,
    title,
    prompt: prompt === '' ? title : prompt,
    ...(needs.length === 0 ? {} : { needs: needs.map((need) => ids.get(need) ?? '') }),
  };
}
