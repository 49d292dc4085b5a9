// A host's operations on a unit's repository, as the agent, verification and landing stages see them. Implemented over
// real git by the files beside this one; code outside this folder never runs git on a worktree.

import type { MakeWorktree, Worktree } from '../worktrees/worktree.ts';
import type { ChangePreview } from '../../contracts/change-preview.ts';
import type { ChangeSize } from '../../contracts/change-size.ts';
import type { LargeFile } from '../../contracts/large-file.ts';
import type {
  BuildTrainInput,
  BuildTrainResult,
  LandResult,
  LandTrainInput,
  TrainMember,
} from '../../contracts/activities/landing.ts';
import type { LandedCommit } from '../landing/land/landed-units.ts';
import type { VerificationRules, VerificationsOf } from '../landing/verify/wanted-verification.ts';
import type { AmbiguousNames } from '../../formats/globs/path-globs.ts';
import type { VerificationSource } from '../../contracts/activities/verification.ts';
import type { VerificationSpec } from '../../formats/state-documents/verification.ts';
import type { Change } from '../../git/tree-reader.ts';
import type { CodeownersFile } from '../../formats/codeowners/file.ts';
import type { Config } from '../../contracts/documents/config.ts';
import type { Entry } from '../../git/trees.ts';
import type { OtherChange, OtherChangesRequest } from '../conflicts/other-changes.ts';
import type { MissingContent } from '../../domain/worktrees/missing-content.ts';
import type { BuildWatch } from '../landing/build/build-watch.ts';
import type { NewMarker } from '../../domain/queue/conflict-markers.ts';
import type { MetConflict } from '../landing/merge/read-merge.ts';
import type { BriefRequest } from '../../contracts/activities/conflict.ts';
import type { ConflictBrief } from '../../contracts/conflict.ts';
import type { Plan, RunContext } from '../../contracts/documents/plan.ts';
import type { Sha, UnitId } from '../../contracts/ids.ts';

/** The git side of one host, made once per process (`openGitHost`). Opens repositories lazily and keeps them. */
export interface GitHost {
  /**
   * Mirror and state repository of one target, created if missing; contacts no remote yet. Throws `RepositoryRefused`
   * (URL rules or COPPICE_REPOSITORIES).
   */
  open(where: Pick<RunContext, 'repository' | 'stateRemote'>): Promise<HostRepository>;
}

/** The target's branch and its files. */
export interface TargetReader {
  /**
   * Fetches the target branch into the mirror and returns its tip. Throws `RepositoryUnreachable`, `RepositoryEmpty`,
   * `BranchMissing`.
   */
  fetchBranch(branch: string): Promise<Sha>;
  /** The remote's current tip, without fetching it; null if the branch does not exist. */
  tipOf(branch: string): Promise<Sha | null>;
  /** The text of `coppice.yaml` at a commit; null if absent. Throws `BadConfig` if it is not a file. */
  readConfigText(commit: Sha): Promise<string | null>;
  /** The CODEOWNERS that counts at a commit; null if there is none. */
  findCodeowners(commit: Sha): Promise<CodeownersFile | null>;
  /**
   * The text of one file at a commit, and its path when links inside the tree are followed; null if absent, not a regular
   * file, or larger than 1 MiB.
   */
  readFile(commit: Sha, path: string): Promise<{ readonly path: string; readonly text: string } | null>;
  /** All paths of a commit, except folders. */
  listPaths(commit: Sha): Promise<readonly string[]>;
  /** The targets of those paths that are symbolic links in a commit or tree. */
  readLinks(commitOrTree: Sha, paths: readonly string[], signal?: AbortSignal): Promise<Map<string, string>>;
  /** Names of a commit that affect how globs are read (`formats/globs/path-globs.ts`); lists its whole tree. */
  ambiguousNames(commit: Sha): Promise<AmbiguousNames>;
  /** Content that a worktree of a commit lacks and a manual clone may have; safe text. Lists its whole tree. */
  missingContent(commit: Sha, config: Pick<Config, 'setup' | 'worktree'>): Promise<MissingContent>;
  /** The tree of a commit that is here. */
  treeOf(commit: Sha): Promise<Sha>;
  /** The tags of the mirror that lead to a commit, as lines of a `packed-refs` file. */
  tagsOf(commit: Sha): Promise<string>;
}

