import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { getPriority } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { diskUse } from '../../activities/host/disk.ts';
import type { SetupCommand } from '../../contracts/documents/config.ts';
import type { Content } from '../git/make-repository.ts';
import {
  type PoolHost,
  files,
  inside,
  openPoolHost,
  preparation,
  readStamp,
  stamping,
  take,
  templatesOf,
  verificationWorktree,
  watch,
} from './pool-host.ts';
import { claim, contextFor, edit } from '../git/open-host.ts';
import { addSubmodule, cleanUp, git, makeRemote, makeState, moveSubmodule } from '../git/make-repository.ts';
import { trashEmptied } from '../../activities/worktrees/remove.ts';

afterAll(cleanUp);

type Where = ReturnType<typeof repository>;

function repository(more: Record<string, Content> = {}) {
  return { remote: makeRemote({ ...files, ...more }), state: makeState() };
}

/** A host whose pool has a template and a ready copy for the repository as it is now. */
async function filledHost(where: Where, change: Parameters<typeof take>[2] = {}): Promise<PoolHost> {
  const host = await openPoolHost();
  const { store } = await take(host, where, change);
  await store.close();
  await host.worktrees.settled();
  return host;
}

/** Everything below `/work`, with modes and contents. */
const listing = `
find . -path ./.git -prune -o -printf '%p %y %m %l\\n' | sort
find . -path ./.git -prune -o -type f ! -name stamp -print0 | sort -z | xargs -0 sha256sum`;

const status = 'git status --porcelain';

