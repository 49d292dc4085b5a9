// Task Master's tasks.json (task-master-ai), as its command `next` reads it: only `done` frees what depends on a task,
// and a bare id in a subtask's dependencies is a sibling.

import { z } from 'zod';
import type { ImportNote, Item, ItemState, ItemsRead } from './item.ts';
import type { Path } from '../yaml/wording.ts';
import { isRecord, readJson, readShape, someText } from './shape.ts';
import { noteOf } from './item.ts';
import { freshId, listed, promptFrom } from './wording.ts';

const id = z
  .union([z.int().nonnegative(), z.string().trim().min(1)], 'must be a whole number or a text')
  .transform(String);

const fields = {
  id,
  title: someText,
  description: someText,
  details: someText,
  testStrategy: someText,
  status: someText,
  dependencies: z.array(id).nullish(),
};
const subtaskSchema = z.looseObject(fields);
const taskSchema = z.looseObject({ ...fields, subtasks: z.array(subtaskSchema).nullish() });

type Subtask = z.output<typeof subtaskSchema>;
type Task = z.output<typeof taskSchema>;

export interface TaskmasterOptions {
  /** Which of the file's lists; needed if there are several. */
  readonly tag?: string | undefined;
}

export function readTaskmaster(text: string, { tag }: TaskmasterOptions = {}): ItemsRead {
  const json = readJson(text);
  if (json.errors !== undefined) return { errors: json.errors };
  const list = listOf(json.value, tag);
  if ('errors' in list) return list;
  const shaped = readShape(z.array(taskSchema), list.tasks, { root: list.path });
  if (shaped.errors !== undefined) return { errors: shaped.errors };
  const tasks = shaped.value.map(withShortIds);
  const repeated = repeatedIds(tasks);
  const unclear = unclearNeeds(tasks, repeated);
  return unclear.length > 0 ? { errors: unclear } : itemsOf(withOwnIds(tasks), repeated);
}

/** The names of the file's lists; null = it has no tags. */
export function tagsOf(value: unknown): string[] | null {
  if (!isRecord(value) || Array.isArray(value['tasks'])) return null;
  return Object.entries(value).flatMap(([name, list]) =>
    isRecord(list) && Array.isArray(list['tasks']) ? [name] : [],
  );
}

function listOf(value: unknown, tag: string | undefined): { tasks: unknown; path: Path } | { errors: ImportNote[] } {
  const tags = tagsOf(value);
  if (!isRecord(value)) return { errors: [noteOf('it is no tasks.json: a map of tags with `tasks` is expected')] };
  if (tags === null) {
    if (tag !== undefined && tag !== 'master') return { errors: [noteOf('it has no tags: leave --tag out')] };
    return { tasks: value['tasks'], path: ['tasks'] };
  }
  if (tags.length === 0) return { errors: [noteOf('it has no list of tasks')] };
  const only = tags.length === 1 ? tags[0] : undefined;
  const name = tag ?? only;
  if (name === undefined)
    return { errors: [noteOf(`it has several tags, so --tag must name one: ${listed(tags, 50)}`)] };
  const list = tags.includes(name) ? value[name] : undefined;
  if (!isRecord(list))
    return { errors: [noteOf(`it has no tag ${JSON.stringify(name)}; its tags are ${listed(tags, 50)}`)] };
  return { tasks: list['tasks'], path: [name, 'tasks'] };
}

/** Some models write a subtask's whole id, "5.2", where the tool writes 2. */
function withShortIds(task: Task): Task {
  const whole = `${task.id}.`;
  const subtasks = (task.subtasks ?? []).map((sub) =>
    sub.id.startsWith(whole) ? { ...sub, id: sub.id.slice(whole.length) } : sub,
  );
  return { ...task, subtasks };
}

function idsOf(tasks: readonly Task[]): string[] {
  return tasks.flatMap((task) => [task.id, ...(task.subtasks ?? []).map((sub) => `${task.id}.${sub.id}`)]);
}

