import { describe, expect, it } from 'vitest';
import { imported } from './imported.ts';

type Fields = Readonly<Record<string, unknown>>;

const task = (id: number | string, dependencies: unknown[] = [], fields: Fields = {}) => ({
  id,
  title: `Part ${id}`,
  status: 'pending',
  dependencies,
  ...fields,
});
const file = (tasks: readonly unknown[]) => JSON.stringify({ master: { tasks, metadata: {} } });
const read = (...tasks: readonly unknown[]) => imported('taskmaster', file(tasks));

describe('tasks.json of Task Master', () => {
  it('maps ids as numbers and as texts, and leaves out what is done', () => {
    const { needs } = read(task(1, [], { status: 'done' }), task('2', [1]), task(3, ['2', 1]));
    expect(needs).toEqual({ '2': [], '3': ['2'] });
  });

  it('puts details and the test strategy into the prompt, and no command into `verify`', () => {
    const { units } = read(task(1, [], { description: 'Why', details: 'How', testStrategy: 'npm test' }));
    expect(units['1']).toEqual({
      id: '1',
      title: 'Part 1',
      prompt: 'Part 1\n\nWhy\n\n## Details\n\nHow\n\n## Test strategy\n\nnpm test',
    });
  });

  it('a task with open subtasks is a group: they wait for what it waits for, and its dependants for them', () => {
    const subtasks = [task(1), task(2, [1]), task(3, ['5.1']), task(4, [], { status: 'done' })];
    const { needs, units } = read(
      task(4),
      task(5, [4], { subtasks, details: 'All of it', testStrategy: 'By hand' }),
      task(6, [5]),
    );
    expect(needs).toEqual({ '4': [], '5-1': ['4'], '5-2': ['5-1'], '5-3': ['5-1'], '6': ['5-2', '5-3'] });
    expect(units['5-1']?.prompt).toContain('is part of: 5 Part 5\n\nAll of it\n\nTest strategy: By hand');
  });

  it('a task whose subtasks are done is work of its own', () => {
    const subtasks = [task(1, [], { status: 'done' }), task(2, [], { status: 'cancelled' })];
    const { needs, notes } = read(task(1, [], { subtasks }), task(2, ['1.1']), task(3, ['1.2']));
    expect(needs).toEqual({ '1': [], '2': [] });
    expect(notes).toEqual([
      'task 1.2 is left out: it is cancelled',
      'task 3 is left out: it waits for task 1.2, which is cancelled',
    ]);
  });

  it('a bare id in a subtask’s dependencies is a sibling, as at `next`, and told where it could be a task', () => {
    const { needs, notes } = read(task(1), task(2, [], { subtasks: [task(1), task(7, ['1'])] }));
    expect(needs).toEqual({ '1': [], '2-1': [], '2-7': ['2-1'] });
    expect(notes).toEqual([expect.stringMatching(/^bare ids .* are siblings.*: 2\.7$/)]);
    const alone = read(task(3), task(2, [], { subtasks: [task(1, [3])] }));
    expect([alone.needs, alone.notes[1]]).toEqual([
      { '3': [] },
      'task 2.1 is left out: it depends on task 2.3, which is not in the list',
    ]);
  });

  it.each(['cancelled', 'deferred', 'blocked', 'review', 'on-hold'])('%s frees nobody, however far away', (status) => {
    const { needs, notes } = read(task(1, [], { status }), task(2, [1]), task(3, [2]), task(4));
    expect(needs).toEqual({ '4': [] });
    expect(notes).toHaveLength(3);
    expect(notes[2]).toMatch(
      /^task 3 is left out: it waits for task 1, which (?:is cancelled|has the status “[a-z-]+”)$/,
    );
  });

  it('parts of a task that is done are left out with it, and parts of one that is deferred too', () => {
    const part = { subtasks: [task(1)] };
    const { needs, notes } = read(
      task(1, [], { status: 'done', ...part }),
      task(2, [], { status: 'deferred', ...part }),
      task(3),
    );
    expect(needs).toEqual({ '3': [] });
    expect(notes).toEqual([
      'left out, because they are parts of tasks that are done: task 1.1',
      'task 2.1 is left out: it is part of task 2, which has the status “deferred”',
    ]);
  });

  it('what is in progress begins anew, and is told', () => {
    expect(read(task(1, [], { status: 'in-progress' })).notes).toEqual([
      'the plan begins anew what is in progress: task 1',
    ]);
  });

  it('whole ids of subtasks are read, and repeated ones numbered unless something depends on them', () => {
    const subtasks = [task('4.1'), task('4.2', ['4.1']), task(2)];
    const { needs, notes } = read(task(4, [], { subtasks }));
    expect(needs).toEqual({ '4-1': [], '4-2': ['4-1'], '4-2-2': [] });
    expect(notes[0]).toBe('there are several of the same id, numbered here: task 4.2');
    expect(read(task(4, [], { subtasks }), task(5, ['4.2'])).errors).toEqual([
      expect.stringContaining('task 5 depends on 4.2, which is the id of several tasks'),
    ]);
  });

  it('a cycle is an error with its members', () => {
    expect(read(task(1, [3]), task(2, [1]), task(3, [2])).errors).toEqual([
      'they need each other in a cycle: task 1 → task 3 → task 2 → task 1',
    ]);
    const subtasks = [task(1)];
    expect(read(task(4, [5], { subtasks }), task(5, ['4.1'])).errors).toEqual([
      'they need each other in a cycle: task 4 → task 5 → task 4.1 → task 4',
    ]);
  });

  it('asks for a tag where there are several, and reads files without tags', () => {
    const list = { tasks: [task(1)] };
    const several = JSON.stringify({ master: list, billing: { tasks: [task(2)] } });
    expect(imported('taskmaster', several).errors).toEqual([
      'it has several tags, so --tag must name one: master, billing',
    ]);
    expect(imported('taskmaster', several, 'billing').needs).toEqual({ '2': [] });
    expect(imported('taskmaster', several, 'biling').errors).toEqual([
      'it has no tag "biling"; its tags are master, billing',
    ]);
    expect(imported('taskmaster', JSON.stringify(list)).needs).toEqual({ '1': [] });
  });

  it.each([
    ['{', /^1: it is not JSON: column 2 of that line is wrong/],
    ['{"tasks": [\n', /^1: it is not JSON: it ends too early/],
    ['nothing', /it is not JSON: the character "o" is out of place/],
    ['[]', /it is no tasks.json/],
    ['{}', /it has no list of tasks/],
    [file([{ title: 'x' }]), /^master\.tasks\[0\]\.id is missing/],
    [file([task(1, [null])]), /^master\.tasks\[0\]\.dependencies\[0\] must be a whole number or a text/],
  ])('%j is an error', (text, message) => {
    expect(imported('taskmaster', text).errors).toEqual([expect.stringMatching(message)]);
  });
});
