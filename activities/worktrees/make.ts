// Worktrees of a mirror. Many processes can make them at once without races, from git objects or around existing files.
// A sandbox sees each with a read-only git view. They can be removed however deep they are. Only metadata is written
// under the lock; files are filled in outside it. Once an agent has had a worktree, git runs in it only inside a
// sandbox.

import type { OwnedWorktree, WorktreePlace } from './worktree.ts';
import { chmod, copyFile, cp, mkdir, readdir, rename, rm, utimes, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Mount } from '../sandbox/mount.ts';
import type { LocalRepository } from '../repository/local-repository.ts';
import type { Sha } from '../../contracts/ids.ts';
import { discard } from './remove.ts';
import { newName } from './name.ts';
import { runGit } from '../../git/run-git.ts';
import { treeOf } from '../../git/tree-reader.ts';
import { withFileLock } from '../host/file-lock.ts';

/** Files, and an index with their stat data. */
export interface PreparedFiles {
  /** The folder that becomes the worktree; it has a `.git` file. */
  readonly files: string;
  readonly index: string;
  readonly tree: Sha;
}

interface Paths {
  readonly name: string;
  readonly folder: string;
  readonly path: string;
  readonly gitDir: string;
}

/**
 * Makes a worktree with HEAD and index at `base` and the files of `tree`. Safe to run twice: every call makes its own,
 * and those of dead processes are swept when a host starts.
 */
export async function makeWorktree(
  { repository, label, base, tree }: WorktreePlace,
  { lowPriority = false }: { lowPriority?: boolean } = {},
): Promise<OwnedWorktree> {
  const at = await addEntry(repository, label, base);
  return cleanedUp(repository, at, async () => {
    await fill(repository, at, { base, tree, lowPriority });
    await repository.sandbox.giveTo(at.path);
    return finishWorktree(repository, at);
  });
}

/**
 * Makes a worktree with HEAD and index at `base` around existing files: `prepared` is moved in, and the files are its
 * tree, whatever `base` is. The files themselves are not read or written, so it does not matter who wrote them.
 */
export async function adoptWorktree(
  { repository, label, base }: WorktreePlace,
  prepared: PreparedFiles,
): Promise<OwnedWorktree> {
  const at = await addEntry(repository, label, base);
  return cleanedUp(repository, at, async () => {
    const added = join(at.folder, 'added');
    await rename(at.path, added);
    await rename(prepared.files, at.path);
    await repository.sandbox.giveTo(join(added, '.git'));
    await rename(join(added, '.git'), join(at.path, '.git'));
    await copyWithTimes(prepared.index, join(at.gitDir, 'index'));
    // Unchanged entries keep their stat data. The empty work tree keeps git from looking at the files.
    if (prepared.tree !== (await treeOf(repository.state, base))) {
      await runGit(at.gitDir, ['read-tree', '--reset', base], { env: { GIT_WORK_TREE: added } });
    }
    await rm(added, { recursive: true });
    return finishWorktree(repository, at);
  });
}

/**
 * Moves HEAD and index to another base. The files themselves are not read or written, so it does not matter who wrote
 * them.
 */
export async function moveBase({ gitDir, folder }: OwnedWorktree, base: Sha): Promise<void> {
  const nothing = join(folder, 'nothing');
  await mkdir(nothing);
  await runGit(gitDir, ['update-ref', '--no-deref', 'HEAD', base]);
  await runGit(gitDir, ['read-tree', '--reset', base], { env: { GIT_WORK_TREE: nothing } });
  await rm(nothing, { recursive: true });
  await makeReadable(gitDir);
}

/** Removes a worktree that could not be finished. */
async function cleanedUp(repository: LocalRepository, at: Paths, finish: () => Promise<OwnedWorktree>) {
  try {
    return await finish();
  } catch (error) {
    await removeWorktree(repository, at);
    throw error;
  }
}

async function removeWorktree({ home, lock }: LocalRepository, { folder, gitDir }: Paths): Promise<void> {
  await discard(home, folder);
  // Only we have written there.
  await withFileLock(lock, () => rm(gitDir, { recursive: true, force: true }));
}