/** Ids that stand for several tasks: the tool gives the same one twice now and then. */
function repeatedIds(tasks: readonly Task[]): ReadonlySet<string> {
  const seen = new Set<string>();
  return new Set(idsOf(tasks).filter((name) => seen.size === seen.add(name).size));
}

function unclearNeeds(tasks: readonly Task[], repeated: ReadonlySet<string>): ImportNote[] {
  const all = tasks.flatMap((task) => [
    { name: task.id, needs: task.dependencies ?? [] },
    ...(task.subtasks ?? []).map((sub) => ({ name: `${task.id}.${sub.id}`, needs: siblingsOf(sub, task) })),
  ]);
  return all.flatMap(({ name, needs }) => {
    const need = needs.find((other) => repeated.has(other));
    if (need === undefined) return [];
    return [noteOf(`task ${name} depends on ${need}, which is the id of several tasks: give them ids of their own`)];
  });
}

/** Every later one of the same id gets a number. */
function withOwnIds(tasks: readonly Task[]): Task[] {
  const own = <Part extends { readonly id: string }>(parts: readonly Part[]): Part[] => {
    const taken = new Set<string>();
    return parts.map((part) => {
      const name = freshId(part.id, taken);
      taken.add(name);
      return { ...part, id: name };
    });
  };
  return own(tasks).map((task) => ({ ...task, subtasks: own(task.subtasks ?? []) }));
}

function itemsOf(tasks: readonly Task[], repeated: ReadonlySet<string>): ItemsRead {
  const keys = new Set([...idsOf(tasks), ...tasks.map(startOf)]);
  const items = tasks.flatMap((task) => [
    ...(isGroup(task) ? groupItems(task) : [taskItem(task)]),
    ...(task.subtasks ?? []).map((sub) => subtaskItem(sub, task)),
  ]);
  const twice = [...repeated].map((name) => `task ${name}`);
  return {
    items: items.map((item) => withKnownNeeds(item, keys)),
    notes: [
      ...(twice.length === 0 ? [] : [noteOf(`there are several of the same id, numbered here: ${listed(twice)}`)]),
      ...bareIds(tasks),
      ...begun(tasks),
      ...partsOfDone(tasks),
    ],
  };
}

/** A task is done with its subtasks, and is work of its own only where none of them is left. */
function isGroup({ subtasks }: Task): boolean {
  return (subtasks ?? []).some(({ status }) => !['done', 'cancelled'].includes(stateName(status)));
}

function taskItem(task: Task): Item {
  const prompt = promptFrom(sectionsOf(task));
  return {
    key: task.id,
    name: `task ${task.id}`,
    line: null,
    state: stateOf(task.status),
    work: { id: task.id, title: task.title ?? '', prompt },
    needs: task.dependencies ?? [],
  };
}

/** Key of the group that its subtasks wait for. */
function startOf({ id: task }: Task): string {
  return `start of ${task}`;
}

/** What its subtasks wait for, and what waits for them. */
function groupItems(task: Task): Item[] {
  const subtasks = (task.subtasks ?? []).filter(({ status }) => stateName(status) !== 'cancelled');
  const group = { name: `task ${task.id}`, line: null, work: null };
  return [
    { ...group, key: startOf(task), state: 'open', needs: task.dependencies ?? [] },
    { ...group, key: task.id, state: stateOf(task.status), needs: subtasks.map((sub) => `${task.id}.${sub.id}`) },
  ];
}

function subtaskItem(sub: Subtask, task: Task): Item {
  const name = `${task.id}.${sub.id}`;
  const prompt = promptFrom([
    ...sectionsOf(sub),
    [`The task that this is part of: ${task.id} ${task.title ?? ''}`, promptFrom(parentSections(task))],
  ]);
  return {
    key: name,
    name: `task ${name}`,
    line: null,
    state: subtaskState(sub, task),
    work: { id: name, title: sub.title ?? '', prompt },
    needs: [...siblingsOf(sub, task), startOf(task)],
  };
}

