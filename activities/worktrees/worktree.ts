// A worktree on this host, as data, and the request for one.

import type { LocalRepository } from '../repository/local-repository.ts';
import type { Mount } from '../sandbox/mount.ts';
import type { Sha } from '../../contracts/ids.ts';

/** A checked-out tree on this host. */
export interface Worktree {
  /** Absolute path on the host. */
  readonly path: string;
  /**
   * The worktree at `/work`, with its `.git` file and the mirror read-only: git works inside, and can change nothing
   * outside.
   */
  readonly mounts: readonly Mount[];
  /** Variables that make the read-only git view work inside (`GIT_OPTIONAL_LOCKS`, `GIT_CONFIG_*`). */
  readonly env: Readonly<Record<string, string>>;
  /** True = it holds exactly the requested tree, apart from ignored files. Absent = a setup may have left more. */
  readonly isExact?: boolean;
  /** Removes files and metadata. Safe to call twice. */
  remove(): Promise<void>;
}

export interface OwnedWorktree extends Worktree {
  /** A folder beside the tree, private to the host, for snapshots and the like; removed with the worktree. */
  readonly folder: string;
  /** The worktree's own GIT_DIR in the mirror. */
  readonly gitDir: string;
}

/** Where to make a worktree, and with which files. */
export interface WorktreePlace {
  readonly repository: LocalRepository;
  /** For people who look at the disk. */
  readonly label: string;
  /** Commit for HEAD and index. */
  readonly base: Sha;
  /** Tree of the files; often that of `base`. */
  readonly tree: Sha;
}

/** Makes a worktree: `makeWorktree`, unless the pool has a faster way. */
export type MakeWorktree = (place: WorktreePlace) => Promise<OwnedWorktree>;
