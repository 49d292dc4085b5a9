// One unit's work on this host: claims the ref, fills a worktree, saves checkpoints, makes the result, moves to another
// base. Everything is safe to run twice (unit-ref.ts). A later attempt's claim stops this one (`LeaseLost`) before it can
// do harm.

import { type OwnedWorktree } from '../worktree.ts';
import type { MakeWorktree, Worktree } from '../worktree.ts';
import type { ChangePreview } from '../../../contracts/change-preview.ts';
import type { LargeFile } from '../../../contracts/large-file.ts';
import type {
  ClaimInput,
  FilteredFile,
  IgnoredFile,
  KeepOptions,
  Kept,
  Rebased,
  ResultMessage,
  UnitResult,
  SubmoduleWork,
  UnitStore,
} from '../../repository/contract.ts';
import type { Change } from '../../../git/tree-reader.ts';
import { type NewCheckpoint, holdsResult, readHeld } from './checkpoint.ts';
import { UnitRef, isOwner, superseded, triesAtMost } from './unit-ref.ts';
import { gitStateFile, packGitState, stampOfGit, unpackGitState } from '../git-state.ts';
import { makeWorktree } from '../make.ts';
import { headOf, moveGit, packedRefs } from '../git-folder.ts';
import { stampOfFresh } from '../snapshot/git-stamp.ts';
import { type Sha, stateRefs } from '../../../contracts/ids.ts';
import { dateOf, diffTrees, entryId, hasCommit, parentsOf, treeOf } from '../../../git/tree-reader.ts';
import { lookUp, readObject } from '../../../git/object-reader.ts';
import type { LocalRepository } from '../../repository/local-repository.ts';
import { Baseline } from '../snapshot/baseline.ts';
import { type AsCommitted, applyAttributes } from '../snapshot/attributes.ts';
import { findIgnored } from '../snapshot/ignored.ts';
import { boundedLines, patchBetween } from '../../repository/patch-text.ts';
import { countLines, sizeOfChange } from '../../../git/count-lines.ts';
import { explainExcess } from '../snapshot/excess.ts';
import { findLargeFiles } from '../snapshot/large-files.ts';
import { UnitSubmodules } from '../submodules/unit-submodules.ts';
import { applyTree } from '../apply-tree.ts';
import { isFirst, retryOf } from './attempt.ts';
import { ensureInMirror, fetchBranch, isAncestor } from '../../repository/mirror.ts';
import { failure, failureType } from '../../../contracts/failures.ts';
import type { BuildWatch } from '../../landing/build/build-watch.ts';
import { makeLeftFiles, mergeUnit } from '../../landing/generate/merge-unit.ts';
import type { MetConflict } from '../../landing/merge/read-merge.ts';
import type { NewMarker } from '../../../domain/queue/conflict-markers.ts';
import { messageText } from '../../landing/build/commit-message.ts';
import { readFiles, readWork, reserved } from '../../../git/read-checkpoint.ts';
import { fetchRefs } from '../../../git/remote.ts';
import { type Snapshot, findBulkyFolders, isTooMuch, takeSnapshot } from '../snapshot/snapshot.ts';
import { UnitLfs } from '../lfs/unit-lfs.ts';
import { searchMarkers } from '../../landing/merge/search-markers.ts';
import { type Entry, compareTrees, editTree, entryAt } from '../../../git/trees.ts';
import { writeCommit } from '../../../git/write-commit.ts';

/** Largest file, in bytes, that is shown beside the worktree. */
const largestSide = 50_000_000;
/** Of a result, before people agree to it; histories hold them. */
const previewedFiles = 20;
const previewedCharacters = 3_000;

/**
 * Pushes a checkpoint that names this attempt; only then do we own the ref. An attempt lower than the ref's own gets
 * `LeaseLost`. If the same attempt on the same host runs this again, it finds its own claim. The very first attempt has
 * nothing to continue and nobody to take the ref from, so its first checkpoint is its claim: if another attempt has
 * claimed the ref by then, that push fails.
 */
