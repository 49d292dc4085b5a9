import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { claim, contextFor, openHost } from './open-host.ts';
import { cleanUp, git, makeRemote, makeState } from './make-repository.ts';
import { sweepHome } from '../../activities/worktrees/sweep.ts';
import { trashEmptied } from '../../activities/worktrees/remove.ts';

afterAll(cleanUp);

/** A home with repositories that have been used. */
async function usedHome() {
  const [remote, state] = [makeRemote(), makeState()];
  const host = await openHost();
  const context = contextFor(remote, state);
  const store = await claim(host, context);
  await store.openWorktree();
  await store.save({});
  await store.close();
  const [name = ''] = readdirSync(join(host.home, 'repositories'));
  return { ...host, context, remote, folder: join(host.home, 'repositories', name) };
}

const dead = 'run-1-unit-1.999999999.1.1';

/** What processes leave that are killed at an unlucky moment, below the home; `/` at the end = a folder. */
const leavings = (repository: string) => [
  `worktrees/${dead}/${dead}/file`,
  `worktrees/template.999999999.1.2/half/`,
  `${repository}/merge-abcdef/refs/heads/unit`,
  `${repository}/attributes-abcdef/info/attributes`,
  ...['mirror.git', 'state.git'].flatMap((name) => [
    `${repository}/${name}/packed-refs.lock`,
    `${repository}/${name}/shallow.lock`,
    `${repository}/${name}/config.lock`,
    `${repository}/${name}/index.lock`,
    `${repository}/${name}/HEAD.lock`,
    `${repository}/${name}/gc.pid`,
    `${repository}/${name}/refs/heads/main.lock`,
    `${repository}/${name}/refs/coppice-local/units/run-1/unit-1/1001.lock`,
    `${repository}/${name}/objects/info/commit-graphs/commit-graph-chain.lock`,
    `${repository}/${name}/objects/info/commit-graphs/tmp_graph_1234`,
    `${repository}/${name}/objects/pack/tmp_pack_1234`,
    `${repository}/${name}/objects/pack/.tmp-1234-pack.pack`,
    `${repository}/${name}/objects/ab/tmp_obj_1234`,
    `${repository}/${name}/objects/tmp_objdir-incoming-1234/pack/`,
    `${repository}/${name}.0f8fad5b-d9cb-469f-a165-70867728950e/HEAD`,
  ]),
  'sessions/session-abc/tmp/secret',
  'sandbox/scratch-abc/file',
  'trash/0f8fad5b-d9cb-469f-a165-70867728950e/deep/file',
];

it('what a killed worker left is gone when the next one starts, and nothing else', async () => {
  const { home, folder, context, remote } = await usedHome();
  const planted = leavings(folder.slice(home.length + 1)).map((name) => join(home, name));
  for (const path of planted) {
    mkdirSync(path.endsWith('/') ? path : dirname(path), { recursive: true });
    if (!path.endsWith('/')) writeFileSync(path, 'x');
  }
  const swept = await sweepHome(home);
  await trashEmptied();
  expect(planted.filter((path) => existsSync(path))).toEqual([]);
  expect(swept.join(', ')).toMatch(
    /worktrees.*half-made repositories.*folders of merges.*locks of git.*half-written objects.*session/,
  );
  for (const name of ['mirror.git', 'state.git']) {
    git(join(folder, name), '--git-dir=.', 'fsck', '--strict', '--connectivity-only');
  }
  const next = await openHost(home);
  expect(await (await next.git.open(context)).fetchBranch('main')).toBe(remote.tip());
  const store = await claim(next, context, { attempt: 2001 });
  expect(existsSync((await store.openWorktree()).path)).toBe(true);
  await store.close();
  expect(await sweepHome(home)).toEqual([]);
});

it('objects that were lost with the power are gone, and the refs that would stop every fetch', async () => {
  const { home, folder, context, remote } = await usedHome();
  const state = join(folder, 'state.git');
  const [lost, kept] = ['ab'.padEnd(40, '1'), git(state, '--git-dir=.', 'rev-list', '-1', '--all')];
  const object = join(state, 'objects', lost.slice(0, 2), lost.slice(2));
  mkdirSync(dirname(object), { recursive: true });
  writeFileSync(object, '');
  for (const [name, content] of Object.entries({ lost: `${lost}\n`, empty: '', kept: `${kept}\n` }))
    writeFileSync(join(state, 'refs/coppice-local', name), content);
  expect(await sweepHome(home)).toEqual(['3 objects and refs without content']);
  expect(existsSync(object)).toBe(false);
  expect(git(state, '--git-dir=.', 'rev-parse', 'refs/coppice-local/kept')).toBe(kept);
  const next = await openHost(home);
  remote.push({ b: '1' });
  const store = await claim(next, { ...context, base: remote.tip() }, { attempt: 2001 });
  await store.close();
  expect(git(state, '--git-dir=.', 'fsck', '--connectivity-only')).toBe('');
});

it('processes that outlived their worker are ended before its locks go', async () => {
  const { home, folder } = await usedHome();
  const elsewhere = await usedHome();
  const orphans = [startGit(join(folder, 'mirror.git')), startSandboxed(home)];
  const strangers = [startGit(join(elsewhere.folder, 'mirror.git')), startSandboxed(elsewhere.home)];
  expect(await sweepHome(home)).toContain('ended 2 processes');
  expect(orphans.filter(lives)).toEqual([]);
  expect(strangers.filter(lives)).toEqual(strangers);
  for (const pid of strangers) process.kill(pid);
});

function startGit(gitDir: string): number {
  return startOrphan('/dev/null', { GIT_DIR: gitDir });
}

/** As bubblewrap has it: its output goes to a pipe of the worker's that has no name any more. */
function startSandboxed(home: string): number {
  const folder = join(home, 'sandbox', 'pipes-999999999-abcdef');
  mkdirSync(folder, { recursive: true });
  return startOrphan(join(folder, 'pipe'), {}, 'rm "$0"');
}

/** As a child of a shell that ends at once, as of a worker that died. */
function startOrphan(output: string, env: Record<string, string>, then = ''): number {
  const script = `exec 3>&1 >"$0" 2>&1; tail -f /dev/null 3>&- & echo $! >&3; ${then}`;
  return Number(execFileSync('sh', ['-c', script, output], { env: { ...process.env, ...env } }));
}

/** Anyone who has ended and was not waited for yet does not live. */
function lives(pid: number): boolean {
  return existsSync(`/proc/${pid}`) && !/^State:\s*Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
}
