// Fills the pool while the host has nothing more urgent to do: one job at a time, at the lowest priority, and not while
// a session or a verification is about to start. A failed job is logged and affects nothing else.

import { freeDisk } from '../../host/disk.ts';
import { setTimeout as sleep } from 'node:timers/promises';
import type { LocalRepository } from '../../repository/local-repository.ts';
import type { Preparation, Watch } from '../setup/preparation.ts';
import type { Sha } from '../../../contracts/ids.ts';
import { type TemplateStore, type Template, templateKey } from './template-store.ts';
import { copiesWanted, makeRoom } from '../../../domain/worktrees/pool-room.ts';
import { failureType } from '../../../contracts/failures.ts';
import { copyTree } from '../copy-tree.ts';
import { fetchBranch, isAncestor } from '../../repository/mirror.ts';
import { makeTemplate } from './make-template.ts';
import { treeOf } from '../../../git/tree-reader.ts';

export interface FillerOptions {
  readonly templates: TemplateStore;
  readonly home: string;
  readonly bound: number;
  /** The most worktrees that are needed at once. */
  readonly slots: number;
  readonly fingerprint: (repository: LocalRepository, tree: Sha, preparation: Preparation) => Promise<string>;
  readonly log: { warn(message: string): void };
}

/** A request for a worktree. */
export interface Demand {
  readonly repository: LocalRepository;
  /** Folder of the repository in the pool. */
  readonly repositoryName: string;
  readonly fingerprint: string;
  readonly preparation: Preparation;
  /** What the pool had: `different` = a template with many differences. */
  readonly found: 'nothing' | 'similar' | 'different';
  /** Watches the setup for a waiting caller. */
  readonly watch?: Omit<Watch, 'signal'>;
}

/** Longest wait for a quiet moment; a busy host may have none. */
const patienceMs = 60_000;
/** How long a failed job is not retried. */
const pauseMs = 10 * 60_000;
/** With less free space than this, nothing is added. */
const leastFree = 1024 ** 3;

export class Filler {
  private readonly options: FillerOptions;
  private readonly stopping = new AbortController();
  private readonly takenAt = new Map<string, number[]>();
  private readonly repositories = new Map<string, LocalRepository>();
  /** One per repository and command: the newest predicts what the next ones need. */
  private readonly wanted = new Map<string, Demand>();
  private readonly pausedUntil = new Map<string, number>();
  /** Templates in the making. */
  private readonly making = new Map<string, Promise<void>>();
  private startsUnderWay = 0;
  private running: Promise<void> | null = null;

  constructor(options: FillerOptions) {
    this.options = options;
  }

  /** Pauses background work. Call the returned function to resume it. */
  starting(): () => void {
    this.startsUnderWay += 1;
    return () => (this.startsUnderWay -= 1);
  }

  note(demand: Demand): void {
    const key = templateKey(demand.repositoryName, demand.fingerprint);
    const times = this.takenAt.get(key) ?? [];
    this.takenAt.set(key, [...times, Date.now()].slice(-100));
    this.repositories.set(key, demand.repository);
    if (demand.found !== 'similar')
      this.wanted.set(`${demand.repositoryName} ${demand.preparation.setup?.run ?? ''}`, demand);
    this.wake();
  }

  /**
   * Makes a template at once and at full speed, for several callers that wait for the same setup. Callers that arrive
   * meanwhile wait for the same one. Throws `SetupFailed`; other failures are logged, and the callers find no template.
   */
  async makeNow(demand: Demand): Promise<void> {
    const key = templateKey(demand.repositoryName, demand.fingerprint);
    try {
      await this.makeOnce(key, demand, { lowPriority: false });
    } catch (error) {
      this.failed(key, error);
      if (failureType(error) === 'SetupFailed') throw error;
    }
  }

