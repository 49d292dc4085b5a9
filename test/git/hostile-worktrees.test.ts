import { afterAll, beforeAll, expect, test } from 'vitest';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, renameSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Host, claim, contextFor, edit, openHost } from './open-host.ts';
import { type Content, cleanUp, git, makeRemote, makeState, put, temporaryFolder } from './make-repository.ts';
import type { UnitStore } from '../../activities/repository/contract.ts';

let host: Host;
beforeAll(async () => {
  host = await openHost();
});
afterAll(cleanUp);

const ref = 'refs/coppice/runs/run-1/units/unit-1';

async function begin(files?: Record<string, Content>, more?: Record<string, Content>) {
  const [remote, state] = [makeRemote(files), makeState()];
  if (more !== undefined) remote.push(more);
  const context = contextFor(remote, state);
  const store = await claim(host, context);
  const path = await edit(host, store, {});
  const save = async () => {
    await host.sandbox.giveTo(path);
    return store.save({});
  };
  return { remote, state, context, store, path, save };
}

/** A fresh claim fills a worktree with exactly what the checkpoint has. */
async function storedFile(store: UnitStore, state: string, path: string): Promise<Buffer> {
  await store.close();
  return execFileSync('git', ['cat-file', 'blob', `${ref}:${path}`], { cwd: state });
}

test('planted filters, hooks, fsmonitor and attributes run nowhere', async () => {
  const { state, store, path, save } = await begin();
  const proof = join(temporaryFolder(), 'proof');
  const script = join(path, 'evil.sh');
  put(path, 'evil.sh', { executable: `#!/bin/sh\ntouch ${proof}\ncat\n` });
  put(path, '.gitattributes', '* filter=evil diff=evil merge=evil text eol=crlf\n');
  const config = `[filter "evil"]\nclean=${script}\nsmudge=${script}\nprocess=${script}\n[core]\nfsmonitor=${script}\nhooksPath=${path}\n[diff "evil"]\ntextconv=${script}\n`;
  mkdirSync(join(path, 'nested'));
  git(join(path, 'nested'), 'init', '-q');
  writeFileSync(join(path, 'nested', '.git', 'config'), config);
  put(path, 'nested/.gitattributes', '* filter=evil\n');
  put(path, 'nested/file', 'text\n');
  // The worktree's own `.git` file replaced by a repository of the agent's.
  renameSync(join(path, '.git'), join(path, 'away'));
  git(path, 'init', '-q');
  writeFileSync(join(path, '.git', 'config'), config);
  await save();
  expect(existsSync(proof)).toBe(false);
  expect(git(state, 'ls-tree', '-r', '--name-only', ref, 'nested/').split('\n')).toEqual([
    'nested/.gitattributes',
    'nested/file',
  ]);
  await store.close();
});

test('nested repositories, with and without commits, are stored as plain files', async () => {
  const { state, store, path, save } = await begin();
  for (const name of ['empty', 'full', 'linked']) {
    put(path, `${name}/file`, `${name}\n`);
    git(join(path, name), 'init', '-q');
  }
  git(join(path, 'full'), 'add', '-A');
  git(join(path, 'full'), 'commit', '-q', '-m', 'inner');
  execFileSync('rm', ['-rf', join(path, 'linked', '.git')]);
  writeFileSync(join(path, 'linked', '.git'), `gitdir: ../full/.git\n`);
  const { skipped } = await save();
  expect(skipped).toEqual([]);
  expect(
    git(state, 'ls-tree', '-r', ref)
      .split('\n')
      .map((line) => line.split('\t')[1]),
  ).toEqual(['.coppice/attempt.json', 'README.md', 'empty/file', 'full/file', 'linked/file']);
  await store.close();
});

test('symlinks are stored as links and never followed', async () => {
  const { state, store, path, save } = await begin({ 'dir/inner': 'x\n', plain: 'p\n' });
  const outside = temporaryFolder();
  writeFileSync(join(outside, 'inner'), 'secret\n');
  put(path, 'dir', { link: outside });
  put(path, 'plain', { link: join(outside, 'inner') });
  put(path, '.gitignore', { link: join(outside, 'inner') });
  put(path, 'repo', { link: path });
  await save();
  expect(
    git(state, 'ls-tree', '-r', ref, 'dir', 'plain', 'repo')
      .split('\n')
      .every((line) => line.startsWith('120000')),
  ).toBe(true);
  expect(git(state, 'log', '-p', '--format=', ref)).not.toContain('secret');
  await store.close();
});

