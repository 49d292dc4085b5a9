// The library: `import { Coppice } from 'coppice'`. What the commands do, as methods; every command is made of these.
//
//   const coppice = await Coppice.connect();
//   const run = await coppice.start({ repository: 'git@example.com:team/app.git', plan: 'plan.yaml' });
//   for await (const event of run.events()) console.log(event.type);
//   const report = await run.result();
//
// Errors have a type of the catalogue in domain/failures.ts; `explainFailure` reads it. All types: client/types.ts.

import { homedir, userInfo } from 'node:os';
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import type { ApprovalView, DecisionAnswer } from '../domain/approval.ts';
import type { Env } from '../domain/environment.ts';
import type { FoundRun } from './find-run.ts';
import type { PlanCheck } from './check-plan.ts';
import type { PreparedRun, RunRequest } from './prepare-run.ts';
import type { Remote } from '../git/remote.ts';
import type { Report } from '../domain/report.ts';
import type { RunEvent } from './events.ts';
import type { RunId } from '../domain/ids.ts';
import type { UnitCheckout } from './unit-checkout.ts';
import type { UnitDiff } from './unit-diff.ts';
import type { UnitPlace } from './unit-work.ts';
import type { Prunable, Pruned, PruneRequest } from '../domain/pruning.ts';
import type { LoggedTurn, TurnsOptions } from './read-turns.ts';
import type { RunStatusDocument, RunSummary } from './status.ts';
import type { WatchOptions } from './watch-run.ts';
import { WorkflowFailedError } from '@temporalio/client';
import { type UnitAction, actOnUnit } from './act-on-unit.ts';
import { checkPlan } from './check-plan.ts';
import { checkoutUnit } from './unit-checkout.ts';
import { connectClient, temporalTarget } from './temporal.ts';
import { decide, listApprovals } from './decisions.ts';
import { diffUnit } from './unit-diff.ts';
import { eventsOf, watchStatus } from './watch-run.ts';
import { failure } from '../domain/failures.ts';
import { findRun } from './find-run.ts';
import { homeFolder } from '../domain/environment.ts';
import { newRunId, runWorkflowId, stateRefs } from '../domain/ids.ts';
import { listedRuns } from './list-runs.ts';
import { deletePrunable, findPrunable } from './prune-runs.ts';
import { prepareRun, readRunId } from './prepare-run.ts';
import { queueId } from '../git/queue-id.ts';
import { OpenRunReader, readQueue, statusFromReport } from './read-status.ts';
import { readStateFile } from '../git/state.ts';
import { readTurns } from './read-turns.ts';
import { readRepository } from './repository.ts';
import { unitOfRun } from './unit-of-run.ts';
import { remoteFor } from '../git/remote-for.ts';
import { stateRemoteFor } from './state-remote.ts';
import { refuseKnownId, startRun } from './start-run.ts';
import { isUnanswered, unpolledQueues } from './with-worker.ts';

export type * from './types.ts';
export { explainFailure } from './explain-failure.ts';
/** `Coppice` makes them. */
export type { Run };

/** Between two questions to a server that does not answer. */
const patienceMs = 1_000;

export interface ConnectOptions {
  /** Variables to use in place of the process's. */
  readonly env?: Env;
}

export class Coppice {
  /** Who acts: `COPPICE_USER`, or the login name. */
  readonly user: string;
  private readonly client: Client;
  private readonly env: Env;
  private readonly home: string;

  private constructor(client: Client, env: Env) {
    this.client = client;
    this.env = env;
    this.home = homeFolder(env, homedir());
    this.user = env['COPPICE_USER'] || userInfo().username;
  }

  /** Connects as every Temporal tool does. Throws `TemporalUnreachable`. */
  static async connect({ env = process.env }: ConnectOptions = {}): Promise<Coppice> {
    const target = await temporalTarget(env, homeFolder(env, homedir()));
    return new Coppice(await connectClient(target), env);
  }

  /** Every error of a plan at once. Needs no server. */
  static checkPlan(plan: RunRequest['plan']): Promise<PlanCheck> {
    return checkPlan(plan);
  }

  /** Checks everything that a run needs but the server, which is not asked, and starts nothing. Throws named failures. */
  static prepare(request: RunRequest, { env = process.env }: ConnectOptions = {}): Promise<PreparedRun> {
    return prepareRun(request, env, homeFolder(env, homedir()));
  }

