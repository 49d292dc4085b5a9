// What a host can do with a unit's repository, as the agent, verification and landing stages see it. Implemented by the
// files beside this one over real git; nobody outside this folder runs git on a worktree.

import type { MakeWorktree, Worktree } from '../worktrees/worktree.ts';
import type { LargeFile } from '../../contracts/large-file.ts';
import type { LandingSubject, BuildResult, LandResult } from '../../contracts/activities/landing.ts';
import type { AmbiguousNames } from '../../formats/globs/path-globs.ts';
import type { Change } from '../../git/tree-reader.ts';
import type { Config } from '../../contracts/documents/config.ts';
import type { Entry } from '../../git/trees.ts';
import type { MissingContent } from '../../domain/worktrees/missing-content.ts';
import type { NewMarker } from '../../domain/queue/conflict-markers.ts';
import type { MetConflict } from '../landing/merge/read-merge.ts';
import type { Plan, RunContext } from '../../contracts/documents/plan.ts';
import type { Sha, UnitId } from '../../contracts/ids.ts';

/** The git side of one host; made once per process (`openGitHost`). Opens repositories lazily and remembers them. */
export interface GitHost {
  /**
   * Mirror and state repository of one target, made when missing; talks to no remote yet. Throws `RepositoryRefused`
   * (URL rules or COPPICE_REPOSITORIES).
   */
  open(where: Pick<RunContext, 'repository' | 'stateRemote'>): Promise<HostRepository>;
}

/** The target's branch and its files. */
export interface TargetReader {
  /**
   * Fetches the target branch into the mirror; answers its tip. Throws `RepositoryUnreachable`, `RepositoryEmpty`,
   * `BranchMissing`.
   */
  fetchBranch(branch: string): Promise<Sha>;
  /** The tip as the repository has it now, without fetching it; null when there is no such branch. */
  tipOf(branch: string): Promise<Sha | null>;
  /** The text of `coppice.yaml` at a commit; null when there is none. Throws `BadConfig` for what is no file. */
  readConfigText(commit: Sha): Promise<string | null>;
  /** The text of one file at a commit; null when absent or not a regular file. At most 1 MiB, else null. */
  readFile(commit: Sha, path: string): Promise<string | null>;
  /** Of these paths at a commit, those that are symbolic links, and where they lead. */
  readLinks(commit: Sha, paths: readonly string[], signal?: AbortSignal): Promise<Map<string, string>>;
  /** What a commit's names say about reading globs (`formats/globs/path-globs.ts`); lists its whole tree. */
  ambiguousNames(commit: Sha): Promise<AmbiguousNames>;
  /** What a worktree of a commit lacks that a clone by hand may have; safe text. Lists its whole tree. */
  missingContent(commit: Sha): Promise<MissingContent>;
}

/** What runs were started with. */
export interface PlanReader {
  /** Plan and pinned configuration of a run, read from its plan commit on the state remote (cached by sha). */
  readPlan(context: RunContext): Promise<{ plan: Plan; config: Config }>;
}

/** Worktrees that no agent has written to. */
export interface WorktreeSource {
  /** A clean worktree at a commit that no agent has written to, for verification. */
  openWorktree(commit: Sha, make?: MakeWorktree): Promise<Worktree>;
}

/** Units, one attempt at a time. */
export interface UnitClaims {
  /** Takes over a unit's checkpoint ref for one attempt; see UnitStore. Throws `LeaseLost` when a later attempt owns it. */
  claimUnit(input: ClaimInput): Promise<UnitStore>;
}

/** What the merge queue builds, verifies and lands. */
export interface Candidates {
  /** Merges a result onto the target's tip in memory and pushes the candidate to the state remote. */
  buildCandidate(subject: LandingSubject): Promise<BuildResult>;
  /** Makes a candidate that some host has built available here. */
  fetchCandidate(subject: LandingSubject, candidate: Sha): Promise<void>;
  /** Moves the target from `target` to `candidate`, or says why not. Pushing what is there already counts as landed. */
  land(input: { branch: string; target: Sha; candidate: Sha }): Promise<LandResult>;
}

/** Files on the state remote. */
export interface StateFiles {
  /** The text of a file on each of these refs of the state remote (given in full), all of which must have it. */
  readState(refs: readonly string[], path: string): Promise<string[]>;
  /** Writes files as one commit on `ref` of the state remote (replacing what the ref had); answers the commit. */
  writeState(ref: string, files: Readonly<Record<string, string>>, message: string): Promise<Sha>;
}