  /** Resolves when there is nothing left to do. */
  async settled(): Promise<void> {
    await this.running;
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  private wake(): void {
    this.running ??= this.work().finally(() => (this.running = null));
  }

  private async work(): Promise<void> {
    const { signal } = this.stopping;
    for (;;) {
      await this.quiet();
      if (signal.aborted) return;
      const job = this.next();
      if (job === null) return;
      try {
        await job.run();
      } catch (error) {
        if (signal.aborted) return;
        this.failed(job.key, error);
      }
    }
  }

  private failed(key: string, error: unknown): void {
    this.pausedUntil.set(key, Date.now() + pauseMs);
    this.options.log.warn(`the pool could not prepare a worktree: ${String(error)}`);
  }

  private async quiet(): Promise<void> {
    const end = Date.now() + patienceMs;
    const { signal } = this.stopping;
    while (this.startsUnderWay > 0 && Date.now() < end && !signal.aborted) await sleep(50);
  }

  private next(): { key: string; run: () => Promise<void> } | null {
    for (const [name, demand] of this.wanted) {
      this.wanted.delete(name);
      const key = templateKey(demand.repositoryName, demand.fingerprint);
      if (!this.isPaused(key)) return { key, run: () => this.makeOnce(key, demand, { lowPriority: true }) };
    }
    const { templates, slots } = this.options;
    for (const { key, ready } of templates.all().toSorted((a, b) => b.usedAt - a.usedAt)) {
      const template = templates.get(key);
      const repository = this.repositories.get(key);
      const wanted = copiesWanted(this.takenAt.get(key) ?? [], Date.now(), slots);
      if (template === undefined || repository === undefined || ready >= wanted || this.isPaused(key)) continue;
      return { key, run: () => this.makeCopy(repository, template) };
    }
    return null;
  }

  private isPaused(key: string): boolean {
    return (this.pausedUntil.get(key) ?? 0) > Date.now();
  }

  private async makeOnce(key: string, demand: Demand, how: { readonly lowPriority: boolean }): Promise<void> {
    const making = this.making.get(key) ?? this.makeTemplate(demand, how).finally(() => this.making.delete(key));
    this.making.set(key, making);
    await making;
  }

  private async makeTemplate(demand: Demand, { lowPriority }: { readonly lowPriority: boolean }): Promise<void> {
    const { templates, log } = this.options;
    const { repository, repositoryName, preparation, found } = demand;
    const { commit, fingerprint } = await this.chooseCommit(demand);
    const key = templateKey(repositoryName, fingerprint);
    const known = templates.get(key);
    if (this.isPaused(key) || (known !== undefined && (found !== 'different' || known.commit === commit))) return;
    if (!(await this.hasSpace())) return;
    const { worktree, ...made } = await makeTemplate(repository, commit, preparation, {
      ...demand.watch,
      signal: this.stopping.signal,
      lowPriority,
    }).catch((error: unknown) => {
      // The branch has moved: a failure there says nothing about the requested files.
      throw fingerprint === demand.fingerprint ? error : new Error(String(error));
    });
    try {
      if (await this.makeRoom({ key, bytes: made.bytes, kind: 'template' })) await templates.put(key, worktree, made);
      else {
        this.pausedUntil.set(key, Number.POSITIVE_INFINITY);
        log.warn(`a prepared worktree of ${made.bytes} bytes is more than COPPICE_POOL_MB allows`);
      }
    } finally {
      await worktree.remove();
    }
  }

  /**
   * The target's tip if it has the wanted fingerprint, else the requested commit if it has it and is on the target
   * branch, else the tip.
   */
  private async chooseCommit({ repository, preparation, fingerprint: wanted }: Demand) {
    const { branch, target } = preparation;
    const fingerprintOf = async (commit: Sha) =>
      this.options.fingerprint(repository, await treeOf(repository.state, commit), preparation);
    const tip = await fetchBranch(repository, branch);
    const fingerprint = await fingerprintOf(tip);
    if (fingerprint === wanted || target === tip || !(await isAncestor(repository.mirror, target, tip))) {
      return { commit: tip, fingerprint };
    }
    return (await fingerprintOf(target)) === wanted
      ? { commit: target, fingerprint: wanted }
      : { commit: tip, fingerprint };
  }

  private async makeCopy(repository: LocalRepository, template: Template): Promise<void> {
    const { templates } = this.options;
    const { key, bytes } = template;
    if (!(await this.hasSpace()) || !(await this.makeRoom({ key, bytes, kind: 'copy' }))) {
      this.pausedUntil.set(key, Date.now() + pauseMs);
      return;
    }
    template.users += 1;
    const copy = await templates.beginCopy(template);
    try {
      const { signal } = this.stopping;
      await copyTree(repository.sandbox, { from: template.root, to: copy, lowPriority: true, signal });
      await templates.finishCopy(template, copy);
    } catch (error) {
      await templates.dropCopy(copy);
      throw error;
    } finally {
      template.users -= 1;
    }
  }

  /** False if the pool is too small even after evicting everything. */
  private async makeRoom(wanted: Parameters<typeof makeRoom>[1]): Promise<boolean> {
    const { templates, bound } = this.options;
    const room = makeRoom(templates.all(), wanted, bound);
    for (const key of room?.copiesOf ?? []) await templates.dropCopies(key);
    for (const key of room?.templates ?? []) await templates.remove(key);
    return room !== null;
  }

  private async hasSpace(): Promise<boolean> {
    return (await freeDisk(this.options.home)) > leastFree;
  }
}
