import { mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import type { OwnedWorktree } from '../../activities/worktrees/worktree.ts';
import { type PoolHost, files, inside, openPoolHost, take, verificationWorktree } from './pool-host.ts';
import { claim, contextFor } from '../git/open-host.ts';
import { cleanUp, makeRemote, makeState } from '../git/make-repository.ts';

afterAll(cleanUp);

const ignoring = { ...files, '.gitignore': 'node_modules\n.env*\nsecrets/\n' };

/** Fills the host's folder for its only repository. */
function give(host: PoolHost, given: Record<string, string>): string {
  const [name = ''] = readdirSync(join(host.home, 'repositories'));
  const folder = join(host.home, 'files', name);
  for (const [path, text] of Object.entries(given)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text, { mode: 0o600 });
  }
  return folder;
}

async function opened(remoteFiles: Record<string, string> = ignoring) {
  const where = { remote: makeRemote(remoteFiles), state: makeState() };
  const host = await openPoolHost();
  const store = await claim(host, contextFor(where.remote, where.state), { unit: 'first' });
  return { where, host, store };
}

it('a worktree has copies of the operator’s files that match and that git ignores', async () => {
  const { where, host, store } = await opened();
  give(host, { '.env.test': 'A=1\n', 'secrets/deep/key': 'k\n', 'other.env': 'x\n', '.envrc': 'y\n' });
  const copy = ['.env.test', 'secrets/**'];
  const cold = await take(host, where, { copy }, store);
  await host.worktrees.settled();
  const warm = await take(host, where, { copy });
  for (const { worktree } of [cold, warm]) {
    const look = 'cat .env.test secrets/deep/key; test ! -e .envrc; test ! -e other.env; git status --porcelain';
    expect(await inside(host, worktree, look)).toBe('A=1\nk\n');
  }
  expect(host.logged).toEqual([]);
  // They come after the setup: no template has any.
  give(host, { '.env.test': 'A=2\n' });
  expect(await inside(host, (await take(host, where, { copy })).worktree, 'cat .env.test')).toBe('A=2\n');
  const verified = await verificationWorktree(host, where, where.remote.tip(), { copy });
  expect(await inside(host, verified as OwnedWorktree, 'cat .env.test')).toBe('A=2\n');
  await host.worktrees.stop();
});

it('what git does not ignore is refused, and said', async () => {
  const { where, host, store } = await opened();
  give(host, { '.env.test': 'A=1\n', 'src/a.txt': 'planted\n', 'new.txt': 'new\n' });
  const { worktree } = await take(host, where, { copy: ['**'] }, store);
  expect(await inside(host, worktree, 'cat .env.test src/a.txt; ls; git status --porcelain')).toBe(
    'A=1\na\ndeps.txt\nnode_modules\nsrc\n',
  );
  expect(host.logged.toSorted()).toEqual([
    expect.stringContaining('new.txt was not copied: git does not ignore it'),
    expect.stringContaining('src/a.txt was not copied'),
  ]);
  await host.worktrees.stop();
});

it('a link in the worktree leads nowhere else, and links of the operator’s folder are not followed', async () => {
  const remote = makeRemote({ ...ignoring, '.gitignore': 'node_modules\n.env*\n' });
  const where = { remote: { ...remote }, state: makeState() };
  remote.push({ '.env.local': { link: 'src/a.txt' } });
  const host = await openPoolHost();
  const store = await claim(host, contextFor(remote, where.state), { unit: 'first' });
  const folder = give(host, { '.env.test': 'A=1\n' });
  symlinkSync('/etc/passwd', join(folder, '.env.link'));
  const setup = { run: 'ln -s src/b.txt .env.test', network: false, timeoutSeconds: 20 };
  const { worktree } = await take(host, where, { copy: ['.env*'], setup }, store);
  expect(await inside(host, worktree, 'cat .env.test src/b.txt; test ! -e .env.link')).toBe('A=1\nb\n');
  await host.worktrees.stop();
});

it('says which folder it looks in when there is nothing', async () => {
  const { where, host, store } = await opened();
  await take(host, where, { copy: ['.env'] }, store);
  expect(host.logged).toEqual([
    expect.stringMatching(/nothing in .*\/files\/remote-[0-9a-f]{12} matches worktree\.copy/),
  ]);
  await host.worktrees.stop();
});
