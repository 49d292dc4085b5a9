// Worktrees that are ready to work in. If a template with the same setup fingerprint exists, a worktree is a copy of it
// plus the differences. Otherwise it is checked out and set up on the spot, and a template is made in the background.
// A copy serves one slice or one verification and is destroyed afterwards, so no one meets another's leftovers.
// Templates are written by setup alone, on commits of the target branch. Used by agents and by verification; safe to
// run twice.

import { freeDisk } from '../../host/disk.ts';
import { basename, dirname } from 'node:path';
import { type OwnedWorktree, type WorktreePlace } from '../worktree.ts';
import type { LocalRepository } from '../../repository/local-repository.ts';
import type { Sandbox } from '../../sandbox/contract.ts';
import type { Sha } from '../../../contracts/ids.ts';
import { type Demand, Filler } from './filler.ts';
import { adoptWorktree, makeWorktree } from '../make.ts';
import { moveGit } from '../git-folder.ts';
import type { Preparation, Watch } from '../setup/preparation.ts';
import { makePrepared } from '../setup/prepare-changed.ts';
import { openForVerification } from '../setup/prepare-candidate.ts';
import { TemplateStore, type Template, filesOf, templateKey } from './template-store.ts';
import { SetupFailures } from '../setup/known-failures.ts';
import { meetsMade } from '../../../domain/worktrees/pool-room.ts';
import { copyFiles } from '../copy-files.ts';
import { applyTree } from '../apply-tree.ts';
import { copyTree } from '../copy-tree.ts';
import { hasModulesFile } from '../../../git/submodules.ts';
import { diffTrees, listTree, treeOf } from '../../../git/tree-reader.ts';
import { failureType } from '../../../contracts/failures.ts';
import { retold } from '../setup/setup-failure.ts';
import { hostStamp, platformOf, setupFingerprint } from '../setup/fingerprint.ts';

export interface PoolOptions {
  readonly home: string;
  readonly sandbox: Sandbox;
  /** Most disk for the pool, in MiB; null = a fifth of what is free now, at most 20 GiB; 0 = no pool. */
  readonly megabytes: number | null;
  /** Sessions and verifications at once. */
  readonly slots: number;
  /** Toolchain folders that sandboxes show. */
  readonly toolchains: readonly string[];
  /** Without a setup, a checkout of at most this many files is not worth a template. */
  readonly minFiles?: number;
  readonly log: { warn(message: string): void };
}

const mebibyte = 1024 ** 2;
const mostByDefault = 20 * 1024 * mebibyte;
/** Templates expire, because what an install without a lock file fetches may change unnoticed. */
const oldestMs = 7 * 24 * 3600_000;
const minFiles = 1_000;
/** Number of differing paths above which a new template is made. */
const similarPaths = 200;

export class WorktreePool {
  private readonly options: PoolOptions;
  private readonly templates: TemplateStore;
  private readonly filler: Filler;
  private readonly isOn: boolean;
  /** Cold starts in progress, by the key of the template that would have served them. */
  private readonly settingUp = new Map<string, Promise<unknown>>();
  private readonly failures = new SetupFailures();

  private constructor(options: PoolOptions, templates: TemplateStore, bound: number) {
    this.options = options;
    this.templates = templates;
    // Without a sandbox, a setup sees the worktree's real path, and may write it into its result.
    this.isOn = bound > 0 && options.sandbox.driver === 'bwrap';
    const { home, slots, log } = options;
    const fingerprint = (repository: LocalRepository, tree: Sha, preparation: Preparation) =>
      this.fingerprint(repository, tree, preparation);
    this.filler = new Filler({ templates, home, bound, slots, fingerprint, log });
  }

  /** For the worker that holds the home's lock. */
  static async open(options: PoolOptions): Promise<WorktreePool> {
    const templates = await TemplateStore.open(options.home);
    const bound = options.megabytes === null ? await defaultBound(options.home) : options.megabytes * mebibyte;
    return new WorktreePool(options, templates, bound);
  }

  /** Throws `SetupFailed`. The caller removes the worktree. */
  async openWorktree(wanted: WorktreePlace, preparation: Preparation, watch: Watch): Promise<OwnedWorktree> {
    const { lfs, wantsSubmodule } = preparation;
    const place = { ...wanted, lfs, wantsSubmodule };
    const started = this.filler.starting();
    try {
      const openWith = (each: Preparation) => this.openPrepared(place, each, watch);
      const worktree =
        preparation.purpose === 'agent'
          ? await openWith(preparation)
          : await openForVerification(this.options.sandbox, place, { preparation, watch }, openWith);
      await this.copyFiles(place, worktree, preparation.copy);
      return worktree;
    } finally {
      started();
    }
  }

