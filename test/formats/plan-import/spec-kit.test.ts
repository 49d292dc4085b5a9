import { describe, expect, it } from 'vitest';
import { imported } from './imported.ts';

const tasks = (...lines: string[]) => imported('spec-kit', lines.join('\n'));

describe('tasks.md of spec-kit', () => {
  const file = `# Tasks: Shared shopping lists

**Input**: Design documents from /specs/004-lists/

## Path conventions

- Sources are in src/

## Phase 1: Setup

**Purpose**: A place to work in

- [X] T001 Create the folders
- [ ] T002 Add the database client to package.json
- [ ] T003 [P] Configure the linter in eslint.config.js
- [ ] T004 [P] Configure the tests in vitest.config.ts

<!-- - [ ] T900 Only an example -->

## Phase 2: Lists (Priority: P1)

**Goal**: A person keeps a list.

### Tests for lists

- [ ] T005 [P] [US1] Test for adding an item in test/add.test.ts

### Implementation for lists

- [ ] T006 [P] [US1] Create the List model in src/list.ts
- [ ] T007 [P] [US1] Create the Item model in src/item.ts
- [ ] T008 [US1] Implement the service in src/service.ts (depends on T003, T006)
      with the models above
  - keep the order of items
  - no network

## Phase N: Polish

- [ ] TXXX [P] Describe lists in docs/lists.md
- [ ] TXXX Clean up

## Dependencies & Execution Order

- T008 before T005
- [ ] Everything is reviewed
`;

  it('runs phase by phase, in the order of the file, and neighbours with [P] together', () => {
    expect(imported('spec-kit', file).needs).toEqual({
      t002: [],
      t003: ['t002'],
      t004: ['t002'],
      t005: ['t003', 't004'],
      t006: ['t005'],
      t007: ['t005'],
      t008: ['t003', 't006', 't007'],
      txxx: ['t008'],
      'txxx-2': ['txxx'],
    });
  });

  it('says what was not read, each with its place', () => {
    expect(imported('spec-kit', file).notes).toEqual([
      '45: a box without the id of a task is left out',
      expect.stringMatching(/^42: the section “Dependencies & Execution Order” is prose/),
      expect.stringMatching(/^26: T005: tests that fail until later tasks are done cannot land/),
      'ids that are not unique got a number: TXXX is txxx-2',
    ]);
  });

  it('gives a unit its text, the lines below it and what the phase is for', () => {
    const { units, goal } = imported('spec-kit', file);
    expect(goal).toBe('# Tasks: Shared shopping lists\n\n**Input**: Design documents from /specs/004-lists/');
    expect(units['t008']).toEqual({
      id: 't008',
      title: 'Implement the service in src/service.ts (depends on T003, T006) with the models above',
      prompt: [
        'Implement the service in src/service.ts (depends on T003, T006) with the models above',
        '  - keep the order of items\n  - no network',
        '(T008, US1, in the phase “Phase 2: Lists (Priority: P1): Implementation for lists”)',
        '## The phase',
        '**Goal**: A person keeps a list.',
      ].join('\n\n'),
      needs: ['t003', 't006', 't007'],
    });
  });

  it('keeps the order across phases that are done already', () => {
    const { needs } = tasks(
      ...['## Phase 1: A', '- [ ] T001 one', '## Phase 2: B', '- [x] T002 two', '## Phase 3: C', '- [ ] T003 three'],
    );
    expect(needs).toEqual({ t001: [], t003: ['t001'] });
  });

  it.each([
    ['- [ ] **T001** [P] bold', 'bold'],
    ['* [ ] [T001] in brackets', 'in brackets'],
    ['- [ ] T001: with a colon', 'with a colon'],
    ['- [ ] [P] T001 mark first', 'mark first'],
    ['- [ ] T001 [US1] [P] marks in another order', 'marks in another order'],
    ['- [ ] T001 [docs](docs/a.md) are a link', '[docs](docs/a.md) are a link'],
  ])('%s', (line, title) => {
    expect(tasks(line).units['t001']?.title).toBe(title);
  });

  it.each([
    ['(depends on T001, T003)', ['t001', 't003', 't004']],
    ['(depends on T001-T003)', ['t001', 't002', 't003', 't004']],
    ['(Depends on: **T001** and T002: the model)', ['t001', 't002', 't004']],
    ['depends on T001', ['t001', 't004']],
    ['(depends: T001)', ['t001', 't004']],
    ['that others depend on', ['t004']],
  ])('T005 … %s', (words, needs) => {
    const line = (n: number, text = '') => `- [ ] T00${n} part ${n} ${text}`;
    expect(tasks(line(1), line(2), line(3), line(4), line(5, words)).needs['t005']).toEqual(needs);
  });

  it('a dependency in words is told, and one on a task that is not there', () => {
    expect(tasks('- [ ] T001 a (depends on the schema)', '- [ ] T002 b (depends on T017)').notes).toEqual([
      '1: T001 says what it depends on without naming a task: only its place in the file counts',
      '2: T002 depends on T017, which is not in the file: it does not wait for T017',
    ]);
  });

  it('a dependency on what comes later, or on an id of several tasks, is an error', () => {
    const { errors } = tasks(
      '- [ ] T001 a (depends on T002)',
      '- [ ] T002 b',
      '- [ ] T002 c',
      '- [ ] T003 d',
      '- [ ] T004 e (depends on T005)',
      '- [ ] T005 f',
    );
    expect(errors).toEqual([
      '1: T001 depends on T002, which is the id of several tasks (lines 2, 3)',
      '5: T004 depends on T005, which comes after it (line 6)',
    ]);
  });

  it.each(['[~]', '[-]', '[/]', '[>]', '[]', '[✔️]'])('a task with the box %s is open, and told', (box) => {
    const { needs, notes } = tasks('- [ ] T001 a', `- ${box} T002 b`, '- [ ] T003 c');
    expect(needs).toEqual({ t001: [], t002: ['t001'], t003: ['t002'] });
    expect(notes).toEqual([`2: T002 has the box ${box}, which is neither [ ] nor [x]: it counts as open`]);
  });

  it('boxes without an id are told with the lines of all, and references are text', () => {
    const { goal, notes } = tasks('- [1] a paper', '- [~] buy milk', '- [ ] T001 a', '- [x] bread', '- [ ] tea');
    expect(goal).toBe('- [1] a paper');
    expect(notes).toEqual(['2: boxes without the id of a task are left out, here and on lines 4, 5']);
  });

  it('a task that depends on itself is an error', () => {
    expect(tasks('- [ ] T001 a (depends on T001)').errors).toEqual(['1: T001 depends on itself']);
  });

  it('neighbours that need each other are an error that names them', () => {
    const { errors } = tasks('- [ ] T001 [P] a (depends on T002)', '- [ ] T002 [P] b (depends on T001)');
    expect(errors).toEqual([expect.stringContaining('in a cycle: T001 → T002 → T001')]);
  });

  it('user stories that may go on side by side are told', () => {
    const { notes } = tasks('## Phase 1: User Story 1', '- [ ] T001 a', '## Phase 2: User Story 2', '- [ ] T002 b');
    expect(notes).toEqual([expect.stringMatching(/^2: phases follow each other.* if 2 user stories/)]);
  });

  it('text in fences and headings with an id are no tasks', () => {
    const { needs, notes } = tasks('```text', '- [ ] T001 an example', '```', '### T002: no task', '- [ ] T003 real');
    expect(needs).toEqual({ t003: [] });
    expect(notes).toEqual([expect.stringMatching(/^4: headings are no tasks/)]);
  });

  it('a file without tasks, and one where all is done, have no plan', () => {
    expect(tasks('# Notes').errors).toEqual([expect.stringContaining('it has no tasks')]);
    expect(tasks('- [X] T001 a').errors).toEqual(['nothing in it is left to do']);
  });

  it('wide phases name each other, and phases that are too wide are an error', () => {
    const phase = (n: number, width: number) => [
      `## Phase ${n}`,
      ...Array.from({ length: width }, (_, i) => `- [ ] T${n}${String(i).padStart(4, '0')} [P] part`),
    ];
    const wide = tasks(...phase(1, 30), ...phase(2, 30), ...phase(3, 1));
    expect(wide.needs['t20000']).toHaveLength(30);
    expect(wide.needs['t30000']).toHaveLength(30);
    expect(tasks(...phase(1, 4000), ...phase(2, 4000)).errors).toEqual([
      expect.stringContaining('no plan can hold it'),
    ]);
    expect(tasks(...phase(1, 10_001)).errors).toEqual([expect.stringContaining('at most 10,000 units')]);
  });
});
