// A merge queue's reducer, driven by hand: a test says in which order things happen, and what hosts answer. World
// (world.ts) is for what comes of it in the end.
//
// A branch or a tree is named like `T+a+b`: the tip `T`, and `a` and `b` on it. Its verification's key is the same.

import { createHash } from 'node:crypto';
import type { BuildTrainInput, LandResult, MemberResult, QueueRules } from '../../../contracts/activities/landing.ts';
import type { QueueOutcome } from '../../../contracts/messages/unit.ts';
import type { QueueView, QueueViewRequest, SteerRequest } from '../../../contracts/messages/queue.ts';
import type { Verdict } from '../../../contracts/activities/verification.ts';
import type { QueueAction, QueueEvent, QueueState, Step } from '../../../domain/queue/state.ts';
import { type Sha, asSha } from '../../../contracts/ids.ts';
import { emptyQueue } from '../../../domain/queue/state.ts';
import { startJobs, stepQueue } from '../../../domain/queue/step.ts';
import { viewQueue } from '../../../domain/queue/view.ts';
import { context, noon, subject } from '../fixtures.ts';
import { resultOf } from './world.ts';

const by = 'dana';

export class ByHand {
  state: QueueState;
  rules: QueueRules;
  readonly actions: QueueAction[] = [];
  private now = Date.parse(noon);

  constructor(rules: Partial<QueueRules> = {}) {
    const empty = emptyQueue(context().queue);
    this.rules = { ...empty.rules, verify: 'tip', parallel: 4, ...rules };
    this.state = { ...empty, rules: this.rules, batch: Math.min(4, this.rules.batch.max) };
  }

  /** The same unit and result at the same time is the same message. */
  enqueue(unit: string, { result = 1, run = 'r1' } = {}): void {
    const handedIn = { ...subject(unit, resultOf(unit, result)), context: context(run), enqueuedAt: this.at() };
    this.apply({ type: 'message', message: { type: 'enqueue', subject: handedIn } });
  }

  /** They come at once, so that one build takes them. */
  enqueueAll(units: readonly string[], options: { readonly result?: number } = {}): void {
    this.steer({ type: 'pause', by });
    for (const unit of units) this.enqueue(unit, options);
    this.steer({ type: 'resume', by });
  }

  withdraw(name: string): void {
    const { context: of, unit, result } = subject(name, resultOf(name, 1));
    this.apply({ type: 'message', message: { type: 'withdraw', run: of.run, unit, result } });
  }

  steer(request: SteerRequest): void {
    this.apply({ type: 'steer', request });
  }

  /** Nothing wakes the queue meanwhile. */
  wait(seconds: number): void {
    this.now += seconds * 1000;
  }

  tick(): void {
    this.apply({ type: 'tick' });
  }

  /** The last build ends: what is not named is stacked, or has not landed. */
  built(target: string, found: Readonly<Record<string, MemberResult>> = {}): void {
    const { job, input } = this.build;
    let stack = input.on?.key ?? target;
    const members = input.members.map(({ unit, leaving }): MemberResult => {
      const named = found[unit];
      if (named !== undefined) return named;
      if (leaving === true) return { status: 'gone' };
      stack = `${stack}+${unit}`;
      const size = { files: 1, additions: 1, deletions: 0 };
      return { status: 'stacked', commit: commitOf(stack), key: stack, size };
    });
    const { repository, stateRemote } = context();
    const isStacked = members.some(({ status }) => status === 'stacked');
    const source = isStacked ? { repository, stateRemote, ref: refOf(input.train), commit: commitOf(stack) } : null;
    const known = { target: input.on?.target ?? commitOf(target), targetKey: target, rules: this.rules };
    this.apply({ type: 'built', job, result: { status: 'built', members, source, ...known } });
  }

  landed(result: LandResult = { status: 'landed' }): void {
    this.apply({ type: 'landed', job: this.landing, result });
  }

  /** The landing under way fails for good, or else the last build. */
  fails(message: string): void {
    this.apply({ type: 'job-failed', job: this.state.landing === null ? this.build.job : this.landing, message });
  }

  /** The last build has stopped. */
  stopped(): void {
    this.apply({ type: 'job-cancelled', job: this.build.job });
  }

  green(key: string): void {
    this.verdict(key, { status: 'green' });
  }

  red(key: string): void {
    this.verdict(key, { status: 'red', command: 'test', output: 'not ok', failed: ['test'] });
  }

  verdict(key: string, verdict: Verdict): void {
    this.apply({ type: 'verdict', key, verdict });
  }

  get build(): { readonly job: number; readonly input: BuildTrainInput } {
    const build = this.actions.findLast((action) => action.type === 'build');
    if (build === undefined) throw new Error('nothing is built');
    return build;
  }

  /** Units whose build is under way. */
  get building(): readonly string[] {
    return this.state.building?.entries.map(({ unit }) => unit) ?? [];
  }

  /** Units in flight. */
  get line(): readonly string[] {
    return this.state.line?.candidates.map(({ entry }) => entry.unit) ?? [];
  }

  /** Verifications under way. */
  get asked(): readonly string[] {
    return this.state.verdicts.asked.map(({ key }) => key);
  }

  /** The trains that the last build deletes. */
  get dropped(): readonly string[] {
    return this.build.input.drop.map(({ ref }) => ref);
  }

  told(unit: string): readonly QueueOutcome[] {
    return this.actions.flatMap((action) => (action.type === 'tell' && action.unit === unit ? [action.outcome] : []));
  }

  statuses(unit: string): readonly string[] {
    return this.told(unit).map(({ status }) => status);
  }

  view(request: QueueViewRequest = {}): QueueView {
    return viewQueue(this.state, request, this.at());
  }

  reasonOf(unit: string): string | undefined {
    return this.view().entries.find((entry) => entry.unit === unit)?.reason;
  }

  get lastDecision(): string | undefined {
    return this.state.decisions.at(-1)?.text;
  }

  apply(event: QueueEvent): void {
    this.take(stepQueue(this.state, event, this.at()));
    this.take(startJobs(this.state, this.at()));
  }

  private take({ state, actions }: Step): void {
    this.state = state;
    this.actions.push(...actions);
  }

  private get landing(): number {
    if (this.state.landing === null) throw new Error('nothing lands');
    return this.state.landing.job;
  }

  private at(): string {
    return new Date(this.now).toISOString();
  }
}

export function refOf(train: number): string {
  return `refs/trains/${train}`;
}

/** The commit of a branch or a tree. */
export function commitOf(name: string): Sha {
  return asSha(createHash('sha1').update(name).digest('hex'));
}
