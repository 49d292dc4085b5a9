import { afterAll, beforeAll, expect, test } from 'vitest';
import { existsSync, lstatSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Host, claim, contextFor, edit, message, openHost } from './open-host.ts';
import { cleanUp, git, makeRemote, makeState } from './make-repository.ts';
import { attemptNumber } from '../../activities/worktrees/checkpoint/attempt.ts';
import { failureType } from '../../contracts/failures.ts';

let host: Host;
beforeAll(async () => {
  host = await openHost();
});
afterAll(cleanUp);

const typeOf = (promise: Promise<unknown>) => promise.then(() => 'nothing', failureType);
const ref = 'refs/coppice/runs/run-1/units/unit-1';

test('work and journal are in one checkpoint, and another host continues from it', async () => {
  const [remote, state] = [makeRemote({ 'a.txt': 'a\n', 'gone.txt': 'x\n' }), makeState()];
  const context = contextFor(remote, state);
  const store = await claim(host, context);
  expect(store.files.get('attempt.json')).toBe('{"version":1,"attempt":1001,"host":"here"}\n');
  await edit(host, store, {
    'a.txt': 'changed\n',
    'gone.txt': null,
    'bin/run': { executable: '#!/bin/sh\n' },
    link: { link: '/etc/passwd' },
  });
  const saved = await store.save({ 'turns/000001.json': '{"text":"ü"}' });
  expect(store.checkpoint).toBe(saved.checkpoint);
  expect(git(state, 'rev-parse', ref)).toBe(saved.checkpoint);
  expect(git(state, 'ls-tree', '-r', '--name-only', ref).split('\n')).toEqual([
    '.coppice/attempt.json',
    '.coppice/turns/000001.json',
    'a.txt',
    'bin/run',
    'link',
  ]);
  expect(git(state, 'rev-parse', `${ref}^1`)).toBe(context.base);
  await store.close();

  const other = await claim(await openHost(), context, { attempt: 2001, host: 'there' });
  expect(other.base).toBe(context.base);
  expect(other.files.get('turns/000001.json')).toBe('{"text":"ü"}');
  const { path } = await other.openWorktree();
  expect(readFileSync(join(path, 'a.txt'), 'utf8')).toBe('changed\n');
  expect(existsSync(join(path, 'gone.txt'))).toBe(false);
  expect(lstatSync(join(path, 'bin/run')).mode & 0o100).toBe(0o100);
  expect(lstatSync(join(path, 'link')).isSymbolicLink()).toBe(true);
  expect(existsSync(join(path, '.coppice'))).toBe(false);
  expect((await other.changes()).map((change) => `${change.status} ${change.mode} ${change.path}`)).toEqual([
    'modified 100644 a.txt',
    'added 100755 bin/run',
    'deleted 000000 gone.txt',
    'added 120000 link',
  ]);
  await other.close();
  expect(existsSync(path)).toBe(false);
});

test('the result is one commit on the base with trailers, and the same when made again', async () => {
  const [remote, state] = [makeRemote(), makeState()];
  const context = contextFor(remote, state);
  const store = await claim(host, context);
  expect(await store.makeResult(message)).toBeNull();
  await edit(host, store, { 'b.txt': 'b\n' });
  await store.save({});
  const first = await store.makeResult(message);
  const after = store.checkpoint;
  expect(await store.makeResult(message)).toEqual(first);
  expect(store.checkpoint).toBe(after);
  expect(git(state, 'rev-parse', `${ref}^3`)).toBe(first?.result);
  expect(git(state, 'log', '-1', '--format=%an <%ae>|%cn|%s|%(trailers:only)', first?.result ?? '')).toBe(
    'Coppice <coppice@localhost>|Coppice|Do it|Coppice-Run: run-1\nCoppice-Unit: unit-1\nRequested-by: dana',
  );
  expect(git(state, 'rev-parse', `${first?.result}^`)).toBe(context.base);
  expect(git(state, 'ls-tree', '--name-only', first?.result ?? '')).toBe('README.md\nb.txt');
  await store.close();
});

test('a zombie attempt loses the lease and harms nothing', async () => {
  const [remote, state] = [makeRemote(), makeState()];
  const context = contextFor(remote, state);
  const zombie = await claim(host, context);
  await edit(host, zombie, { 'z.txt': 'early\n' });
  await zombie.save({ 'turns/000001.json': '1' });
  const other = await openHost();
  const owner = await claim(other, context, { attempt: 1002, host: 'there' });
  await edit(host, zombie, { 'z.txt': 'late\n' });
  expect(await typeOf(zombie.save({ 'turns/000002.json': 'zombie' }))).toBe('LeaseLost');
  expect(await typeOf(claim(host, context))).toBe('LeaseLost');
  const saved = await owner.save({ 'turns/000002.json': 'owner' });
  expect(git(state, 'rev-parse', ref)).toBe(saved.checkpoint);
  expect(git(state, 'show', `${ref}:z.txt`)).toBe('early');
  expect(git(state, 'show', `${ref}:.coppice/turns/000002.json`)).toBe('owner');
  await Promise.all([zombie.close(), owner.close()]);
});

