// spec-kit's tasks.md, as its command `implement` executes it: phase by phase; within a phase in the order of the file,
// where neighbours with [P] run together; and `(depends on T012, T013)`.

import type { ImportNote, Item, ItemsRead } from './item.ts';
import type { Phase, TaskFile, TaskLine } from './spec-kit-lines.ts';
import { inertLine } from '../../domain/text/inert.ts';
import { noteOf } from './item.ts';
import { readTaskFile } from './spec-kit-lines.ts';
import { listed, plainText, promptFrom } from './wording.ts';

/** A task with a key of its own: ids need not be unique. */
interface Task extends TaskLine {
  readonly key: string;
  readonly name: string;
  readonly phase: Phase;
}

type Step = readonly [Task, ...Task[]];

interface TaskIndex {
  readonly byId: ReadonlyMap<string, readonly Task[]>;
  readonly stepOf: ReadonlyMap<Task, number>;
}

interface ExplicitNeeds {
  readonly needs: readonly string[];
  readonly notes: readonly ImportNote[];
  readonly errors: readonly ImportNote[];
}

export function readSpecKit(text: string): ItemsRead {
  const file = readTaskFile(plainText(text));
  const tasks = namedTasks(file.phases);
  if (tasks.length === 0) {
    const missing = noteOf('it has no tasks: lines such as `- [ ] T001 [P] [US1] What to do in which file`');
    return { errors: [missing, ...headingNotes(file)] };
  }
  const steps = stepsOf(tasks);
  const stepOf = new Map(steps.flatMap((step, n) => step.map((task) => [task, n] as const)));
  const index = { byId: Map.groupBy(tasks, ({ id }) => id.toUpperCase()), stepOf };
  const explicit = tasks.map((task) => ({ task, ...explicitNeeds(task, index) }));
  const errors = explicit.flatMap((found) => found.errors);
  if (errors.length > 0) return { errors };
  const named = new Map(explicit.map(({ task, needs }) => [task.key, needs]));
  const notes = [...explicit.flatMap((found) => found.notes), ...notesOn(file, tasks)];
  return { items: inOrder(steps, named), notes, goal: file.preamble };
}

function namedTasks(phases: readonly Phase[]): Task[] {
  const all = phases.flatMap((phase) => phase.tasks.map((task) => ({ ...task, phase })));
  return all.map((task, n) => ({ ...task, key: String(n), name: task.id }));
}

/** Tasks that may run together: neighbours with [P] under the same heading, or one task alone. */
function stepsOf(tasks: readonly Task[]): Step[] {
  const steps: [Task, ...Task[]][] = [];
  for (const task of tasks) {
    const step = steps.at(-1);
    const first = step?.[0];
    const together =
      first !== undefined &&
      first.parallel &&
      task.parallel &&
      first.phase === task.phase &&
      first.section === task.section;
    if (together) step?.push(task);
    else steps.push([task]);
  }
  return steps;
}

/** After each step comes a group that is done once the step and all before it are. */
function inOrder(steps: readonly Step[], named: ReadonlyMap<string, readonly string[]>): Item[] {
  return steps.flatMap((step, n): Item[] => {
    const before = n === 0 ? [] : [`step ${n - 1}`];
    const [first] = step;
    const group = { key: `step ${n}`, name: nameOfStep(step), line: first.line, state: 'open', work: null } as const;
    const items = step.map((task) => itemOf(task, [...(named.get(task.key) ?? []), ...before]));
    return [...items, { ...group, needs: [...step.map(({ key }) => key), ...before] }];
  });
}

function nameOfStep(step: Step): string {
  const last = step.at(-1) ?? step[0];
  return step.length === 1 ? step[0].name : `${step[0].name} to ${last.name}`;
}

function itemOf(task: Task, needs: readonly string[]): Item {
  const { key, name, line, done, description, details, marks, phase, section } = task;
  const place = [phase.title, section].filter(Boolean).join(': ');
  const label = marks.length === 0 ? name : `${name}, ${marks.join(', ')}`;
  const prompt = promptFrom([
    ['', description],
    ['', details],
    ['', place === '' ? `(${label} of the feature’s tasks)` : `(${label}, in the phase “${place}”)`],
    ['The phase', phase.intro],
  ]);
  return { key, name, line, state: done ? 'done' : 'open', work: { id: name, title: description, prompt }, needs };
}

const dependsOn = /(\(\s*)?\bdepend(?:s|ency|encies)?\b(?:\s+(?:up)?on\b)?[*_`]*:?[*_`]*\s*/gi;
const namedId = /^[*`[(]*(T-?\d+(?:\.\d+)*[a-z]?)\b[*`\])]*/i;
const separator = /^(?:\s*(?:,|;|&|\+|\band\b|\/))+\s*/i;
const range = /^\s*(?:-|–|—|\.\.\.?|…|to\b|through\b)\s*/i;

/** Characters of a list of ids. */
const longestList = 2000;