  /**
   * Puts the files of `place` on top of the target's setup result, for a tree on which the setup fails. Throws
   * `SetupFailed` if it fails on the target too.
   */
  async openOverTarget(place: WorktreePlace, preparation: Preparation, watch: Watch): Promise<OwnedWorktree> {
    const { repository, tree } = place;
    const from = await treeOf(repository.state, preparation.target);
    const worktree = await this.openWorktree(
      { ...place, base: preparation.target, upstream: preparation.target, tree: from },
      preparation,
      watch,
    );
    try {
      await applyTree(repository, worktree, { from, to: tree, upstream: place.upstream });
      await moveGit(repository, worktree, place);
      return worktree;
    } catch (error) {
      await worktree.remove();
      if (failureType(error) !== 'GitFailed') throw error;
      // The setup's result is in the way of the unit's files, which take precedence.
      return makeWorktree({ ...place, lfs: preparation.lfs, wantsSubmodule: preparation.wantsSubmodule });
    }
  }

  private async copyFiles(
    { repository, base }: WorktreePlace,
    worktree: OwnedWorktree,
    globs: readonly string[],
  ): Promise<void> {
    try {
      for (const problem of await copyFiles(repository, worktree, { base, globs })) this.options.log.warn(problem);
    } catch (error) {
      await worktree.remove();
      throw error;
    }
  }

  private async openPrepared(place: WorktreePlace, preparation: Preparation, watch: Watch): Promise<OwnedWorktree> {
    if (preparation.setup === null && !this.isOn) return this.openCold(place, preparation, watch);
    const { repository } = place;
    const fingerprint = await this.fingerprint(repository, place.tree, preparation);
    const demand = { repository, repositoryName: basename(dirname(repository.mirror)), fingerprint, preparation };
    // The target also determines if a setup has the network.
    const { purpose, egress, target } = preparation;
    const condition = [demand.repositoryName, fingerprint, purpose, egress, target].join(':');
    // A verdict on a candidate never relies on a remembered failure: a registry may have been unreachable only for a
    // moment.
    if (purpose === 'agent') this.failures.throwKnown(condition);
    try {
      return this.isOn ? await this.openFromPool(place, demand, watch) : await this.openCold(place, preparation, watch);
    } catch (error) {
      this.failures.note(condition, error);
      throw error;
    }
  }

  private async openFromPool(
    place: WorktreePlace,
    demand: Omit<Demand, 'found'>,
    watch: Watch,
  ): Promise<OwnedWorktree> {
    const { preparation } = demand;
    const key = templateKey(demand.repositoryName, demand.fingerprint);
    let taken = await this.take(key, place, preparation, watch);
    const other = this.settingUp.get(key);
    if (taken === null && preparation.setup !== null && (other !== undefined || watch.forMany === true)) {
      await this.makeForMany(other, demand, watch);
      taken = await this.take(key, place, preparation, watch);
    }
    if (taken !== null) {
      this.filler.note({ ...demand, found: taken.found });
      return taken.worktree;
    }
    const opening = this.openCold(place, preparation, watch);
    this.settingUp.set(key, opening);
    const worktree = await opening.finally(() => {
      if (this.settingUp.get(key) === opening) this.settingUp.delete(key);
    });
    const isWorth = preparation.setup !== null || (await this.isLarge(place));
    if (isWorth) this.filler.note({ ...demand, found: 'nothing' });
    return worktree;
  }

  /**
   * The same setup may be running now for another worktree, which an agent gets. If it fails, all fail with it; if it
   * succeeds, one more setup serves all others. Throws `SetupFailed`.
   */
  private async makeForMany(
    other: Promise<unknown> | undefined,
    demand: Omit<Demand, 'found'>,
    watch: Watch,
  ): Promise<void> {
    if (other !== undefined) watch.onStart('waiting for a setup that several want');
    const failed = await settledOr(other, watch.signal);
    watch.signal.throwIfAborted();
    if (failureType(failed) === 'SetupFailed') throw retold(failed, {});
    const making = this.filler.makeNow({ ...demand, watch, found: 'nothing' }).catch((error: unknown) => error);
    const problem = await Promise.race([making, aborted(watch.signal)]);
    watch.signal.throwIfAborted();
    if (failureType(problem) === 'SetupFailed') throw retold(problem, {});
  }

