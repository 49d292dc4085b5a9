// The `.git` of a worktree as its commands see it: what a clone has, and nothing of it comes out.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Host, claim, contextFor, edit, message, openHost, sayIn } from './open-host.ts';
import { cleanUp, git, makeRemote, makeState, temporaryFolder } from './make-repository.ts';
import type { RunContext } from '../../contracts/documents/plan.ts';
import type { Worktree } from '../../activities/worktrees/worktree.ts';
import { asSha } from '../../contracts/ids.ts';
import { openGitHost } from '../../activities/repository/open-git-host.ts';
import { openSandbox } from '../../activities/sandbox/open-sandbox.ts';
import { unit } from '../domain/fixtures.ts';

let host: Host;
beforeAll(async () => {
  host = await openHost();
});
afterAll(cleanUp);

const say = (worktree: Pick<Worktree, 'mounts'>, script: string) => sayIn(host, worktree, script);

async function begin(files = { 'a.txt': 'a\n', 'sub/b.txt': 'b\n' }) {
  const [remote, state] = [makeRemote(files), makeState()];
  git(remote.url, 'tag', 'v1', 'main');
  git(remote.url, 'tag', '-a', '-m', 'two', 'v2', 'main');
  const context = contextFor(remote, state);
  const open = async () => {
    const store = await claim(host, context);
    return { store, worktree: await store.openWorktree() };
  };
  return { remote, state, context, open };
}

