// Submodules in worktrees: there as in a clone, moved like any other change, and never a way to what a host should not show.

import { afterAll, beforeAll, describe, expect, it, test } from 'vitest';
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Host, claim, contextFor, message, openHost, sayIn } from './open-host.ts';
import {
  addSubmodule,
  cleanUp,
  git,
  makeRemote,
  makeState,
  moveSubmodule,
  temporaryFolder,
} from './make-repository.ts';
import type { Sha } from '../../contracts/ids.ts';
import type { Worktree } from '../../activities/worktrees/worktree.ts';
import { makeWorktree } from '../../activities/worktrees/make.ts';
import { moduleRemotes } from '../../activities/repository/modules.ts';
import { unit } from '../domain/fixtures.ts';
import { wantedSubmodules } from '../../formats/setup/submodules.ts';
import { openGitHost } from '../../activities/repository/open-git-host.ts';
import { openSandbox } from '../../activities/sandbox/open-sandbox.ts';
import { submoduleUrl } from '../../domain/repository/submodule-url.ts';

let host: Host;
beforeAll(async () => {
  host = await openHost();
});
afterAll(cleanUp);

const say = (worktree: Pick<Worktree, 'mounts'>, script: string) => sayIn(host, worktree, script);

/** A target with `vendor/dep`, which has `third` in it. */
function begin(files: Parameters<typeof makeRemote>[0] = { 'a.txt': 'a\n' }) {
  const third = makeRemote({ 'third.txt': 'third\n' });
  const dep = makeRemote({ 'dep.txt': 'one\n', 'src/code.c': 'int x;\n' });
  addSubmodule(dep, 'third', third.url);
  git(dep.url, 'tag', 'v1', 'main');
  const [remote, state] = [makeRemote(files), makeState()];
  addSubmodule(remote, 'vendor/dep', dep.url);
  const context = contextFor(remote, state);
  const open = async (options: Parameters<typeof claim>[2] = {}) => {
    const store = await claim(host, context, options);
    return { store, worktree: await store.openWorktree() };
  };
  return { remote, dep, third, context, open };
}

describe('a worktree', () => {
  it('has submodules at their commits, those inside them too, and git works there as in a clone', async () => {
    const { dep, open } = begin();
    const { store, worktree } = await open();
    expect(await say(worktree, 'cat vendor/dep/dep.txt vendor/dep/third/third.txt')).toBe('one\nthird');
    expect(await say(worktree, 'git status --porcelain --ignored')).toBe('');
    expect(await say(worktree, 'git -C vendor/dep rev-parse HEAD origin/main')).toBe(`${dep.tip()}\n${dep.tip()}`);
    expect(await say(worktree, 'git -C vendor/dep describe --tags; git -C vendor/dep/third status --porcelain')).toBe(
      'v1',
    );
    expect(await say(worktree, 'git submodule status --recursive')).toMatch(
      /^ [0-9a-f]{40} vendor\/dep \(v1\)\n [0-9a-f]{40} vendor\/dep\/third \(.*\)$/,
    );
    expect(await say(worktree, 'git submodule update --init --recursive; git submodule foreach -q pwd')).toBe(
      '/work/vendor/dep',
    );
    expect(
      await say(worktree, 'git -C vendor/dep fsck --no-dangling 2>&1; cat .git/config vendor/dep/.git'),
    ).not.toMatch(/repositories|worktrees/);
    await store.close();
  });

  it('for a verification has them too', async () => {
    const { remote, context } = begin();
    const repository = await host.git.open(context);
    const commit = await repository.fetchBranch('main');
    const worktree = await repository.openWorktree({ commit, branch: 'main', upstream: commit });
    expect(await say(worktree, 'cat vendor/dep/third/third.txt; git status --porcelain')).toBe('third');
    expect(commit).toBe(remote.tip());
    await worktree.remove();
  });

  it.each([
    [false, null, ''],
    [['other/**'], null, ''],
    [['vendor/*'], null, 'dep.txt\nsrc\nthird'],
    [true, 'make && git submodule update --init', 'dep.txt\nsrc\nthird'],
    [true, 'mkdir x && git -c a=b clone -q ../x "./vendor/dep/" && make', ''],
  ] as const)('with `worktree.submodules: %j` and the setup %j has %j', async (submodules, run, listed) => {
    const setup = run === null ? null : { run, network: false, timeoutSeconds: 1 };
    const { context } = begin();
    const repository = await host.git.open(context);
    const commit = await repository.fetchBranch('main');
    const worktree = await repository.openWorktree({ commit, branch: 'main', upstream: commit }, (place) =>
      makeWorktree({
        ...place,
        wantsSubmodule: wantedSubmodules({ setup, worktree: { copy: [], ports: 0, submodules } }),
      }),
    );
    expect(await say(worktree, 'ls vendor/dep; git status --porcelain')).toBe(listed);
    await worktree.remove();
  });

  it('leaves out what clones leave out', async () => {
    const { remote, open } = begin();
    const modules = git(remote.url, 'show', 'main:.gitmodules');
    remote.push({ '.gitmodules': `${modules}\n\tupdate = none\n` });
    const { store, worktree } = await open();
    expect(await say(worktree, 'ls -A vendor/dep')).toBe('');
    await store.close();
  });
});

