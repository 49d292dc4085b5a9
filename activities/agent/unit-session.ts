// A unit's conversation and worktree on this host, for the time of one slice. What it knows is in the checkpoint after
// every step, so that another host can go on from there.

import type { SliceHost } from './slice-host.ts';
import type { UnitTotals } from '../../contracts/usage.ts';
import type { SliceInput, SliceOutcome } from '../../contracts/activities/agent.ts';
import type { AskVerdict } from '../../contracts/approval.ts';
import type { AgentSession, AgentStop } from './contract.ts';
import type { Complaint } from './judge-work.ts';
import type { Config } from '../../contracts/documents/config.ts';
import type { HostRepository, UnitStore } from '../repository/contract.ts';
import type { MetConflict } from '../landing/merge/read-merge.ts';
import type { ToldConflict } from './conflict-words.ts';
import type { Plan, PlanUnit } from '../../contracts/documents/plan.ts';
import type { Sha } from '../../contracts/ids.ts';
import type { Sandbox } from '../sandbox/contract.ts';
import type { SessionFolder } from './session-folder.ts';
import type { WorkNames } from '../sandbox/work-names.ts';
import type { SlicePulse } from './slice-pulse.ts';
import type { SliceStop } from './slice-stop.ts';
import type { SetupProblem } from '../worktrees/setup/unit-setup.ts';
import { Progress } from './progress.ts';
import { type Renewal, SessionWorktree } from './session-worktree.ts';
import type { SessionJournal } from './journal.ts';
import { allowedEnv, checkEnv, networkFor } from '../sandbox/policy.ts';
import { claimUnit } from './claim-unit.ts';
import { cannotBeStored, firstMessage, setupFailsHere, systemPrompt } from './prompt.ts';
import { failureType } from '../../contracts/failures.ts';
import { judgeCheck, judgeLarge, judgeSetup, judgeSkipped, judgeUnstorable, patience } from './judge-work.ts';
import { lookAtWork, untouchedConflicts } from './look-at-work.ts';
import { namesOfTarget } from '../repository/target-rules.ts';
import { noticing } from '../sandbox/wrapped.ts';
import { readInstructions } from './instructions.ts';
import { feedbackKey, rebaseOnce, takeNews } from './news.ts';
import { askingFirst, globsOfMerge, judgeAsking, judgeEgress, judgeMerge } from '../../formats/policy/judge.ts';
import { offerSides } from './conflict-files.ts';
import { lostCallUsd } from './lost-call.ts';
import { makeSessionFolder } from './session-folder.ts';
import { makeTools } from './tools/make-tools.ts';
import { takeWorkNames } from '../sandbox/work-names.ts';
import { type CheckResult, runChecks } from '../landing/verify/run-checks.ts';
import type { CheckPlace } from '../landing/verify/run-checks.ts';
import { withUnitCheck } from '../landing/verify/verify-candidate.ts';

/** Changed paths that travel in a result; the count says how many there are. */
const shownPaths = 50;
const shownLargeFiles = 10;

interface Attempt {
  readonly pulse: SlicePulse;
  readonly stop: SliceStop;
  readonly attempt: number;
}

interface Opened {
  readonly host: SliceHost;
  readonly input: SliceInput;
  readonly attempt: Attempt;
  readonly repository: HostRepository;
  readonly store: UnitStore;
  readonly journal: SessionJournal;
  readonly unit: PlanUnit;
  readonly config: Config;
  readonly prepared: SessionWorktree;
  readonly folder: SessionFolder;
  readonly names: WorkNames;
  /** What the queue's merge has left to settle, and as the agent is told of it. */
  readonly conflicts: readonly MetConflict[];
  readonly told: readonly ToldConflict[];
}

export class UnitSession {
  private readonly o: Opened;
  /** Every command in the worktree runs here. */
  private sandbox: Sandbox;
  /** Whether a command may have changed the worktree since it was saved last: only then it is looked at again. */
  private touched: boolean;
  private readonly progress: Progress;
  private readonly workUntil: number | null;
  private readonly until: number | null;
  /** As it was saved last, on this host. */
  private tree: Sha | null = null;
  private told: { readonly message: string; readonly tree: Sha | null } | null = null;
  /** Why the worktree cannot be stored as it is; what is saved then is the conversation. */
  private unstorable: string | null = null;
  /** What is in the worktree and cannot be work, as of the last look. */
  private skipped: readonly string[] = [];
  private readonly named = new Set<string>();