describe('a worktree out of the pool', () => {
  it('has the submodules; one that the target has moved since is set up anew', async () => {
    const dep = makeRemote({ 'dep.txt': 'one\n', '.gitignore': '*.o\n' });
    const where = repository();
    addSubmodule(where.remote, 'vendor/dep', dep.url);
    const setup = { ...stamping, run: `${stamping.run} && cp vendor/dep/dep.txt vendor/dep/built.o` };
    const host = await filledHost(where, { setup });
    const first = await take(host, where, { setup });
    const look = `${status}; git -C vendor/dep status --porcelain; cat vendor/dep/built.o`;
    expect(await inside(host, first.worktree, look)).toBe('one\n');
    expect(templatesOf(host)).toHaveLength(1);
    moveSubmodule(where.remote, 'vendor/dep', dep.push({ 'dep.txt': 'two\n' }));
    const second = await take(host, where, { setup });
    expect(await inside(host, second.worktree, look)).toBe('two\n');
    expect(second.stamp).not.toBe(first.stamp);
    // What a unit does not set up again is not what another has built.
    expect(await inside(host, first.worktree, look)).toBe('one\n');
  });

  it('costs two setups when many want the first one at the same time: one for the first, one for all others', async () => {
    const where = repository();
    const host = await openPoolHost();
    const setup = { ...stamping, run: `sleep 1 && ${stamping.run}` };
    const taken = await Promise.all(Array.from({ length: 5 }, () => take(host, where, { setup })));
    const stamps = taken.map(({ stamp }) => stamp);
    expect(stamps).not.toContain(null);
    expect(new Set(stamps).size).toBe(2);
    for (const { worktree } of taken) expect(await inside(host, worktree, status)).toBe('');
    await host.worktrees.settled();
    expect(templatesOf(host)).toHaveLength(1);
    expect(host.logged).toEqual([]);
    await host.worktrees.stop();
  });

  it('says that it is exact unless the setup leaves more than git ignores', async () => {
    const where = repository();
    const host = await filledHost(where);
    const copy = await take(host, where);
    expect(copy.worktree.isExact).toBe(true);
    await copy.store.close();
    await host.worktrees.stop();
    for (const more of ['touch left.txt', 'chmod +x src/a.txt']) {
      const setup = { ...stamping, run: `${stamping.run} && ${more}` };
      const untidy = await filledHost(where, { setup });
      const { worktree, stamp } = await take(untidy, where, { setup });
      expect(stamp).not.toBeNull();
      expect(worktree.isExact).not.toBe(true);
      await untidy.worktrees.stop();
    }
  });

  it('is what a checkout and the setup would be, and N of them cost one setup', async () => {
    const where = repository({ 'run.sh': { executable: '#!/bin/sh\n' }, link: { link: 'src/a.txt' } });
    const host = await openPoolHost();
    const cold = await take(host, where);
    await host.worktrees.settled();
    const warm = await Promise.all([take(host, where), take(host, where), take(host, where)]);
    const stamps = new Set(warm.map(({ stamp }) => stamp));
    expect(stamps.size).toBe(1);
    expect(stamps).not.toContain(cold.stamp);
    for (const { worktree } of warm) {
      expect(await inside(host, worktree, listing)).toBe(await inside(host, cold.worktree, listing));
      expect(await inside(host, worktree, `${status}; git rev-parse HEAD`)).toBe(`${where.remote.tip()}\n`);
    }
    expect(host.logged).toEqual([]);
    await host.worktrees.stop();
  });

  it('has an index that spares `git status` reading the files', async () => {
    const where = repository();
    const host = await filledHost(where);
    const { worktree, path } = await take(host, where);
    const index = join(worktree.root, 'git/index');
    const written = Math.floor(statSync(index).mtimeMs / 1000);
    for (const name of ['src/a.txt', 'deps.txt']) {
      const entry = execFileSync('git', ['ls-files', '--debug', name], {
        cwd: where.remote.url,
        env: { ...process.env, GIT_INDEX_FILE: index },
        encoding: 'utf8',
      });
      const [, seconds, size] = /mtime: (\d+):[^]*size: (\d+)/.exec(entry) ?? [];
      expect(Number(seconds)).toBe(Math.floor(statSync(join(path, name)).mtimeMs / 1000));
      expect(Number(seconds)).toBeLessThan(written);
      expect(Number(size)).toBe(statSync(join(path, name)).size);
    }
    await host.worktrees.stop();
  });

  it('is on the branch that it is for, also where the template was made for another one', async () => {
    const where = repository();
    const host = await filledHost(where);
    git(where.remote.url, 'branch', 'develop', 'main');
    const context = { ...contextFor(where.remote, where.state, 'run-2'), branch: 'develop' };
    const store = await claim(host, context);
    const prepared = { ...preparation(where.remote), branch: 'develop' };
    const worktree = await store.openWorktree((place) => host.worktrees.openWorktree(place, prepared, watch()));
    expect(await inside(host, worktree, 'git status --porcelain --branch')).toBe('## develop...origin/develop\n');
    expect(readStamp(worktree.path)).not.toBeNull();
    await store.close();
    await host.worktrees.stop();
  });

  it('has the difference to another tree that setup does not read', async () => {
    const where = repository();
    const host = await filledHost(where);
    const template = (await take(host, where)).stamp;
    where.remote.push({ 'src/a.txt': 'other\n', 'src/b.txt': null, 'new/c.txt': 'c\n' });
    const { worktree, stamp, store } = await take(host, where);
    expect(stamp).toBe(template);
    expect(await inside(host, worktree, `${status}; cat src/a.txt new/c.txt; ls src`)).toBe('other\nc\na.txt\n');
    expect((await store.keep({})).tree).toBe(git(where.remote.url, 'rev-parse', 'main^{tree}'));
    await host.worktrees.stop();
  });

  it('has the work of a unit that continues, on top of its base', async () => {
    const where = repository();
    const host = await filledHost(where);
    const first = await take(host, where);
    const context = contextFor(where.remote, where.state);
    const owner = { unit: 'goes-on' };
    const begun = await claim(host, context, owner);
    await edit(host, begun, { 'src/a.txt': 'work\n', 'src/b.txt': null });
    await begun.save({});
    await begun.close();
    const { worktree, stamp } = await take(host, where, {}, await claim(host, context, { ...owner, attempt: 1002 }));
    expect(stamp).toBe(first.stamp);
    expect(await inside(host, worktree, `${status}; cat src/a.txt`)).toBe(' M src/a.txt\n D src/b.txt\nwork\n');
    await host.worktrees.stop();
  });

  it('shows nothing of what an earlier session left, whatever that did', async () => {
    const where = repository();
    const host = await filledHost(where);
    const [before, poisoned] = [await take(host, where), await take(host, where)];
    const clean = await inside(host, before.worktree, listing);
    await inside(
      host,
      poisoned.worktree,
      `echo evil > node_modules/deps.txt; echo evil > node_modules/evil.js; rm node_modules/stamp
       rm -rf src; ln -s / src; git init -q nested 2>/dev/null; mkdir -p nested/.git; echo x > nested/.git/config
       mkdir -p locked/in/here; touch locked/in/here/file; chmod -R 555 locked; chmod 000 deps.txt; mkfifo node_modules/pipe`,
    );
    await poisoned.store.close();
    await host.worktrees.settled();
    for (let n = 0; n < 3; n++) {
      const { worktree } = await take(host, where);
      expect(await inside(host, worktree, listing)).toBe(clean);
    }
    await trashEmptied();
    expect(readdirSync(join(host.home, 'trash'))).toEqual([]);
    await host.worktrees.stop();
  });
});

