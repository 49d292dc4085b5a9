// The library: `import { Coppice } from 'coppice'`. Every command is built from these methods.
//
//   const coppice = await Coppice.connect();
//   const run = await coppice.start({ repository: 'git@example.com:team/app.git', plan: 'plan.yaml' });
//   for await (const event of run.events()) console.log(event.type);
//   const report = await run.result();
//
// Errors have a type of the catalogue in contracts/failures.ts; `explainFailure` reads it. All types: client/types.ts.

import type { Remembering } from '../contracts/tool-request.ts';
import { homedir } from 'node:os';
import type { Client } from '@temporalio/client';
import { type PlanTarget, targetOf } from './start/plan-target.ts';
import type {
  ApprovalView,
  DecisionAnswer,
  HostReports,
  PlanCheck,
  PreparedRun,
  Prunable,
  PruneRequest,
  Pruned,
  RunRequest,
  RunSummary,
} from './types.ts';
import { checkPlan } from './start/check-plan.ts';
import { connectClient, temporalTarget } from './temporal.ts';
import { type DecisionRequest, decide, listApprovals, readApproval } from './act/decisions.ts';
import { tokenSecret } from '../people/proof.ts';
import { type WatchOptions, watchChanges } from './watch/watch-run.ts';
import { failureType } from '../contracts/failures.ts';
import { findApproval } from './act/find-approval.ts';
import { findForgottenRun } from './runs/forgotten-run.ts';
import { findRun } from './runs/find-run.ts';
import { identityOfUser } from './identity.ts';
import { type Env, homeFolder } from '../domain/environment.ts';
import { newRunId } from '../contracts/ids.ts';
import { listHosts } from './list-hosts.ts';
import { listedRuns } from './runs/list-runs.ts';
import { deletePrunable, findOldGenerated, findPrunable } from './runs/prune-runs.ts';
import { findOldTrains } from './runs/old-trains.ts';
import { personOf } from './person.ts';
import { prepareRun, readRunId } from './start/prepare-run.ts';
import { queueId } from '../git/queue-id.ts';
import { Run } from './run.ts';
import type { BranchQueue, QueueRequest } from './queue/queue-document.ts';
import type { QueueViewRequest } from '../contracts/queue-view.ts';
import { openQueue } from './queue/open-queue.ts';
import { steerQueue } from './queue/steer-queue.ts';
import { readRepository } from './repository.ts';
import { remoteFor } from '../git/remote-for.ts';
import { sameRuns } from './start/same-runs.ts';
import { stateRemoteFor } from './state-remote.ts';
import { refuseKnownId } from './start/known-ids.ts';
import { startRun } from './start/start-run.ts';
import { unpolledQueues } from './with-worker.ts';
import { viewOfApprovals } from '../domain/web-ui.ts';
import { webUiList } from './web-ui.ts';

export type * from './types.ts';
export { explainFailure } from './explain-failure.ts';
/** Made by `Coppice`, never by callers. */
export type { Run };

export interface ConnectOptions {
  /** Environment variables to use instead of the process's. */
  readonly env?: Env;
}

export class Coppice {
  /** Who acts: `COPPICE_USER`, or the e-mail address in the Temporal credential, or the login name. */
  readonly user: string;
  private readonly client: Client;
  private readonly env: Env;
  private readonly home: string;

  private constructor(client: Client, env: Env, user: string) {
    this.client = client;
    this.env = env;
    this.home = homeFolder(env, homedir());
    this.user = user;
  }

  /** Connects as every Temporal tool does. Throws `TemporalUnreachable`. */
  static async connect({ env = process.env }: ConnectOptions = {}): Promise<Coppice> {
    const target = await temporalTarget(env, homeFolder(env, homedir()));
    const user = personOf(env, target);
    return new Coppice(await connectClient(target, identityOfUser(user)), env, user);
  }

  /** Returns every error of a plan at once; with a target, also the globs that match nothing there. Needs no server. */
  static checkPlan(
    plan: NonNullable<RunRequest['plan']>,
    { env = process.env, ...target }: ConnectOptions & Partial<PlanTarget> = {},
  ): Promise<PlanCheck> {
    const { repository, branch } = target;
    return checkPlan(plan, repository === undefined ? null : { repository, branch }, env);
  }

