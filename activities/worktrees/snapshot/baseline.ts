// Tells a unit's change from what our own commands leave in its worktree. Setup, copied files and checks create, rewrite
// and chmod files; none of that is the unit's work, so none of it is committed or held against a scope.
//
// Two trees say where things stood when a command of ours had last run: `work` (what the unit would commit) and `seen`
// (what the worktree held). Whatever differs from `seen` later is the agent's change, and is put onto `work`.

import type { Sha } from '../../../contracts/ids.ts';
import { type Entry, compareTrees, editTree, entriesAt } from '../../../git/trees.ts';

export class Baseline {
  private readonly gitDir: string;
  private work: Sha;
  private seen: Sha;
  /** What our commands have left at a path so far; null = nothing. An agent that undoes it and lets it come back changes nothing. */
  private readonly ours = new Map<string, (Entry | null)[]>();

  /** `tree`: the worktree's files, before any command of ours has run. */
  constructor(gitDir: string, tree: Sha) {
    this.gitDir = gitDir;
    this.work = tree;
    this.seen = tree;
  }

  /** The unit's work when the worktree holds `seen`. */
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

  /** A command of ours has run since the work was `work`, and the worktree holds `seen` now. */
  async commandRan(work: Sha, seen: Sha): Promise<void> {
    for (const { path, to } of await compareTrees(this.gitDir, work, seen)) {
      const known = this.ours.get(path) ?? [];
      if (!known.some((entry) => isSame(entry, to))) this.ours.set(path, [...known, to]);
    }
    this.work = work;
    this.seen = seen;
  }

  /** The work was brought from one tree to another, and the worktree with it. */
  async moved(from: Sha, to: Sha): Promise<void> {
    const changes = await compareTrees(this.gitDir, from, to);
    this.seen = await editTree(this.gitDir, this.seen, new Map(changes.map((each) => [each.path, each.to])));
    this.work = to;
  }
}

/** The change `from` → `to` put onto what the work has there; mode and content each count by themselves. */
function putOnto(work: Entry | null, from: Entry | null, to: Entry | null): Entry | null {
  if (to === null || from === null || work === null) return to;
  return { mode: to.mode === from.mode ? work.mode : to.mode, id: to.id === from.id ? work.id : to.id };
}

function isSame(a: Entry | null, b: Entry | null): boolean {
  return a?.id === b?.id && a?.mode === b?.mode;
}