test('a retry begins anew on the target as it is now, and what was there before stays reachable', async () => {
  const [remote, state] = [makeRemote(), makeState()];
  const context = contextFor(remote, state);
  const first = await claim(host, context);
  await edit(host, first, { 'old.txt': 'old\n' });
  const { checkpoint: before } = await first.save({ 'turns/000001.json': '1' });
  await first.close();
  const tip = remote.push({ 'landed.txt': 'meanwhile\n' });
  const attempt = attemptNumber({ retry: 1, slice: 1, attempt: 1 });
  const retried = await claim(await openHost(), context, { attempt, host: 'there' });
  expect(retried.base).toBe(tip);
  expect([...retried.files.keys()]).toEqual(['attempt.json']);
  const saved = await retried.save({ 'turns/000001.json': 'anew' });
  expect(git(state, 'ls-tree', '-r', '--name-only', ref).split('\n').toSorted()).toEqual(
    ['.coppice/attempt.json', '.coppice/turns/000001.json', 'README.md', 'landed.txt'].toSorted(),
  );
  expect(git(state, 'merge-base', '--is-ancestor', before, saved.checkpoint)).toBe('');
  expect(await typeOf(claim(host, context, { attempt: 2001 }))).toBe('LeaseLost');
  await retried.close();
});

test('claiming, saving and closing twice end in the same state', async () => {
  const [remote, state] = [makeRemote(), makeState()];
  const context = contextFor(remote, state);
  const first = await claim(host, context);
  const again = await claim(host, context);
  expect(again.checkpoint).toBe(first.checkpoint);
  await edit(host, again, { b: '1' });
  const saved = await again.save({ x: '1' });
  expect((await again.save({ x: '1' })).tree).toBe(saved.tree);
  await again.close();
  await again.close();
  // A push of our own that we never heard of: `first` still believes in the claim, and continues from what is there.
  await first.save({ y: '2' });
  expect([...(await claim(host, context)).files.keys()].toSorted()).toEqual(['attempt.json', 'x', 'y']);
});

test('two runs with the same unit ids in one repository are separate', async () => {
  const [remote, state] = [makeRemote(), makeState()];
  const [one, two] = [contextFor(remote, state, 'one'), contextFor(remote, state, 'two')];
  const [a, b] = await Promise.all([claim(host, one), claim(host, two)]);
  await Promise.all([edit(host, a, { f: 'one' }), edit(host, b, { f: 'two' })]);
  await Promise.all([a.save({}), b.save({})]);
  expect(git(state, 'show', 'refs/coppice/runs/one/units/unit-1:f')).toBe('one');
  expect(git(state, 'show', 'refs/coppice/runs/two/units/unit-1:f')).toBe('two');
  await Promise.all([a.close(), b.close()]);
});

test('a base that was force-pushed away is still found on the state remote', async () => {
  const [remote, state] = [makeRemote(), makeState()];
  const context = contextFor(remote, state);
  await (await claim(host, context)).save({});
  git(
    remote.url,
    'update-ref',
    'refs/heads/main',
    git(remote.url, 'commit-tree', `${context.base}^{tree}`, '-m', 'new'),
  );
  git(remote.url, 'reflog', 'expire', '--expire=now', '--all');
  git(remote.url, 'gc', '-q', '--prune=now');
  const store = await claim(await openHost(), context, { attempt: 2001 });
  expect(existsSync(join((await store.openWorktree()).path, 'README.md'))).toBe(true);
  await store.close();
});

test('a rebase merges into the worktree, keeps what git ignores, and marks what conflicts', async () => {
  const [remote, state] = [
    makeRemote({ 'a.txt': 'one\n', 'd.txt': 'd\n', '.gitignore': 'ignored\n', keep: 'k\n' }),
    makeState(),
  ];
  const context = contextFor(remote, state);
  const store = await claim(host, context);
  const path = await edit(host, store, { 'a.txt': 'unit\n', 'd.txt': 'unit\n', ignored: 'setup\n', 'new.txt': 'n\n' });
  await store.save({});
  const onto = remote.push({ 'a.txt': 'target\n', 'd.txt': null, keep: null, 'other.txt': 'o\n' });
  const { conflicts } = await store.rebase(onto);
  expect(conflicts).toMatchObject([
    { path: 'a.txt', kind: 'contents', marked: true },
    { path: 'd.txt', kind: 'modify/delete', marked: false, ours: null },
  ]);
  expect(store.base).toBe(onto);
  expect(readFileSync(join(path, 'a.txt'), 'utf8')).toBe('<<<<<<< target\ntarget\n=======\nunit\n>>>>>>> unit\n');
  expect(readFileSync(join(path, 'ignored'), 'utf8')).toBe('setup\n');
  expect(readFileSync(join(path, 'other.txt'), 'utf8')).toBe('o\n');
  expect(existsSync(join(path, 'keep'))).toBe(false);
  expect((await store.rebase(onto)).conflicts).toEqual([]);
  await edit(host, store, { 'a.txt': 'both\n', 'd.txt': null });
  await store.save({});
  expect(git(state, 'rev-parse', `${ref}^1`)).toBe(onto);
  expect((await store.changes()).map((change) => change.path)).toEqual(['a.txt', 'new.txt']);
  await store.close();
});

test('an edit of the same size with its time put back is not missed', async () => {
  const [remote, state] = [makeRemote({ 'a.txt': 'one\n' }), makeState()];
  const store = await claim(host, contextFor(remote, state));
  const file = join(await edit(host, store, { 'a.txt': 'two\n' }), 'a.txt');
  await store.save({});
  const { atime, mtime } = lstatSync(file);
  writeFileSync(file, 'six\n');
  utimesSync(file, atime, mtime);
  await store.save({});
  expect(git(state, 'show', `${ref}:a.txt`)).toBe('six');
  await store.close();
});