describe('the setup runs again', () => {
  it('for a unit that changed what it reads', async () => {
    const where = repository();
    const host = await filledHost(where);
    const first = await take(host, where);
    const context = contextFor(where.remote, where.state);
    const begun = await claim(host, context, { unit: 'new-deps' });
    await edit(host, begun, { 'deps.txt': 'two\n' });
    await begun.save({});
    await begun.close();
    const goesOn = await claim(host, context, { unit: 'new-deps', attempt: 1002 });
    const { path, stamp } = await take(host, where, {}, goesOn);
    expect(stamp).not.toBe(first.stamp);
    expect(readFileSync(join(path, 'node_modules/deps.txt'), 'utf8')).toBe('two\n');
    // Its tree is not the target's: nobody gets a copy of this one.
    await host.worktrees.settled();
    expect(templatesOf(host)).toHaveLength(1);
    await host.worktrees.stop();
  });

  it('once more when what it reads has changed on the target', async () => {
    const where = repository();
    const host = await filledHost(where);
    const before = await take(host, where);
    where.remote.push({ 'deps.txt': 'two\n' });
    const cold = await take(host, where);
    await host.worktrees.settled();
    const warm = [await take(host, where), await take(host, where)];
    expect(new Set([before.stamp, cold.stamp, ...warm.map(({ stamp }) => stamp)]).size).toBe(3);
    expect(readFileSync(join(warm[0]?.path ?? '', 'node_modules/deps.txt'), 'utf8')).toBe('two\n');
    await host.worktrees.stop();
  });

  it.each<[string, Parameters<typeof take>[2]]>([
    ['the command is another one', { setup: { ...stamping, run: `${stamping.run}; true` } }],
    ['it is granted the network', { setup: { ...stamping, network: true }, hostAllows: 'setup' }],
    ['a variable has another value', { env: { MIRROR: 'other' } }],
  ])('when %s', async (_why, change) => {
    const where = repository();
    const host = await filledHost(where);
    const [same, other] = [await take(host, where), await take(host, where, change)];
    expect(templatesOf(host)).toHaveLength(1);
    expect(other.stamp).not.toBe(same.stamp);
    await host.worktrees.settled();
    expect(templatesOf(host)).toHaveLength(2);
    await host.worktrees.stop();
  });

  /** Stamps of two worktrees of one tree, and of one after a file that the setup does not name has changed. */
  const stampsOf = async (setup: SetupCommand): Promise<Record<'first' | 'same' | 'other', string | null>> => {
    const where = repository();
    const host = await filledHost(where, { setup });
    const { stamp: first } = await take(host, where, { setup });
    const { stamp: same } = await take(host, where, { setup });
    where.remote.push({ 'src/a.txt': 'other\n' });
    const { stamp: other } = await take(host, where, { setup });
    await host.worktrees.stop();
    return { first, same, other };
  };

  it('for every other tree, where nobody knows what it reads', async () => {
    const { inputs: _, ...setup } = stamping;
    const { first, same, other } = await stampsOf(setup);
    expect(first).toMatch(/^\d+$/);
    expect(same).toBe(first);
    expect(other).not.toBe(first);
  });

  it.each([
    ['changes a tracked file', 'echo more >> src/b.txt'],
    ['leaves a file that git does not ignore', 'echo more > left.txt'],
    ['removes a tracked file', 'rm src/b.txt'],
  ])('for every other tree, where it %s', async (_what, more) => {
    const { first, same, other } = await stampsOf({ ...stamping, run: `${stamping.run} && ${more}` });
    expect(first).toMatch(/^\d+$/);
    expect(same).toBe(first);
    expect(other).not.toBe(first);
  });

  it('for a tree that has files where it makes some', async () => {
    const where = repository();
    const host = await filledHost(where);
    const first = await take(host, where);
    const planted = where.remote.push({ '.gitignore': '', 'node_modules/deps.txt': 'planted\n' });
    const worktree = await verificationWorktree(host, where, planted);
    expect(readStamp(worktree.path)).not.toBe(first.stamp);
    expect(readFileSync(join(worktree.path, 'node_modules/deps.txt'), 'utf8')).toBe('one\n');
    await host.worktrees.stop();
  });
});

