import fc from 'fast-check';
import picomatch from 'picomatch';
import { describe, expect, it } from 'vitest';
import { alternativesOf, mostAlternatives } from '../../formats/globs/syntax.ts';
import { ambiguousNames, matchesAny, readGlobs, withoutMatch } from '../../formats/globs/path-globs.ts';
import { outOfScope } from '../../formats/policy/judge.ts';

const outside = (changed: readonly string[], scope: readonly string[] | null, target: readonly string[] = []) =>
  outOfScope({ changed, scope, target: ambiguousNames(target) });

describe('globs', () => {
  it('match dotfiles, and an empty list matches nothing', () => {
    expect(matchesAny('src/.hidden/x', ['src/**'])).toBe(true);
    expect(matchesAny('src/x', [])).toBe(false);
  });

  it.each([
    ['*', 'a', true],
    ['*', 'a/b', false],
    ['**', 'a/b/.c', true],
    ['src/**', 'src', true],
    ['**/x', 'x', true],
    ['a/**/b', 'a/b', true],
    ['a/**/b', 'a/c/d/b', true],
    ['a/**/b', 'a/b/c', false],
    ['?.ts', 'a.ts', true],
    ['?.ts', '😀.ts', true],
    ['?.ts', '.ts', false],
    ['{a,b/c}/*', 'b/c/d', true],
    ['{a,b{c,d}}', 'bd', true],
    ['{a}', 'a', false],
    ['{a}', '{a}', true],
    ['[!a].ts', 'b.ts', true],
    ['[^a].ts', 'a.ts', false],
    ['[a-c]x', 'bx', true],
    ['[]]x', ']x', true],
    ['app/[[]...all[]]/**', 'app/[...all]/x', true],
    [String.raw`\[ab].ts`, 'a.ts', false],
    [String.raw`\[ab].ts`, '[ab].ts', true],
    [String.raw`\!x`, '!x', true],
    ['@(a|b)', 'a', false],
    ['@(a|b)', '@(a|b)', true],
    ['(a|b)', 'a', false],
    ['a+', 'aa', false],
    ['./a/./b', 'a/b', true],
    ['a//b/', 'a/b/c', true],
    ['a*/**/**', 'ab', false],
    ['a/**/**', 'a', true],
  ])('%s and %s: %s', (glob, path, expected) => {
    expect(matchesAny(path, [glob])).toBe(expected);
  });

  it('mean what they meant to picomatch, as long as nothing but wildcards and lists is in them', () => {
    const part = fc.constantFrom('a', 'b', '.c', '*', '?', '*a', 'a*', 'a*b', '**', '{a,b}', '{a,*b}');
    const name = fc.constantFrom('a', 'b', '.c', 'ab', 'aab', 'ba');
    const path = fc.array(name, { minLength: 1, maxLength: 4 }).map((names) => names.join('/'));
    const glob = fc.array(part, { minLength: 1, maxLength: 4 }).map((parts) => parts.join('/'));
    fc.assert(
      fc.property(glob, path, (pattern, tried) => {
        expect(matchesAny(tried, [pattern])).toBe(picomatch(pattern, { dot: true })(tried));
      }),
      { numRuns: 2000 },
    );
  });

  it('cover every name that is spelled exactly so, in every reading', () => {
    const name = fc.string({ unit: fc.constantFrom(...'ab[]{}(),.-+@!^~'.split('')), minLength: 1, maxLength: 8 });
    const path = fc
      .array(
        name.filter((text) => text !== '.' && text !== '..'),
        { minLength: 1, maxLength: 3 },
      )
      .map((names) => names.join('/'));
    fc.assert(
      fc.property(path, fc.boolean(), (tried, exists) => {
        const globs = readGlobs([tried], exists ? ambiguousNames([tried]) : []);
        expect(globs.possibly(tried)).toBe(true);
        expect(globs.surely(tried)).toBe(true);
      }),
    );
  });

  it('take no time to speak of, whatever is in them', () => {
    const stars = `${'*a'.repeat(120)}b`;
    expect(matchesAny('a'.repeat(250), [stars])).toBe(false);
    expect(matchesAny('a/'.repeat(200), [`${'**/a/'.repeat(90)}b`])).toBe(false);
    const lists = '{a,b}'.repeat(90);
    expect(alternativesOf(lists)).toBe(mostAlternatives + 1);
    expect(matchesAny('x', [lists])).toBe(false);
  });
});