  /** Resolves when everything requested so far is prepared. */
  settled(): Promise<void> {
    return this.filler.settled();
  }

  /** Ends background work; prepared worktrees stay for the next worker of this home. */
  stop(): Promise<void> {
    return this.filler.stop();
  }

  /** The host's state that commands can see apart from the tree. */
  hostStamp(): string {
    return hostStamp(process.env['PATH'] ?? '', this.options.toolchains);
  }

  /** The part of it that other hosts share. */
  platform(): string {
    return platformOf(this.options.toolchains);
  }

  private fingerprint({ state }: LocalRepository, tree: Sha, preparation: Preparation): Promise<string> {
    return setupFingerprint(state, tree, preparation, this.hostStamp());
  }

  private openCold(place: WorktreePlace, preparation: Preparation, watch: Watch): Promise<OwnedWorktree> {
    return makePrepared(this.options.sandbox, place, preparation, watch);
  }

  /** Null if there is no suitable template, or it cannot be used. */
  private async take(
    key: string,
    place: WorktreePlace,
    { setup }: Preparation,
    { signal, onStart }: Watch,
  ): Promise<{ worktree: OwnedWorktree; found: Demand['found'] } | null> {
    const template = this.templates.get(key);
    if (template === undefined || !(await suits(template, place))) return null;
    if (template.madeAt < Date.now() - oldestMs) {
      await this.templates.remove(key);
      return null;
    }
    const ready = template.ready.shift();
    // Without a setup, a copy costs as much as a checkout.
    if (ready === undefined && setup === null) return null;
    onStart('taking a prepared worktree');
    template.users += 1;
    try {
      const copy = ready ?? (await this.copyNow(template, signal));
      const worktree = await adoptWorktree(place, filesOf(template, copy));
      const changed = await this.bringTo(worktree, template, place);
      await this.templates.touch(template);
      // A template is looked at without its submodules, in which a setup may have left something.
      const isExact =
        !template.exact && (setup === null || !(await hasModulesFile(place.repository.state, place.tree)));
      return { worktree: { ...worktree, isExact }, found: changed > similarPaths ? 'different' : 'similar' };
    } catch (error) {
      signal.throwIfAborted();
      this.options.log.warn(`a prepared worktree could not be used, and its template goes: ${String(error)}`);
      await this.templates.remove(key);
      return null;
    } finally {
      template.users -= 1;
    }
  }

  private async isLarge({ repository, tree }: WorktreePlace): Promise<boolean> {
    return (await listTree(repository.state, tree)).length > (this.options.minFiles ?? minFiles);
  }

  private async copyNow(template: Template, signal: AbortSignal): Promise<string> {
    const copy = await this.templates.beginCopy(template);
    try {
      await copyTree(this.options.sandbox, { from: template.root, to: copy, lowPriority: false, signal });
      return copy;
    } catch (error) {
      await this.templates.dropCopy(copy);
      throw error;
    }
  }

  /** Writes the difference in a sandbox, because setup code has run there. Returns how many paths differ. */
  private async bringTo(
    worktree: OwnedWorktree,
    template: Template,
    { repository, tree, upstream }: WorktreePlace,
  ): Promise<number> {
    if (tree === template.tree) return 0;
    try {
      return await applyTree(repository, worktree, { from: template.tree, to: tree, upstream });
    } catch (error) {
      await worktree.remove();
      throw error;
    }
  }
}

/** True if a copy plus the difference equals a checkout plus the setup. */
async function suits({ tree, exact, made }: Template, wanted: WorktreePlace): Promise<boolean> {
  if (tree === wanted.tree) return true;
  if (exact) return false;
  const changes = await diffTrees(wanted.repository.state, tree, wanted.tree);
  return !meetsMade(
    changes.map(({ path }) => path),
    made,
  );
}

async function defaultBound(home: string): Promise<number> {
  return Math.min(mostByDefault, Math.floor((await freeDisk(home)) / 5));
}

/** The error of a failed promise; undefined if it succeeded or the signal aborted first. */
function settledOr(promise: Promise<unknown> | undefined, signal: AbortSignal): Promise<unknown> {
  const settled = (promise ?? Promise.resolve()).then(
    () => undefined,
    (error: unknown) => error,
  );
  return Promise.race([settled, aborted(signal)]);
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