describe('the git folder of a worktree', () => {
  it('is on the target branch, with its upstream, its tags and nothing changed', async () => {
    const { remote, open } = await begin();
    const { store, worktree } = await open();
    expect(await say(worktree, 'test -d .git; git status --porcelain; git branch --show-current')).toBe('main');
    expect(await say(worktree, 'git rev-parse HEAD main origin/main "v2^{}"')).toBe(
      Array.from({ length: 4 }, () => remote.tip()).join('\n'),
    );
    expect(await say(worktree, 'git describe --tags --match "v1"; git describe; git tag')).toBe('v1\nv2\nv1\nv2');
    expect(await say(worktree, 'git log --format=%H')).toContain(remote.tip());
    await store.close();
  });

  it('has only tags that lead to the base, as the remote has them now', async () => {
    const { remote, open } = await begin();
    const work = join(temporaryFolder(), 'work');
    git('/', 'clone', '-q', remote.url, work);
    git(work, 'checkout', '-q', '--orphan', 'other');
    git(work, 'commit', '-q', '-m', 'other');
    git(work, 'tag', 'v9');
    git(work, 'push', '-q', 'origin', 'v9');
    const first = await open();
    expect(await say(first.worktree, 'git tag')).toBe('v1\nv2');
    await first.store.close();
    // Another process of the host: tags are looked at once a minute.
    git(work, 'checkout', '-q', 'main');
    git(work, 'commit', '-q', '--allow-empty', '-m', 'more');
    git(work, 'tag', '-f', 'v1');
    git(work, 'push', '-q', '--force', 'origin', 'main', 'v1', ':v2');
    const later = await openHost(host.home);
    const store = await claim(later, contextFor(remote, makeState()));
    expect(await say(await store.openWorktree(), 'git tag; git describe --tags --match v1')).toBe('v1\nv1');
    await store.close();
  });

  it('has an identity, and lets tools commit, stash, tag, configure and hook; none of it lands', async () => {
    const { remote, state, open } = await begin();
    const { store, worktree } = await open();
    const script = `
      test "$(git config user.name)" = Coppice
      git config core.hooksPath .hooks
      printf '#!/bin/sh\\necho hooked >> .git/hooked\\n' > .git/hooks/pre-commit; chmod +x .git/hooks/pre-commit
      git config --unset core.hooksPath
      echo c > c.txt; git add c.txt; git commit -qm c; test -s .git/hooked
      git tag v3; git reset -q --hard HEAD~1
      echo changed > a.txt; git stash -q; git stash pop -q
      git worktree list; git fsck --no-dangling
      git clone -q . /tmp/copy; git -C /tmp/copy log --format=%s -1
    `;
    expect(await say(worktree, script)).toContain('/work');
    const saved = await store.save({});
    const names = git(state, 'ls-tree', '-r', '--name-only', saved.checkpoint).split('\n');
    expect(names.filter((name) => !name.startsWith('.coppice/'))).toEqual(['a.txt', 'sub/b.txt']);
    expect(git(state, 'cat-file', 'blob', `${saved.checkpoint}:a.txt`)).toBe('changed');
    expect(git(remote.url, 'for-each-ref', '--format=%(refname:short)').split('\n')).toEqual(['main', 'v1', 'v2']);
    for (const name of readdirSync(join(host.home, 'repositories'))) {
      expect(git(join(host.home, 'repositories', name, 'mirror.git'), 'for-each-ref')).not.toContain('v3');
    }
    await store.close();
  });

  it('names an author in repositories that tests make elsewhere, too', async () => {
    const { open } = await begin();
    const { store, worktree } = await open();
    const script =
      'cd /tmp; git init -q t; cd t; git commit -q --allow-empty -m x; git log -1 --format=%an; test -w /var/tmp; git config user.name Mine; git commit -q --allow-empty -m y; git log -1 --format=%an';
    expect(await say(worktree, script)).toBe('Coppice\nMine');
    await store.close();
  });

  it('shows packs to programs that read no alternates, and no path of the host', async () => {
    const { open } = await begin();
    const { store, worktree } = await open();
    expect(Number(await say(worktree, 'ls .git/objects/pack/*.pack | wc -l'))).toBeGreaterThan(0);
    const objects = 'git cat-file --batch-all-objects --batch-check="%(objectname)" | sort';
    const packed = 'for i in .git/objects/pack/*.idx; do git show-index < "$i"; done | cut -d" " -f2 | sort -u';
    expect(await say(worktree, packed)).toBe(await say(worktree, objects));
    expect(
      await say(worktree, 'cat .git/config .git/objects/info/alternates .git/HEAD .git/packed-refs'),
    ).not.toContain(host.home);
    expect(await say(worktree, 'cat .git/config')).not.toContain('url');
    await store.close();
  });

  it('cannot change what the host has, or what the next command is shown', async () => {
    const { open } = await begin();
    const { store, worktree } = await open();
    for (const command of [
      'echo x > /git/objects/x',
      'rm -f .git/objects/pack/*.pack',
      'mv .git x',
      'rmdir .git/objects/pack',
      'mv .git/objects .git/elsewhere',
      'ls /git/worktrees',
      'cat /git/config',
    ]) {
      await expect(say(worktree, command)).rejects.toThrow();
    }
    // One that throws its own away, or breaks it, has none; the files are still the unit's.
    await say(worktree, 'rm -rf .git/* 2>/dev/null || true; ln -s /etc .git/refs; echo new > new.txt');
    await expect(say(worktree, 'git status')).rejects.toThrow(/not a git repository/);
    expect(await say(worktree, 'cat new.txt')).toBe('new');
    expect((await store.save({})).skipped).toEqual([]);
    await store.close();
  });

  it('of a candidate has what the state repository alone knows, copied in', async () => {
    const { remote, context, open } = await begin();
    const { store } = await open();
    await edit(host, store, { 'c.txt': 'c\n' });
    await store.save({});
    const made = await store.makeResult(message);
    await store.close();
    const repository = await host.git.open(context);
    const commit = asSha(String(made?.result));
    const worktree = await repository.openWorktree({ commit, branch: 'main', upstream: remote.tip() });
    expect(await say(worktree, 'git status --porcelain; cat c.txt; git log --format=%s; git fsck')).toBe(
      `c\n${message.subject}\nfirst`,
    );
    expect(await say(worktree, 'git rev-parse HEAD main origin/main')).toBe(`${commit}\n${commit}\n${remote.tip()}`);
    expect(await say(worktree, 'git diff --name-only origin/main; git describe')).toMatch(/^c\.txt\nv2-1-g/);
    const [name = ''] = readdirSync(join(host.home, 'repositories')).filter((each) =>
      git(join(host.home, 'repositories', each, 'mirror.git'), 'rev-parse', 'main').startsWith(remote.tip()),
    );
    const mirror = join(host.home, 'repositories', name, 'mirror.git');
    expect(() => git(mirror, 'cat-file', '-e', commit)).toThrow();
    await worktree.remove();
  });

  it('follows the unit to another base, with the agent’s own branches and stashes', async () => {
    const { remote, open } = await begin();
    const { store, worktree } = await open();
    await say(worktree, 'git branch mine; echo x > a.txt; git stash -q; git config my.own 1');
    remote.push({ 'sub/b.txt': 'B\n' });
    await store.rebase(remote.tip());
    expect(await say(worktree, 'git rev-parse HEAD origin/main; git status --porcelain; cat sub/b.txt')).toBe(
      `${remote.tip()}\n${remote.tip()}\nB`,
    );
    expect(
      await say(worktree, 'git branch --format="%(refname:short)"; git stash list | wc -l; git config my.own'),
    ).toBe('main\nmine\n1\n1');
    await store.close();
  });
});

it('has the tags whose names are text, whatever else is tagged', async () => {
  const { remote, open } = await begin();
  for (const name of ['refs/tags/a"b#', 'refs/tags/ünï', 'refs/tags/main']) git(remote.url, 'update-ref', name, 'main');
  execFileSync('git', ['update-ref', '--stdin'], {
    cwd: remote.url,
    input: Buffer.concat([Buffer.from('create refs/tags/'), Buffer.from([0xe9]), Buffer.from(` ${remote.tip()}\n`)]),
  });
  git(remote.url, 'update-ref', 'refs/tags/tree', git(remote.url, 'rev-parse', 'main^{tree}'));
  git(remote.url, 'tag', '-a', '-m', 'outer', 'outer', 'v2');
  const { store, worktree } = await open();
  expect((await say(worktree, 'git tag')).split('\n').toSorted()).toEqual(
    ['a"b#', 'main', 'outer', 'ünï', 'v1', 'v2'].toSorted(),
  );
  expect(await say(worktree, 'git describe --match outer')).toBe('outer');
  await store.close();
});

