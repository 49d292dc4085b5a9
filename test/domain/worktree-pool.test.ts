import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { type StoredTemplate, bytesOf, copiesWanted, makeRoom, meetsMade } from '../../domain/worktrees/pool-room.ts';

const shelved = (key: string, change: Partial<StoredTemplate> = {}): StoredTemplate => {
  return { key, bytes: 10, ready: 0, usedAt: 0, users: 0, ...change };
};

describe('room in the pool', () => {
  it('costs nothing where there is some', () => {
    expect(makeRoom([shelved('a')], { key: 'b', bytes: 10, kind: 'template' }, 20)).toEqual({
      copiesOf: [],
      templates: [],
    });
  });

  it('is made of copies first, then of templates, least recently used first', () => {
    const pool = [
      shelved('new', { usedAt: 3, ready: 1 }),
      shelved('old', { usedAt: 1 }),
      shelved('mid', { usedAt: 2, ready: 1 }),
    ];
    const roomOf = (bytes: number) => makeRoom(pool, { key: 'x', bytes, kind: 'template' }, 60);
    expect(roomOf(20)).toEqual({ copiesOf: ['mid'], templates: [] });
    expect(roomOf(30)).toEqual({ copiesOf: ['mid', 'new'], templates: [] });
    expect(roomOf(40)).toEqual({ copiesOf: ['mid', 'new'], templates: ['old'] });
    expect(roomOf(61)).toBeNull();
  });

  it('for a copy is not made of templates, nor of copies that were used later', () => {
    const pool = [
      shelved('own', { usedAt: 2 }),
      shelved('old', { usedAt: 1, ready: 1 }),
      shelved('new', { usedAt: 3, ready: 5 }),
    ];
    expect(makeRoom(pool, { key: 'own', bytes: 10, kind: 'copy' }, 90)).toEqual({ copiesOf: ['old'], templates: [] });
    expect(makeRoom(pool, { key: 'own', bytes: 10, kind: 'copy' }, 80)).toBeNull();
  });

  it('is never made of what is in use, and is always enough', () => {
    const entry = fc.record({ bytes: fc.nat(50), ready: fc.nat(4), usedAt: fc.nat(20), users: fc.nat(1) });
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 8 }), fc.nat(60), fc.nat(300), (entries, bytes, bound) => {
        const pool = entries.map((each, index) => ({ ...each, key: `${index}` }));
        const room = makeRoom(pool, { key: 'x', bytes, kind: 'template' }, bound);
        if (room === null) {
          expect(bytesOf(pool.filter(({ users }) => users > 0)) + bytes).toBeGreaterThan(bound);
          return;
        }
        const left = pool
          .filter(({ key }) => !room.templates.includes(key))
          .map((each) => (room.copiesOf.includes(each.key) ? { ...each, ready: 0 } : each));
        expect(bytesOf(left) + bytes).toBeLessThanOrEqual(bound);
        const gone = pool.filter(({ key }) => room.templates.includes(key) || room.copiesOf.includes(key));
        expect(gone.filter(({ users }) => users > 0)).toEqual([]);
      }),
    );
  });
});

describe('the copies that are wanted', () => {
  const minute = 60_000;
  it.each([
    [[], 0],
    [[-2 * minute, -3 * minute, -minute], 3],
    [[-20 * minute], 1],
    [[-61 * minute], 0],
    [Array.from({ length: 50 }, () => -minute), 8],
  ])('follow what was taken lately: %j', (takenAt, wanted) => expect(copiesWanted(takenAt, 0, 8)).toBe(wanted));
});

describe('a change', () => {
  const made = ['node_modules/', 'build/out.o', 'pkg/dist/'];
  it.each([
    ['node_modules', true],
    ['node_modules/a/index.js', true],
    ['build/out.o', true],
    ['build', true],
    ['pkg', true],
    ['node_modules2/a.js', false],
    ['build/out.o.txt', false],
    ['src/node_modules.ts', false],
  ])('of %s meets what a setup made: %s', (path, meets) => expect(meetsMade([path], made)).toBe(meets));
});
