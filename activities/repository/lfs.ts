// Content of files in Git LFS, where this host has git-lfs: fetched into the mirror, by the commits of the target branch.
// Safe to run twice: it adds objects by their content.

import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { LocalRepository } from './local-repository.ts';
import type { Sha } from '../../contracts/ids.ts';
import { GitError, diskFull, gitText, runGit } from '../../git/run-git.ts';
import { askpassEnvironment } from '../../git/askpass.ts';
import { entryAt } from '../../git/trees.ts';
import { failure } from '../../contracts/failures.ts';
import { inertText } from '../../git/inert-text.ts';
import { isFile } from '../../domain/repository/file-modes.ts';
import { type LfsFile, listLfsFiles } from '../../git/lfs-files.ts';
import { treeOf } from '../../git/tree-reader.ts';
import { withFileLock } from '../host/file-lock.ts';

const timeoutMs = 30 * 60_000;

let version: Promise<boolean> | null = null;

/** Whether this host has git-lfs; looked at once. */
export function hasGitLfs(): Promise<boolean> {
  version ??= runGit(null, ['lfs', 'version']).then(
    () => true,
    () => false,
  );
  return version;
}

/** Where the content of a file is, once it is fetched. */
export function lfsObject({ mirror }: LocalRepository, oid: string): string {
  return join(mirror, 'lfs', 'objects', oid.slice(0, 2), oid.slice(2, 4), oid);
}

/**
 * The files in Git LFS of a tree whose content is then here: none where this host has no git-lfs, and not those whose content
 * the server does not have either. `upstream`: the commit of the target branch that the tree continues. Throws
 * `RepositoryUnreachable`, with the way out.
 */
export async function fetchLfs(repository: LocalRepository, tree: Sha, upstream: Sha): Promise<readonly LfsFile[]> {
  const files = await listLfsFiles(repository.state, tree);
  if (files.length === 0 || !(await hasGitLfs())) return [];
  const isHere = ({ oid }: LfsFile): boolean => existsSync(lfsObject(repository, oid));
  const missing = (): LfsFile[] => files.filter((each) => !isHere(each) && !isKnownLost(repository, each));
  if (missing().length > 0) {
    await withFileLock(join(dirname(repository.state), 'lfs.lock'), async () => {
      if (missing().length > 0) await fetchObjects(repository, upstream);
      for (const { oid } of missing()) lost.set(lfsObject(repository, oid), Date.now());
    });
  }
  return files.filter(isHere);
}

/** Content that a server did not have, by its place here, and when, in milliseconds since the epoch. */
const lost = new Map<string, number>();
const lostForMs = 10 * 60_000;

function isKnownLost(repository: LocalRepository, { oid }: LfsFile): boolean {
  return Date.now() - (lost.get(lfsObject(repository, oid)) ?? -Infinity) < lostForMs;
}

/** A server's answer that it has no such content, and what git-lfs adds when that is all. */
const saysLost = /remote missing object|does not exist on the server/i;
const summary = /^error: failed to fetch some objects|^\s*$/;

function isOnlyLost(stderr: string): boolean {
  const lines = stderr.split('\n').filter((line) => !summary.test(line));
  return lines.length > 0 && lines.every((line) => saysLost.test(line));
}

async function fetchObjects(repository: LocalRepository, commit: Sha): Promise<void> {
  const { mirror, origin } = repository;
  const settings = [['remote.origin.url', origin.url], ...(await serverOf(repository, commit))];
  const flags = settings.flatMap(([name = '', value = '']) => ['-c', `${name}=${value}`]);
  const env = askpassEnvironment(origin.url, origin.credentials);
  try {
    // It reads objects by itself, and not those of the state repository's alternate.
    await runGit(mirror, [...flags, 'lfs', 'fetch', 'origin', commit], { env, timeoutMs });
  } catch (error) {
    if (!(error instanceof GitError)) throw error;
    if (isOnlyLost(error.stderr)) return;
    const said = inertText(error.stderr, origin.credentials === null ? [] : [origin.credentials.token]).slice(0, 1000);
    const wayOut = 'to work with pointers in their place, set `worktree.lfs: false` in coppice.yaml';
    throw (
      diskFull(error.stderr) ??
      failure(
        'RepositoryUnreachable',
        `files in Git LFS cannot be fetched from ${inertText(origin.url)}: ${said}; ${wayOut}`,
      )
    );
  }
}

/** The server that the repository's `.lfsconfig` names, by the rules for URLs; git-lfs would take any. */
async function serverOf({ state, modules, origin }: LocalRepository, commit: Sha): Promise<[string, string][]> {
  const entry = await entryAt(state, await treeOf(state, commit), '.lfsconfig');
  if (!isFile(entry)) return [];
  const args = ['config', '--no-includes', '--blob', entry.id, '--get', 'lfs.url'];
  const url = await gitText(state, args, { accept: [0, 1] });
  return url === '' ? [] : [['lfs.url', modules.remoteOf(url, origin.url).url]];
}
