// One run, open or ended: the result of `coppice.run(…)` and `coppice.start(…)`.

import { homedir } from 'node:os';
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Client, WorkflowFailedError, WorkflowNotFoundError } from '@temporalio/client';
import { type Env, homeFolder } from '../domain/environment.ts';
import type { Remote } from '../git/remote.ts';
import type {
  LoggedTurn,
  Report,
  RunAudit,
  RunBoard,
  RunEvent,
  RunStatusDocument,
  SetupLog,
  StatusOverview,
  TurnsOptions,
  UnitCheckout,
  UnitDiff,
  UnitResolution,
  WatchOptions,
} from './types.ts';
import type { UnitPlace } from './unit/unit-work.ts';
import type { EditedPlan, RunPlan } from './plan/plans-of-run.ts';
import { currentPlan, editRunPlan } from './plan/edit-run-plan.ts';
import { actOnUnit } from './act/act-on-unit.ts';
import { auditRun } from './audit/audit-run.ts';
import type { UnitAction } from './act/unit-action.ts';
import { checkoutUnit } from './unit/unit-checkout.ts';
import { diffUnit } from './unit/unit-diff.ts';
import { readBoard } from './watch/read-board.ts';
import { eventsOf, watchChanges, watchStatus } from './watch/watch-run.ts';
import { failure, failureType } from '../contracts/failures.ts';
import { hasEnded } from './act/update-run.ts';
import { type FoundRun, findRun } from './runs/find-run.ts';
import { OpenRunReader, readOverview, statusFromReport } from './watch/read-status.ts';
import { overviewOf } from './watch/overview.ts';
import { reportCodec, reportFile } from '../formats/state-documents/report.ts';
import { readSetupLogs } from './watch/read-setup-logs.ts';
import { queueId } from '../git/queue-id.ts';
import { readRepository } from './repository.ts';
import { readStateFile } from '../git/state-files.ts';
import { readTurns } from './watch/read-turns.ts';
import { type RunId, type Sha, type UnitId, runWorkflowId, stateRefs } from '../contracts/ids.ts';
import { pauseRun, resumeRun, sendMessage } from './act/steer-run.ts';
import { planUnitOf, unitOfRun } from './unit/unit-of-run.ts';
import { resolveUnit } from './act/resolve-unit.ts';
import { remoteFor } from '../git/remote-for.ts';
import { webUiPage } from './web-ui.ts';
import { isUnanswered } from './with-worker.ts';
import type { Landed } from './queue/queue-document.ts';
import { findLandedUnit, revertUnit } from './queue/revert-unit.ts';
import type { RevertEnd } from '../contracts/queue-view.ts';

/** The pause between tries if the server does not answer. */
const patienceMs = 1_000;

export class Run {
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

  /** Where its units land. */
  get target(): { readonly repository: string; readonly branch: string } {
    const { repository, branch } = this.found.memo;
    return { repository, branch };
  }

  /**
   * The address of the run's page in Temporal's Web UI; null if the Web UI's address is not known (`COPPICE_TEMPORAL_UI`),
   * or the server has forgotten the run.
   */
  webUiPage(): Promise<string | null> {
    const { client, env } = this;
    return webUiPage({ client, env, home: homeFolder(env, homedir()) }, runWorkflowId(this.id));
  }

  /** Throws `TemporalUnreachable` if no worker answers and the run has not ended. */
  status(): Promise<RunStatusDocument> {
    return this.statusWith(new OpenRunReader(this.client, this.id));
  }

  /**
   * What people look at: all units, or if there are more than 50, how many are in each phase and the most urgent ones.
   * Costs the same for any number of units. Throws as `status` does.
   */
  async overview(): Promise<StatusOverview> {
    const { open } = await this.findAgain();
    const overview = open ? await readOverview(this.client, this.id) : null;
    return overview ?? overviewOf(await this.status());
  }

  /** Follows the run to its end: a document at every change. */
  watch(options?: WatchOptions): AsyncGenerator<RunStatusDocument> {
    // Asks only for changes since the last answer.
    const reader = new OpenRunReader(this.client, this.id);
    return watchStatus(() => this.statusWith(reader, options?.looks), options);
  }

  private async statusWith(reader: OpenRunReader, looks?: number): Promise<RunStatusDocument> {
    const found = await this.findAgain();
    const report = found.open ? null : await this.readReport();
    return report === null ? reader.read(looks) : statusFromReport(report);
  }

