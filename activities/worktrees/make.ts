// Worktrees: made by many processes at once, from git objects or around files that are there already, each with a `.git` of
// its own (git-folder.ts), and removed however deep they are. Once a command has run in one, git never runs there outside a
// sandbox.

import type { OwnedWorktree, WorktreePlace } from './worktree.ts';
import { appendFile, chmod, copyFile, cp, mkdir, rename, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import type { LocalRepository } from '../repository/local-repository.ts';
import type { Sha } from '../../contracts/ids.ts';
import { discard } from './remove.ts';
import { failure } from '../../contracts/failures.ts';
import { mountsOf, moveGit, partsOf, refsDigest, writeGitFolder } from './git-folder.ts';
import { listLfsFiles } from '../../git/lfs-files.ts';
import { forgetStat, writeContent, writeFilter } from './lfs/write-content.ts';
import { fetchLfs, hasGitLfs } from '../repository/lfs.ts';
import { findSubmodules } from './submodules/find-submodules.ts';
import { newName } from './name.ts';
import { runGit } from '../../git/run-git.ts';
import { submoduleConfig, writeSubmodules } from './submodules/write-submodules.ts';
import { treeOf } from '../../git/tree-reader.ts';

/** A copy of a worktree that was made and set up before. */
export interface PreparedFiles {
  /** Folder that becomes the worktree's root. */
  readonly root: string;
  /** Its files' `.git` stands where these refs say. */
  readonly refs: string;
}

/**
 * A worktree with the files of `tree`, whose `.git` stands at `base`. Safe to run twice: every call makes its own; what a
 * dead process left is swept when a host starts.
 */
export async function makeWorktree(
  place: WorktreePlace,
  { lowPriority = false }: { lowPriority?: boolean } = {},
): Promise<OwnedWorktree> {
  const { repository } = place;
  const worktree = await beginWorktree(place);
  return cleanedUp(worktree, async () => {
    await mkdir(worktree.root, { mode: 0o755 });
    await writeGitFolder(repository, worktree.root, place);
    await fill(worktree, place, lowPriority);
    return worktree;
  });
}

/**
 * A worktree whose `.git` stands at `base` around files that are there already, which stay as they are: `prepared` is moved
 * in. Throws `GitFailed` when its `.git` cannot be brought to the base.
 */
export async function adoptWorktree(place: WorktreePlace, prepared: PreparedFiles): Promise<OwnedWorktree> {
  const worktree = await beginWorktree(place);
  return cleanedUp(worktree, async () => {
    await rename(prepared.root, worktree.root);
    const isThere = prepared.refs === (await refsDigest(place.repository, place));
    if (isThere || (await moveGit(place.repository, worktree, place))) return worktree;
    throw failure('GitFailed', 'the git folder of a prepared worktree is not usable');
  });
}

/** What cannot be finished takes no disk. */
async function cleanedUp(worktree: OwnedWorktree, finish: () => Promise<OwnedWorktree>): Promise<OwnedWorktree> {
  try {
    return await finish();
  } catch (error) {
    await worktree.remove();
    throw error;
  }
}

async function beginWorktree({
  repository,
  label,
  lfs = true,
  wantsSubmodule = () => true,
}: WorktreePlace): Promise<OwnedWorktree> {
  const { home, mirror, sandbox } = repository;
  const folder = join(home, 'worktrees', newName(label));
  // `prune` takes a mirror for idle by its age.
  await utimes(mirror, new Date(), new Date());
  await mkdir(folder, { recursive: true });
  // Folders below a home whose group is inherited would inherit it, too, and a clone's do not.
  await chmod(folder, 0o755);
  const root = join(folder, 'root');
  return {
    folder,
    root,
    path: partsOf(root, sandbox.driver).files,
    mounts: mountsOf(repository, root),
    lfs: lfs && (await hasGitLfs()),
    wantsSubmodule,
    remove: () => discard(home, folder),
  };
}

async function fill(worktree: OwnedWorktree, place: WorktreePlace, lowPriority: boolean): Promise<void> {
  const { repository, base, tree } = place;
  const { state, sandbox } = repository;
  const parts = partsOf(worktree.root, sandbox.driver);
  const { files, git } = parts;
  const index = join(git, 'index');
  const readTree = (id: Sha, into: string): Promise<unknown> =>
    runGit(state, ['read-tree', '--reset', '-u', id], {
      env: { GIT_WORK_TREE: files, GIT_INDEX_FILE: into },
      lowPriority,
    });
  await readTree(base, index);
  if (tree !== (await treeOf(state, base))) {
    // With a copy of the index only what differs is written, and the index still says what the unit changed.
    const copy = join(worktree.folder, 'fill-index');
    await cp(index, copy);
    await readTree(tree, copy);
    await rm(copy);
  }
  const hasLfs = worktree.lfs && (await fillLfs(place, parts));
  await fillSubmodules(worktree, place, lowPriority);
  await sandbox.giveTo(worktree.root);
  if (hasLfs) await refreshIndex(repository, worktree);
  await copyIndex(index, worktree);
}

/** True if there are files in Git LFS. */
async function fillLfs({ repository, base, tree, upstream }: WorktreePlace, { files, git }: Parts): Promise<boolean> {
  const filled = await fetchLfs(repository, tree, upstream);
  if (filled.length === 0) return false;
  await writeContent(repository, filled, files);
  const { state } = repository;
  await forgetStat(state, await listLfsFiles(state, await treeOf(state, base)), join(git, 'index'));
  await appendFile(join(git, 'config'), await writeFilter(repository, git));
  return true;
}

/** The index does not know the content yet. No command has run, so what this leaves is git's own. */
async function refreshIndex({ sandbox }: LocalRepository, { mounts }: OwnedWorktree): Promise<void> {
  await sandbox.run({ argv: ['git', 'update-index', '-q', '--refresh'], mounts, limits: refreshLimits });
}

const refreshLimits = { timeoutSeconds: 600, memoryMb: 1024, outputBytes: 4096 };

type Parts = ReturnType<typeof partsOf>;

async function fillSubmodules(worktree: OwnedWorktree, place: WorktreePlace, lowPriority: boolean): Promise<void> {
  const { repository, tree, upstream } = place;
  const submodules = await findSubmodules(repository, { tree, upstream, wants: worktree.wantsSubmodule });
  if (submodules.length === 0) return;
  const { files, git } = partsOf(worktree.root, repository.sandbox.driver);
  await writeSubmodules(repository, submodules, { files, git, lowPriority });
  await appendFile(join(git, 'config'), submoduleConfig(submodules));
}

/** The index of a fresh worktree, kept where no command can write. */
export const hostIndex = 'host-index';

/** With its times: git takes an entry that is as new as its index for one that may have changed since. */
export async function copyIndex(from: string, { folder }: Pick<OwnedWorktree, 'folder'>): Promise<void> {
  const to = join(folder, hostIndex);
  await copyFile(from, to);
  const { atime, mtime } = await stat(from);
  await utimes(to, atime, mtime);
}

/** For `git status` in a worktree: git's files, which nobody has written to yet. */
export function indexOf({ sandbox }: LocalRepository, { root }: OwnedWorktree): string {
  return join(partsOf(root, sandbox.driver).git, 'index');
}
