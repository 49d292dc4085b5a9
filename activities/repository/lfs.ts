// Content of files in Git LFS, where this host has git-lfs: fetched into the mirror, by the commits of the target branch.
// Safe to run twice: it adds objects by their content.

import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { LocalRepository } from './local-repository.ts';
import type { Sha } from '../../contracts/ids.ts';
import { GitError, diskFull, gitText, runGit } from '../../git/run-git.ts';
import { askpassEnvironment } from '../../git/askpass.ts';
import { entryAt } from '../../git/trees.ts';
import { readObject } from '../../git/object-reader.ts';
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
export function lfsObject(repository: LocalRepository, oid: string): string {
  return join(lfsObjects(repository), oid.slice(0, 2), oid.slice(2, 4), oid);
}

/** The folder with all of it. */
export function lfsObjects({ mirror }: Pick<LocalRepository, 'mirror'>): string {
  return join(mirror, 'lfs', 'objects');
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
      if (missing().length === 0) return;
      const ask = await askServer(repository, upstream);
      await ask(['fetch', 'origin', upstream]);
      // Older versions are in no tree of the target any more.
      for (const { id } of missing()) await ask(['smudge'], await readObject(repository.state, id));
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

/** Runs a command of git-lfs, whose output does not count. A server without the content is no error. */
async function askServer(repository: LocalRepository, upstream: Sha) {
  const { mirror, origin } = repository;
  const settings = { 'remote.origin.url': origin.url, 'lfs.url': await serverOf(repository, upstream) };
  const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const env = askpassEnvironment(origin.url, origin.credentials);
  return async (args: readonly string[], pointer: { readonly content: Buffer } | null = null): Promise<void> => {
    const input = pointer === null ? {} : { input: pointer.content };
    try {
      // It reads objects by itself, and not those of the state repository's alternate.
      await runGit(mirror, [...flags, 'lfs', ...args], { env, timeoutMs, discardOutput: true, ...input });
    } catch (error) {
      if (!(error instanceof GitError)) throw error;
      const isLost = pointer === null ? isOnlyLost(error.stderr) : saysLost.test(error.stderr);
      if (!isLost) throw explained(repository, error);
    }
  };
}

function explained({ origin }: LocalRepository, { stderr }: GitError): Error {
  const said = inertText(stderr, origin.credentials === null ? [] : [origin.credentials.token]).slice(0, 1000);
  const what = `files in Git LFS cannot be fetched from ${inertText(origin.url)}: ${said}`;
  const wayOut = 'to work with pointers in their place, set `worktree.lfs: false` in coppice.yaml';
  return diskFull(stderr) ?? failure('RepositoryUnreachable', `${what}; ${wayOut}`);
}

/**
 * The server that the target's `.lfsconfig` names, by the rules for URLs, or the repository's own, as git-lfs finds it. Always
 * given: git-lfs itself would follow whatever stands in that file.
 */
async function serverOf({ state, modules, origin }: LocalRepository, commit: Sha): Promise<string> {
  const entry = await entryAt(state, await treeOf(state, commit), '.lfsconfig');
  const args = (blob: Sha): string[] => ['config', '--no-includes', '--blob', blob, '--get', 'lfs.url'];
  const given = isFile(entry) ? await gitText(state, args(entry.id), { accept: [0, 1] }) : '';
  if (given !== '') return modules.remoteOf(given, origin.url).url;
  if (origin.url.startsWith('/')) return `file://${origin.url}`;
  return /^https:/i.test(origin.url) ? `${origin.url.replace(/(?:\.git)?\/*$/, '')}.git/info/lfs` : origin.url;
}
