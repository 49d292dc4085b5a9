// Files in Git LFS: their content is in worktrees, their pointers in git, and nothing of it goes the wrong way.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { type Host, claim, contextFor, message, openHost, sayIn } from './open-host.ts';
import { cleanUp, git, makeRemote, makeState, put, temporaryFolder } from './make-repository.ts';
import type { Worktree } from '../../activities/worktrees/worktree.ts';
import { defaultConfig } from '../../contracts/documents/config.ts';
import { makeWorktree } from '../../activities/worktrees/make.ts';

let host: Host;
beforeAll(async () => {
  host = await openHost();
});
afterAll(cleanUp);

const say = (worktree: Pick<Worktree, 'mounts'>, script: string) => sayIn(host, worktree, script);

/** A clone of `main` with git-lfs in it; its change is committed and pushed, with its content unless `withContent` is false. */
function pushLfs(url: string, files: Record<string, string>, { withContent = true } = {}): void {
  const clone = join(temporaryFolder(), 'clone');
  git('/', '-c', 'filter.lfs.smudge=cat', '-c', 'filter.lfs.process=', 'clone', '-q', url, clone);
  execFileSync('git', ['lfs', 'install', '--local'], { cwd: clone, stdio: 'pipe' });
  for (const [path, text] of Object.entries(files)) put(clone, path, text);
  git(clone, 'add', '-A');
  git(clone, 'commit', '-q', '-m', 'files in LFS');
  const hooks = withContent ? [] : ['-c', 'core.hooksPath=/dev/null'];
  git(clone, ...hooks, 'push', '-q', 'origin', 'HEAD:main');
}

function begin() {
  const [remote, state] = [
    makeRemote({ 'a.txt': 'a\n', '.gitattributes': '*.bin filter=lfs diff=lfs -text\n' }),
    makeState(),
  ];
  pushLfs(remote.url, { 'one.bin': 'one\0content\n', 'two words.bin': 'two\n' });
  const context = contextFor(remote, state);
  const open = async (options: Parameters<typeof claim>[2] = {}) => {
    const store = await claim(host, context, options);
    return { store, worktree: await store.openWorktree() };
  };
  return { remote, context, open };
}

const pointer = /^version https:\/\/git-lfs\.github\.com\/spec\/v1\noid sha256:[0-9a-f]{64}\nsize \d+$/;