  private constructor(opened: Opened) {
    this.o = opened;
    this.touched = false;
    this.progress = new Progress(opened.journal.turns);
    const { maxSeconds } = opened.config.agent;
    this.workUntil = maxSeconds === null ? null : Date.now() + (maxSeconds - opened.input.workedSeconds) * 1000;
    const { seconds = null } = opened.input;
    this.until = seconds === null ? null : Date.now() + seconds * 1000;
    this.sandbox = this.guardedSandbox();
  }

  private guardedSandbox(): Sandbox {
    const { host, prepared, folder } = this.o;
    const guarded = host.guard.over(host.sandbox, [prepared.worktree.path, folder.path]);
    return noticing(guarded, () => (this.touched = true));
  }

  /** Claims the unit, restores its prepared worktree and its conversation, applies what the queue sent back. */
  static async open(host: SliceHost, input: SliceInput, attempt: Attempt): Promise<UnitSession> {
    const { context } = input;
    const { repository, plan, config, unit, store, journal } = await claimUnit(host, input, attempt.attempt);
    let folder: SessionFolder | null = null;
    let names: WorkNames | null = null;
    try {
      const conflicts = await rebaseOnce(store, journal, input.feedback);
      const watch = { signal: attempt.stop.commands, onStart: (name: string) => attempt.pulse.doing(name) };
      const prepared = await SessionWorktree.open({ host, input, config, store, watch });
      folder = await makeSessionFolder(host.home, host.sandbox);
      const told = await offerSides(store, conflicts, folder.conflicts);
      names = await takeWorkNames({ run: context.run, unit: unit.id }, config.worktree.ports);
      const parts = { host, input, attempt, repository, store, journal, unit, config, prepared, folder, names };
      const session = new UnitSession({ ...parts, conflicts, told });
      // Otherwise it holds what the checkpoint says.
      if (prepared.mayHoldMore) await session.setBaseline();
      await session.prepare(plan);
      return session;
    } catch (error) {
      await folder?.remove();
      await names?.release();
      await store.close();
      throw error;
    }
  }

  async converse(): Promise<AgentStop> {
    const { host, input, attempt, journal, unit, config } = this.o;
    const place = { ...this.place(), mounts: this.mounts() };
    const parts: AgentSession = {
      context: input.context,
      unit,
      config,
      host: host.hostId,
      journal,
      tools: makeTools({ ...place, outputs: this.o.folder.outputs }),
      place: { ...place, folder: this.o.folder.path },
      spendUpToUsd: input.spendUpToUsd,
      maxTurns: unit.maxTurns ?? config.agent.maxTurns,
      limitUsd: input.limitUsd,
      tokensUpTo: input.tokensUpTo ?? null,
      turnsUpTo: input.turnsUpTo ?? null,
      until: this.until,
      workUntil: this.workUntil,
      signal: attempt.stop.cancelled,
      hurry: attempt.stop.commands,
      draining: () => host.draining() || attempt.stop.leaving,
      doing: (text) => attempt.pulse.doing(text),
      modelCall: (now) => attempt.pulse.modelCall(now),
      idleTurns: () => this.progress.idle,
      turnEnded: async () => {
        const before = this.unstorable;
        await this.save();
        if (this.tree !== null) this.progress.answered(journal.turns, this.tree);
        if (this.unstorable !== null && this.unstorable !== before) {
          journal.addUserMessage(cannotBeStored(this.unstorable), `unstorable:turn:${journal.turns.length}`);
        }
      },
    };
    try {
      return await host.drivers[config.agent.driver].converse(parts);
    } finally {
      // Also when the model could not be asked: the worktree goes with the slice, and what the tools have done since the
      // last answer is only there.
      if (!attempt.stop.cancelled.aborted) await this.save();
    }
  }