test('special files that git does not ignore are left out and named, and hang nothing', async () => {
  const { state, store, path, save } = await begin({ tracked: 't\n', 'sub/file': 's\n' });
  execFileSync('sh', ['-c', `rm tracked; mkfifo tracked sub/pipe .gitnote; ${socket('sub/s')}`], { cwd: path });
  put(path, 'new', 'n\n');
  const { skipped } = await save();
  expect([...skipped].toSorted()).toEqual(['.gitnote', 'sub/pipe', 'sub/s', 'tracked']);
  expect(git(state, 'ls-tree', '-r', '--name-only', ref).split('\n')).toEqual([
    '.coppice/attempt.json',
    'new',
    'sub/file',
    'tracked',
  ]);
  await store.close();
});

test.each([
  ['a socket in an ignored folder', `mkdir tmp && cd tmp && ${socket('db.sock')}`],
  ['an ignored FIFO', 'mkfifo x.pipe'],
  ['an ignored FIFO by a name that could be git’s', 'mkdir -p tmp/a && mkfifo tmp/a/.gitnote'],
  ['an ignored file that nobody can read', 'mkdir tmp && echo x > tmp/key && chmod 0 tmp/key'],
  ['an ignored folder that nobody can read', 'mkdir -p tmp/data && echo x > tmp/data/x && chmod 0 tmp/data'],
  ['an ignored folder that nobody can enter', 'mkdir -p tmp/data && echo x > tmp/data/x && chmod 400 tmp/data'],
  ['300 ignored FIFOs', 'mkdir tmp && cd tmp && seq 300 | xargs mkfifo'],
  ['300 ignored repositories', 'mkdir tmp && cd tmp && for i in $(seq 300); do mkdir -p $i/.git; done'],
  [
    'a socket that a folder’s own .gitignore names',
    `mkdir run && echo '*.sock' > run/.gitignore && cd run && ${socket('a.sock')}`,
  ],
])('what git ignores is no part of the work, whatever it is: %s', async (_, make) => {
  const { state, store, path, save } = await begin({ '.gitignore': 'tmp/\n*.pipe\n', kept: 'k\n' });
  execFileSync('sh', ['-c', make], { cwd: path });
  put(path, 'new', 'n\n');
  const { skipped } = await save();
  expect(skipped).toEqual([]);
  const changed = (await store.changes()).filter((change) => change.path !== 'run/.gitignore');
  expect(changed.map((change) => [change.path, change.status])).toEqual([['new', 'added']]);
  expect(git(state, 'show', `${ref}:new`)).toBe('n');
  await allowRemoval(path);
  await store.close();
});

test.each([
  ['a tracked file', 'chmod 0 sub/file', 'sub/file'],
  ['a new file', 'echo x > new && chmod 0 new', 'new'],
  ['a folder with tracked files', 'chmod 0 sub', 'sub/'],
  ['a folder that can be listed but not entered', 'chmod 400 sub', 'sub/'],
  ['a folder that can be entered but not listed', 'chmod 100 sub', 'sub/'],
  ['a new folder', 'mkdir -p a/b && echo x > a/b/c && chmod 0 a/b', 'a/b/'],
  ['a folder with tracked files that git would ignore', 'chmod 0 tmp', 'tmp/'],
  ['a name in other bytes', 'f=$(printf "lat\\351n"); echo x > "$f"; chmod 0 "$f"', 'lat'],
  ['an old one beside a FIFO by a name that could be git’s', 'mkfifo .gitnote; chmod 0 sub/file', 'sub/file'],
])('what cannot be read is refused by name, and does not vanish: %s', async (_, make, name) => {
  const more = { 'tmp/tracked': 't\n', '.gitignore': 'tmp/\n' };
  const { store, path } = await begin({ 'sub/file': 's\n', 'tmp/tracked': 't\n' }, more);
  await host.sandbox.giveTo(path);
  execFileSync('sh', ['-c', make], { cwd: path });
  const refused = store.save({});
  await expect(refused).rejects.toMatchObject({ type: 'SnapshotRefused' });
  await expect(refused).rejects.toThrow(`these cannot be read: ${name}`);
  await expect(refused).rejects.toThrow('chmod');
  expect(await store.changes()).toEqual([]);
  await allowRemoval(path);
  await store.save({});
  await store.close();
});

test('a snapshot ends when it is told to', async () => {
  const { store, path } = await begin();
  await host.sandbox.giveTo(path);
  const stop = new AbortController();
  const saving = store.save({}, { signal: stop.signal });
  stop.abort(new Error('cancelled'));
  await expect(saving).rejects.toThrow('cancelled');
  await store.save({});
  await store.close();
});

function socket(name: string): string {
  return `python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind("${name}")'`;
}

async function allowRemoval(path: string): Promise<void> {
  execFileSync('chmod', ['-R', 'u+rwX', path]);
  await host.sandbox.giveTo(path);
}