describe('a worktree', () => {
  it('has the content, git calls it unchanged, and nothing of it is the unit’s work', async () => {
    const { open } = begin();
    const { store, worktree } = await open();
    expect(await say(worktree, 'tr "\\0" . < one.bin; cat "two words.bin"; git status --porcelain')).toBe(
      'one.content\ntwo',
    );
    await say(worktree, 'echo b > b.txt; touch one.bin; cp one.bin x; cat x > one.bin; rm x');
    await store.save({});
    expect((await store.changes()).map(({ path }) => path)).toEqual(['b.txt']);
    await store.close();
  });

  it('has it for what is a pointer to git-lfs and has the attribute, and for nothing else', async () => {
    const { remote, open } = begin();
    const text = `${git(remote.url, 'show', 'main:one.bin')}\n`;
    remote.push({ 'fixture.txt': text, 'long.bin': `${text}more\n`, 'crlf.bin': text.replaceAll('\n', '\r\n') });
    const { store, worktree } = await open();
    expect(await say(worktree, 'head -c 7 fixture.txt; head -c 7 long.bin; head -c 3 crlf.bin')).toBe(
      'versionversionone',
    );
    await store.close();
  });

  it('for a verification has it too; with `worktree.lfs: false` it has pointers', async () => {
    const { context } = begin();
    const repository = await host.git.open(context);
    const commit = await repository.fetchBranch('main');
    const at = { commit, branch: 'main', upstream: commit };
    const worktree = await repository.openWorktree(at);
    expect(await say(worktree, 'cat "two words.bin"')).toBe('two');
    const plain = await repository.openWorktree(at, (place) => makeWorktree({ ...place, lfs: false }));
    expect(await say(plain, 'cat "two words.bin"')).toMatch(pointer);
    expect(await say(plain, 'git status --porcelain')).toBe('');
    await worktree.remove();
    await plain.remove();
  });

  it('gives git the filter that clones have: whatever puts a file back, puts its content back', async () => {
    const { open } = begin();
    const { store, worktree } = await open();
    for (const command of [
      'git reset -q --hard',
      'echo x > one.bin; git checkout -q .',
      'rm one.bin; git restore one.bin',
      'echo x > one.bin; echo y > a.txt; git stash -q; git stash drop -q',
      'git mv one.bin z.bin; git stash -q; git stash pop -q; git mv z.bin one.bin',
      'git checkout -q HEAD~1; git checkout -q main',
      'git -c user.name=x commit -qm moved --allow-empty; git reset -q --hard HEAD~1',
    ]) {
      expect([command, await say(worktree, `${command}; tr "\\0" . < one.bin; git status --porcelain`)]).toEqual([
        command,
        'one.content',
      ]);
    }
    expect(await say(worktree, 'echo new > new.bin; git add new.bin; git show :new.bin')).toMatch(pointer);
    await store.close();
  });

  it('gets the content of what the target changed meanwhile', async () => {
    const { remote, open } = begin();
    const { store, worktree } = await open();
    await say(worktree, 'echo b > b.txt');
    await store.save({});
    pushLfs(remote.url, { 'one.bin': 'newer\n', 'three.bin': 'three\n' });
    await store.rebase(remote.tip());
    expect(await say(worktree, 'cat one.bin three.bin; git status --porcelain')).toBe('newer\nthree\n?? b.txt');
    await store.save({});
    expect((await store.changes()).map(({ path }) => path)).toEqual(['b.txt']);
    await store.close();
  });

  it('has a pointer where the server has no content, which is named', async () => {
    const { remote, context, open } = begin();
    pushLfs(remote.url, { 'lost.bin': 'lost\n' }, { withContent: false });
    const { store, worktree } = await open();
    expect(await say(worktree, 'cat lost.bin')).toMatch(pointer);
    expect(await say(worktree, 'cat "two words.bin"; git status --porcelain')).toBe('two');
    const repository = await host.git.open(context);
    expect(await repository.missingContent(remote.tip(), defaultConfig)).toEqual({
      submodules: [],
      pointers: ['lost.bin'],
    });
    const { worktree: ours } = defaultConfig;
    expect(
      (await repository.missingContent(remote.tip(), { setup: null, worktree: { ...ours, lfs: false } })).pointers,
    ).toEqual(['lost.bin', 'one.bin', 'two words.bin']);
    await store.close();
  });

  it('is not made while the server cannot be asked; the failure says how to do without', async () => {
    const { remote, context } = begin();
    remote.push({ '.lfsconfig': '[lfs]\n\turl = https://127.0.0.1:1/lfs\n' });
    const store = await claim(host, context);
    await expect(store.openWorktree()).rejects.toMatchObject({
      type: 'RepositoryUnreachable',
      message: expect.stringMatching(
        /^files in Git LFS cannot be fetched from .*127\.0\.0\.1.*`worktree\.lfs: false`/s,
      ),
    });
  });
});

describe('what a host asks for content', () => {
  it.each([
    ['a file of another repository', (path: string) => `[remote "origin"]\n\tlfsurl = file://${path}\n`],
    ['another path', (path: string) => `[lfs]\n\turl = file://${path}\n`],
    ['a server without encryption', () => '[lfs]\n\turl = http://127.0.0.1:1/lfs\n'],
  ])('is never %s', async (_, config) => {
    const other = makeRemote({ '.gitattributes': '*.bin filter=lfs\n' });
    pushLfs(other.url, { 'secret.bin': 'secret\n' });
    const text = git(other.url, 'show', 'main:secret.bin');
    const { remote, context } = begin();
    remote.push({ '.lfsconfig': config(other.url), 'stolen.bin': `${text}\n` });
    const store = await claim(host, context);
    const said = await store.openWorktree().then(
      (worktree) => say(worktree, 'cat stolen.bin'),
      (error: unknown) => String(error),
    );
    expect(said).not.toContain('secret\n');
    expect(said).toMatch(/^version https|RepositoryRefused|is not accepted|means nothing/);
    await store.close();
  });
});

