// Repositories that no retry can make usable: reported with a remedy when a run is prepared, and never retried by a
// host.

import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { asSha } from '../../contracts/ids.ts';
import { inspectTarget } from '../../git/inspect-target.ts';
import { type Host, contextFor, openHost } from './open-host.ts';
import { type Remote, cleanUp, git, makeRemote, makeState, temporaryFolder } from './make-repository.ts';

let host: Host;
beforeAll(async () => {
  host = await openHost();
});
afterAll(cleanUp);

const inspect = (url: string) => inspectTarget({ url, credentials: null }, 'main');

/** What a host does first for each unit. */
async function fetchOn(remote: Remote, url: string): Promise<unknown> {
  const repository = await host.git.open({ ...contextFor(remote, makeState()), repository: url });
  return repository.fetchBranch('main');
}

function clone(remote: Remote, ...options: string[]): string {
  const url = join(temporaryFolder(), 'copy.git');
  git('/', 'clone', '-q', '--bare', ...options, `file://${remote.url}`, url);
  return url;
}

function put(url: string, type: 'tree' | 'commit', content: string | Buffer): string {
  const args = ['--git-dir', url, 'hash-object', '-w', '--literally', '--stdin', '-t', type];
  return execFileSync('git', args, { input: content, encoding: 'utf8' }).trim();
}

/** Makes `commit` part of main's history, under an ordinary commit with main's tree. */
function bury(url: string, commit: string): string {
  const who = ['-c', 'user.name=x', '-c', 'user.email=x'];
  const top = git(url, ...who, 'commit-tree', '-m', 'after it', '-p', commit, 'refs/heads/main^{tree}');
  git(url, 'update-ref', 'refs/heads/main', top);
  return url;
}

const person = 'A U Thor <a@example.org> 1700000000 +0000';
const commitOf = (tree: string, more = `author ${person}\n`) => `tree ${tree}\n${more}committer ${person}\n\nold\n`;

/** A tree that has the same name twice. */
function withTwins(url: string): string {
  const blob = Buffer.from(git(url, 'rev-parse', 'refs/heads/main:README.md'), 'hex');
  const entry = Buffer.concat([Buffer.from('100644 twin\0'), blob]);
  return bury(url, put(url, 'commit', commitOf(put(url, 'tree', Buffer.concat([entry, entry])))));
}

const looseObject = (url: string, name: string): string => {
  const id = git(url, 'rev-parse', name);
  return join(url, 'objects', id.slice(0, 2), id.slice(2));
};

function source(): Remote {
  const made = makeRemote();
  made.push({ b: '2\n' });
  return made;
}