  /** What is missing from the work as it was saved last; null = it is done. */
  async judge(): Promise<Complaint | null> {
    const { repository, store, unit, input, attempt } = this.o;
    if (this.unstorable !== null) return judgeUnstorable(this.unstorable);
    const wasTold = (key: string): boolean => this.o.journal.has(key);
    const { conflicts, told, prepared } = this.o;
    const { cancelled: signal } = attempt.stop;
    const look = await lookAtWork({
      ...{ repository, store, unit, conflicts, told, wasTold, signal },
      feedback: input.feedback,
    });
    const complaint = look ?? this.nameSkipped();
    if (complaint !== null) return complaint;
    const large = unit.scope === null && this.timesTold('large') === 0 ? await store.largeFiles() : [];
    if (large.length > 0) return judgeLarge(large);
    const problem = await this.setUpAgain();
    if (problem !== null) return judgeSetup(problem);
    let result = await this.check();
    if (result.status !== 'green' && (await this.renew('as a candidate'))) {
      // It may be the setup's result that was out of date.
      if (prepared.problem !== null) return judgeSetup(prepared.problem);
      result = await this.check();
    }
    return judgeCheck(result);
  }

  /** What a red check leaves goes: it is not the agent's, and would be in its way when it makes the same again. */
  private async check(): Promise<CheckResult> {
    const { config, unit, host, prepared, attempt, store } = this.o;
    const place = this.place();
    const check: CheckPlace = {
      ...place,
      env: { ...checkEnv(config.sandbox, host.policy, host.env), ...place.env },
      worktree: prepared.worktree,
      onStart: (name) => attempt.pulse.doing(`check: ${name}`),
    };
    const result = await runChecks(check, withUnitCheck(config.verify, unit.verify));
    if (result.status !== 'green') await this.leaveBehind(() => store.undoCommand(attempt.stop.cancelled));
    return result;
  }

  /** What people may be asked to allow, so that the setup succeeds; null = nothing, or they have said no. */
  networkToAskFor(): Omit<Extract<SliceOutcome, { status: 'egress' }>, 'status'> | null {
    const { prepared, input, config } = this.o;
    const { wish = null, message: output = '' } = prepared.problem ?? {};
    const verdict = judgeEgress(config);
    if (wish === null || verdict.decide !== 'ask' || input.egress?.refused.includes(wish.key) === true) return null;
    return { wish, output, verdict };
  }

  /** Why the setup does not succeed with the work as it was saved last; null = it does, or there is none. */
  private async setUpAgain(): Promise<SetupProblem | null> {
    await this.renew('if its inputs changed');
    return this.o.prepared.problem;
  }

  /** True when there is a new worktree. */
  private async renew(when: Renewal): Promise<boolean> {
    if (!(await this.o.prepared.renew(when))) return false;
    this.sandbox = this.guardedSandbox();
    await this.setBaseline();
    return true;
  }

  /** Says once what is no part of the work; the agent may leave it so. */
  private nameSkipped(): Complaint | null {
    const fresh = this.skipped.filter((path) => !this.named.has(path));
    for (const path of fresh) this.named.add(path);
    return fresh.length === 0 || this.timesTold('skipped') >= patience.skipped ? null : judgeSkipped(fresh);
  }

  timesTold(kind: Complaint['kind']): number {
    let times = 0;
    while (this.o.journal.has(`${this.round(kind)}${times + 1}`)) times += 1;
    return times;
  }

  /** What comes back from the queue is a round of its own: who settled one conflict may be told of another. */
  private round(kind: Complaint['kind']): string {
    const { feedback } = this.o.input;
    return feedback === null ? `${kind}:` : `${kind}:${feedbackKey(feedback)}:`;
  }

  /** Whether it was told the very same, and has changed no file since. */
  hasIgnored({ message }: Complaint): boolean {
    return this.told !== null && this.told.tree === this.tree && this.told.message === message;
  }

  async tell({ kind, message, key }: Complaint): Promise<void> {
    this.told = { message, tree: this.tree };
    this.o.journal.addUserMessage(message, key ?? `${this.round(kind)}${this.timesTold(kind) + 1}`);
    await this.save();
  }

  async finish(): Promise<SliceOutcome> {
    const { repository, store, unit, config, input } = this.o;
    const { run, requestedBy } = input.context;
    const made = await store.makeResult({
      subject: unit.title,
      trailers: [
        ['Coppice-Run', run],
        ['Coppice-Unit', unit.id],
        ['Requested-by', requestedBy],
      ],
    });
    if (made === null) throw new Error('work without a change was judged done');
    const { scope } = unit;
    const target = await namesOfTarget(repository, store.base, globsOfMerge(config, scope));
    const change = { changed: made.changed.map(({ path }) => path), scope, target };
    const kept = (await untouchedConflicts(store, this.o.conflicts)).slice(0, shownPaths).map(({ path }) => path);
    const largeFiles = (await store.largeFiles()).slice(0, shownLargeFiles);
    return {
      status: 'done',
      result: made.result,
      base: store.base,
      verdict: judgeMerge(config, change),
      changed: askingFirst(config, change).slice(0, shownPaths),
      changedCount: change.changed.length,
      ...(kept.length === 0 ? {} : { kept }),
      ...(largeFiles.length === 0 ? {} : { largeFiles }),
    };
  }

