// A lock between processes of one machine that a dead holder does not keep: the file contains the holder's process id.
// Called by bootstrap.mjs; Node >= 20, no dependencies.

import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Runs `work` while holding the lock. Calls `waiting` once if another process has it.
 * @template T
 * @param {string} path
 * @param {{ work: () => Promise<T>, waiting: (holder: string) => void }} callbacks
 * @returns {Promise<T>}
 */
export async function withLockFile(path, { work, waiting }) {
  let told = false;
  for (let holder = tryLock(path); holder !== undefined; holder = tryLock(path)) {
    if (!told) waiting(holder);
    told = true;
    await sleep(100);
  }
  try {
    return await work();
  } finally {
    rmSync(path, { force: true });
  }
}

/**
 * Undefined if we now have the lock, otherwise its holder.
 * @param {string} path
 */
function tryLock(path) {
  const own = `${path}.${process.pid}`;
  try {
    // Linked, not written in place, so that a lock file is never seen without its holder.
    writeFileSync(own, `${process.pid}`);
    linkSync(own, path);
    return undefined;
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error;
  } finally {
    rmSync(own, { force: true });
  }
  const holder = holderOf(path);
  if (holder !== undefined && !isAlive(holder)) removeLockOf(holder, path);
  return holder ?? 'nobody';
}

/**
 * Removes a dead holder's file. If several processes found it dead, one may move a living successor's file; it puts it
 * back.
 * @param {string} holder
 * @param {string} path
 */
function removeLockOf(holder, path) {
  const grave = `${path}.${process.pid}.dead`;
  try {
    renameSync(path, grave);
    if (holderOf(grave) !== holder) linkSync(grave, path);
  } catch (error) {
    if (codeOf(error) !== 'ENOENT' && codeOf(error) !== 'EEXIST') throw error;
  } finally {
    rmSync(grave, { force: true });
  }
}

/** @param {string} path */
function holderOf(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error;
    return undefined;
  }
}

/** @param {string} pid */
function isAlive(pid) {
  try {
    process.kill(Number(pid), 0);
    return true;
  } catch (error) {
    return codeOf(error) === 'EPERM';
  }
}

/** @param {unknown} error */
function codeOf(error) {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}