export async function claimUnit(repository: LocalRepository, input: ClaimInput): Promise<UnitStore> {
  const { context, unit } = input;
  for (let tries = 1; tries <= triesAtMost; tries++) {
    const isNew = isFirst(input.attempt);
    const held = isNew ? null : await readHeld(repository, context.run, unit);
    if (held !== null && held.owner.attempt > input.attempt) throw superseded(input, held);
    const goesOn = held !== null && retryOf(held.owner.attempt) === retryOf(input.attempt);
    // A new unit starts from the current target, because what it needs has landed there since the run began. So does a
    // unit that starts over; its earlier checkpoints stay reachable.
    const base = goesOn ? held.base : await fetchBranch(repository, context.branch);
    await ensureInMirror(repository, base, context.branch);
    const tree = goesOn ? held.tree : await treeOf(repository.state, base);
    const store = new OwnedUnit(repository, input, { base, tree, checkpoint: held?.checkpoint ?? null });
    if (isNew || (held !== null && isOwner(held, input))) return store.restored();
    if (await store.claim({ anew: !goesOn })) return store.restored();
  }
  throw failure('GitFailed', `${stateRefs.unit(context.run, unit)} keeps moving`);
}

interface Position {
  readonly base: Sha;
  readonly tree: Sha;
  readonly checkpoint: Sha | null;
}

class OwnedUnit implements UnitStore {
  private readonly repository: LocalRepository;
  private readonly input: ClaimInput;
  base: Sha;
  /** The unit's work as last kept or merged, without `.coppice/` and without leftovers of our commands. */
  tree: Sha;
  files: ReadonlyMap<string, string> = new Map();
  private readonly ref: UnitRef;
  /** Files of the next checkpoint; null = the remote has everything. */
  private kept: NewCheckpoint['files'] | null = null;
  private worktree: OwnedWorktree | null = null;
  /** What the open worktree started with. */
  private baseline: Baseline;
  /**
   * Folders of the open worktree that our commands filled with more than can be stored, with the time (in milliseconds)
   * since when.
   */
  private readonly leftOut = new Map<string, number>();
  /** The open worktree's content at the last snapshot. */
  private seen: Sha;
  private committed: { readonly base: Sha; readonly tree: Sha; readonly value: Promise<AsCommitted> } | null = null;
  /** Commits, branches and stashes of the open worktree, as its checkpoints have them. */
  private gitSeen: string | null = null;
  private hasGitState = false;
  private readonly submodules: UnitSubmodules;
  private readonly lfs: UnitLfs;

  constructor(repository: LocalRepository, input: ClaimInput, { base, tree, checkpoint }: Position) {
    this.repository = repository;
    this.input = input;
    this.base = base;
    this.tree = tree;
    this.ref = new UnitRef(repository, input, checkpoint);
    this.baseline = new Baseline(repository.state, tree);
    this.submodules = new UnitSubmodules(repository);
    this.lfs = new UnitLfs(repository);
    this.seen = tree;
  }

  get checkpoint(): Sha | null {
    return this.ref.checkpoint;
  }

  /** False if the ref has moved meanwhile. */
  claim(how: { anew: boolean }): Promise<boolean> {
    return this.ref.claim(this, how);
  }

  async restored(): Promise<this> {
    const isText = (name: string): boolean => name !== gitStateFile;
    if (this.checkpoint !== null) this.files = await readFiles(this.repository.state, this.checkpoint, isText);
    return this;
  }