async function addEntry({ home, mirror, lock }: LocalRepository, label: string, base: Sha): Promise<Paths> {
  const name = newName(label);
  const folder = join(home, 'worktrees', name);
  const at = { name, folder, path: join(folder, name), gitDir: join(mirror, 'worktrees', name) };
  await mkdir(folder, { recursive: true });
  await withFileLock(lock, () =>
    runGit(mirror, ['worktree', 'add', '--quiet', '--no-checkout', '--detach', at.path, base]),
  );
  return at;
}

async function fill(
  { state }: LocalRepository,
  at: Paths,
  { base, tree, lowPriority }: { base: Sha; tree: Sha; lowPriority: boolean },
): Promise<void> {
  const env = { GIT_WORK_TREE: at.path };
  await runGit(at.gitDir, ['read-tree', '--reset', '-u', base], { env, lowPriority });
  if (tree === (await treeOf(state, base))) return;
  // With a copy of the index, only the differences are written, and HEAD and index still show what the unit changed.
  const index = join(at.folder, 'fill-index');
  await cp(join(at.gitDir, 'index'), index);
  await runGit(state, ['read-tree', '--reset', '-u', tree], { env: { ...env, GIT_INDEX_FILE: index }, lowPriority });
  await rm(index);
}

async function finishWorktree(repository: LocalRepository, at: Paths): Promise<OwnedWorktree> {
  const { name, folder, path, gitDir } = at;
  await writeFile(join(folder, 'git-file'), `gitdir: /git/worktrees/${name}\n`);
  await Promise.all([makeReadable(gitDir), chmod(join(folder, 'git-file'), 0o644)]);
  return {
    folder,
    path,
    gitDir,
    mounts: mountsOf(repository.mirror, folder, name),
    env: viewEnvironment,
    remove: () => removeWorktree(repository, at),
  };
}

/** The tree at `/work` and, over it, a read-only git view of the mirror with only this worktree's entry. */
function mountsOf(mirror: string, folder: string, name: string): Mount[] {
  const bind = (source: string, target: string, writable: boolean): Mount => ({
    type: 'bind',
    source,
    target,
    writable,
  });
  return [
    bind(join(folder, name), '/work', true),
    bind(join(folder, 'git-file'), '/work/.git', false),
    bind(mirror, '/git', false),
    { type: 'tmpfs', target: '/git/worktrees' },
    bind(join(mirror, 'worktrees', name), `/git/worktrees/${name}`, false),
  ];
}

/** The files' owner changed after the index was written; `git status` must not reread them all for that. */
const viewEnvironment: Readonly<Record<string, string>> = {
  GIT_OPTIONAL_LOCKS: '0',
  GIT_CONFIG_COUNT: '3',
  GIT_CONFIG_KEY_0: 'safe.directory',
  GIT_CONFIG_VALUE_0: '*',
  GIT_CONFIG_KEY_1: 'core.checkStat',
  GIT_CONFIG_VALUE_1: 'minimal',
  GIT_CONFIG_KEY_2: 'core.trustctime',
  GIT_CONFIG_VALUE_2: 'false',
};

/** Moves HEAD and index (not the files) to another commit. */
export async function moveHead(worktree: OwnedWorktree, commit: Sha): Promise<void> {
  await runGit(worktree.gitDir, ['update-ref', '--no-deref', 'HEAD', commit]);
  await runGit(worktree.gitDir, ['read-tree', '--reset', commit]);
}

/** Makes it readable for the sandbox's uid, whatever the worker's umask is. */
async function makeReadable(gitDir: string): Promise<void> {
  await chmod(gitDir, 0o755);
  for (const entry of await readdir(gitDir, { recursive: true, withFileTypes: true }))
    await chmod(join(entry.parentPath, entry.name), entry.isDirectory() ? 0o755 : 0o644);
}

/** git rereads an entry that is as new as its index, because it may have changed since; so an index keeps its times. */
async function copyWithTimes(from: string, to: string): Promise<void> {
  await copyFile(from, to);
  const { atime, mtime } = await stat(from);
  await utimes(to, atime, mtime);
}