describe('a scope', () => {
  it('leaves out what it does not name', () => {
    expect(outside(['src/a.ts', 'test/a.ts', '.npmrc'], ['src/**'])).toEqual(['test/a.ts', '.npmrc']);
    expect(outside(['anything'], null)).toEqual([]);
  });

  it('that is the name of a file covers that file, and files that are new', () => {
    const scope = ['app/(shop)/[slug]/page.tsx', 'app/[...all]/**'];
    const changed = ['app/(shop)/[slug]/page.tsx', 'app/[...all]/+page.ts', 'app/[...all]/new/x'];
    expect(outside(changed, scope, changed.slice(0, 2))).toEqual([]);
    expect(outside(changed, scope)).toEqual([]);
  });

  it('is a name where the target has that name, and a class elsewhere', () => {
    const target = ['app/[ab]/x', 'app/a/x'];
    expect(outside(['app/a/x', 'app/[ab]/x'], ['app/[ab]/**'], target)).toEqual(['app/a/x']);
    expect(outside(['lib/a/x'], ['lib/[ab]/**'], target)).toEqual([]);
    expect(outside(['a/[ab]/a.ts'], ['{a,b}/[ab]/[ab].ts'], ['a/[ab]/a.ts'])).toEqual([]);
    expect(outside(['{a,b}/x', 'a/x'], ['{a,b}/x'], ['{a,b}/x'])).toEqual(['a/x']);
    expect(outside(['p/[id].ts', 'p/i.ts'], ['p/[id].{ts,js}'], ['p/[id].ts'])).toEqual(['p/i.ts']);
  });

  it('is read in the same way in whatever order the target is listed', () => {
    const target = ['x/[ab]/1', '[ab].ts', 'y/{a,b}', 'a.ts'];
    const [globs, back] = [target, target.toReversed()].map((paths) =>
      readGlobs(['[ab].ts', '**/[ab]/*', 'y/{a,b}'], ambiguousNames(paths)),
    );
    for (const path of ['a.ts', '[ab].ts', 'x/a/1', 'x/[ab]/1', 'y/a', 'y/{a,b}']) {
      expect(globs?.surely(path)).toBe(back?.surely(path));
    }
  });
});

describe('globs without a match', () => {
  it('are those that match no path of a target, in whatever reading', () => {
    const paths = ['app/(admin)/page.tsx', 'app/[id]/x', 'docs/a.md', 'README.md'];
    const globs = [
      'app/(admin)/**',
      'app/(amdin)/**',
      'app/[id]/**',
      '*.md',
      'docs',
      'doc/**',
      '**/x',
      'docs/',
      'apq/[z]/x',
    ];
    expect(withoutMatch(globs, paths)).toEqual(['app/(amdin)/**', 'docs', 'doc/**', 'apq/[z]/x']);
  });

  it('are the same as those that match nothing when each path is tried', () => {
    const part = fc.constantFrom('a', 'b', '*', '**', '{a,b}', '[ab]', 'a-', 'a.');
    const name = fc.constantFrom('a', 'b', 'a-', 'a.', '[ab]');
    const list = fc.array(
      fc.array(name, { minLength: 1, maxLength: 3 }).map((names) => names.join('/')),
      { maxLength: 8 },
    );
    const glob = fc.array(part, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('/'));
    fc.assert(
      fc.property(glob, list, (pattern, paths) => {
        const matched = paths.some((path) => matchesAny(path, [pattern]));
        expect(withoutMatch([pattern], paths)).toEqual(matched ? [] : [pattern]);
      }),
      { numRuns: 1000 },
    );
  });
});
