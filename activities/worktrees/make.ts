// Worktrees of a mirror: made without races by many processes at once, from git objects or around files that are there
// already, shown to a sandbox with a git view that can only be read, and removed however deep they are. Only metadata is
// written under the lock; files are filled outside it. Once an agent has had a worktree, git never runs in it outside a
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

/** Files with an index that has their stat data. */
export interface PreparedFiles {
  /** Folder that becomes the worktree. It has a `.git` file. */
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
 * A worktree with HEAD and index at `base` and the files of `tree`. Safe to run twice: every call makes its own; what a
 * dead process left is swept when a host starts.
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
 * A worktree with HEAD and index at `base` around files that are there already: `prepared` is moved in and has its tree
 * afterwards, whatever `base` is. Nothing of the files is read or written, so it does not matter who wrote them.
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
    // Entries that stay the same keep their stat data. With no files in sight git cannot look at any.
    if (prepared.tree !== (await treeOf(repository.state, base))) {
      await runGit(at.gitDir, ['read-tree', '--reset', base], { env: { GIT_WORK_TREE: added } });
    }
    await rm(added, { recursive: true });
    return finishWorktree(repository, at);
  });
}

/** HEAD and index at another base. Nothing of the files is read or written, so it does not matter who wrote them. */
export async function moveBase({ gitDir, folder }: OwnedWorktree, base: Sha): Promise<void> {
  const nothing = join(folder, 'nothing');
  await mkdir(nothing);
  await runGit(gitDir, ['update-ref', '--no-deref', 'HEAD', base]);
  await runGit(gitDir, ['read-tree', '--reset', base], { env: { GIT_WORK_TREE: nothing } });
  await rm(nothing, { recursive: true });
  await makeReadable(gitDir);
}

/** What cannot be finished takes no disk. */
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
  // Nobody but us has written there.
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
  // With a copy of the index only what differs is written, and HEAD and index still say what the unit changed.
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

/** The tree at `/work` and over it, read-only, a git view that shows the mirror and this worktree's entry alone. */
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

/** The files changed owner after the index was written, which must not make `git status` read them all again. */
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

/** For the sandbox's uid, whatever the worker's umask is. */
async function makeReadable(gitDir: string): Promise<void> {
  await chmod(gitDir, 0o755);
  for (const entry of await readdir(gitDir, { recursive: true, withFileTypes: true }))
    await chmod(join(entry.parentPath, entry.name), entry.isDirectory() ? 0o755 : 0o644);
}

/** git takes an entry that is as new as its index for one that may have changed since, so an index keeps its age. */
async function copyWithTimes(from: string, to: string): Promise<void> {
  await copyFile(from, to);
  const { atime, mtime } = await stat(from);
  await utimes(to, atime, mtime);
}