/** What others have landed. */
export interface OthersReader {
  /** Commits between a unit's base and a newer target, near what the unit has changed; see other-changes.ts. */
  otherChanges(request: OtherChangesRequest): Promise<readonly OtherChange[]>;
}

/** What runs were started with. */
export interface PlanReader {
  /** Plan and pinned configuration of a run, read from its plan commit on the state remote (cached by sha). */
  readPlan(context: RunContext): Promise<{ plan: Plan; config: Config }>;
  /** The texts of other files of that commit, in this order; null for one that it does not have. */
  readPlanFiles(context: RunContext, names: readonly string[]): Promise<readonly (string | null)[]>;
}

/** A commit to check out for a verification, and what its git folder says of the target. */
export interface CleanWorktree {
  readonly commit: Sha;
  readonly branch: string;
  /** The commit of the branch that `commit` continues; often `commit` itself. */
  readonly upstream: Sha;
}

export interface WorktreeSource {
  /** A clean worktree at a commit, for verification. No agent has written to it. */
  openWorktree(at: CleanWorktree, make?: MakeWorktree): Promise<Worktree>;
}

/** Units, claimed by one attempt at a time. */
export interface UnitClaims {
  /**
   * Takes over a unit's checkpoint ref for one attempt; see UnitStore. Throws `LeaseLost` if a later attempt owns it. The
   * very first attempt takes nothing over: its first push claims the ref, and fails if there is one.
   */
  claimUnit(input: ClaimInput): Promise<UnitStore>;
}

/** What a build of a train needs of its host. */
export interface TrainTools {
  /** Aborted when the queue has given the train up: nothing is landed then. */
  readonly signal: AbortSignal;
  readonly verificationsOn: (rules: VerificationRules) => Promise<VerificationsOf>;
  /** The repository as each of the train's runs sees it: they may have different state remotes. */
  readonly repositories: readonly HostRepository[];
  /** For heartbeats. */
  readonly say: (doing: string) => void;
}

/** The trains that the merge queue builds and lands. */
export interface Trains {
  /** Fetches results of a run's units from its state remote, all at once. Throws a plain Error if one is gone, so that it is retried only briefly. */
  fetchResults(
    context: Pick<RunContext, 'run'>,
    results: readonly Pick<TrainMember, 'unit' | 'result'>[],
  ): Promise<void>;
  buildTrain(input: BuildTrainInput, tools: TrainTools): Promise<BuildTrainResult>;
  landTrain(input: LandTrainInput): Promise<LandResult>;
  /** The units whose commits a landing has put on the branch, oldest first, by the trailers of the commits. */
  landedUnits(move: { readonly from: Sha; readonly to: Sha }): Promise<readonly LandedCommit[]>;
}

/** What is to be verified, as whoever built it has written it. */
export interface Verifications {
  /**
   * The description of a verification, with all objects of what it names; null if the state remote no longer has it, or
   * the source is not about it.
   */
  readVerification(source: VerificationSource, key: string): Promise<VerificationSpec | null>;
  /** The commit that a verification checks out: the same on every host, and without a trace of who made the tree. */
  commitToVerify(key: string, spec: Pick<VerificationSpec, 'tree' | 'target'>): Promise<Sha>;
}

/** What people get of a conflict that an agent cannot resolve. */
export interface Briefs {
  /** Makes the brief and pushes it to the state remote. Throws `NotFound` if the unit has no checkpoint. */
  writeBrief(request: BriefRequest): Promise<ConflictBrief>;
}