describe('the change of a unit', () => {
  it('has nothing of what is done inside a submodule, which is named; what our own commands leave there is not', async () => {
    const { open } = begin();
    const { store, worktree } = await open();
    await say(worktree, 'echo built > vendor/dep/built.o');
    await store.setBaseline();
    await say(worktree, 'echo b > b.txt; echo two > vendor/dep/dep.txt; echo new > vendor/dep/src/new.c');
    await store.save({});
    expect((await store.changes()).map(({ path }) => path)).toEqual(['b.txt']);
    expect(await store.submoduleWork()).toEqual({
      unknown: [],
      files: ['vendor/dep/dep.txt', 'vendor/dep/src/new.c'],
    });
    await store.close();
  });

  it('can move a submodule to another commit of its remote, which lands, and goes on elsewhere', async () => {
    const { dep, context, open } = begin();
    const next = dep.push({ 'dep.txt': 'two\n' });
    const before = git(dep.url, 'rev-parse', 'v1') as Sha;
    const { store, worktree } = await open();
    expect(await say(worktree, 'git -C vendor/dep checkout -q -B mine v1; git -C vendor/dep rev-parse HEAD')).toBe(
      before,
    );
    await say(worktree, 'git -C vendor/dep checkout -q origin/main~1');
    await store.save({});
    const parent = git(dep.url, 'rev-parse', 'main~1');
    expect(await store.changes()).toEqual([]);
    await say(worktree, 'git -C vendor/dep checkout -q HEAD~1');
    await store.save({});
    expect(await store.changes()).toEqual([{ path: 'vendor/dep', status: 'modified', mode: '160000' }]);
    expect(await store.submoduleWork()).toEqual({ unknown: [], files: [] });
    await store.close();
    const later = await claim(await openHost(), context, { attempt: 1002, host: 'there' });
    const again = await later.openWorktree();
    const moved = git(dep.url, 'rev-parse', `${parent}~1`);
    expect(await say(again, 'git -C vendor/dep rev-parse HEAD; ls vendor/dep')).toBe(`${moved}\ndep.txt\nsrc`);
    const made = await later.makeResult(message);
    expect(made?.changed.map(({ path }) => path)).toEqual(['vendor/dep']);
    await later.close();
    expect(next).toBe(dep.tip());
  });

  it('cannot move one to a commit that its remote does not have; a worktree that is gone takes it along', async () => {
    const { context, dep, open } = begin();
    const { store, worktree } = await open();
    await say(worktree, 'cd vendor/dep; echo own > own.txt; git add own.txt; git commit -qm own');
    const own = await say(worktree, 'git -C vendor/dep rev-parse HEAD');
    // So that the agent's own refs travel.
    await say(worktree, 'git commit -q --allow-empty -m own');
    await store.save({});
    expect((await store.submoduleWork()).unknown).toEqual([{ path: 'vendor/dep', commit: own, url: dep.url }]);
    await store.close();
    const later = await claim(await openHost(), context, { attempt: 1002, host: 'there' });
    const again = await later.openWorktree();
    expect(await say(again, 'git -C vendor/dep rev-parse HEAD; git log -1 --format=%s; git status --short')).toBe(
      `${dep.tip()}\nown`,
    );
    expect(await later.changes()).toEqual([]);
    await later.close();
  });

  it('can take a submodule’s files over, remove it, or put a file in its place', async () => {
    const { open } = begin();
    const vendored = await open({ unit: 'vendored' });
    await say(
      vendored.worktree,
      'cp vendor/dep/dep.txt /var/tmp/x; git rm -q vendor/dep; mkdir -p vendor/dep; cp /var/tmp/x vendor/dep/dep.txt',
    );
    await vendored.store.save({});
    expect((await vendored.store.changes()).map(({ path, status }) => `${status} ${path}`)).toEqual([
      'modified .gitmodules',
      'deleted vendor/dep',
      'added vendor/dep/dep.txt',
    ]);
    await vendored.store.close();
    const removed = await open({ unit: 'removed' });
    await say(removed.worktree, 'rm -rf vendor; ln -s /git/modules vendor');
    await removed.store.save({});
    expect((await removed.store.changes()).map(({ path, status }) => `${status} ${path}`)).toEqual([
      'added vendor',
      'deleted vendor/dep',
    ]);
    expect(await removed.store.submoduleWork()).toEqual({ unknown: [], files: [] });
    await removed.store.close();
    const file = await open({ unit: 'file' });
    await say(file.worktree, 'rm -rf vendor/dep; echo x > vendor/dep');
    await file.store.save({});
    expect(await file.store.changes()).toMatchObject([{ path: 'vendor/dep', status: 'type-changed' }]);
    await file.store.close();
  });

  it('keeps one that the target removes meanwhile as what it is, for which nobody knows a remote', async () => {
    const { remote, open } = begin();
    const { store, worktree } = await open();
    await say(worktree, 'git -C vendor/dep checkout -q HEAD~1; echo b > b.txt');
    await store.save({});
    const onto = remote.push({ 'vendor/dep': null, '.gitmodules': null });
    expect((await store.rebase(onto)).conflicts.map(({ path }) => path)).toEqual(['vendor/dep']);
    await store.save({});
    expect((await store.changes()).map(({ path }) => path)).toEqual(['b.txt', 'vendor/dep']);
    expect((await store.submoduleWork()).unknown).toMatchObject([{ path: 'vendor/dep', url: '' }]);
    await store.close();
  });

  it('can move one to another place: the entry moves, and its files are there for everybody', async () => {
    const { dep, context, open } = begin();
    const { store, worktree } = await open();
    await say(worktree, 'mkdir lib; git mv vendor/dep lib/dep; cp -r lib/dep copy');
    await store.save({});
    const moved = ['modified .gitmodules', 'deleted vendor/dep', 'added lib/dep'];
    const changes = (await store.changes()).map(({ path, status }) => `${status} ${path}`);
    expect(changes).toEqual(expect.arrayContaining(moved));
    expect(changes.filter((each) => each.includes('lib/'))).toEqual(['added lib/dep']);
    expect(await store.submoduleWork()).toEqual({ unknown: [], files: [] });
    await store.close();
    const later = await claim(await openHost(), context, { attempt: 1002, host: 'there' });
    expect(await say(await later.openWorktree(), 'git -C lib/dep rev-parse HEAD; cat lib/dep/third/third.txt')).toBe(
      `${dep.tip()}\nthird`,
    );
    await later.close();
  });

  it('is not what the setup left in a submodule, not even a commit; a check that moves it back undoes nothing of it', async () => {
    const { open } = begin();
    const { store, worktree } = await open();
    await say(worktree, 'cd vendor/dep; echo patched > dep.txt; git commit -qam patched; echo built > built.o');
    await store.setBaseline();
    await say(worktree, 'echo b > b.txt');
    await store.save({});
    expect((await store.changes()).map(({ path }) => path)).toEqual(['b.txt']);
    expect(await store.submoduleWork()).toEqual({ unknown: [], files: [] });
    await say(worktree, 'git submodule update -q; echo c > c.txt');
    await store.undoCommand();
    expect(await say(worktree, 'cat b.txt; ls')).toContain('b\n');
    await store.save({});
    expect((await store.changes()).map(({ path }) => path)).not.toContain('vendor/dep');
    await store.close();
  });

  it('is safe from special files and repositories inside a submodule', async () => {
    const { open } = begin();
    const { store, worktree } = await open();
    await say(worktree, 'cd vendor/dep; mkfifo pipe .gitattributes; git init -q inner; echo b > ../../b.txt');
    const saved = await store.save({});
    expect(saved.skipped).toEqual([]);
    expect((await store.changes()).map(({ path }) => path)).toEqual(['b.txt']);
    await store.close();
  });

  it('moves with the target: a submodule that the target moved, added or removed is so in the worktree', async () => {
    const { remote, dep, third, open } = begin();
    const { store, worktree } = await open();
    await say(worktree, 'echo b > b.txt');
    await store.save({});
    const next = dep.push({ 'dep.txt': 'two\n' });
    moveSubmodule(remote, 'vendor/dep', next);
    const onto = addSubmodule(remote, 'late', third.url);
    expect(await store.rebase(onto)).toEqual({ conflicts: [] });
    expect(await say(worktree, 'cat vendor/dep/dep.txt late/third.txt; git status --porcelain')).toBe(
      'two\nthird\n?? b.txt',
    );
    await store.save({});
    expect((await store.changes()).map(({ path }) => path)).toEqual(['b.txt']);
    await store.close();
  });
});

