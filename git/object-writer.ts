// Writes loose objects and refs of our own bare repositories as git does: under a temporary name, then renamed. Done in
// this process, because starting a program for each small object is expensive.
// Safe to run twice and concurrently: an object's name is its content.

import { mkdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { createHash, randomUUID } from 'node:crypto';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { setTimeout as sleep } from 'node:timers/promises';
import { deflate } from 'node:zlib';
import type { GitObject } from './object-reader.ts';
import { type Sha, asSha } from '../contracts/ids.ts';
import { codeOf } from '../domain/errors.ts';
import { failure } from '../contracts/failures.ts';

const compress = promisify(deflate);

/** Throws `DiskFull`. */
export async function writeObject(gitDir: string, type: GitObject['type'], content: string | Uint8Array): Promise<Sha> {
  const body = Buffer.from(content);
  const bytes = Buffer.concat([Buffer.from(`${type} ${body.length}\0`), body]);
  const id = asSha(createHash('sha1').update(bytes).digest('hex'));
  const folder = join(gitDir, 'objects', id.slice(0, 2));
  const path = join(folder, id.slice(2));
  if (await isThere(path)) return id;
  // git, and our sweep of a killed worker's home, recognise files of this name as half-written.
  await replaceFile(path, join(folder, `tmp_obj_${randomUUID()}`), await compress(bytes), 0o444);
  return id;
}

/** Moves a ref, whatever its value. For refs with a single writer, in repositories that store refs as files. */
export async function writeRef(gitDir: string, ref: string, commit: Sha): Promise<void> {
  const path = join(gitDir, ref);
  // Uses git's own lock, so that `git pack-refs` does not remove a ref that was just written.
  await replaceFile(path, `${path}.lock`, Buffer.from(`${commit}\n`), 0o644);
}

const tries = 100;
const pauseMs = 20;

async function replaceFile(path: string, temporary: string, content: Buffer, mode: number): Promise<void> {
  for (let left = tries; ; left--) {
    try {
      await mkdir(dirname(path), { recursive: true });
      await writeFile(temporary, content, { mode, flag: 'wx' });
      return await rename(temporary, path);
    } catch (error) {
      const code = codeOf(error);
      // A half-written file would stay a lock forever; an existing one belongs to another process.
      if (code !== 'EEXIST') await rm(temporary, { force: true });
      if (code === 'ENOSPC' || code === 'EDQUOT') {
        throw failure('DiskFull', `git found no space: ${String(error)}`, { cause: error });
      }
      // git is packing: it has removed the empty folder, or holds the ref's lock.
      if ((code !== 'ENOENT' && code !== 'EEXIST') || left === 0) throw error;
      if (code === 'EEXIST') await sleep(pauseMs);
    }
  }
}

/** After a loss of power, a file may be there and empty. */
async function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    ({ size }) => size > 0,
    () => false,
  );
}