/** Files on the state remote. */
export interface StateFiles {
  /** The text of a file on each of these refs (full names) of the state remote. Every ref must have the file. */
  readState(refs: readonly string[], path: string): Promise<string[]>;
  /**
   * Writes files as one commit on `ref` of the state remote, replacing the ref's previous commit, which with
   * `keepsHistory` becomes its parent. Returns the commit.
   */
  writeState(
    ref: string,
    files: Readonly<Record<string, string>>,
    message: string,
    how?: { readonly keepsHistory: boolean },
  ): Promise<Sha>;
}

/** One repository on this host, with all of these sides. */
export type HostRepository = TargetReader &
  OthersReader &
  PlanReader &
  Briefs &
  WorktreeSource &
  UnitClaims &
  Trains &
  Verifications &
  StateFiles;

export interface ClaimInput {
  readonly context: RunContext;
  readonly unit: UnitId;
  /** Grows with every attempt (`attempt.ts`). The highest number owns the ref; a retry starts the unit over. */
  readonly attempt: number;
  readonly host: string;
}

/**
 * A unit's checkpoint ref, owned by this attempt. One ref holds work and conversation, so they cannot diverge: each
 * checkpoint's tree is the snapshot of the worktree plus `.coppice/` with the journal files. Its methods are called one
 * after the other, except that a push may go on while a check runs or the model thinks.
 */
export interface UnitStore {
  /** The commit that the unit's result will sit on; changed by `rebase`. */
  readonly base: Sha;
  /** The unit's work as last kept or merged: a tree, without `.coppice/`. */
  readonly tree: Sha;
  /** The last checkpoint that the remote acknowledged; null before the first, also of an attempt that owns the ref. */
  readonly checkpoint: Sha | null;
  /** The checkpoint's files under `.coppice/`, by name relative to it. */
  readonly files: ReadonlyMap<string, string>;
  /** The worktree, filled with the checkpoint's tree (or the base's). Created on the first call. */
  openWorktree(make?: MakeWorktree): Promise<Worktree>;
  /**
   * Call after a command of ours (the setup) has run in the worktree since it was made or last kept: its leftovers are
   * not the unit's work. Throws `SnapshotRefused`, `DiskFull`.
   */
  setBaseline(signal?: AbortSignal): Promise<void>;
  /**
   * Call after a command of ours (a check) has run in the worktree since it was last kept: restores the worktree,
   * except for what git ignores. Throws like `setBaseline`.
   */
  undoCommand(signal?: AbortSignal): Promise<void>;
  /**
   * Takes a snapshot in a sandbox for the next checkpoint. `files` are added to (or replace) those under `.coppice/`.
   * Until they are pushed, this host alone has them. Throws `SnapshotRefused`, `DiskFull`.
   */
  keep(files: Readonly<Record<string, string>>, options?: KeepOptions): Promise<Kept>;
  /**
   * Commits what was kept and pushes it with a lease; resolves to the checkpoint when the remote has it. If it fails, the
   * next push includes it. Throws `LeaseLost`, `RepositoryUnreachable`.
   */
  push(): Promise<Sha>;
  /**
   * The last kept tree as one commit on `base`, pushed with a final checkpoint that also has what was kept. Null, and
   * nothing is pushed, if the tree equals the base's.
   */
  makeResult(message: ResultMessage): Promise<UnitResult | null>;
  /** The files and the beginning of the patch of a result, for people; of these paths, in this order. */
  preview(result: Sha, paths: readonly string[]): Promise<Pick<ChangePreview, 'files' | 'diff'>>;
  /** The whole patch of the last kept tree against the base, as it would be committed. */
  patch(): Promise<string>;
  /** Why the unit's work is more than can be stored; null = it is not. A snapshot checks the same. */
  excess(): Promise<string | null>;
  /** New binary files of the last kept tree, and files that have grown beyond a megabyte, largest first. */
  largeFiles(): Promise<readonly LargeFile[]>;
  /** Files of the worktree that git ignores and that appeared since a moment (ms since the epoch); none without one. */
  ignoredFiles(sinceMs: number, signal?: AbortSignal): Promise<readonly IgnoredFile[]>;
  /** Files of the last kept tree that would be stored raw, where a program should convert them. */
  filteredFiles(): Promise<readonly FilteredFile[]>;
  /** What was done in submodules and cannot be part of the work. */
  submoduleWork(signal?: AbortSignal): Promise<SubmoduleWork>;
  /** The last kept tree's changes against the base, as they would be committed. */
  changes(): Promise<readonly Change[]>;
  /**
   * Moves the unit's work onto another base: a merge in memory, materialised in the worktree. Conflicting files get
   * git's markers if they have lines to mark. The next checkpoint records it.
   */
  rebase(onto: Sha): Promise<Rebased>;
  /**
   * Runs the commands that make these files again, which `rebase` left as the target has them, and puts what they make
   * into the worktree. Returns the conflicts that are left, which say why. Call after `keep`. Throws `CancelledFailure`.
   */
  makeLeftFiles(conflicts: readonly MetConflict[], watch: BuildWatch): Promise<Rebased>;
  /**
   * Takes a person's work in place of the unit's: a commit on `ref` of the state remote, whose first parent is its base.
   * The next `save` records it. Throws `BadInput` if the base is not on the target, and `NotFound`.
   */
  adopt(commit: Sha, ref: string): Promise<void>;
  /** The conflicts that `rebase` met when it moved `result`, one of this unit, onto a commit of the target. */
  conflictsMet(result: Sha, onto: Sha): Promise<readonly MetConflict[]>;
  /** Conflict markers in the last kept tree that the base does not have. */
  markers(): Promise<readonly NewMarker[]>;
  /** The last kept tree's entry at each path, in the encoding of trees; null = nothing. */
  entriesAt(places: readonly string[]): Promise<readonly (Entry | null)[]>;
  /**
   * The content of a file that is in no current tree of ours, such as one side of a conflict. Null if it is too large.
   */
  readSide(side: Entry): Promise<Uint8Array | null>;
  /** Removes the worktree. Call after `push`: only work in an acknowledged checkpoint may be removed. */
  close(): Promise<void>;
}