/** `next` offers only what is part of a task that is open. */
function subtaskState(sub: Subtask, task: Task): ItemState {
  const [own, whole] = [stateOf(sub.status), stateOf(task.status)];
  if (own !== 'open' || whole === 'open') return own;
  const part = `is part of task ${task.id}, which`;
  return whole === 'done' ? { noWork: `${part} is done` } : { out: `${part} ${whole.out}` };
}

/** A bare id is a sibling. */
function siblingsOf({ dependencies }: Subtask, task: Task): string[] {
  return (dependencies ?? []).map((need) => (need.includes('.') ? need : `${task.id}.${need}`));
}

type Sections = (readonly [string, string | null | undefined])[];

function sectionsOf({ title, description, details, testStrategy }: Subtask): Sections {
  return [
    ['', title],
    ['', description],
    ['Details', details],
    ['Test strategy', testStrategy],
  ];
}

function parentSections({ description, details, testStrategy }: Task): Sections {
  return [
    ['', description],
    ['', details],
    ['', testStrategy?.trim() ? `Test strategy: ${testStrategy.trim()}` : null],
  ];
}

function stateName(status: string | null | undefined): string {
  const name = (status ?? '').trim().toLowerCase() || 'pending';
  return name === 'completed' ? 'done' : name;
}

function stateOf(status: string | null | undefined): 'open' | 'done' | { readonly out: string } {
  const name = stateName(status);
  if (name === 'done') return 'done';
  if (name === 'pending' || name === 'in-progress') return 'open';
  return { out: name === 'cancelled' ? 'is cancelled' : `has the status “${name}”` };
}

/** An id that nothing has is never done. */
function withKnownNeeds(item: Item, known: ReadonlySet<string>): Item {
  const missing = item.needs.find((need) => !known.has(need));
  if (missing === undefined || item.state !== 'open') return item;
  return { ...item, state: { out: `depends on task ${missing}, which is not in the list` } };
}

/** Bare ids of subtasks' dependencies that are ids of tasks too. */
function bareIds(tasks: readonly Task[]): ImportNote[] {
  const known = new Set(tasks.map((task) => task.id));
  const unclear = tasks.flatMap((task) =>
    (task.subtasks ?? [])
      .filter((sub) => stateOf(sub.status) === 'open' && (sub.dependencies ?? []).some((need) => known.has(need)))
      .map((sub) => `${task.id}.${sub.id}`),
  );
  if (unclear.length === 0) return [];
  return [
    noteOf(
      `bare ids in the dependencies of subtasks are siblings, as \`task-master next\` reads them, though there are tasks with the same ids: ${listed(unclear)}`,
    ),
  ];
}

function begun(tasks: readonly Task[]): ImportNote[] {
  const ids = tasks.flatMap((task) => [
    ...(isGroup(task) || stateName(task.status) !== 'in-progress' ? [] : [task.id]),
    ...(task.subtasks ?? [])
      .filter((sub) => stateName(sub.status) === 'in-progress')
      .map((sub) => `${task.id}.${sub.id}`),
  ]);
  if (ids.length === 0) return [];
  return [noteOf(`the plan begins anew what is in progress: ${listed(ids.map((name) => `task ${name}`))}`)];
}

/** Left out without a note each. */
function partsOfDone(tasks: readonly Task[]): ImportNote[] {
  const parts = tasks
    .filter(({ status }) => stateOf(status) === 'done')
    .flatMap((task) =>
      (task.subtasks ?? [])
        .filter(({ status }) => stateOf(status) === 'open')
        .map((sub) => `task ${task.id}.${sub.id}`),
    );
  return parts.length === 0
    ? []
    : [noteOf(`left out, because they are parts of tasks that are done: ${listed(parts)}`)];
}