  /** Checks everything that a run needs, except the server, and starts nothing. Throws named failures. */
  static prepare(request: RunRequest, { env = process.env }: ConnectOptions = {}): Promise<PreparedRun> {
    return prepareRun(request, env, homeFolder(env, homedir()));
  }

  /** Checks everything that a run needs and starts nothing. Throws named failures. */
  async prepare(request: RunRequest): Promise<PreparedRun> {
    const [prepared] = await Promise.all([prepareRun(request, this.env, this.home), this.refuseTaken(request)]);
    return prepared;
  }

  /** Throws `BadInput` if a run already has the id. */
  async refuseTaken({ id }: Pick<RunRequest, 'id'>): Promise<void> {
    if (id !== undefined) await refuseKnownId(this.client, readRunId(id));
  }

  /**
   * Ids of open runs with the same plan on the same target, oldest first; a run that began a moment ago may be missing.
   */
  sameRuns(prepared: PreparedRun): Promise<readonly string[]> {
    return sameRuns(this.client, prepared);
  }

  /** Checks and starts a run. If `prepared` holds the result of `prepare`, it is not checked again. */
  async start(request: RunRequest, prepared?: PreparedRun): Promise<Run> {
    const id = request.id === undefined ? newRunId(new Date(), Math.random) : readRunId(request.id);
    const ready = prepared ?? (await this.prepare(request));
    await startRun({ client: this.client, env: this.env, run: id, prepared: ready, requestedBy: this.user });
    return this.run(id);
  }

  /**
   * Finds a run by its id, any unique part of it, or `@latest`. If the server has forgotten the run, its report on the
   * state remote is used. Throws `NotFound`, or `BadInput` if several runs match.
   */
  async run(text: string, { changing = false } = {}): Promise<Run> {
    const found = await findRun(this.client, text, { latestOf: changing ? null : this.user }).catch(
      async (error: unknown) => {
        const forgotten = failureType(error) === 'NotFound' ? await findForgottenRun(text, this.env, this.home) : null;
        if (forgotten === null) throw error;
        return forgotten;
      },
    );
    return new Run({ client: this.client, env: this.env, found, user: this.user });
  }

  /**
   * All runs that the server remembers, newest first. Needs no worker; a run that began a moment ago may be missing.
   */
  runs(): Promise<RunSummary[]> {
    return listedRuns(this.client);
  }

  /**
   * The hosts that poll for work, with their current reports; null for a host that does not answer. Throws
   * `TemporalUnreachable`.
   */
  hosts(): Promise<HostReports> {
    return listHosts(this.client);
  }

  /** Open approvals, oldest first. */
  approvals(run?: Run): Promise<ApprovalView[]> {
    return listApprovals(this.client, run?.id ?? null);
  }

  /**
   * The address of the same list in Temporal's Web UI; null if the Web UI's address is not known (`COPPICE_TEMPORAL_UI`).
   */
  approvalsPage(run?: Run): Promise<string | null> {
    const { client, env, home } = this;
    return webUiList({ client, env, home }, viewOfApprovals(run?.id ?? null));
  }

  /**
   * `usd` is the sum to add to a budget; by default, the sum that the approval offers. If the decision does not count,
   * throws `Refused` with the reason. Throws `NotFound`. `remember`: the agent may run the same call again without asking
   * until its unit, or the run, ends.
   */
  approve(
    id: string,
    { usd, remember }: { readonly usd?: number | undefined; readonly remember?: Remembering | undefined } = {},
  ): Promise<DecisionAnswer> {
    const sum = usd === undefined ? {} : { usd };
    const until = remember === undefined ? {} : { remember };
    return this.decide({ id, decision: 'approve', ...sum, ...until });
  }

  deny(id: string, reason?: string): Promise<DecisionAnswer> {
    const why = reason === undefined ? {} : { reason };
    return this.decide({ id, decision: 'deny', ...why });
  }

  /** Answers an agent's question. Throws `BadInput` for a blank answer. */
  answer(id: string, text: string): Promise<DecisionAnswer> {
    return this.decide({ id, decision: 'answer', text });
  }

