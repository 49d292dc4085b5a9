// The files in Git LFS of one unit's worktree, and what the last snapshot has seen of them.

import type { FilledLfs } from '../snapshot/lfs.ts';
import type { LocalRepository } from '../../repository/local-repository.ts';
import type { Sha } from '../../../contracts/ids.ts';
import { listLfsFiles } from '../../../git/lfs-files.ts';
import { noLfs } from '../snapshot/lfs.ts';
import { treeOf } from '../../../git/tree-reader.ts';

export class UnitLfs {
  private readonly repository: LocalRepository;
  private sinceMs = 0;
  private changed: readonly string[] = [];

  constructor(repository: LocalRepository) {
    this.repository = repository;
  }

  /** Call when a worktree has been filled. */
  opened(): void {
    this.sinceMs = Date.now();
    this.changed = [];
  }

  /** Call when the host has changed the worktree: nothing is known of its files. */
  moved(): void {
    this.sinceMs = 0;
  }

  /** For a snapshot of a worktree on `base` that held `seen` before: it may have what either of them has. */
  async filled({ lfs }: { readonly lfs: boolean }, base: Sha, seen: Sha): Promise<FilledLfs> {
    if (!lfs) return noLfs;
    const { state } = this.repository;
    const [ofBase, ofSeen] = [await listLfsFiles(state, await treeOf(state, base)), await listLfsFiles(state, seen)];
    // Of two for one path, the last is what the worktree held.
    const files = [...new Map([...ofBase, ...ofSeen].map((each) => [`${each.oid} ${each.path}`, each])).values()];
    return { files, sinceMs: this.sinceMs, changed: this.changed };
  }

  /** `kept`: the paths that a snapshot, begun at a moment (ms since the epoch), has found unchanged. */
  snapshotTaken({ files }: FilledLfs, kept: readonly string[], begunMs: number): void {
    const same = new Set(kept);
    this.sinceMs = begunMs;
    this.changed = files.flatMap(({ path }) => (same.has(path) ? [] : [path]));
  }
}