  /** Looks the run up again; if the server has forgotten it, the earlier result stays. */
  private async findAgain(): Promise<FoundRun> {
    try {
      return await findRun(this.client, this.id, { latestOf: null });
    } catch (error) {
      if (failureType(error) === 'NotFound' && !this.found.open) return this.found;
      throw error;
    }
  }

  /** The same, as events. */
  events(options?: WatchOptions): AsyncGenerator<RunEvent> {
    return eventsOf(this.watch(options));
  }

  /** The plan that people are asked about, or else the one that the run carries out. Throws `NotFound`. */
  async plan(): Promise<RunPlan> {
    const { client, env } = this;
    return currentPlan({ client, env, found: await this.findAgain() });
  }

  /**
   * Changes the plan of an open run: `text` in the format of plan files, `before` the commit of the plan that was edited. What
   * has started stays as it is. `file`: what errors call it. Throws `BadPlan` with every error, and `Refused`.
   */
  async editPlan(before: Sha, text: string, { file = 'plan' }: { readonly file?: string } = {}): Promise<EditedPlan> {
    const { client, env, user } = this;
    return editRunPlan({ client, env, found: await this.findAgain() }, { before, text, file, user });
  }

  /** Waits for the end of the run, whatever its outcome, and returns its report. */
  async result(): Promise<Report> {
    const handle = this.client.workflow.getHandle(runWorkflowId(this.id));
    let why = 'the reason is not known';
    for (let ended = false; !ended;) {
      ended = await handle.result().then(
        () => true,
        async (error: unknown) => {
          if (error instanceof WorkflowFailedError) {
            why = error.cause?.message ?? error.message;
            return true;
          }
          if (error instanceof WorkflowNotFoundError && !this.found.open) return true;
          if (!isUnanswered(error)) throw error;
          await sleep(patienceMs);
          return false;
        },
      );
    }
    const report = await this.readReport();
    if (report === null) throw failure('RunFailed', `the run ${this.id} has ended without a report: ${why}`);
    return report;
  }

  /**
   * Everything that people were asked about the run, each vote and each refusal, and what else people did to it, by time: from
   * the histories on the server, so it needs no worker. `complete` is false if a part of them has gone.
   */
  audit(): Promise<RunAudit> {
    const { client, found } = this;
    const { repository, branch } = this.target;
    const queue = queueId(readRepository(repository), branch);
    return auditRun({ client, found, queue, stateRemote: this.stateRemote() });
  }

  /** Throws `NotFound` while the run has no report. */
  async report(): Promise<Report> {
    const { open } = await this.findAgain();
    const report = open ? null : await this.readReport();
    if (report !== null) return report;
    if (!open) throw failure('NotFound', `the run ${this.id} has ended, and the state remote has no report of it`);
    throw failure('NotFound', `the run ${this.id} has not ended, so it has no report yet`, {
      hint: `\`coppice status ${this.id}\` shows what it does now, and \`coppice status ${this.id} --watch\` follows it to its end.`,
    });
  }

  /** The turns of agents, by time: of one unit or of all. Throws `NotFound` if the run has no such unit. */
  async *turns(unit?: string, options: TurnsOptions = {}): AsyncGenerator<LoggedTurn> {
    const remote = this.stateRemote();
    const source = {
      run: this.id,
      remote,
      unit: unit === undefined ? null : await unitOfRun(remote, this.id, unit),
      isOver: async () => !(await this.findAgain()).open,
    };
    yield* readTurns(source, options);
  }

  /**
   * What the run's agents have told each other; empty if they have not, or the server no longer has it. Throws
   * `TemporalUnreachable` if no worker answers.
   */
  async board(): Promise<RunBoard> {
    const { open } = await this.findAgain();
    return readBoard(this.client, this.id, open);
  }

  /** Follows it to the end of the run: a document at every change. */
  watchBoard(options?: WatchOptions): AsyncGenerator<RunBoard> {
    const read = (): Promise<RunBoard> => this.board();
    return watchChanges({ read, isLast: ({ ended }) => ended, textOf: (board) => JSON.stringify(board) }, options);
  }

  /** The output of the run's setups that hosts have kept: of the try of the target, and of setups that failed. */
  setupLogs(): Promise<SetupLog[]> {
    return readSetupLogs(this.stateRemote(), this.id);
  }

  /** A unit's change against its base. Throws `NotFound`, even if work on the unit has not begun. */
  async diff(unit: string): Promise<UnitDiff> {
    return diffUnit(await this.place(unit));
  }