it('without a sandbox are there, and move with the unit', async () => {
  const home = temporaryFolder();
  const log = { warn: () => undefined, info: () => undefined };
  const policy = { home, toolchains: [], envAllowed: [], networkAllowed: 'none', env: {}, secrets: [], log } as const;
  const sandbox = await openSandbox({ ...policy, driver: 'none' });
  const plain = await openGitHost({ home, hostId: 'here', sandbox, repositories: null, env: {}, log });
  const { context } = begin();
  const repository = await plain.open(context);
  const store = await repository.claimUnit({ context, unit: unit('unit-1'), attempt: 1001, host: 'here' });
  const { path } = await store.openWorktree();
  expect(git(path, 'status', '--porcelain')).toBe('');
  expect(git(join(path, 'vendor/dep/third'), 'log', '--format=%s')).toBe('first');
  git(join(path, 'vendor/dep'), 'checkout', '-q', 'HEAD~1');
  writeFileSync(join(path, 'vendor/dep/dep.txt'), 'changed\n');
  await store.keep({});
  expect((await store.changes()).map((change) => change.path)).toEqual(['vendor/dep']);
  expect((await store.submoduleWork()).files).toEqual(['vendor/dep/dep.txt']);
  await store.close();
});

it('are apart where one is named like a folder of another, or like none', async () => {
  const [one, two] = [makeRemote({ 'one.txt': 'one\n' }), makeRemote({ 'two.txt': 'two\n' })];
  const remote = makeRemote();
  addSubmodule(remote, 'a', one.url);
  addSubmodule(remote, 'b', two.url);
  const long = 'n'.repeat(300);
  addSubmodule(remote, 'c', two.url);
  const modules = git(remote.url, 'show', 'main:.gitmodules');
  remote.push({ '.gitmodules': `${modules.replace('"b"', '"a/config"').replace('"c"', `"${long}"`)}\n` });
  const store = await claim(host, contextFor(remote, makeState()));
  const worktree = await store.openWorktree();
  expect(await say(worktree, 'cat a/one.txt b/two.txt c/two.txt; for x in a b c; do git -C $x status -s; done')).toBe(
    'one\ntwo\ntwo',
  );
  await store.close();
});

