import { afterAll, expect, test } from 'vitest';
import { chmodSync, mkdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cleanUp, git, makeRemote } from './make-repository.ts';
import { runGit } from '../../git/run-git.ts';
import { writeObject, writeRef } from '../../git/object-writer.ts';

afterAll(cleanUp);

test('objects and refs are written while git packs and removes empty folders', async () => {
  const remote = makeRemote();
  const tip = remote.tip();
  let packed = false;
  let written = 0;
  const writing = (async () => {
    for (; !packed; written++) {
      const id = await writeObject(remote.url, 'blob', `content ${written}`);
      await writeRef(remote.url, `refs/coppice-local/kept/unit-${written}/1`, tip);
      expect(id).toMatch(/^[0-9a-f]{40}$/);
    }
  })();
  const packing = (async () => {
    for (let round = 0; round < 12; round++) {
      await runGit(remote.url, ['repack', '--geometric=2', '-d', '-l', '-q']);
      await runGit(remote.url, ['pack-refs', '--all']);
    }
  })().finally(() => (packed = true));
  await Promise.all([writing, packing]);
  const kept = git(remote.url, 'for-each-ref', '--format=%(refname)', 'refs/coppice-local/kept').split('\n');
  expect(kept).toHaveLength(written);
  git(remote.url, 'fsck', '--strict', '--no-dangling');
});

test('an object whose content was lost with the power is written again', async () => {
  const { url } = makeRemote();
  const id = await writeObject(url, 'blob', 'content');
  const path = join(url, 'objects', id.slice(0, 2), id.slice(2));
  chmodSync(path, 0o644);
  truncateSync(path);
  expect(await writeObject(url, 'blob', 'content')).toBe(id);
  expect(git(url, 'cat-file', 'blob', id)).toBe('content');
});

test('a ref that somebody else has locked is written when the lock is free', async () => {
  const remote = makeRemote();
  const tip = remote.tip();
  const lock = join(remote.url, 'refs/coppice-local/a.lock');
  mkdirSync(join(remote.url, 'refs/coppice-local'));
  writeFileSync(lock, '');
  const writing = writeRef(remote.url, 'refs/coppice-local/a', tip);
  const first = await Promise.race([
    writing.then(() => 'written'),
    new Promise((done) => setTimeout(done, 100, 'waits')),
  ]);
  expect(first).toBe('waits');
  rmSync(lock);
  await writing;
  expect(git(remote.url, 'rev-parse', 'refs/coppice-local/a')).toBe(tip);
});