  /** Whether the agent may ask a person. */
  mayAsk(): AskVerdict {
    return judgeAsking(this.o.config, 'question');
  }

  totals(): UnitTotals {
    return this.o.journal.totals();
  }

  async close(): Promise<void> {
    await this.o.folder.remove();
    await this.o.names.release();
    await this.o.store.close();
  }

  /** A command of ours has run in the worktree: what it left is not the unit's work. */
  private setBaseline(): Promise<void> {
    return this.leaveBehind(() => this.o.store.setBaseline(this.o.attempt.stop.cancelled));
  }

  private async leaveBehind(ours: () => Promise<void>): Promise<void> {
    try {
      await ours();
      this.touched = false;
    } catch (error) {
      // The next save meets the same, and tells the agent.
      if (failureType(error) !== 'SnapshotRefused') throw error;
      this.touched = true;
    }
  }

  private async prepare({ goal, units }: Plan): Promise<void> {
    const { input, journal, unit, config } = this.o;
    journal.begin({
      model: config.agent.model,
      system: systemPrompt({ unit, config }),
      firstMessage: firstMessage({
        unit,
        instructions: await readInstructions(this.o.repository, this.o.store.base, config.agent.instructions),
        goal,
        redTarget: input.context.redTarget,
        units,
      }),
    });
    const lostUsd = lostCallUsd(journal, this.o.attempt.pulse.uncharged);
    journal.chargeLostCall(lostUsd);
    this.o.attempt.pulse.update({ turn: journal.turns.length, costUsd: journal.costUsd });
    takeNews(journal, input, this.o.told);
    this.tellOfSetup();
    // What the queue sent back is in the worktree now, and the next call may be lost as well, when only that one would be
    // charged. Otherwise there is nothing yet that another host could not make.
    if (input.feedback !== null || lostUsd > 0) await this.save();
  }

  /** Before the model is asked: with these files the worktree is not what the agent expects. */
  private tellOfSetup(): void {
    const { journal, store, prepared } = this.o;
    if (prepared.problem === null || this.networkToAskFor() !== null) return;
    journal.addUserMessage(setupFailsHere(prepared.problem.message), `setup:tree:${store.tree}`);
  }

  /** Returns when everything there is to know of the unit is in an acknowledged checkpoint. */
  private async save(): Promise<void> {
    const { store, journal, attempt } = this.o;
    const files = journal.takeChanged();
    const { touched } = this;
    if (!touched && Object.keys(files).length === 0) return;
    this.touched = false;
    const { checkpoint, tree } = await store
      .save(files, { untouched: !touched, signal: attempt.stop.cancelled })
      .then((saved) => {
        if (touched) [this.unstorable, this.skipped] = [null, saved.skipped];
        return saved;
      })
      .catch(async (error: unknown) => {
        this.touched ||= touched;
        if (failureType(error) !== 'SnapshotRefused') throw error;
        this.unstorable = error instanceof Error ? error.message : String(error);
        return store.save(files, { untouched: true });
      })
      .catch((error: unknown) => {
        journal.putBack(files);
        throw error;
      });
    this.tree = tree;
    attempt.pulse.saved({ checkpoint, turn: journal.turns.length, costUsd: journal.costUsd });
  }

  private mounts() {
    return [...this.o.prepared.worktree.mounts, ...this.o.folder.mounts];
  }

  private place() {
    const { host, config, prepared, attempt, names } = this.o;
    const { memoryMb, timeoutSeconds, env, network } = config.sandbox;
    return {
      sandbox: this.sandbox,
      env: { ...prepared.worktree.env, ...allowedEnv(env, host.policy, host.env), ...names.env },
      network: networkFor('agent', network, host.policy.networkAllowed),
      limits: { memoryMb, timeoutSeconds },
      signal: attempt.stop.commands,
    };
  }
}