describe('what a host fetches', () => {
  it('is what the target names, whatever a unit writes into .gitmodules', async () => {
    const { open } = begin();
    const other = makeRemote({ 'secret.txt': 'secret\n' });
    const { store, worktree } = await open();
    await say(worktree, `git config -f .gitmodules submodule.vendor/dep.url ${other.url}`);
    await store.save({});
    await store.close();
    const again = await open({ attempt: 1002 });
    expect(await say(again.worktree, 'cat vendor/dep/dep.txt .gitmodules')).toContain(`one\n`);
    expect(await say(again.worktree, 'ls vendor/dep')).not.toContain('secret');
    expect(existsSync(join(host.home, 'repositories'))).toBe(true);
    await again.store.close();
  });

  it('is refused with the submodule, the reason and the way out', async () => {
    const { remote, context } = begin();
    const lost = 'deadbeef'.repeat(5) as Sha;
    moveSubmodule(remote, 'vendor/dep', lost);
    const store = await claim(host, context);
    await expect(store.openWorktree()).rejects.toMatchObject({
      type: 'RepositoryUnusable',
      message: expect.stringMatching(/^submodule vendor\/dep: .*deadbeef.* does not have; .*`worktree\.submodules`/),
    });
  });

  it.each([
    ['/srv/secret.git', 'https://host/app.git', /is a path/],
    ['git://host/x.git', 'https://host/app.git', /git:\/\/ is not accepted/],
    ['https://token@host/x.git', 'https://host/app.git', /credential/],
    ['https://elsewhere/x.git', 'https://host/app.git', /not in this host's COPPICE_REPOSITORIES/],
  ])('is never %s for a submodule of %s', (url, parent, why) => {
    expect(() => moduleRemotes({}, ['https://host/*', '/srv/**'])(url, parent)).toThrow(why);
  });
});

// What git itself resolves, from the line that `git submodule init` prints.
test.each([
  ['../dep.git', 'https://host/team/app.git'],
  ['../../other/dep', 'https://host/team/app.git'],
  ['./dep', 'https://host/team/app/'],
  ['../dep', 'git@host:team/app.git'],
  ['../dep', 'git@host:app.git'],
  ['../../dep', 'ssh://git@host:22/a/b/c'],
  ['../dep/', '/srv/git/app.git'],
  ['../.././dep', '/srv/git/app.git'],
  ['https://host/x', '/srv/git/app.git'],
  ['.hidden/x', '/srv/git/app.git'],
])('the URL %s in a clone of %s is what git makes of it', (url, origin) => {
  const folder = temporaryFolder();
  git(folder, 'init', '-q');
  git(folder, 'remote', 'add', 'origin', origin);
  writeFileSync(join(folder, '.gitmodules'), `[submodule "x"]\n\tpath = x\n\turl = ${url}\n`);
  git(folder, 'update-index', '--add', '--cacheinfo', `160000,${'1'.repeat(40)},x`);
  spawnSync('git', ['submodule', 'init'], { cwd: folder });
  const config = readFileSync(join(folder, '.git', 'config'), 'utf8');
  expect(submoduleUrl(url, origin)).toBe(/submodule "x"\][^]*url = (.*)/.exec(config)?.[1]);
});
