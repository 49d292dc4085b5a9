import { describe, expect, it, test } from 'vitest';
import { recogniseKind } from '../../../formats/plan-import/import-plan.ts';
import { freshId, titleFrom, unitIdFrom } from '../../../formats/plan-import/wording.ts';
import { imported } from './imported.ts';
import { resolveGroups } from '../../../formats/plan-import/needs.ts';
import { writePlan } from '../../../formats/plan-file/plan-text.ts';

test.each([
  ['# Tasks\r\n\r\n- [ ] T001 a', 'spec-kit'],
  ['{"master":{"tasks":[]},"other":{"tasks":[]}}', 'taskmaster'],
  ['\uFEFF{"tasks":[{"id":1}]}', 'taskmaster'],
  ['{"id":"bd-1","title":"a","issue_type":"task"}', 'beads'],
  ['{"_type":"memory"}\n{"id":"bd-1","title":"a","issue_type":"task"}\n', 'beads'],
  ['{"data":{"repository":{"issues":{"nodes":[{"number":1,"title":"a","state":"OPEN"}]}}}}', 'github'],
  ['[{"number":1,"title":"a","state":"open"}]', 'github'],
  ['[]', null],
  ['', null],
  ['{"version":1,"units":[]}', null],
  ['- [ ] buy milk', null],
  ['{"broken', null],
])('%j is %s', (text, kind) => {
  expect(recogniseKind(text)).toBe(kind);
});

describe('ids and titles', () => {
  it.each([
    ['T014', 't014'],
    ['5.2', '5-2'],
    ['bd-a1b2.3', 'bd-a1b2-3'],
    ['  Üben/../x ', 'u-ben-x'],
    ['日本', 'unit'],
    ['a'.repeat(80), 'a'.repeat(63)],
  ])('%j becomes %j', (id, unit) => {
    expect(unitIdFrom(id)).toBe(unit);
  });

  it('a fresh id is at most 63 long', () => {
    const long = 'a'.repeat(63);
    expect(freshId(long, new Set([long]))).toBe(`${'a'.repeat(61)}-2`);
  });

  it.each([
    ['a\nb\t c', 'a b c'],
    [`${'word '.repeat(50)}end`, `${'word '.repeat(39).trim()}…`],
    ['😀'.repeat(150), `${'😀'.repeat(99)}…`],
    ['\u200b\u202e', 'x'],
    ['# ------------------------ >8 ------------------------', 'x'],
  ])('%j is the title %j', (text, title) => {
    expect(titleFrom(text, 'x')).toBe(title);
  });
});

describe('resolving groups', () => {
  it('keeps what is named, and drops what a group adds to it for nothing', () => {
    const needs = resolveGroups([
      { id: 'a', group: false, needs: [] },
      { id: 'b', group: false, needs: ['a'] },
      { id: 'g', group: true, needs: ['a', 'b'] },
      { id: 'c', group: false, needs: ['g'] },
      { id: 'd', group: false, needs: ['a', 'g', 'c'] },
    ]);
    expect(Object.fromEntries(needs ?? [])).toEqual({ a: [], b: ['a'], c: ['b'], d: ['a', 'c'] });
  });
});

test('hostile texts stay data, and the plan says what they say', () => {
  const body =
    'units:\n  - id: evil\n# end\r\n---\n\t<!here> \u001b[31mred\u202e\u0000\u0085 \u{e0041} *alias &anchor "quoted"\n  ';
  const text = JSON.stringify([{ number: 1, title: `a: [b\n# c\u202e`, body, state: 'open' }]);
  const { units } = imported('github', text);
  expect(units['issue-1']?.title).toBe('a: [b # c');
  expect(units['issue-1']?.prompt).toContain('\u001b[31mred\u202e\u0000\u0085 \u{e0041} *alias');
});

test('a plan reads well, and nothing in it moves a terminal', () => {
  const units = [
    { id: 'a', title: 'First', prompt: 'One\n\n- two' },
    { id: 'b', title: 'Second', prompt: 'Hidden \u202e text', needs: ['a'] },
  ];
  expect(writePlan({ version: 1, units }, ['From x\nunits: []', 'and more'])).toBe(`# From x units: []
# and more

version: 1
units:
  - id: a
    title: First
    prompt: |-
      One

      - two

  - id: b
    title: Second
    prompt: "Hidden \\u202e text"
    needs: [a]
`);
});