  async openWorktree(make: MakeWorktree = makeWorktree): Promise<Worktree> {
    const { run } = this.input.context;
    const label = `${run}-${this.input.unit}`;
    if (this.worktree === null) {
      this.tree = await this.submodules.withoutLost(this);
      const { base, tree, repository } = this;
      const place = { repository, label, base, tree, branch: this.input.context.branch, upstream: base };
      this.worktree = await make(place);
      this.baseline = new Baseline(this.repository.state, this.tree);
      this.leftOut.clear();
      this.seen = this.tree;
      this.lfs.opened();
      await this.restoreGit(this.worktree);
    }
    return this.worktree;
  }

  async setBaseline(signal?: AbortSignal): Promise<void> {
    if (this.worktree === null) return;
    const snapshot = await this.snapshotAfterCommand(this.worktree, signal);
    this.seen = snapshot.tree;
    this.gitSeen = snapshot.gitStamp;
    await this.baseline.commandRan(this.tree, this.seen);
    await this.submodules.commandRan(this.worktree, this, signal);
  }

  async undoCommand(signal?: AbortSignal): Promise<void> {
    if (this.worktree === null) return;
    const { tree } = await this.snapshotAfterCommand(this.worktree, signal);
    try {
      await applyTree(this.repository, this.worktree, { from: tree, to: this.seen, upstream: this.base });
    } catch (error) {
      // The setup may have left a submodule at a commit of its own.
      if (!['GitFailed', 'RepositoryUnusable'].includes(failureType(error) ?? '')) throw error;
      // It cannot be undone, so it stays, and counts as ours.
      this.seen = (await this.snapshotOf(this.worktree, signal)).tree;
      await this.baseline.commandRan(this.tree, this.seen);
    }
  }

  /** From now on, folders that our command filled with more than can be stored are left out. */
  private snapshotAfterCommand(worktree: OwnedWorktree, signal?: AbortSignal): Promise<Snapshot> {
    const since = Date.now();
    return this.snapshotOf(worktree, signal).catch(async (error: unknown) => {
      if (!isTooMuch(error)) throw error;
      const bulky = await findBulkyFolders(this.repository, worktree, { base: this.base, signal });
      for (const folder of bulky) if (!this.leftOut.has(folder)) this.leftOut.set(folder, since);
      return this.snapshotOf(worktree, signal);
    });
  }

  /** Another host may have left commits and stashes of the agent in the last checkpoint. */
  private async restoreGit(worktree: OwnedWorktree): Promise<void> {
    const { state } = this.repository;
    const id = this.checkpoint === null ? null : await entryId(state, this.checkpoint, `${reserved}/${gitStateFile}`);
    const packed = id === null ? null : ((await readObject(state, id))?.content ?? null);
    const at = { base: this.base, branch: this.input.context.branch, upstream: this.base };
    const isFresh = packed === null || packed.length === 0;
    if (!isFresh) await unpackGitState(this.repository, worktree, { packed, at });
    this.gitSeen = isFresh
      ? stampOfFresh(headOf(at), await packedRefs(this.repository, at))
      : await stampOfGit(this.repository, worktree);
    this.hasGitState = id !== null;
  }

  /** For the next checkpoint, if the agent has made commits or stashes since the last one. */
  private async changedGit(
    worktree: OwnedWorktree,
    now: string,
    signal?: AbortSignal,
  ): Promise<NewCheckpoint['files']> {
    if (now === this.gitSeen) return {};
    this.gitSeen = now;
    const packed = await packGitState(this.repository, worktree, signal);
    // What is too large, or broken, takes the place of what another host would find otherwise.
    if (packed === null && !this.hasGitState) return {};
    this.hasGitState = true;
    return { [gitStateFile]: packed ?? '' };
  }

  private async snapshotOf(worktree: OwnedWorktree, signal?: AbortSignal): Promise<Snapshot> {
    const links = await this.submodules.links(worktree, this);
    const lfs = await this.lfs.filled(worktree, this.base, this.seen);
    const begunMs = Date.now();
    const request = { base: this.base, leftOut: this.leftOut, links, lfs, signal };
    const snapshot = await takeSnapshot(this.repository, worktree, request);
    this.lfs.snapshotTaken(lfs, snapshot.lfsKept, begunMs);
    return snapshot;
  }

