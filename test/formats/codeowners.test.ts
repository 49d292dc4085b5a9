import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readCodeowners } from '../../formats/codeowners/parse.ts';

/** What the file says of a path: each claim's owners, or why its line cannot be read. */
function claims(text: string, path: string, file = 'CODEOWNERS') {
  const owners = readCodeowners({ file, text });
  if (owners.problem !== undefined) throw new Error(owners.problem);
  return owners.claimsOn(path).map(({ owners: named, problem }) => problem ?? named.join(' '));
}

describe('a pattern on GitHub', () => {
  it.each([
    ['*', 'a', true],
    ['*', '.dot/a/b', true],
    ['/*', 'a', true],
    ['/*', 'a/b', false],
    ['*.js', 'a/b.js', true],
    ['*.js', 'b.ts', false],
    ['*.js', 'B.JS', false],
    ['*.js', 'b.js/c', true],
    ['/build/logs/', 'build/logs/a/b', true],
    ['/build/logs/', 'x/build/logs/a', false],
    ['/build/logs/', 'build/logs', false],
    ['build/logs', 'x/build/logs', false],
    ['docs/*', 'docs/start.md', true],
    ['docs/*', 'docs/build/start.md', false],
    ['docs/*.md', 'docs/a.md', true],
    ['docs/*.md', 'docs/x/a.md', false],
    ['apps/', 'apps/a', true],
    ['apps/', 'x/apps/y/a', true],
    ['apps/', 'apps', false],
    ['apps', 'apps', true],
    ['apps', 'x/apps/a', true],
    ['/docs', 'docs/a/b', true],
    ['/docs', 'x/docs/a', false],
    ['**/logs', 'logs', true],
    ['**/logs', 'a/b/logs/c', true],
    ['a/**/z', 'a/z', true],
    ['a/**/z', 'a/b/c/z', true],
    ['a/**/z', 'b/a/z', false],
    ['src/**', 'src/a/b', true],
    ['src/**', 'src', false],
    ['**', 'a/b', true],
    ['/', 'a', false],
    ['a?c', 'abc', true],
    ['a?c', 'a/c', false],
    ['a{b,c}', 'ab', false],
    ['a{b,c}', 'a{b,c}', true],
    ['/my\\ notes/', 'my notes/a', true],
    ['app/\\[id\\]/', 'app/[id]/page.tsx', true],
    ['app/\\[id\\]/', 'app/i/page.tsx', false],
    ['a//b', 'a/b', false],
  ])('%s, of %s: %s', (pattern, path, isOwned) => {
    expect(claims(`${pattern} @x`, path)).toEqual(isOwned ? ['@x'] : []);
  });

  it.each([
    ['!src/a', 'src/a', '`!` is not negation'],
    ['[ab].js', 'a.js', '`[` is not syntax'],
    ['[ab].js', '[ab].js', '`[` is not syntax'],
    ['\\#a', '#a', '`\\#` does not escape'],
    ['src/***', 'src/a', 'three asterisks'],
    ['x'.repeat(4097), 'any', 'its pattern has more than 4096 characters'],
  ])('that GitHub does not know leaves nobody known: %s', (pattern, path, why) => {
    expect(claims(`* @all\n${pattern} @x`, path, '.github/CODEOWNERS')).toEqual([expect.stringContaining(why)]);
    expect(claims(`${pattern} @x\n* @all`, path, '.github/CODEOWNERS')).toEqual(['@all']);
  });

  it('takes little time, whatever it is', () => {
    const text = `${'*a'.repeat(2000)}b @x\n`.repeat(3) + `${'**/a/'.repeat(500)}b @x\n`;
    expect(claims(text, 'a/'.repeat(1500) + 'a'.repeat(1000))).toEqual([]);
  });
});

describe('a line', () => {
  const file = [
    '\uFEFF# who owns what',
    '*            @all   # everything else',
    '/apps/\t@acme/apps @Dana',
    '/apps/github',
    '*.md docs@example.com #@kim',
    '',
  ].join('\r\n');

  it.each([
    ['README', ['@all']],
    ['apps/x', ['@acme/apps @Dana']],
    ['apps/github/x', []],
    ['apps/github/x.md', ['docs@example.com']],
  ])('counts for %s if it is the last that matches, also without owners: %o', (path, owned) => {
    expect(claims(file, path)).toEqual(owned);
  });

  it.each(['dana', '@', '@a b', '@acme/', 'a@b', '@a,@b', '@\u202Ea', `@${'a'.repeat(200)}`])(
    'with the owner %j cannot be read',
    (owner) => {
      expect(claims(`* @all\n/a ${owner}`, 'a')).toEqual([expect.stringContaining('an owner is neither')]);
    },
  );

  it('names at most 100 owners', () => {
    const owners = Array.from({ length: 101 }, (_, i) => `@p${i}`).join(' ');
    expect(claims(`/a ${owners}`, 'a')).toEqual(['it names more than 100 owners']);
  });
});

