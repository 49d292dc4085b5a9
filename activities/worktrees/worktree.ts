// A worktree on this host, as data: what one is, and how one is wanted.

import type { LocalRepository } from '../repository/local-repository.ts';
import type { Mount } from '../sandbox/mount.ts';
import type { Sha } from '../../contracts/ids.ts';

/** A checked-out tree on this host. */
export interface Worktree {
  /** Absolute path on the host. */
  readonly path: string;
  /** The worktree at `/work`, its `.git` file and the mirror read-only: git works inside, and can change nothing outside. */
  readonly mounts: readonly Mount[];
  /** Environment that makes the read-only git view work inside (`GIT_OPTIONAL_LOCKS`, `GIT_CONFIG_*`). */
  readonly env: Readonly<Record<string, string>>;
  /** True = it holds exactly the wanted tree, beside what git ignores. Absent = a setup may have left more. */
  readonly isExact?: boolean;
  /** Removes files and metadata. Safe to call twice. */
  remove(): Promise<void>;
}

export interface OwnedWorktree extends Worktree {
  /** Beside the tree: private to the host, for snapshots and the like; removed with it. */
  readonly folder: string;
  /** The worktree's own GIT_DIR in the mirror. */
  readonly gitDir: string;
}

/** Where a worktree is wanted, and with which files. */
export interface WorktreePlace {
  readonly repository: LocalRepository;
  /** For people who look at the disk. */
  readonly label: string;
  /** HEAD and index. */
  readonly base: Sha;
  /** The files; often those of `base`. */
  readonly tree: Sha;
}

/** How a worktree comes to be: `makeWorktree` unless the pool has a better way. */
export type MakeWorktree = (place: WorktreePlace) => Promise<OwnedWorktree>;