  async keep(files: Readonly<Record<string, string>>, { untouched = false, signal }: KeepOptions = {}): Promise<Kept> {
    let skipped: readonly string[] = [];
    let ours: NewCheckpoint['files'] = {};
    if (this.worktree !== null && !untouched) {
      const snapshot = await this.snapshotOf(this.worktree, signal);
      this.seen = snapshot.tree;
      this.tree = await this.baseline.workIn(snapshot.tree);
      skipped = snapshot.skipped;
      ours = await this.changedGit(this.worktree, snapshot.gitStamp, signal);
    }
    this.kept = { ...this.kept, ...files, ...ours };
    this.files = new Map([...this.files, ...Object.entries(files)]);
    return { tree: this.tree, skipped };
  }

  async push(): Promise<Sha> {
    return this.kept === null && this.checkpoint !== null ? this.checkpoint : this.pushWith(null);
  }

  private async pushWith(result: Sha | null): Promise<Sha> {
    const { base, tree, kept } = this;
    const checkpoint = await this.ref.push({ base, tree, files: kept ?? {}, result });
    // More may have been kept meanwhile.
    if (this.kept === kept) this.kept = null;
    return checkpoint;
  }

  /** The same base, tree and message make the same commit, because its date is the base's. */
  async makeResult(message: ResultMessage): Promise<UnitResult | null> {
    const { state, identity } = this.repository;
    const { context, unit, attempt } = this.input;
    const changed = await this.changes();
    if (changed.length === 0) return null;
    const result = await writeCommit(state, {
      ref: `refs/coppice-local/results/${context.run}/${unit}/${attempt}`,
      parents: [this.base],
      tree: (await this.asCommitted()).tree,
      message: messageText(message),
      identity,
      seconds: await dateOf(state, this.base),
    });
    const held = this.checkpoint !== null && (await holdsResult(state, this.checkpoint, result));
    if (!held || this.kept !== null) await this.pushWith(result);
    this.repository.whole.add(result);
    return { result, changed, size: await sizeOfChange(state, this.base, result) };
  }

  async preview(result: Sha, paths: readonly string[]): Promise<Pick<ChangePreview, 'files' | 'diff'>> {
    const { state } = this.repository;
    const shown = paths.slice(0, previewedFiles);
    const lines = await countLines(state, this.base, result);
    const files = shown.map((path) => ({ path, ...(lines.get(path) ?? { additions: null, deletions: null }) }));
    const patch = await patchBetween(state, { from: this.base, to: result, paths: shown });
    return { files, diff: boundedLines(patch, previewedCharacters) };
  }

  async patch(): Promise<string> {
    const { tree } = await this.asCommitted();
    return patchBetween(this.repository.state, { from: this.base, to: tree, paths: [] });
  }

  async excess(): Promise<string | null> {
    const { state } = this.repository;
    return explainExcess(state, await treeOf(state, this.base), this.tree);
  }

  async largeFiles(): Promise<readonly LargeFile[]> {
    const { state } = this.repository;
    const found = await findLargeFiles(state, await treeOf(state, this.base), (await this.asCommitted()).tree);
    return found.toSorted((a, b) => b.bytes - a.bytes);
  }

  async ignoredFiles(sinceMs: number, signal?: AbortSignal): Promise<readonly IgnoredFile[]> {
    const { repository, worktree, base } = this;
    return worktree === null ? [] : findIgnored(repository, worktree, { base, sinceMs, signal });
  }

  async submoduleWork(signal?: AbortSignal): Promise<SubmoduleWork> {
    const { worktree, submodules } = this;
    return worktree === null ? { unknown: [], files: [] } : submodules.workIn(worktree, this, signal);
  }

