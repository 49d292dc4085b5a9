import fc from 'fast-check';
import { expect, it } from 'vitest';
import { ambiguousNames, readGlobs } from '../../formats/globs/path-globs.ts';
import { explainOverlaps, findOverlaps, serialized } from '../../formats/globs/overlaps.ts';
import { unit } from '../domain/fixtures.ts';

const paths = ['src/a.ts', 'src/b.ts', 'src/[id]/page.ts', 'docs/a.md'];

function scoped(id: string, scope: readonly string[] | null, ...needs: string[]) {
  return { id: unit(id), scope, needs: needs.map(unit) };
}

it('names units that may change one file and do not wait for each other', () => {
  const units = [scoped('a', ['src/**']), scoped('b', ['src/a.ts', 'docs/**']), scoped('c', ['docs/a.md'], 'b')];
  const found = findOverlaps(units, paths);
  expect(found).toEqual({ pairs: [{ units: ['a', 'b'], path: 'src/a.ts', paths: 1 }], isWhole: true });
  expect(explainOverlaps(found, 'warn')).toEqual([
    expect.stringContaining('a and b may change src/a.ts at the same time'),
  ]);
  expect(explainOverlaps(found, 'serialize')).toEqual(['b starts when a has ended, since both may change src/a.ts']);
});

it.each([
  [
    'a unit waits for the other, over a third',
    [scoped('a', ['src/**']), scoped('m', ['x'], 'a'), scoped('b', ['src/**'], 'm')],
  ],
  ['their files differ', [scoped('a', ['src/a.ts']), scoped('b', ['src/b.ts', 'docs/**'])]],
  ['nothing is said of their files', [scoped('a', null), scoped('b', null), scoped('c', ['src/**'])]],
  ['brackets are a name', [scoped('a', ['src/[id]/page.ts']), scoped('b', ['src/i/page.ts', 'src/d/*'])]],
])('says nothing where %s', (_, units) => {
  expect(findOverlaps(units, paths).pairs).toEqual([]);
});

it('sees a file that both are to create', () => {
  expect(findOverlaps([scoped('a', ['new.ts']), scoped('b', ['new.ts'])], paths).pairs).toMatchObject([
    { path: 'new.ts' },
  ]);
  expect(findOverlaps([scoped('a', ['new/**']), scoped('b', ['new/**'])], paths).pairs).toEqual([]);
});

it('names a few of many, and says how many more there are', () => {
  const units = Array.from({ length: 8 }, (_, i) => scoped(`u${i}`, ['src/*.ts']));
  const lines = explainOverlaps(findOverlaps(units, paths), 'warn');
  expect(lines[0]).toMatch(/^u0 and u1 may change src\/a.ts and 1 more file at the same time/);
  expect(lines.slice(5)).toEqual(['and 2 more pairs of units may change the same files']);
});

it('says so where it cannot look at everything', () => {
  const many = Array.from({ length: 3000 }, (_, i) => scoped(`u${i}`, ['**', `f${i}`]));
  const files = Array.from({ length: 3000 }, (_, i) => `f${i}`);
  const found = findOverlaps(many, files);
  expect(found).toMatchObject({ isWhole: false });
  expect(explainOverlaps(found, 'warn').at(-1)).toContain('not all were looked at');
});

it('puts those that may change one file one after the other, and no others', () => {
  const units = [
    scoped('a', ['src/**']),
    scoped('b', ['src/a.ts']),
    scoped('c', ['src/a.ts', 'docs/**']),
    scoped('d', ['x']),
  ];
  const planned = units.map((each) => ({
    ...each,
    title: 'T',
    prompt: 'P',
    verify: null,
    labels: [],
    budgetUsd: null,
    maxTurns: null,
  }));
  const after = serialized(planned, findOverlaps(units, paths)).map((each) => [each.id, each.after]);
  expect(after).toEqual([
    ['a', undefined],
    ['b', ['a']],
    ['c', ['b']],
    ['d', undefined],
  ]);
});

it('finds an overlap exactly where two units that do not wait for each other share a file', () => {
  const glob = fc.constantFrom(
    'src/**',
    'src/a.ts',
    'src/?.ts',
    'docs/*',
    '{src,docs}/a.*',
    'src/[id]/**',
    '**/page.ts',
  );
  const plan = fc
    .array(fc.tuple(fc.array(glob, { minLength: 1, maxLength: 2 }), fc.array(fc.nat(6), { maxLength: 2 })), {
      minLength: 2,
      maxLength: 7,
    })
    .map((drawn) =>
      drawn.map(([scope, needs], at) =>
        scoped(`u${at}`, scope, ...new Set(needs.filter((need) => need < at).map((need) => `u${need}`))),
      ),
    );
  fc.assert(
    fc.property(plan, (units) => {
      const covers = units.map(({ scope }) =>
        paths.filter((path) => readGlobs(scope ?? [], ambiguousNames(paths)).surely(path)),
      );
      const waits = units.map(() => new Set<number>());
      for (const [at, { needs }] of units.entries()) {
        for (const need of needs) {
          const before = units.findIndex(({ id }) => id === need);
          for (const each of [before, ...(waits[before] ?? [])]) waits[at]?.add(each);
        }
      }
      const share = (a: number, b: number) => covers[a]?.some((path) => covers[b]?.includes(path)) ?? false;
      const isApart = (a: number, b: number) => share(a, b) && waits[b]?.has(a) !== true && waits[a]?.has(b) !== true;
      const found = findOverlaps(units, paths).pairs.map(({ units: pair }) => pair.map((id) => Number(id.slice(1))));
      for (const [a = 0, b = 0] of found) expect(isApart(a, b)).toBe(true);
      const any = units.some((_, a) => units.some((__, b) => a < b && isApart(a, b)));
      expect(found.length > 0).toBe(any);
    }),
    { numRuns: 500 },
  );
});