it('of many lines, the last that matches by itself counts', () => {
  const name = fc.constantFrom('a', 'b', '*', '**', 'a*', '?');
  const pattern = fc
    .tuple(fc.constantFrom('', '/'), fc.array(name, { minLength: 1, maxLength: 4 }), fc.constantFrom('', '/'))
    .map(([first, names, last]) => `${first}${names.join('/')}${last}`);
  const path = fc
    .array(fc.constantFrom('a', 'b', 'ab'), { minLength: 1, maxLength: 4 })
    .map((names) => names.join('/'));
  const file = fc.constantFrom('CODEOWNERS', '.gitlab/CODEOWNERS');
  fc.assert(
    fc.property(fc.array(pattern, { maxLength: 8 }), path, file, (patterns, changed, place) => {
      const lines = patterns.map((each, i) => `${each} @${i}`);
      const last = lines.findLast((line) => claims(line, changed, place).length > 0);
      expect(claims(lines.join('\n'), changed, place)).toEqual(last === undefined ? [] : [last.split(' ')[1]]);
    }),
  );
});

describe('a file of GitLab', () => {
  const sections = [
    '* @all',
    '[Docs][2] @writers @@maintainer',
    'docs/',
    'docs/legal/ @counsel',
    '^[Style] @designers',
    '*.css',
    '[docs]',
    'README.md @readers',
    'LICENSE',
    '!docs/generated/',
  ].join('\n');

  it.each([
    ['a', ['@all']],
    ['x/docs/a', ['@all', '@writers @@maintainer']],
    ['docs/legal/a', ['@all', '@counsel']],
    ['docs/generated/a', ['@all']],
    ['README.md', ['@all', '@readers']],
    ['LICENSE', ['@all']],
    ['a.css', ['@all']],
  ])('asks each section that is about %s: %o', (path, owned) => {
    expect(claims(sections, path)).toEqual(owned);
  });

  it('says how many of a section must agree', () => {
    const owners = readCodeowners({ file: 'CODEOWNERS', text: sections });
    if (owners.problem !== undefined) throw new Error(owners.problem);
    expect(owners.claimsOn('docs/a').map(({ count }) => count)).toEqual([1, 2]);
  });

  it.each([
    ['*', 'a/b', true],
    ['docs/a', 'x/docs/a', true],
    ['/docs', 'docs/a', false],
    ['/docs/', 'docs/a/b', true],
    ['/docs/*', 'docs/a/b', false],
    ['/docs/**/*.md', 'docs/a.md', true],
    ['/docs/**', 'docs/a/b', false],
    ['[ab].js', 'x/b.js', true],
    ['\\#a', '#a', true],
  ])('reads %s as File.fnmatch does, of %s: %s', (pattern, path, isOwned) => {
    expect(claims(`${pattern} @x`, path, '.gitlab/CODEOWNERS')).toEqual(isOwned ? ['@x'] : []);
  });

  it('has no sections where only GitHub looks', () => {
    expect(claims('[Docs] @writers\n/a @x', 'a', '.github/CODEOWNERS')).toEqual(['@x']);
  });
});

describe('what cannot be read at all', () => {
  it.each([
    [null, 'the target has no CODEOWNERS'],
    [{ file: 'CODEOWNERS', problem: 'is not UTF-8' }, 'CODEOWNERS is not UTF-8'],
    [{ file: 'CODEOWNERS', text: '#'.repeat(3 * 1024 * 1024 + 1) }, 'CODEOWNERS is larger than 3 MiB'],
    [
      { file: '.gitlab/CODEOWNERS', text: '* @all\n[Docs @x' },
      'line 2 of .gitlab/CODEOWNERS has a heading of a section without its "]"',
    ],
  ])('says why: %j', (found, problem) => {
    expect(readCodeowners(found)).toEqual({ problem });
  });
});