/** Safe text. */
export interface SubmoduleWork {
  /** Submodules at a commit that their remote (`url`; empty = they have none) does not have. */
  readonly unknown: readonly { readonly path: string; readonly commit: Sha; readonly url: string }[];
  /** Changed and new files in submodules. */
  readonly files: readonly string[];
}

/** A changed file under a filter (`filter=` in `.gitattributes`) that no host of ours runs. Safe text. */
export interface FilteredFile {
  readonly path: string;
  readonly filter: string;
}

/** A file that git ignores, and the line that says so. Safe text. */
export interface IgnoredFile {
  readonly path: string;
  /** The ignore file, relative to the worktree. */
  readonly source: string;
  readonly line: number;
  readonly pattern: string;
}

export interface Rebased {
  readonly conflicts: readonly MetConflict[];
}

export interface KeepOptions {
  /** True if nothing ran in the worktree since it was made or last kept, so no snapshot is needed. */
  readonly untouched?: boolean;
  /** Aborting ends the snapshot and rejects with the reason. */
  readonly signal?: AbortSignal;
}

export interface Kept {
  /** The unit's work: the snapshot without `.coppice/` and without leftovers of our commands. */
  readonly tree: Sha;
  /** FIFOs, sockets and devices that git does not ignore and cannot store, to report to the agent. */
  readonly skipped: readonly string[];
}

export interface UnitResult {
  readonly result: Sha;
  readonly changed: readonly Change[];
  readonly size: ChangeSize;
}

export interface ResultMessage {
  readonly subject: string;
  readonly trailers: readonly (readonly [name: string, value: string])[];
}