it('without a sandbox is in the worktree, and moves with the unit', async () => {
  const home = temporaryFolder();
  const log = { warn: () => undefined, info: () => undefined };
  const policy = { home, toolchains: [], envAllowed: [], networkAllowed: 'none', env: {}, secrets: [], log } as const;
  const sandbox = await openSandbox({ ...policy, driver: 'none' });
  const plain = await openGitHost({ home, hostId: 'here', sandbox, repositories: null, env: {}, log });
  const { remote, context } = await begin();
  const store = await (
    await plain.open(context)
  ).claimUnit({ context, unit: unit('unit-1'), attempt: 1001, host: 'here' });
  const { path } = await store.openWorktree();
  expect(git(path, 'status', '--porcelain', '--branch')).toBe('## main...origin/main');
  git(path, 'branch', 'mine');
  remote.push({ 'sub/b.txt': 'B\n' });
  await store.rebase(remote.tip());
  expect(git(path, 'rev-parse', 'HEAD', 'origin/main')).toBe(`${remote.tip()}\n${remote.tip()}`);
  await store.keep({});
  expect(git(path, 'branch', '--format=%(refname:short)')).toBe('main\nmine');
  await store.close();
});

describe('commits and stashes of an agent', () => {
  const look =
    'git log --format=%s main; git stash list | wc -l; git branch --format="%(refname:short)"; git status --porcelain';

  /** Another host continues with the unit. */
  async function onAnotherHost(context: RunContext) {
    const other = await openHost();
    const store = await claim(other, context, { attempt: 1002, host: 'there' });
    return { store, worktree: await store.openWorktree() };
  }

  async function work() {
    const begun = await begin();
    const { store, worktree } = await begun.open();
    await say(
      worktree,
      'echo s > a.txt; git stash -q; echo c > c.txt; git add c.txt; git commit -qm mine; git branch keep',
    );
    await store.save({ 'turn.json': '{}' });
    return { ...begun, store, worktree };
  }

  it('survive the loss of their host, and are in no result', async () => {
    const { context, state, store, worktree } = await work();
    const before = await say(worktree, look);
    expect(before).toBe('mine\nfirst\n1\nkeep\nmain');
    const made = await store.makeResult(message);
    const names = git(state, 'ls-tree', '-r', '--name-only', String(made?.result)).split('\n');
    expect(names).toEqual(['a.txt', 'c.txt', 'sub/b.txt']);
    const next = await onAnotherHost(context);
    expect([...next.store.files.keys()].filter((name) => name.startsWith('turn') || name.startsWith('git'))).toEqual([
      'turn.json',
    ]);
    expect(await say(next.worktree, look)).toBe(before);
    expect(await say(next.worktree, 'git stash pop -q; cat a.txt c.txt; git fsck --no-dangling')).toBe('s\nc');
    await next.store.close();
  });

  it('stay when the unit continues on another base, which HEAD is on then', async () => {
    const { context, remote } = await work();
    remote.push({ 'sub/b.txt': 'B\n' });
    const other = await openHost();
    const store = await claim(other, context, { attempt: 1002, host: 'there' });
    await store.rebase(remote.tip());
    const worktree = await store.openWorktree();
    expect(await say(worktree, look)).toBe('a change\nfirst\n1\nkeep\nmain\n?? c.txt');
    await store.close();
  });

  it('are packed only where there are any, and not when they are too large or the folder is broken', async () => {
    const { state, open } = await begin();
    const { store, worktree } = await open();
    const stored = (commit: string) => git(state, 'ls-tree', '-r', '--name-only', commit, '.coppice/').split('\n');
    await say(worktree, 'echo x > x.txt; git add x.txt; git status -s');
    expect(stored((await store.save({})).checkpoint)).not.toContain('.coppice/git.tar.gz');
    await say(
      worktree,
      'head -c 30000000 /dev/urandom > big; git add big; git commit -qm big; rm big; git rm -q --cached big',
    );
    expect(stored((await store.save({})).checkpoint)).not.toContain('.coppice/git.tar.gz');
    await say(
      worktree,
      'git reset -q HEAD~1; git commit -q --allow-empty -m small; git reflog expire --expire=now --all; git prune',
    );
    expect(stored((await store.save({})).checkpoint)).toContain('.coppice/git.tar.gz');
    await say(worktree, 'git branch another; rm .git/HEAD; mkfifo .git/HEAD .git/refs/pipe; ln -s /etc .git/refs/link');
    expect(stored((await store.save({})).checkpoint)).toContain('.coppice/git.tar.gz');
    await store.close();
  });
});

it('makes folders with the modes of a clone where the home’s are inherited', async () => {
  const { open } = await begin();
  const { store, worktree } = await open();
  expect(await say(worktree, 'mkdir made; stat -c %a made . sub')).toBe('755\n755\n755');
  await store.close();
});
