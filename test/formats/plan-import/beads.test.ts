import { describe, expect, it } from 'vitest';
import { imported } from './imported.ts';

type Fields = Readonly<Record<string, unknown>>;
type Edge = readonly [type: string, to: string, metadata?: string];

const issue = (id: string, edges: readonly Edge[] = [], fields: Fields = {}) => ({
  _type: 'issue',
  id,
  title: `Part ${id}`,
  status: 'open',
  issue_type: 'task',
  priority: 2,
  dependencies: edges.map(([type, to, metadata]) => ({ issue_id: id, depends_on_id: to, type, metadata })),
  ...fields,
});
const closed = { status: 'closed' };
const epic = { issue_type: 'epic' };
const read = (...records: readonly object[]) =>
  imported('beads', records.map((record) => `${JSON.stringify(record)}\n`).join(''));

describe('an export of beads', () => {
  it('maps `blocks`; what is closed, pinned or a tombstone holds nobody', () => {
    const { needs, notes } = read(
      issue('bd-1', [], closed),
      issue('bd-2', [], { status: 'tombstone' }),
      issue('bd-3', [], { status: 'pinned' }),
      issue('bd-a1b2.4', [
        ['blocks', 'bd-1'],
        ['blocks', 'bd-2'],
        ['blocks', 'bd-3'],
      ]),
      issue('bd-5', [
        ['blocks', 'bd-a1b2.4'],
        ['related', 'bd-6'],
        ['discovered-from', 'bd-6'],
      ]),
      issue('bd-6', [['tracks', 'bd-5']]),
    );
    expect(needs).toEqual({ 'bd-a1b2-4': [], 'bd-5': ['bd-a1b2-4'], 'bd-6': [] });
    expect(notes).toEqual(['left out, because their status is “pinned”; other issues do not wait for them: bd-3']);
  });

  it('puts all texts into the prompt, with those of the epic', () => {
    const { units } = read(
      issue('bd-1', [['parent-child', 'bd-9']], {
        ...{ description: 'Why', design: 'How', acceptance_criteria: 'When', notes: 'Also' },
        comments: [{ author: 'dana', text: 'Mind the gap' }],
      }),
      issue('bd-9', [], { ...epic, description: 'The whole' }),
    );
    expect(units['bd-1']?.prompt).toBe(
      'Part bd-1\n\nWhy\n\n## Design\n\nHow\n\n## Acceptance criteria\n\nWhen\n\n## Notes\n\nAlso\n\n## Comments\n\ndana: Mind the gap\n\n## What this is a part of: bd-9 Part bd-9\n\nThe whole',
    );
  });

  it('an epic is done with its children, which wait for what blocks it, and not for it', () => {
    const { needs } = read(
      issue('bd-0'),
      issue('bd-e', [['blocks', 'bd-0']], epic),
      issue('bd-f', [['parent-child', 'bd-e']], epic),
      issue('bd-1', [['parent-child', 'bd-e']]),
      issue('bd-2', [
        ['parent-child', 'bd-f'],
        ['blocks', 'bd-1'],
      ]),
      issue('bd-3', [['parent-child', 'bd-f']], closed),
      issue('bd-9', [['blocks', 'bd-e']]),
    );
    expect(needs).toEqual({ 'bd-0': [], 'bd-1': ['bd-0'], 'bd-2': ['bd-1'], 'bd-9': ['bd-2'] });
  });

  it('another parent is work beside its children; its blockers hold them', () => {
    const { needs, notes } = read(
      issue('bd-0'),
      issue('bd-p', [['blocks', 'bd-0']]),
      issue('bd-1', [['parent-child', 'bd-p']]),
    );
    expect(needs).toEqual({ 'bd-0': [], 'bd-p': ['bd-0'], 'bd-1': ['bd-0'] });
    expect(notes).toEqual([expect.stringMatching(/^they have children and are no epics.*: bd-p$/)]);
  });

  it('an epic without children is work; one whose children are closed holds nobody', () => {
    const { needs, notes } = read(
      issue('bd-e', [], epic),
      issue('bd-f', [], epic),
      issue('bd-1', [['parent-child', 'bd-f']], closed),
      issue('bd-2', [
        ['blocks', 'bd-f'],
        ['blocks', 'bd-m'],
      ]),
      issue('bd-m', [['blocks', 'bd-e']], { issue_type: 'milestone' }),
    );
    expect(needs).toEqual({ 'bd-e': [], 'bd-2': ['bd-e'] });
    expect(notes[0]).toMatch(/they count as closed: bd-f/);
  });

  it('`waits-for` waits for the children of the other, not for itself', () => {
    const children = [issue('bd-1', [['parent-child', 'bd-s']]), issue('bd-2', [['parent-child', 'bd-s']])];
    const { needs } = read(
      issue('bd-s'),
      ...children,
      issue('bd-w', [['waits-for', 'bd-s', '{"gate":"all-children"}']]),
    );
    expect(needs['bd-w']).toEqual(['bd-1', 'bd-2']);
    expect(read(issue('bd-s'), issue('bd-w', [['waits-for', 'bd-s']])).needs['bd-w']).toEqual([]);
  });

  it('waiting for any one of several children cannot be said, unless one is closed', () => {
    const any: Edge = ['waits-for', 'bd-s', '{"gate":"any-children"}'];
    const child = (id: string, fields: Fields = {}) => issue(id, [['parent-child', 'bd-s']], fields);
    const several = read(issue('bd-s'), child('bd-1'), child('bd-2'), issue('bd-w', [any]));
    expect(several.needs['bd-w']).toBeUndefined();
    expect(several.notes).toContainEqual(
      '4: bd-w is left out: it waits for any one of the 2 children of bd-s (waits-for)',
    );
    expect(read(issue('bd-s'), child('bd-1'), child('bd-2', closed), issue('bd-w', [any])).needs['bd-w']).toEqual([]);
    expect(read(issue('bd-s'), child('bd-1'), issue('bd-w', [any])).needs['bd-w']).toEqual(['bd-1']);
  });

  it('`conditional-blocks` is left out with what waits for it, its children too', () => {
    const { needs, notes } = read(
      issue('bd-1'),
      issue('bd-2', [['conditional-blocks', 'bd-1']], epic),
      issue('bd-3', [['parent-child', 'bd-2']]),
      issue('bd-4', [['blocks', 'bd-3']]),
    );
    expect(needs).toEqual({ 'bd-1': [] });
    expect(notes).toEqual([
      '3: bd-3 is left out: it waits for bd-2, which runs only if bd-1 fails (conditional-blocks)',
      '4: bd-4 is left out: it waits for bd-2, which runs only if bd-1 fails (conditional-blocks)',
    ]);
  });

  it('after a failure it runs, after a success it never will', () => {
    const after = (reason: string) =>
      read(
        issue('bd-1', [], { ...closed, close_reason: reason }),
        issue('bd-2', [['conditional-blocks', 'bd-1']]),
        issue('bd-3'),
      );
    expect(Object.keys(after('Rejected by review').needs)).toEqual(['bd-2', 'bd-3']);
    expect(Object.keys(after('Completed').needs)).toEqual(['bd-3']);
  });

  it.each([
    [{ status: 'blocked' }, '1: bd-1 is left out: it has the status “blocked”'],
    [{ status: 'hooked' }, '1: bd-1 is left out: it has the status “hooked”'],
    [{ defer_until: '2030-01-01T00:00:00Z' }, '1: bd-1 is left out: it is deferred until 2030-01-01T00:00:00Z'],
    [{ issue_type: 'gate' }, expect.stringMatching(/they are no work.*: bd-1$/)],
    [{ pinned: true }, 'left out, because they are pinned: bd-1'],
  ])('%j is left out with what waits for it', (fields, note) => {
    const { needs, notes } = read(issue('bd-1', [], fields), issue('bd-2', [['blocks', 'bd-1']]), issue('bd-3'));
    expect([needs, notes]).toEqual([
      { 'bd-3': [] },
      [note, expect.stringMatching(/^2: bd-2 is left out: it waits for bd-1, which /)],
    ]);
  });

  it('what was deferred until yesterday is ready; what is in progress begins anew', () => {
    const { needs, notes } = read(issue('bd-1', [], { defer_until: '2026-05-31T00:00:00Z', status: 'in_progress' }));
    expect([needs, notes]).toEqual([{ 'bd-1': [] }, ['the plan begins anew what is in progress: bd-1']]);
  });

  it('a blocker that is not in the file holds nobody, and is told', () => {
    const { needs, notes } = read(issue('bd-1', [['blocks', 'external:api:login']]));
    expect(needs).toEqual({ 'bd-1': [] });
    expect(notes).toEqual([
      expect.stringMatching(
        /^1: bd-1 depends on external:api:login, which is not in the file: it does not wait for it/,
      ),
    ]);
  });

  it('cycles, also of an issue with its own epic, are errors', () => {
    expect(read(issue('bd-1', [['blocks', 'bd-2']]), issue('bd-2', [['blocks', 'bd-1']])).errors).toEqual([
      '1: they need each other in a cycle: bd-1 → bd-2 → bd-1',
    ]);
    const own = read(
      issue('bd-e', [], epic),
      issue('bd-1', [
        ['parent-child', 'bd-e'],
        ['blocks', 'bd-e'],
      ]),
    );
    expect(own.errors[0]).toContain('in a cycle: bd-e → bd-1 → bd-e');
  });

  it('skips memories; broken lines and repeated ids are errors with their lines', () => {
    const records = [
      JSON.stringify(issue('bd-1')),
      '{"_type":"memory","key":"a","value":"b"}',
      '',
      '{"id":',
      JSON.stringify(issue('bd-1')),
      '{"id":3}',
    ];
    expect(imported('beads', records.join('\r\n')).errors).toEqual([
      expect.stringMatching(/^4: it is not JSON/),
      '5: bd-1 is there twice (first on line 1)',
      expect.stringMatching(/^6: id must be a text, not the number 3/),
    ]);
    expect(imported('beads', records.slice(0, 3).join('\n')).needs).toEqual({ 'bd-1': [] });
  });
});