  /** With a proof where this process has the secret for one. */
  private decide(request: Omit<DecisionRequest, 'user' | 'secret'>): Promise<DecisionAnswer> {
    return decide(this.client, { ...request, user: this.user, secret: tokenSecret(this.env) });
  }

  /** Open approvals whenever one opens, closes or changes; ends when the signal comes. */
  watchApprovals(run?: Run, options: WatchOptions = {}): AsyncGenerator<ApprovalView[]> {
    const read = (): Promise<ApprovalView[]> => this.approvals(run);
    return watchChanges({ read, isLast: () => false, textOf: (views) => JSON.stringify(views) }, options);
  }

  /** One approval, with the beginning of the change that it is about. Throws `NotFound`. */
  approval(id: string): Promise<ApprovalView> {
    return readApproval(this.client, id);
  }

  /**
   * The id of the open approval that has `text` in its id, or with `unit` of exactly this unit of the run `text`; with `decided`, of a landing that
   * has been decided if none is open, to take the decision back. Throws `NotFound`, or `BadInput` if several match.
   */
  findApproval(text: string, unit?: string, options: { readonly decided?: boolean } = {}): Promise<string> {
    return findApproval(this.client, text, unit, options);
  }

  /**
   * The merge queue of a branch; without a branch, of the one that a run would land on. `request` narrows its entries.
   * Throws what a run throws about its repository and branch.
   */
  async queue(repository: string, branch: string | null = null, request: QueueViewRequest = {}): Promise<BranchQueue> {
    return openQueue(this.client, this.user, await this.placeOfQueue(repository, branch), request);
  }

  /**
   * Does what `BranchQueue.steer` does without reading the queue first, so that it is recorded even if no worker answers.
   * Returns what was done, in words.
   */
  async steerQueue(
    repository: string,
    branch: string | null,
    request: QueueRequest,
  ): Promise<{ readonly queue: string; readonly done: string }> {
    const place = await this.placeOfQueue(repository, branch);
    return { queue: place.queue, done: await steerQueue(this.client, place, { ...request, by: this.user }) };
  }

  private async placeOfQueue(repository: string, branch: string | null) {
    const url = readRepository(repository);
    const named = await targetOf(remoteFor(url.display, this.env), branch).catch(async (error: unknown) => {
      // A queue must be steered above all when its remote is away, or its branch.
      const isAway = failureType(error) === 'RepositoryUnreachable';
      if (branch !== null && (isAway || (await this.hasQueue(queueId(url, branch))))) return { branch };
      throw error;
    });
    const { display, slug } = url;
    return { queue: queueId(url, named.branch), slug, repository: display, branch: named.branch };
  }

  private hasQueue(queue: string): Promise<boolean> {
    const description = this.client.workflow.getHandle(queue).describe();
    return description.then(
      () => true,
      () => false,
    );
  }

  /** Task queues that no worker polls; a run waits for them. Throws `TemporalUnreachable` after a few seconds. */
  unpolledQueues(): Promise<string[]> {
    return unpolledQueues(this.client);
  }

  /**
   * What runs that ended before a given time have left on the state remote: that of `repository`, or the one that the
   * environment or a running `coppice dev` names. Throws `StateRemoteMissing`, `RepositoryUnreachable`.
   */
  async prunable({ before, repository }: PruneRequest): Promise<Prunable> {
    const url = repository === undefined ? null : readRepository(repository);
    const stateRemote = await stateRemoteFor(url, this.env, this.home);
    const remote = remoteFor(stateRemote, this.env);
    const runs = await findPrunable(this.client, remote, before);
    const trains = await findOldTrains(this.client, remote, before);
    return { stateRemote, runs, generated: await findOldGenerated(remote, before), trains };
  }

  /** Deletes it, except for runs that are open again and refs that have moved since. */
  prune({ stateRemote, ...prunable }: Prunable): Promise<Pruned> {
    return deletePrunable(this.client, remoteFor(stateRemote, this.env), prunable);
  }

  async close(): Promise<void> {
    await this.client.connection.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