describe('a verification', () => {
  it('has a copy of a setup result where its candidate leaves alone what setup reads', async () => {
    const where = repository();
    const host = await filledHost(where);
    const { stamp } = await take(host, where);
    const target = where.remote.tip();
    const harmless = where.remote.push({ 'src/a.txt': 'candidate\n' }, { branch: 'harmless' });
    const changed = where.remote.push({ 'deps.txt': 'candidate\n' }, { branch: 'changed' });
    const warm = await verificationWorktree(host, where, harmless, { target });
    expect(readStamp(warm.path)).toBe(stamp);
    expect(readFileSync(join(warm.path, 'src/a.txt'), 'utf8')).toBe('candidate\n');
    const own = await verificationWorktree(host, where, changed, { target });
    expect(readFileSync(join(own.path, 'node_modules/deps.txt'), 'utf8')).toBe('candidate\n');
    expect(readStamp(own.path)).not.toBe(stamp);
    await host.worktrees.settled();
    expect(templatesOf(host)).toHaveLength(1);
    await host.worktrees.stop();
  });
});

describe('a verification of a project that installs and builds', () => {
  const { inputs: _, ...setup } = { ...stamping, run: 'npm install --no-package-lock && cp src/a.txt built.txt' };
  // A package of the workspace is linked, so that npm makes something without the network.
  const workspace = { 'package.json': '{"name":"app","workspaces":["lib"]}', 'lib/package.json': '{"name":"lib"}' };
  const installed = 'node_modules/.package-lock.json';

  it('reuses what was installed, and builds from the candidate’s files', async () => {
    const where = repository({ ...workspace, '.gitignore': 'node_modules\nbuilt.txt\n' });
    const host = await openPoolHost();
    const change = { setup, target: where.remote.tip() };
    const branch = (name: string, content: Content) => where.remote.push({ 'src/a.txt': content }, { branch: name });
    await verificationWorktree(host, where, branch('one', 'one\n'), change);
    await host.worktrees.settled();
    const [template = ''] = templatesOf(host);
    expect(existsSync(join(template, 'root/work/built.txt'))).toBe(false);
    const two = await verificationWorktree(host, where, branch('two', 'two\n'), change);
    expect(readFileSync(join(two.path, 'built.txt'), 'utf8')).toBe('two\n');
    const time = (path: string) => statSync(join(path, installed)).mtimeMs;
    expect(time(two.path)).toBe(time(join(template, 'root/work')));
    await expect(verificationWorktree(host, where, branch('gone', null), change)).rejects.toMatchObject({
      type: 'SetupFailed',
    });
    expect(templatesOf(host)).toEqual([template]);
    await host.worktrees.stop();
  });
});

describe('without a setup', () => {
  it('a ready copy spares the checkout, also of a later commit', async () => {
    const where = repository();
    const host = await filledHost(where, { setup: null });
    where.remote.push({ 'src/a.txt': 'later\n' });
    const { worktree } = await take(host, where, { setup: null });
    expect(await inside(host, worktree, `${status}; cat src/a.txt`)).toBe('later\n');
    expect(worktree.path).not.toContain('template');
    await host.worktrees.stop();
  });
});

describe('what cannot be used', () => {
  it('is a template whose files are gone: the worktree is made on the spot, and a template anew', async () => {
    const where = repository();
    const host = await filledHost(where);
    for (const folder of templatesOf(host)) rmSync(folder, { recursive: true });
    const { stamp, worktree } = await take(host, where);
    expect(stamp).toMatch(/^\d+$/);
    expect(await inside(host, worktree, status)).toBe('');
    expect(host.logged).toEqual([expect.stringContaining('could not be used')]);
    await host.worktrees.settled();
    expect(templatesOf(host)).toHaveLength(1);
    await host.worktrees.stop();
  });

  it('is a setup that fails in the background: units continue, and it is not tried without end', async () => {
    const where = repository();
    const host = await openPoolHost();
    // It works in a unit's worktree and not in the template's, which has the lowest priority.
    const setup = { ...stamping, run: `[ "$(nice)" = ${getPriority()} ] && ${stamping.run}` };
    await take(host, where, { setup });
    await host.worktrees.settled();
    expect(host.logged).toEqual([expect.stringContaining('could not prepare a worktree')]);
    expect((await take(host, where, { setup })).stamp).toMatch(/^\d+$/);
    await host.worktrees.settled();
    expect(host.logged).toHaveLength(1);
    expect(templatesOf(host)).toEqual([]);
    await host.worktrees.stop();
  });

  it('is a setup that fails: it says so, and nothing is left', async () => {
    const where = repository();
    const host = await openPoolHost();
    await expect(take(host, where, { setup: { ...stamping, run: 'exit 3' } })).rejects.toMatchObject({
      type: 'SetupFailed',
    });
    await host.worktrees.stop();
    expect(readdirSync(join(host.home, 'worktrees'))).toEqual([]);
  });
});