  /** Checks everything that a run needs and starts nothing. Throws named failures. */
  async prepare(request: RunRequest): Promise<PreparedRun> {
    const [prepared] = await Promise.all([prepareRun(request, this.env, this.home), this.refuseTaken(request)]);
    return prepared;
  }

  /** Throws `BadInput` for an id that a run has already. */
  async refuseTaken({ id }: Pick<RunRequest, 'id'>): Promise<void> {
    if (id !== undefined) await refuseKnownId(this.client, readRunId(id));
  }

  /** Checks and starts a run. `prepared` saves checking again what `prepare` has answered. */
  async start(request: RunRequest, prepared?: PreparedRun): Promise<Run> {
    const id = request.id === undefined ? newRunId(new Date(), Math.random) : readRunId(request.id);
    const ready = prepared ?? (await this.prepare(request));
    await startRun({ client: this.client, env: this.env, run: id, prepared: ready, requestedBy: this.user });
    return this.run(id);
  }

  /** A run by its id, any unique part of it, or `@latest`. Throws `NotFound`, or `BadInput` when several fit. */
  async run(text: string, { changing = false } = {}): Promise<Run> {
    const found = await findRun(this.client, text, { latestOf: changing ? null : this.user });
    return new Run({ client: this.client, env: this.env, found, user: this.user });
  }

  /** All that the server remembers, newest first. Needs no worker; one that began a moment ago may be missing. */
  runs(): Promise<RunSummary[]> {
    return listedRuns(this.client);
  }

  /** Open approvals, oldest first. */
  approvals(run?: Run): Promise<ApprovalView[]> {
    return listApprovals(this.client, run?.id ?? null);
  }

  /** Throws `Refused`, with the reason, when the decision does not count, and `NotFound`. */
  approve(id: string): Promise<DecisionAnswer> {
    return decide(this.client, { id, decision: 'approve', user: this.user });
  }

  deny(id: string, reason?: string): Promise<DecisionAnswer> {
    const why = reason === undefined ? {} : { reason };
    return decide(this.client, { id, decision: 'deny', ...why, user: this.user });
  }

  /** What is in the merge queue of a branch, in order. */
  async queue(repository: string, branch: string): Promise<{ id: string; entries: RunStatusDocument['queue'] }> {
    const id = queueId(readRepository(repository), branch);
    return { id, entries: await readQueue(this.client, id) };
  }

  /** Task queues that no worker polls; a run waits until they do. Throws `TemporalUnreachable` after a few seconds. */
  unpolledQueues(): Promise<string[]> {
    return unpolledQueues(this.client);
  }

  /**
   * What runs that ended before a time have left on the state remote: that of `repository`, or the one that the
   * environment or a running `coppice dev` names. Throws `StateRemoteMissing`, `RepositoryUnreachable`.
   */
  async prunable({ before, repository }: PruneRequest): Promise<Prunable> {
    const url = repository === undefined ? null : readRepository(repository);
    const stateRemote = await stateRemoteFor(url, this.env, this.home);
    return { stateRemote, runs: await findPrunable(this.client, remoteFor(stateRemote, this.env), before) };
  }

  /** Deletes it, but nothing of runs that are open again, and no ref that has moved since. */
  prune({ stateRemote, runs }: Prunable): Promise<Pruned> {
    return deletePrunable(this.client, remoteFor(stateRemote, this.env), runs);
  }