describe('a repository that is refused', () => {
  const cases: [string, (remote: Remote) => string, RegExp][] = [
    ['is a shallow clone', (from) => clone(from, '--depth=1'), /shallow clone.*--unshallow/],
    [
      'is a partial clone',
      (from) => {
        git(from.url, 'config', 'uploadpack.allowFilter', 'true');
        return clone(from, '--filter=blob:none');
      },
      /partial clone.*whole clone/,
    ],
    [
      'has an old tree with the same name twice',
      ({ url }) => withTwins(url),
      /[0-9a-f]{40}: duplicateEntries.*git fsck.*filter-repo/,
    ],
    [
      'has an old commit without an author',
      ({ url }) => bury(url, put(url, 'commit', commitOf(git(url, 'rev-parse', 'main^{tree}'), ''))),
      /missingAuthor/,
    ],
    [
      'has a file that is damaged',
      ({ url }) => {
        const file = looseObject(url, 'refs/heads/main:b');
        rmSync(file);
        writeFileSync(file, 'garbage');
        return url;
      },
      /[0-9a-f]{40} is missing or damaged.*git fsck/,
    ],
    [
      'lacks an old commit',
      ({ url }) => {
        rmSync(looseObject(url, 'refs/heads/main~1'));
        return url;
      },
      /[0-9a-f]{40} is missing or damaged/,
    ],
    [
      'lacks the tip',
      ({ url }) => {
        rmSync(looseObject(url, 'refs/heads/main'));
        return url;
      },
      /branch main cannot be read/,
    ],
    [
      'has a branch whose file is empty, as after a power cut',
      ({ url }) => {
        writeFileSync(join(url, 'refs/heads/main'), '');
        return url;
      },
      /branch main cannot be read/,
    ],
    [
      'has a branch that names a file',
      ({ url }) => {
        writeFileSync(join(url, 'refs/heads/main'), `${git(url, 'rev-parse', 'refs/heads/main:b')}\n`);
        return url;
      },
      /branch main cannot be read/,
    ],
  ];

  test.each(cases)('%s', async (_, make, words) => {
    const from = source();
    const context = from.tip();
    const url = make(from);
    const failed = { type: 'RepositoryUnusable', nonRetryable: true, message: expect.stringMatching(words) };
    await expect(inspect(url)).rejects.toMatchObject(failed);
    await expect(fetchOn({ ...from, tip: () => context }, url)).rejects.toMatchObject(failed);
  });

  test('has SHA-256 objects', async () => {
    const url = join(temporaryFolder(), 'sha256.git');
    git('/', 'init', '-q', '--bare', '-b', 'main', '--object-format=sha256', url);
    const tree = git(url, 'hash-object', '-t', 'tree', '-w', '/dev/null');
    const who = ['-c', 'user.name=x', '-c', 'user.email=x'];
    git(url, 'update-ref', 'refs/heads/main', git(url, ...who, 'commit-tree', '-m', 'x', tree));
    await expect(inspect(url)).rejects.toMatchObject({ type: 'RepositoryUnusable', message: /sha256/ });
  });

  test('has grafts', async () => {
    const { url, tip } = source();
    writeFileSync(join(url, 'info/grafts'), `# none yet\n`);
    expect((await inspect(url)).tip).toBe(tip());
    writeFileSync(join(url, 'info/grafts'), `${tip()}\n`);
    await expect(inspect(url)).rejects.toMatchObject({ type: 'RepositoryUnusable', message: /convert-graft-file/ });
  });

  test.each([
    ['a name', (blob: string) => [['100644', 'blob', blob, 'é'.repeat(128)]], /name of 256 bytes/],
    [
      'a folder',
      (blob: string) => [['100644', 'blob', blob, `src/${'x'.repeat(300)}/a`]],
      /name of 300 bytes.*src\/xxx/,
    ],
    ['a path', (blob: string) => [['100644', 'blob', blob, `${'folder-name/'.repeat(300)}a`]], /path of 3601 bytes/],
  ])('has %s that is too long', async (_, entries, words) => {
    const { url } = source();
    const blob = git(url, 'rev-parse', 'refs/heads/main:b');
    const index = { ...process.env, GIT_DIR: url, GIT_INDEX_FILE: join(temporaryFolder(), 'index') };
    const input = entries(blob)
      .map(([mode, , id, path]) => `${mode} ${id}\t${path}\0`)
      .join('');
    execFileSync('git', ['update-index', '-z', '--add', '--index-info'], { env: index, input });
    const tree = execFileSync('git', ['write-tree'], { env: index, encoding: 'utf8' }).trim();
    git(url, 'update-ref', 'refs/heads/main', put(url, 'commit', commitOf(tree)));
    await expect(inspect(url)).rejects.toMatchObject({ type: 'RepositoryUnusable', message: words });
  });
});

test('a name that is too long and comes while a run works is never tried again by a host', async () => {
  const { url, ...from } = source();
  const blob = git(url, 'rev-parse', 'refs/heads/main:b');
  const entry = Buffer.concat([Buffer.from(`100644 ${'x'.repeat(300)}\0`), Buffer.from(blob, 'hex')]);
  git(url, 'update-ref', 'refs/heads/main', put(url, 'commit', commitOf(put(url, 'tree', entry))));
  const repository = await host.git.open(contextFor({ url, ...from }, makeState()));
  const commit = asSha(String(await repository.fetchBranch('main')));
  const opening = repository.openWorktree({ commit, branch: 'main', upstream: commit });
  await expect(opening).rejects.toMatchObject({
    type: 'RepositoryUnusable',
    nonRetryable: true,
    message: /xxx.*too long/,
  });
});

test('a name of 255 bytes is no fault', async () => {
  const from = makeRemote({ ['x'.repeat(255)]: '1' });
  expect((await inspect(from.url)).tip).toBe(from.tip());
});

test.each([
  ['a date that is none', `author A <a@x> 99999999999999999999 +0000\n`],
  ['no space before the date', `author A <a@x>1700000000 +0000\n`],
  ['two authors', `author ${person}\nauthor ${person}\n`],
  ['a time zone that is none', `author A <a@x> 1700000000 +51800\n`],
])('an old commit with %s is no fault', async (_, author) => {
  const from = source();
  bury(from.url, put(from.url, 'commit', commitOf(git(from.url, 'rev-parse', 'main^{tree}'), author)));
  expect((await inspect(from.url)).tip).toBe(from.tip());
  expect(await fetchOn(from, from.url)).toBe(from.tip());
});

test('a source that becomes whole again can be used', async () => {
  const from = source();
  const url = clone(from, '--depth=1');
  await expect(fetchOn(from, url)).rejects.toMatchObject({ type: 'RepositoryUnusable' });
  git(url, 'fetch', '-q', '--unshallow', `file://${from.url}`, 'refs/heads/main');
  expect(readFileSync(join(url, 'HEAD'), 'utf8')).toContain('main');
  expect((await inspect(url)).tip).toBe(from.tip());
  expect(await fetchOn(from, url)).toBe(from.tip());
});
