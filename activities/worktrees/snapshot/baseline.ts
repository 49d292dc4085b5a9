// Separates a unit's change from what our own commands leave in its worktree. Setup, copied files and checks create,
// rewrite and chmod files; none of that is the unit's work, so it is neither committed nor checked against a scope.
// Two trees record the state when a command of ours last ran: `work` (what the unit would commit) and `seen` (what the
// worktree held). Later differences from `seen` are the agent's change, and are applied to `work`.

import type { Sha } from '../../../contracts/ids.ts';
import { type Entry, compareTrees, editTree, entriesAt } from '../../../git/trees.ts';

export class Baseline {
  private readonly gitDir: string;
  private work: Sha;
  private seen: Sha;
  /**
   * What our commands have left at each path; null = nothing. If an agent removes such a file and it comes back,
   * nothing has changed.
   */
  private readonly ours = new Map<string, (Entry | null)[]>();

  /** `tree`: the worktree's files, before any command of ours has run. */
  constructor(gitDir: string, tree: Sha) {
    this.gitDir = gitDir;
    this.work = tree;
    this.seen = tree;
  }

  /** The unit's work if the worktree holds `seen`. */
  async workIn(seen: Sha): Promise<Sha> {
    if (this.work === this.seen && this.ours.size === 0) return seen;
    const edits = new Map<string, Entry | null>();
    const differences = await compareTrees(this.gitDir, this.seen, seen);
    const paths = differences.map(({ path }) => path);
    const work = await entriesAt(this.gitDir, this.work, paths);
    for (const { path, from, to } of differences) {
      const isOurs = this.ours.get(path)?.some((entry) => isSame(entry, to)) === true;
      if (!isOurs) edits.set(path, putOnto(work.get(path) ?? null, from, to));
    }
    return edits.size === 0 ? this.work : editTree(this.gitDir, this.work, edits);
  }

  /** Call after a command of ours has run: the work was `work` before, and the worktree holds `seen` now. */
  async commandRan(work: Sha, seen: Sha): Promise<void> {
    for (const { path, to } of await compareTrees(this.gitDir, work, seen)) {
      const known = this.ours.get(path) ?? [];
      if (!known.some((entry) => isSame(entry, to))) this.ours.set(path, [...known, to]);
    }
    this.work = work;
    this.seen = seen;
  }

  /** The work, and the worktree with it, was moved from one tree to another. */
  async moved(from: Sha, to: Sha): Promise<void> {
    const changes = await compareTrees(this.gitDir, from, to);
    this.seen = await editTree(this.gitDir, this.seen, new Map(changes.map((each) => [each.path, each.to])));
    this.work = to;
  }
}

/** Applies the change `from` → `to` to the work's entry, mode and content separately. */
function putOnto(work: Entry | null, from: Entry | null, to: Entry | null): Entry | null {
  if (to === null || from === null || work === null) return to;
  return { mode: to.mode === from.mode ? work.mode : to.mode, id: to.id === from.id ? work.id : to.id };
}

function isSame(a: Entry | null, b: Entry | null): boolean {
  return a?.id === b?.id && a?.mode === b?.mode;
}