describe('the pool on disk', () => {
  it('outlives its worker, except what is half-made', async () => {
    const where = repository();
    const host = await filledHost(where);
    const { stamp } = await take(host, where);
    await host.worktrees.settled();
    await host.worktrees.stop();
    const [template = ''] = templatesOf(host);
    const copies = readdirSync(join(template, 'ready'));
    expect(copies.length).toBeGreaterThan(0);
    mkdirSync(join(template, 'ready', 'unfinished.part'));
    const unfinished = join(template, '..', '0'.repeat(32));
    mkdirSync(join(unfinished, 'root/work'), { recursive: true });
    writeFileSync(join(unfinished, 'template.part'), readFileSync(join(template, 'template.json')));
    const next = await openPoolHost({ home: host.home });
    expect(templatesOf(next)).toEqual([template]);
    expect(readdirSync(join(template, 'ready'))).toEqual(copies);
    expect((await take(next, where)).stamp).toBe(stamp);
    expect(readdirSync(join(template, 'ready')).length).toBeLessThan(copies.length);
    await next.worktrees.stop();
  });

  it('has no copies after a restart of the machine, which may have lost parts of them', async () => {
    const where = repository();
    const host = await filledHost(where);
    await host.worktrees.stop();
    const [template = ''] = templatesOf(host);
    expect(readdirSync(join(template, 'ready'))).not.toEqual([]);
    writeFileSync(join(host.home, 'pool', 'boot-id'), 'an earlier one\n');
    const next = await openPoolHost({ home: host.home });
    expect(readdirSync(join(template, 'ready'))).toEqual([]);
    expect((await take(next, where)).stamp).toBe(readStamp(join(template, 'root/work')));
    await next.worktrees.stop();
  });

  it('has no template that is older than a week: the setup runs again', async () => {
    const where = repository();
    const host = await filledHost(where);
    const { stamp } = await take(host, where);
    await host.worktrees.settled();
    await host.worktrees.stop();
    const marker = join(templatesOf(host)[0] ?? '', 'template.json');
    const lastWeek = Date.now() - 7 * 24 * 3600_000 - 1;
    writeFileSync(marker, readFileSync(marker, 'utf8').replace(/("madeAt": ?)\d+/, `$1${lastWeek}`));
    const next = await openPoolHost({ home: host.home });
    const { stamp: again } = await take(next, where);
    expect(again).toMatch(/^\d+$/);
    expect(again).not.toBe(stamp);
    await next.worktrees.settled();
    expect(templatesOf(next)).toHaveLength(1);
    await next.worktrees.stop();
  });

  it('stays below its bound: what was used least goes', async () => {
    const big = { ...stamping, run: `${stamping.run} && head -c 6000000 /dev/urandom > node_modules/big` };
    const repositories = [repository(), repository(), repository(), repository()] as const;
    const [first, second, third, fourth] = repositories;
    const host = await openPoolHost({ megabytes: 20 });
    const kept = [];
    for (const where of [first, second, first, third, fourth]) {
      await take(host, where, { setup: big });
      await host.worktrees.settled();
      kept.push(templatesOf(host).length);
    }
    expect(kept).toEqual([1, 2, 2, 3, 3]);
    expect(await diskUse(join(host.home, 'pool'))).toBeLessThan(20 * 1024 ** 2);
    const stamps = new Set(templatesOf(host).map((folder) => readStamp(join(folder, 'root/work'))));
    for (const [where, isKept] of [
      [first, true],
      [second, false],
      [third, true],
    ] as const) {
      const { stamp } = await take(host, where, { setup: big });
      expect(stamps.has(stamp)).toBe(isKept);
    }
    await host.worktrees.stop();
  });

  it('takes nothing that is larger than its bound, or when it is 0', async () => {
    const where = repository();
    const small = await openPoolHost({ megabytes: 1 });
    const big = { ...stamping, run: `${stamping.run} && head -c 3000000 /dev/urandom > node_modules/big` };
    await take(small, where, { setup: big });
    await small.worktrees.settled();
    expect(templatesOf(small)).toEqual([]);
    expect(small.logged).toEqual([expect.stringContaining('COPPICE_POOL_MB')]);
    const off = await openPoolHost({ megabytes: 0 });
    await take(off, where);
    await off.worktrees.settled();
    expect(templatesOf(off)).toEqual([]);
    await Promise.all([small.worktrees.stop(), off.worktrees.stop()]);
  });
});
