import { execFile, execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, expect, it } from 'vitest';
import { cleanUp, temporaryFolder } from '../git/make-repository.ts';
import { withFileLock } from '../../activities/host/file-lock.ts';

afterAll(cleanUp);

/** The processes that hold a lock on this file or wait for it. */
const usersOf = (path: string): string[] =>
  execFileSync('sh', ['-c', 'pgrep -fx "flock --exclusive $1 .*" || true', 'sh', path], { encoding: 'utf8' })
    .split('\n')
    .filter((line) => line !== '');

it('keeps a lock for its next use, and hands it on to another process that waits', async () => {
  const path = join(temporaryFolder(), 'lock');
  const used: number[] = [];
  await withFileLock(path, async () => void used.push(1));
  const [holder] = usersOf(path);
  await withFileLock(path, async () => void used.push(2));
  expect(usersOf(path)).toEqual([holder]);
  await promisify(execFile)('flock', ['--exclusive', path, 'true']);
  await withFileLock(path, async () => void used.push(3));
  expect(used).toEqual([1, 2, 3]);
  expect(usersOf(path)).not.toContain(holder);
});