  async close(): Promise<void> {
    await this.client.connection.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/** One run, open or ended. */
class Run {
  private readonly client: Client;
  private readonly env: Env;
  private readonly found: FoundRun;
  private readonly user: string;

  /** @internal */
  constructor({ client, env, found, user }: { client: Client; env: Env; found: FoundRun; user: string }) {
    this.client = client;
    this.env = env;
    this.found = found;
    this.user = user;
  }

  get id(): RunId {
    return this.found.run;
  }

  /** Throws `TemporalUnreachable` when no worker answers and the run has not ended. */
  status(): Promise<RunStatusDocument> {
    return this.statusWith(new OpenRunReader(this.client, this.id));
  }

  /** Follows the run to its end: a document at every change. */
  watch(options?: WatchOptions): AsyncGenerator<RunStatusDocument> {
    // Asks only for what has changed since it asked last.
    const reader = new OpenRunReader(this.client, this.id);
    return watchStatus(() => this.statusWith(reader), options);
  }

  private async statusWith(reader: OpenRunReader): Promise<RunStatusDocument> {
    const found = await findRun(this.client, this.id, { latestOf: null });
    const report = found.open ? null : await this.readReport();
    return report === null ? reader.read() : statusFromReport(report, null);
  }

  /** The same as events. */
  events(options?: WatchOptions): AsyncGenerator<RunEvent> {
    return eventsOf(this.watch(options));
  }

  /** Waits for the end of the run, however it ends, and answers its report. */
  async result(): Promise<Report> {
    const handle = this.client.workflow.getHandle(runWorkflowId(this.id));
    for (let ended = false; !ended;) {
      ended = await handle.result().then(
        () => true,
        async (error: unknown) => {
          if (error instanceof WorkflowFailedError) return true;
          if (!isUnanswered(error)) throw error;
          await sleep(patienceMs);
          return false;
        },
      );
    }
    return this.report();
  }

  /** Throws `NotFound` while the run has none. */
  async report(): Promise<Report> {
    const report = await this.readReport();
    if (report === null) throw failure('NotFound', `the run ${this.id} has no report yet`);
    return report;
  }

  /** What agents did, turn by turn, by time: of one unit or of all. Throws `NotFound` for a unit it does not have. */
  async *turns(unit?: string, options: TurnsOptions = {}): AsyncGenerator<LoggedTurn> {
    const remote = this.stateRemote();
    const source = {
      run: this.id,
      remote,
      unit: unit === undefined ? null : await unitOfRun(remote, this.id, unit),
      isOver: async () => !(await findRun(this.client, this.id, { latestOf: null })).open,
    };
    yield* readTurns(source, options);
  }

  /** A unit's change against its base. Throws `NotFound`, also when nobody has begun to work on it. */
  async diff(unit: string): Promise<UnitDiff> {
    return diffUnit(await this.place(unit));
  }

  /** Puts a unit's files into a new or empty folder, to take the work over by hand. Throws `NotFound`, `BadInput`. */
  async checkout(unit: string, directory: string): Promise<UnitCheckout> {
    const { repository, branch } = this.found.memo;
    const target = { directory: resolve(directory), origin: remoteFor(repository, this.env), branch };
    return checkoutUnit(await this.place(unit), target);
  }

  /** Throws `Refused` when the run has ended. */
  async cancel(): Promise<void> {
    if (!this.found.open) throw failure('Refused', `the run ${this.id} has ended already`);
    await this.client.workflow.getHandle(runWorkflowId(this.id)).cancel();
  }

  /** Throws `Refused` with the reason, and `NotFound` for a unit that the run does not have. */
  cancelUnit(unit: string): Promise<void> {
    return this.actOn(unit, { type: 'cancel' });
  }

  /**
   * Begins a unit anew that has failed or was cancelled, on the target as it is now; what was skipped because of it waits
   * again. A run that has ended is opened again. Throws as `cancelUnit` does.
   */
  retryUnit(unit: string): Promise<void> {
    return this.actOn(unit, { type: 'retry' });
  }

  /** Leaves a unit out: what needs it goes on without it. Otherwise as `retryUnit`. */
  skipUnit(unit: string): Promise<void> {
    return this.actOn(unit, { type: 'skip', by: this.user });
  }

  private actOn(unit: string, action: UnitAction): Promise<void> {
    return actOnUnit({ client: this.client, env: this.env, found: this.found }, unit, action);
  }

  private async readReport(): Promise<Report | null> {
    const text = await readStateFile(this.stateRemote(), stateRefs.report(this.id), 'report.json');
    // Written by our own activity under a ref of ours.
    return text === null ? null : (JSON.parse(text) as Report);
  }

  private async place(unit: string): Promise<UnitPlace> {
    const remote = this.stateRemote();
    return { run: this.id, unit: await unitOfRun(remote, this.id, unit), remote };
  }

  private stateRemote(): Remote {
    return remoteFor(this.found.memo.stateRemote, this.env);
  }
}