  /** Puts a unit's files into a new or empty folder, to take the work over by hand. Throws `NotFound`, `BadInput`. */
  async checkout(unit: string, directory: string): Promise<UnitCheckout> {
    const { repository, branch } = this.found.memo;
    const target = { directory: resolve(directory), origin: remoteFor(repository, this.env), branch };
    return checkoutUnit(await this.place(unit), target);
  }

  /**
   * Takes the files of a folder that `checkout` has made as the unit's result, verified like any other. The unit asks
   * what becomes of a conflict, or has failed; then it begins anew with these files. Throws `BadInput` with what is wrong
   * with them, and otherwise as `cancelUnit` does.
   */
  async resolve(unit: string, directory: string): Promise<UnitResolution> {
    const remote = this.stateRemote();
    const { id, scope } = await planUnitOf(remote, this.id, unit);
    const { env, user, client, found } = this;
    const resolving = { directory: resolve(directory), branch: found.memo.branch, scope, env };
    return resolveUnit({ client, env, found, user }, { run: this.id, unit: id, remote }, resolving);
  }

  /** Throws `Refused` if the run has ended. */
  async cancel(): Promise<void> {
    if (!this.found.open) throw hasEnded(this.id);
    await this.client.workflow.getHandle(runWorkflowId(this.id)).cancel();
  }

  /** Throws `Refused` with the reason, and `NotFound` if the run has no such unit. */
  cancelUnit(unit: string): Promise<void> {
    return this.actOn(unit, { type: 'cancel' });
  }

  /**
   * Pauses the run, or one unit, until `resume`: its commands are stopped and the model is not called. Throws as
   * `cancelUnit` does.
   */
  pause(unit?: string): Promise<void> {
    return pauseRun(this.steered(unit ?? null), this.user);
  }

  resume(unit?: string): Promise<void> {
    return resumeRun(this.steered(unit ?? null));
  }

  /** Sends a message to a unit's agent, which gets it at its next turn. Throws as `cancelUnit` does, and `BadInput`. */
  async message(unit: string, text: string): Promise<void> {
    const known = await unitOfRun(this.stateRemote(), this.id, unit);
    await sendMessage({ ...this.steered(unit), unit: known }, { by: this.user, text });
  }

  /**
   * Restarts a unit that has failed or was cancelled, on the target as it is now; units that were skipped because of it
   * wait again. If the run has ended, it is reopened. Throws as `cancelUnit` does.
   */
  retryUnit(unit: string): Promise<void> {
    return this.actOn(unit, { type: 'retry' });
  }

  /**
   * What taking a landed unit back would undo, and what depends on it. Throws `NotFound`, `Refused` if it has not landed,
   * and `TemporalUnreachable`.
   */
  async landedUnit(unit: string): Promise<Landed> {
    return findLandedUnit(await this.status(), unit);
  }

  /**
   * Takes a landed unit back by a change that goes through the merge queue; resolves when that has landed. With `reopen`, the
   * unit begins anew then. Throws `Refused` with the reason, and as `landedUnit` does.
   */
  async revertUnit(
    unit: string,
    options: { reopen?: boolean; signal?: AbortSignal } = {},
  ): Promise<RevertEnd & { readonly commit: Sha }> {
    const { client, env, user, found } = this;
    const { reopen = false, ...rest } = options;
    return revertUnit({ client, env, user, found }, await this.landedUnit(unit), { reopen, ...rest });
  }

  /** Leaves a unit out: units that need it continue without it. Otherwise like `retryUnit`. */
  skipUnit(unit: string): Promise<void> {
    return this.actOn(unit, { type: 'skip', by: this.user });
  }

  private actOn(unit: string, action: UnitAction): Promise<void> {
    return actOnUnit({ client: this.client, env: this.env, found: this.found }, unit, action);
  }

  private steered(unit: string | null) {
    // Unchecked: the run itself looks the unit up.
    return { client: this.client, found: this.found, unit: unit as UnitId | null };
  }

  private async readReport(): Promise<Report | null> {
    const text = await readStateFile(this.stateRemote(), stateRefs.report(this.id), reportFile);
    return text === null ? null : reportCodec.read(text);
  }

  private async place(unit: string): Promise<UnitPlace> {
    const remote = this.stateRemote();
    return { run: this.id, unit: await unitOfRun(remote, this.id, unit), remote };
  }

  private stateRemote(): Remote {
    return remoteFor(this.found.memo.stateRemote, this.env);
  }
}