/** Keys of the tasks that it says it depends on. */
function explicitNeeds(task: Task, tasks: TaskIndex): ExplicitNeeds {
  const [needs, notes, errors] = [new Set<string>(), [] as ImportNote[], [] as ImportNote[]];
  const said = (what: string): ImportNote => noteOf(`${task.name} ${what}`, task.line);
  const text = task.done ? '' : `${task.description}\n${task.details}`;
  for (const { index, 0: words, 1: bracket } of text.matchAll(dependsOn)) {
    const ids = idsAt(text.slice(index + words.length, index + words.length + longestList), tasks.byId);
    if (ids.length === 0 && bracket !== undefined && /depends/i.test(words))
      notes.push(said('says what it depends on without naming a task: only its place in the file counts'));
    for (const id of ids) {
      const found = tasks.byId.get(id.toUpperCase()) ?? [];
      const open = found.filter(({ done }) => !done);
      if (found.length === 0)
        notes.push(said(`depends on ${id}, which is not in the file: it does not wait for ${id}`));
      else if (found.length > 1 && open.length > 0)
        errors.push(
          said(
            `depends on ${id}, which is the id of several tasks (lines ${listed(found.map(({ line }) => String(line)))})`,
          ),
        );
      else
        errors.push(
          ...open
            .filter((other) => comesLater(other, task, tasks))
            .map((other) =>
              said(
                other === task ? 'depends on itself' : `depends on ${id}, which comes after it (line ${other.line})`,
              ),
            ),
        );
      for (const { key } of open) needs.add(key);
    }
  }
  return { needs: [...needs], notes, errors };
}

/** Neighbours that may run together have no order of their own. */
function comesLater(other: Task, task: Task, { stepOf }: TaskIndex): boolean {
  return other === task || (stepOf.get(other) ?? 0) > (stepOf.get(task) ?? 0);
}

/** `T012, T013 and T015-T017`, from the beginning of the text. */
function idsAt(text: string, byId: ReadonlyMap<string, readonly Task[]>): string[] {
  const ids: string[] = [];
  let rest = text.replace(/^tasks?\s+/i, '');
  for (let found = namedId.exec(rest); found !== null; found = namedId.exec(rest)) {
    const [whole, id = ''] = found;
    rest = rest.slice(whole.length);
    const dash = range.exec(rest)?.[0] ?? '';
    const until = dash === '' ? null : namedId.exec(rest.slice(dash.length));
    ids.push(id);
    if (until !== null) {
      ids.push(...between(id, until[1] ?? '', byId), until[1] ?? '');
      rest = rest.slice(dash.length + until[0].length);
    }
    const more = separator.exec(rest)?.[0];
    if (more === undefined) break;
    rest = rest.slice(more.length);
  }
  return ids;
}

/** Ids of the file whose numbers are between two others. */
function between(first: string, last: string, byId: ReadonlyMap<string, readonly Task[]>): string[] {
  const [from, to] = [numberOf(first), numberOf(last)];
  return [...byId.keys()].filter((id) => numberOf(id) > from && numberOf(id) < to);
}

function numberOf(id: string): number {
  return Number.parseFloat(/\d+(?:\.\d+)?/.exec(id)?.[0] ?? 'NaN');
}

function headingNotes({ taskHeadings }: TaskFile): ImportNote[] {
  const [first] = taskHeadings;
  if (first === undefined) return [];
  return [
    noteOf(
      `headings are no tasks, also with the id of one (“${first.title}”): what is below them was not read`,
      first.line,
    ),
  ];
}

function notesOn(file: TaskFile, tasks: readonly Task[]): ImportNote[] {
  const open = tasks.filter(({ done }) => !done);
  return [
    ...headingNotes(file),
    ...oddBoxNotes(open),
    ...boxNotes(file),
    ...proseNotes(file),
    ...storyNotes(open),
    ...testNotes(open),
  ];
}

/** `implement` of spec-kit knows only the empty box and the x. */
function oddBoxNotes(open: readonly Task[]): ImportNote[] {
  return open.flatMap(({ name, line, oddBox }) =>
    oddBox === null
      ? []
      : [noteOf(`${name} has the box ${inertLine(oddBox)}, which is neither [ ] nor [x]: it counts as open`, line)],
  );
}

function boxNotes({ boxes }: TaskFile): ImportNote[] {
  const [first, ...others] = boxes;
  if (first === undefined) return [];
  const lines = `${others.length === 1 ? 'line' : 'lines'} ${listed(others.map(String))}`;
  const message =
    others.length === 0
      ? 'a box without the id of a task is left out'
      : `boxes without the id of a task are left out, here and on ${lines}`;
  return [noteOf(message, first)];
}

function proseNotes({ otherHeadings }: TaskFile): ImportNote[] {
  const prose = otherHeadings.find(({ title }) => /dependenc/i.test(title) && !/^phase\b/i.test(title));
  if (prose === undefined) return [];
  const order = 'phases, [P] and “depends on” give the order';
  return [noteOf(`the section “${prose.title}” is prose and was not read: ${order}`, prose.line)];
}

/** The template allows what its command does not do. */
function storyNotes(open: readonly Task[]): ImportNote[] {
  const inStories = open.filter(({ phase }) => /\buser stor/i.test(phase.title));
  const stories = new Set(inStories.map(({ phase }) => phase));
  if (stories.size < 2) return [];
  const message = `phases follow each other, as \`implement\` of spec-kit executes them; if ${stories.size} user stories may go on side by side, change the \`needs\` of their first tasks`;
  return [noteOf(message, inStories[0]?.line)];
}

function testNotes(open: readonly Task[]): ImportNote[] {
  const first = open.find(({ phase, section }) => /^tests?\b/i.test(section) || /\btests? first\b/i.test(phase.title));
  if (first === undefined) return [];
  const message = `${first.name}: tests that fail until later tasks are done cannot land by themselves where coppice.yaml runs them; have them marked as expected to fail, or join them with the tasks that they test`;
  return [noteOf(message, first.line)];
}
