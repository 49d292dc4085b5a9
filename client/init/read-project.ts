// The repository of a folder, for `coppice init`: its top, its files, the texts that show how it is set up and
// verified, and the target branch. Reads only.

import { execFile } from 'node:child_process';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Env } from '../../domain/environment.ts';
import type { ProjectFiles } from '../../formats/project/folder.ts';
import { codeOf } from '../../domain/errors.ts';
import { failure } from '../../contracts/failures.ts';
import { isRead } from '../../formats/project/folder.ts';
import { showsNeeds } from '../../formats/project/needs/read.ts';
import { listRemote } from '../../git/remote.ts';
import { remoteFor } from '../../git/remote-for.ts';

const exec = promisify(execFile);

/** How much to read of a file: lock files are long, and the relevant part is at the top. */
const bytesRead = 256 * 1024;
const maxTexts = 100;
const remoteTimeoutMs = 5_000;

/** The top of the repository around `folder`. Throws `BadInput` if there is none, or if it has no files. */
export async function repositoryTop(folder: string): Promise<string> {
  const top = await git(folder, 'rev-parse', '--show-toplevel');
  if (top === null)
    throw failure('BadInput', 'this folder is not in a git repository', { hint: 'Run the command in your clone.' });
  return top;
}

/** Paths of all files that git tracks or would track, by its index and ignore rules. */
export async function listProject(top: string): Promise<string[]> {
  const listed = (await git(top, 'ls-files', '-z', '--cached', '--others', '--exclude-standard')) ?? '';
  return [...new Set(listed.split('\0'))].filter((path) => path !== '');
}

/** These files, with the texts of those that matter. */
export async function readProject(top: string): Promise<ProjectFiles> {
  const paths = await listProject(top);
  const wanted = new Set([...paths.filter(isRead).slice(0, maxTexts), ...paths.filter(showsNeeds).slice(0, maxTexts)]);
  const texts = await Promise.all([...wanted].map(async (path) => [path, await beginningOf(join(top, path))] as const));
  return { paths, texts: Object.fromEntries(texts) };
}

/** The branch that the remote's HEAD names: asked now, or as the clone remembers it; null if both are unknown. */
export async function targetBranch(top: string, env: Env): Promise<string | null> {
  const url = await git(top, 'remote', 'get-url', 'origin');
  if (url === null) return git(top, 'symbolic-ref', '--quiet', '--short', 'HEAD');
  const asked = await askRemote(url, env);
  if (asked !== null) return asked;
  const remembered = await git(top, 'symbolic-ref', '--quiet', '--short', 'refs/remotes/origin/HEAD');
  return remembered === null ? null : remembered.replace(/^origin\//, '');
}

async function askRemote(url: string, env: Env): Promise<string | null> {
  try {
    const signal = AbortSignal.timeout(remoteTimeoutMs);
    return (await listRemote({ ...remoteFor(url, env), signal }, ['HEAD'])).head;
  } catch {
    return null;
  }
}

/**
 * git's output, or null if it refuses: runs the user's own git in the user's own repository, with the user's settings.
 */
async function git(folder: string, ...args: string[]): Promise<string | null> {
  try {
    const { stdout } = await exec('git', ['-C', folder, ...args], { maxBuffer: 256 * 1024 * 1024 });
    return stdout.replace(/\n$/, '') || null;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') {
      throw failure('BadInput', 'there is no git on PATH; install git 2.38 or later', { cause: error });
    }
    return null;
  }
}

/** Empty if it cannot be read or is no file. */
async function beginningOf(path: string): Promise<string> {
  try {
    await using file = await open(path, 'r');
    if (!(await file.stat()).isFile()) return '';
    const { buffer, bytesRead: length } = await file.read(Buffer.alloc(bytesRead), 0, bytesRead, 0);
    return buffer.toString('utf8', 0, length);
  } catch {
    return '';
  }
}