/** One repository on this host, with all of these sides. */
export type HostRepository = TargetReader & PlanReader & WorktreeSource & UnitClaims & Candidates & StateFiles;

export interface ClaimInput {
  readonly context: RunContext;
  readonly unit: UnitId;
  /** Grows with every attempt (`attempt.ts`): the higher number owns the ref, and a retry begins the unit anew. */
  readonly attempt: number;
  readonly host: string;
}

/**
 * A unit's checkpoint ref, owned by this attempt. One ref holds work and conversation, so they cannot disagree: each
 * checkpoint's tree is the snapshot of the worktree plus `.coppice/` with the journal files.
 */
export interface UnitStore {
  /** The commit the unit's result will sit on; moves with `rebase`. */
  readonly base: Sha;
  /** The unit's work as it was saved (or merged) last: a tree, without `.coppice/`. */
  readonly tree: Sha;
  /** Last checkpoint that the remote acknowledged; null before the first. */
  readonly checkpoint: Sha | null;
  /** Files under `.coppice/` of the checkpoint, by name relative to it. */
  readonly files: ReadonlyMap<string, string>;
  /** The worktree, filled with the checkpoint's tree (or the base's). Made on first call. */
  openWorktree(make?: MakeWorktree): Promise<Worktree>;
  /**
   * A command of ours (the setup) has run in the worktree since it was made or saved last: what it left there is not the
   * unit's work. Throws `SnapshotRefused`, `DiskFull`.
   */
  setBaseline(signal?: AbortSignal): Promise<void>;
  /**
   * A command of ours (a check) has run in the worktree since it was saved last: the worktree becomes what it was before,
   * beside what git ignores. Throws as `setBaseline` does.
   */
  undoCommand(signal?: AbortSignal): Promise<void>;
  /**
   * Snapshot in a sandbox, commit, push with a lease; returns when the remote has it. `files` are added to (or replace)
   * what is under `.coppice/`. Throws
   * `LeaseLost`, `SnapshotRefused`, `DiskFull`, `RepositoryUnreachable`.
   */
  save(files: Readonly<Record<string, string>>, options?: SaveOptions): Promise<Saved>;
  /** The last saved tree as one commit on `base`, pushed with a final checkpoint. Null when the tree equals the base's. */
  makeResult(message: ResultMessage): Promise<{ result: Sha; changed: readonly Change[] } | null>;
  /** New binary files of the last saved tree, and files that have grown beyond a megabyte; the largest first. */
  largeFiles(): Promise<readonly LargeFile[]>;
  /** What the last saved tree changes against the base. */
  changes(): Promise<readonly Change[]>;
  /**
   * Puts the unit's work onto another base: a merge in memory, materialised in the worktree. Conflicting files carry
   * git's markers, as far as there are lines to mark. The next `save` records it.
   */
  rebase(onto: Sha): Promise<Rebased>;
  /** The conflicts that `rebase` met when it put `result`, one of this unit, onto a commit of the target. */
  conflictsMet(result: Sha, onto: Sha): Promise<readonly MetConflict[]>;
  /** Markers of conflicts that the last saved tree has and the base has not. */
  markers(): Promise<readonly NewMarker[]>;
  /** What the last saved tree has at each path; null = nothing. */
  entriesAt(paths: readonly string[]): Promise<readonly (Entry | null)[]>;
  /** The content of a file that is in no tree of ours now: what one side of a conflict has. Null when it is too large. */
  readSide(side: Entry): Promise<Uint8Array | null>;
  /** Removes the worktree (only what is in an acknowledged checkpoint is ever removed; call after `save`). */
  close(): Promise<void>;
}

export interface Rebased {
  readonly conflicts: readonly MetConflict[];
}

export interface SaveOptions {
  /** Nothing ran in the worktree since it was made or saved: no snapshot. */
  readonly untouched?: boolean;
  /** Aborting ends the snapshot, and rejects with the reason. */
  readonly signal?: AbortSignal;
}

export interface Saved {
  readonly checkpoint: Sha;
  /** The unit's work: the snapshot without `.coppice/` and without what our commands left. */
  readonly tree: Sha;
  /** FIFOs, sockets and devices that git does not ignore and that are not stored, for the agent. */
  readonly skipped: readonly string[];
}

export interface ResultMessage {
  readonly subject: string;
  readonly trailers: readonly (readonly [name: string, value: string])[];
}