describe('the change of a unit', () => {
  it('can move, copy and delete such files: pointers land', async () => {
    const { remote, open } = begin();
    const { store, worktree } = await open();
    await say(worktree, 'mv one.bin moved.bin; cp "two words.bin" copy.bin; rm "two words.bin"');
    await store.save({});
    expect(await store.filteredFiles()).toEqual([]);
    const made = await store.makeResult(message);
    expect(made?.changed.map(({ path, status }) => `${status} ${path}`)).toEqual([
      'added copy.bin',
      'added moved.bin',
      'deleted one.bin',
      'deleted two words.bin',
    ]);
    const state = join(host.home, 'repositories');
    const folder = execFileSync('sh', ['-c', `ls -d ${state}/*/state.git`], { encoding: 'utf8' })
      .trim()
      .split('\n');
    const shown = folder.flatMap((each) => {
      try {
        return [git(each, 'show', `${made?.result}:moved.bin`)];
      } catch {
        return [];
      }
    });
    expect(shown[0]).toBe(git(remote.url, 'show', 'main:one.bin'));
    await store.close();
  });

  it('is what it is, however folders are renamed, files touched, programs made of them', async () => {
    const { remote, open } = begin();
    pushLfs(remote.url, { 'v1/logo.bin': 'old\n', 'v2/logo.bin': 'new\n' });
    const { store, worktree } = await open();
    await say(worktree, 'mv v1 t; mv v2 v1; mv t v2; touch one.bin; chmod +x "two words.bin"');
    await store.save({});
    const one = await store.changes();
    expect(one.map(({ path, mode }) => `${mode} ${path}`)).toEqual([
      '100755 two words.bin',
      '100644 v1/logo.bin',
      '100644 v2/logo.bin',
    ]);
    expect(await store.filteredFiles()).toEqual([]);
    await say(worktree, 'mv v1 t; mv v2 v1; mv t v2; chmod -x "two words.bin"');
    await store.save({});
    expect(await store.changes()).toEqual([]);
    await store.close();
  });

  it('has the content itself where the unit takes a file out of Git LFS', async () => {
    const { open } = begin();
    const { store, worktree } = await open();
    await say(worktree, 'echo "one.bin -filter" >> .gitattributes');
    await store.save({});
    expect((await store.changes()).map(({ path }) => path)).toEqual(['.gitattributes', 'one.bin']);
    expect(await store.filteredFiles()).toEqual([]);
    await store.close();
  });

  it('has the content of all where the unit gives Git LFS up', async () => {
    const { open } = begin();
    const { store, worktree } = await open();
    await say(worktree, 'rm .gitattributes');
    await store.save({});
    expect((await store.changes()).map(({ path }) => path)).toEqual(['.gitattributes', 'one.bin', 'two words.bin']);
    await store.close();
  });

  it('can go back to an older version, whose content comes', async () => {
    const { remote, context, open } = begin();
    pushLfs(remote.url, { 'one.bin': 'newer\n' });
    const { store, worktree } = await open();
    await say(worktree, 'git show HEAD~1:one.bin > one.bin');
    await store.save({});
    expect(await store.filteredFiles()).toEqual([]);
    await store.close();
    const later = await claim(await openHost(), context, { attempt: 1002, host: 'there' });
    expect(await say(await later.openWorktree(), 'tr "\\0" . < one.bin')).toBe('one.content');
    await later.close();
  });

  it('names a file whose content is new, which never lands raw', async () => {
    const { open } = begin();
    const { store, worktree } = await open();
    await say(worktree, 'echo other > one.bin; echo new > new.bin');
    await store.save({});
    expect(await store.filteredFiles()).toEqual([
      { path: 'new.bin', filter: 'lfs' },
      { path: 'one.bin', filter: 'lfs' },
    ]);
    await store.close();
  });

  it('goes on elsewhere', async () => {
    const { context, open } = begin();
    const { store, worktree } = await open();
    await say(worktree, 'mv one.bin moved.bin; echo b > b.txt');
    await store.save({});
    await store.close();
    const later = await claim(await openHost(), context, { attempt: 1002, host: 'there' });
    expect(await say(await later.openWorktree(), 'tr "\\0" . < moved.bin; cat b.txt "two words.bin"')).toBe(
      'one.content\nb\ntwo',
    );
    await later.close();
  });
});
