// A worktree on this host, as data, and the request for one.

import type { LocalRepository } from '../repository/local-repository.ts';
import type { Mount } from '../sandbox/mount.ts';
import type { Sha } from '../../contracts/ids.ts';
import type { WantsSubmodule } from '../../formats/setup/submodules.ts';

/** A checked-out tree on this host. */
export interface Worktree {
  /** Absolute path on the host. */
  readonly path: string;
  /** The folder with everything that commands may change: the files and their `.git` (git-folder.ts). */
  readonly root: string;
  /** The worktree at `/work`, with a `.git` of its own: git works inside as in a clone, and changes nothing outside. */
  readonly mounts: readonly Mount[];
  /** True = it holds exactly the requested tree, apart from ignored files. Absent = a setup may have left more. */
  readonly isExact?: boolean;
  /** Removes files and metadata. Safe to call twice. */
  remove(): Promise<void>;
}

export interface OwnedWorktree extends Worktree {
  /** A folder private to the host, for snapshots and the like; removed with the worktree. */
  readonly folder: string;
  /** Whether files in Git LFS have their content. */
  readonly lfs: boolean;
  /** Which submodules it has. */
  readonly wantsSubmodule: WantsSubmodule;
}

/** Where to make a worktree, and with which files. */
export interface WorktreePlace {
  readonly repository: LocalRepository;
  /** For people who look at the disk. */
  readonly label: string;
  /** Commit for HEAD, the target branch and the index. */
  readonly base: Sha;
  /** The target branch, without `refs/heads/`. */
  readonly branch: string;
  /** The commit of the target branch, in the mirror, that `base` continues; often `base` itself. */
  readonly upstream: Sha;
  /** Tree of the files; often that of `base`. */
  readonly tree: Sha;
  /** Whether files in Git LFS have their content, where this host has git-lfs; absent = yes. */
  readonly lfs?: boolean;
  /** Which submodules it has; absent = all. */
  readonly wantsSubmodule?: WantsSubmodule;
}

/** Makes a worktree: `makeWorktree`, unless the pool has a faster way. */
export type MakeWorktree = (place: WorktreePlace) => Promise<OwnedWorktree>;
