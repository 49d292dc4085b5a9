import { afterAll, expect, test } from 'vitest';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cleanUp, git, makeRemote } from './make-repository.ts';
import { runGit } from '../../git/run-git.ts';
import { writeObject, writeRef } from '../../git/object-writer.ts';

afterAll(cleanUp);

test('objects and refs are written while git packs and removes empty folders', async () => {
  const remote = makeRemote();
  const tip = remote.tip();
  let over = false;
  const writing = (async () => {
    for (let i = 0; i < 400; i++) {
      const id = await writeObject(remote.url, 'blob', `content ${i}`);
      await writeRef(remote.url, `refs/coppice-local/kept/unit-${i}/1`, tip);
      expect(id).toMatch(/^[0-9a-f]{40}$/);
    }
  })().finally(() => (over = true));
  while (!over) {
    await runGit(remote.url, ['repack', '--geometric=2', '-d', '-l', '-q']);
    await runGit(remote.url, ['pack-refs', '--all']);
  }
  await writing;
  const kept = git(remote.url, 'for-each-ref', '--format=%(refname)', 'refs/coppice-local/kept').split('\n');
  expect(kept).toHaveLength(400);
  git(remote.url, 'fsck', '--strict', '--no-dangling');
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