test('bytes and names are stored exactly', async () => {
  const attributes = { '.gitattributes': '* text=auto eol=crlf ident\n' };
  const { state, store, context, path, save } = await begin({ 'crlf.txt': 'a\r\nb\r\n' }, attributes);
  expect(readFileSync(join(path, 'crlf.txt'), 'utf8')).toBe('a\r\nb\r\n');
  const content = Buffer.from('x\r\n$Id$\r\n\0\xff', 'latin1');
  put(path, 'mixed.bin', content);
  put(path, 'lf.txt', 'one\n');
  put(path, 'new\nline "quoted" \'x\' ü', 'odd\n');
  execFileSync('sh', ['-c', 'printf bytes > "$(printf "latin\\351")"'], { cwd: path });
  await save();
  expect((await store.changes()).map((change) => change.status)).toEqual(['added', 'added', 'added', 'added']);
  expect(git(state, 'show', `${ref}:new\nline "quoted" 'x' ü`)).toBe('odd');
  expect(await storedFile(store, state, 'mixed.bin')).toEqual(content);
  const again = await claim(host, context, { attempt: 2001 });
  const other = (await again.openWorktree()).path;
  expect(readFileSync(join(other, 'mixed.bin'))).toEqual(content);
  expect(execFileSync('sh', ['-c', 'cat "$(printf "latin\\351")"'], { cwd: other, encoding: 'utf8' })).toBe('bytes');
  expect((await again.save({})).tree).toBe((await again.save({})).tree);
  expect((await again.changes()).length).toBe(4);
  await again.close();
});

test('a worktree that is emptied or loses its folders is a change like any other', async () => {
  const { store, path, save } = await begin({ a: '1', 'b/c': '2' });
  execFileSync('sh', ['-c', 'rm -rf a b .git'], { cwd: path });
  await save();
  expect((await store.changes()).map((change) => change.status)).toEqual(['deleted', 'deleted']);
  await store.close();
});

test('the reserved name at the top is not stored', async () => {
  const { state, store, path, save } = await begin();
  put(path, '.coppice/attempt.json', '{"attempt":99999}');
  put(path, 'sub/.coppice/ok', 'fine');
  await save();
  expect(git(state, 'ls-tree', '-r', '--name-only', ref, '.coppice/', 'sub/').split('\n')).toEqual([
    '.coppice/attempt.json',
    'sub/.coppice/ok',
  ]);
  expect(git(state, 'show', `${ref}:.coppice/attempt.json`)).toContain('1001');
  await store.close();
});

test('ignored files are not work', async () => {
  const { state, store, path, save } = await begin({ '.gitignore': 'out/\n*.log\n', 'kept.log': 'tracked\n' });
  put(path, 'out/x', '1');
  put(path, 'y.log', '1');
  put(path, 'kept.log', 'changed\n');
  await save();
  expect((await store.changes()).map((change) => change.path)).toEqual(['kept.log']);
  expect(git(state, 'show', `${ref}:kept.log`)).toBe('changed');
  await store.close();
});

test.each([
  [
    'a 1 GB file',
    (path: string) => (put(path, 'big', ''), truncateSync(join(path, 'big'), 2 ** 30)),
    /more than 100 MB/,
  ],
  [
    '50,001 files',
    (path: string) => execFileSync('sh', ['-c', 'seq 50001 | xargs touch'], { cwd: path }),
    /more than 50,000 new files/,
  ],
  [
    '300 levels',
    (path: string) => mkdirSync(join(path, 'd/'.repeat(300)), { recursive: true }),
    /more than 256 levels/,
  ],
  ['attributes', (path: string) => put(path, '.gitattributes', '* text\n'.repeat(10_001)), /more than 10,000 lines/],
] as const)('%s too many is a named error', async (_, plant, said) => {
  const { store, path, save } = await begin();
  plant(path);
  await expect(save()).rejects.toMatchObject({ type: 'SnapshotRefused', message: expect.stringMatching(said) });
  await store.close();
});

test.each([
  ['an attribute line that git refuses', '.gitattributes', `*.txt ${'x'.repeat(3000)}\n`],
  ['a submodule whose URL is an option', '.gitmodules', '[submodule "x"]\n\tpath = x\n\turl = -u./evil\n'],
] as const)('%s is a named error that says so, and not tried again', async (_, name, content) => {
  const { store, path, save } = await begin();
  put(path, name, content);
  await expect(save()).rejects.toMatchObject({
    type: 'SnapshotRefused',
    nonRetryable: true,
    message: expect.stringMatching(/cannot be stored/),
  });
  await store.close();
});

test('a deep tree that an agent left is removed', async () => {
  const { store, path } = await begin();
  // Longer than a path may be, so that it can be gone into by steps only.
  const dig = "for (let i = 0; i < 260; i++) { fs.mkdirSync('deep_folder_name'); process.chdir('deep_folder_name'); }";
  execFileSync(process.execPath, ['-e', dig], { cwd: path });
  await store.close();
  expect(existsSync(path)).toBe(false);
});