  async changes(): Promise<readonly Change[]> {
    return diffTrees(this.repository.state, this.base, (await this.asCommitted()).tree);
  }

  async filteredFiles(): Promise<readonly FilteredFile[]> {
    return (await this.asCommitted()).filtered;
  }

  /** What the repository's attributes make of the work, found out once for each state of it. */
  private asCommitted(): Promise<AsCommitted> {
    const { base, tree } = this;
    if (this.committed?.base !== base || this.committed.tree !== tree) {
      this.committed = { base, tree, value: applyAttributes(this.repository, { base, tree }) };
    }
    return this.committed.value;
  }

  async rebase(onto: Sha): Promise<Rebased> {
    await ensureInMirror(this.repository, onto, this.input.context.branch);
    const { tree, conflicts } = await mergeUnit(this.repository, { base: this.base, onto, work: this.tree });
    await this.moveWork(tree, onto);
    if (this.worktree !== null) {
      const at = { base: onto, branch: this.input.context.branch, upstream: onto };
      await moveGit(this.repository, this.worktree, at, { keepRefs: true });
      this.lfs.moved();
    }
    this.base = onto;
    return { conflicts };
  }

  async makeLeftFiles(conflicts: readonly MetConflict[], watch: BuildWatch): Promise<Rebased> {
    const { repository, base, tree: work } = this;
    const made = await makeLeftFiles(repository, { base, work, conflicts }, watch);
    await this.moveWork(made.tree, base);
    return { conflicts: made.conflicts };
  }

  /** Makes another tree the unit's work, in the open worktree, too. */
  private async moveWork(to: Sha, upstream: Sha): Promise<void> {
    const { repository, worktree, tree: from } = this;
    if (worktree !== null) {
      await applyTree(repository, worktree, { from, to, upstream });
      const changes = await compareTrees(repository.state, from, to);
      this.seen = await editTree(repository.state, this.seen, new Map(changes.map((each) => [each.path, each.to])));
    }
    await this.baseline.moved(from, to);
    this.tree = to;
  }

  async adopt(commit: Sha, ref: string): Promise<void> {
    const { state, stateRemote } = this.repository;
    await fetchRefs(state, stateRemote, [`+${ref}:refs/coppice-local/read/${commit}`]);
    if (!(await hasCommit(state, commit))) throw failure('NotFound', `the state remote no longer has ${commit}`);
    const { base, tree } = await readWork(state, commit);
    const { branch } = this.input.context;
    const tip = await fetchBranch(this.repository, branch);
    if (base !== this.base && !(await isAncestor(state, base, tip))) {
      throw failure('BadInput', `its base ${base.slice(0, 12)} is not on ${branch}`);
    }
    await ensureInMirror(this.repository, base, branch);
    await this.close();
    this.base = base;
    this.tree = tree;
  }

  async conflictsMet(result: Sha, onto: Sha): Promise<readonly MetConflict[]> {
    const { state } = this.repository;
    await ensureInMirror(this.repository, onto, this.input.context.branch);
    const [base] = await parentsOf(state, result);
    if (base === undefined) throw failure('GitFailed', `the result ${result} has no base`);
    return (await mergeUnit(this.repository, { base, onto, work: result })).conflicts;
  }

  markers(): Promise<readonly NewMarker[]> {
    return searchMarkers(this.repository.state, { from: this.base, to: this.tree });
  }

  entriesAt(places: readonly string[]): Promise<readonly (Entry | null)[]> {
    return Promise.all(places.map((place) => entryAt(this.repository.state, this.tree, place)));
  }

  async readSide({ id }: Entry): Promise<Uint8Array | null> {
    const { state } = this.repository;
    const found = await lookUp(state, id);
    if (found?.type !== 'blob' || found.size > largestSide) return null;
    return (await readObject(state, id))?.content ?? null;
  }

  async close(): Promise<void> {
    await this.worktree?.remove();
    this.worktree = null;
  }
}
