// A world around the merge queue's reducer, in virtual time: a branch, hosts that build, verify and land, and units that
// hand in results. What is at fault is known, so that a test can tell whether the queue finds it.

import { createHash } from 'node:crypto';
import type {
  BuildTrainInput,
  BuildTrainResult,
  LandTrainInput,
  MemberResult,
} from '../../../contracts/activities/landing.ts';
import type { QueueOutcome } from '../../../contracts/messages/unit.ts';
import type { SteerRequest } from '../../../contracts/messages/queue.ts';
import type { Verdict } from '../../../contracts/activities/verification.ts';
import type { QueueRules } from '../../../contracts/activities/landing.ts';
import type { QueueAction, QueueEvent, QueueState, Step } from '../../../domain/queue/state.ts';
import { type Sha, asSha } from '../../../contracts/ids.ts';
import { emptyQueue, isEmpty } from '../../../domain/queue/state.ts';
import { startJobs, stepQueue, tickSeconds } from '../../../domain/queue/step.ts';
import { packQueue, unpackQueue } from '../../../domain/queue/pack.ts';
import { context, subject } from '../fixtures.ts';

export interface Facts {
  /** Red by itself, wherever it is. */
  bad?: boolean;
  /** Red together with this one. */
  badWith?: string;
  conflictsWith?: readonly string[];
  solo?: boolean;
  /** Breaks this command, beside `test`. */
  alsoFails?: string;
  /** Makes a red branch green. */
  fixes?: boolean;
  /** With this one it is not red. */
  fixedBy?: string;
}

export interface WorldOptions {
  readonly rules: Partial<QueueRules>;
  readonly units: Readonly<Record<string, Facts>>;
  /** Seconds. */
  readonly verifySeconds?: number;
  readonly gitSeconds?: number;
  /** The branch is red until a unit fixes it. */
  readonly redBranch?: boolean;
  /** Whether the nth verification fails without a reason. */
  readonly isFlaky?: (n: number) => boolean;
  /** Whether the nth push arrives although its host dies. */
  readonly diesAfterPush?: (n: number) => boolean;
  /** Whether the nth landing fails for good, and its push never arrives. */
  readonly losesPush?: (n: number) => boolean;
  /** Builds end although they are cancelled, as those do that hear of it too late. */
  readonly endsCancelled?: boolean;
  /** Seconds of the verification of a tree; absent = `verifySeconds`. */
  readonly secondsOf?: (key: string) => number;
  readonly nothingToVerify?: boolean;
  /** What the remote answers to every push. */
  readonly refuses?: string;
  /** Red trees may land, because the branch is as red. */
  readonly landsRed?: boolean;
  /** Packs the state after each step, as a continue-as-new does. */
  readonly repacks?: boolean;
}

const defaults: QueueRules = {
  verify: 'tip',
  parallel: 4,
  batch: { min: 1, max: 16 },
  retries: 1,
  timeoutSeconds: 1800,
  onRedBase: 'hold',
};

export class World {
  now = Date.parse('2026-01-01T12:00:00Z');
  state: QueueState = emptyQueue('queue:repository-0a1b2c3d');
  readonly rules: QueueRules;
  /** What is on the branch, in order. */
  branch: string[] = [];
  readonly told = new Map<string, QueueOutcome[]>();
  /** Trees whose verification was green. */
  readonly verified = new Set<string>();
  readonly log: string[] = [];
  /** Refs of trains that builds were told to delete. */
  readonly dropped: string[] = [];
  /** What each train describes, by its ref: a host can verify nothing else from there. */
  private readonly described = new Map<string, ReadonlySet<string>>();
  private landings = 0;
  verifications = 0;
  pushes = 0;
  private flakes = 0;
  private readonly commits = new Map<Sha, readonly string[]>();
  private readonly due: { at: number; cancelled: boolean; run: () => void; job: number | string }[] = [];
  private readonly options: WorldOptions;

  constructor(options: WorldOptions) {
    this.options = options;
    this.rules = { ...defaults, ...options.rules };
    this.state = { ...this.state, batch: Math.min(4, this.rules.batch.max), rules: this.rules };
  }

  enqueue(unit: string, result = 1): void {
    const enqueuedAt = new Date(this.now).toISOString();
    this.apply({
      type: 'message',
      message: { type: 'enqueue', subject: { ...subject(unit, resultOf(unit, result)), enqueuedAt } },
    });
  }

  withdraw(unit: string, result = 1): void {
    const { run } = context();
    const whose = { run, unit: subject(unit, resultOf(unit, result)).unit, result: resultOf(unit, result) };
    this.apply({ type: 'message', message: { type: 'withdraw', ...whose } });
  }

  steer(request: SteerRequest): void {
    this.apply({ type: 'steer', request });
  }

  /** Somebody else's push. */
  push(name: string): void {
    this.branch = [...this.branch, name];
  }

  after(seconds: number, run: () => void): void {
    this.due.push({ at: this.now + seconds * 1000, cancelled: false, run, job: 'test' });
  }

  /** Runs until nothing happens any more, or for so long. */
  run(seconds = 1_000_000): void {
    const end = this.now + seconds * 1000;
    for (let steps = 0; ; steps++) {
      if (steps > 200_000) throw new Error(`no end: ${JSON.stringify(this.state.decisions.slice(-5))}`);
      const next = this.due.filter(({ cancelled }) => !cancelled).toSorted((a, b) => a.at - b.at)[0];
      const wakeAt = isEmpty(this.state) ? Infinity : this.lastTick + tickSeconds * 1000;
      const at = Math.min(next?.at ?? Infinity, wakeAt);
      if (at === Infinity || at > end)
        return void (this.now = Math.min(end, Math.max(this.now, at === Infinity ? this.now : end)));
      // Ticks alone change nothing.
      if (next === undefined && this.isIdle() && steps > 50 && at === wakeAt && this.ticks++ > 50) return;
      this.now = Math.max(this.now, at);
      if (next !== undefined && next.at === at) {
        this.due.splice(this.due.indexOf(next), 1);
        this.ticks = 0;
        next.run();
      } else {
        this.lastTick = this.now;
        this.apply({ type: 'tick' });
      }
    }
  }

  private ticks = 0;
  private lastTick = Date.parse('2026-01-01T12:00:00Z');

  lastOf(unit: string): QueueOutcome | undefined {
    return this.told.get(unit)?.at(-1);
  }

  private isIdle(): boolean {
    return this.state.building === null && this.state.landing === null && this.state.verdicts.asked.length === 0;
  }

  apply(event: QueueEvent): void {
    this.take(stepQueue(this.state, event, this.iso()));
    this.take(startJobs(this.state, this.iso()));
    if (this.options.repacks === true) this.state = unpackQueue(structuredClone(packQueue(this.state)));
  }

  private iso(): string {
    return new Date(this.now).toISOString();
  }

  private take({ state, actions }: Step): void {
    this.state = state;
    for (const action of actions) this.perform(action);
  }

  private perform(action: QueueAction): void {
    const { gitSeconds = 0.2 } = this.options;
    switch (action.type) {
      case 'build':
        return this.job(action.job, gitSeconds, () => ({
          type: 'built',
          job: action.job,
          result: this.build(action.input),
        }));
      case 'land':
        return this.job(action.job, gitSeconds, () => this.land(action.job, action.input));
      case 'request':
        return this.request(action.key, action.subscription.source.ref);
      case 'release':
        return this.cancel(action.key);
      case 'cancel':
        return this.cancelJob(action.job);
      case 'tell': {
        this.log.push(`${action.unit} ${action.outcome.status}`);
        this.told.set(action.unit, [...(this.told.get(action.unit) ?? []), action.outcome]);
      }
    }
  }

  private job(job: number | string, seconds: number, work: () => QueueEvent): void {
    this.due.push({ at: this.now + seconds * 1000, cancelled: false, run: () => this.apply(work()), job });
  }

  private cancelJob(job: number): void {
    const known = this.due.find((each) => each.job === job && !each.cancelled);
    if (known === undefined || this.options.endsCancelled === true) return;
    known.cancelled = true;
    this.due.push({
      at: this.now,
      cancelled: false,
      run: () => this.apply({ type: 'job-cancelled', job }),
      job: 'cancelled',
    });
  }

  private cancel(job: string): void {
    for (const each of this.due) if (each.job === job) each.cancelled = true;
  }

  private request(key: string, ref: string): void {
    if (this.described.get(ref)?.has(key) !== true) throw new Error(`${ref} does not say how to verify ${key}`);
    if (this.due.some((each) => each.job === key && !each.cancelled)) return;
    const { verifySeconds = 60 } = this.options;
    const verdict = this.verify(key);
    this.job(key, this.options.secondsOf?.(key) ?? verifySeconds, () => {
      if (verdict.status === 'green') this.verified.add(key);
      return { type: 'verdict', key, verdict };
    });
  }

  private verify(key: string): Verdict {
    this.verifications += 1;
    const isFlake = this.options.isFlaky?.((this.flakes += 1)) ?? false;
    if (this.isGreen(key) && !isFlake) return { status: 'green' };
    const also = key.split('+').flatMap((name) => this.options.units[name]?.alsoFails ?? []);
    return { status: 'red', command: 'test', output: 'not ok', failed: ['test', ...also] };
  }

  private isGreen(key: string): boolean {
    const members = key.split('+');
    const { units, redBranch = false } = this.options;
    const facts = members.map((name) => units[name] ?? {});
    if (redBranch && !facts.some(({ fixes }) => fixes === true)) return false;
    return facts.every(
      ({ bad, badWith, fixedBy, alsoFails }) =>
        alsoFails === undefined &&
        (bad !== true || (fixedBy !== undefined && members.includes(fixedBy))) &&
        (badWith === undefined || !members.includes(badWith)),
    );
  }

  private build({ members, on, unless, green, train, queue, drop }: BuildTrainInput): BuildTrainResult {
    const { units, nothingToVerify = false } = this.options;
    this.dropped.push(...drop.map(({ ref }) => ref));
    const target = this.commit(this.branch);
    if (unless === target) return { status: 'unchanged' };
    const below = on === null ? target : on.target;
    const start = on === null ? this.branch : this.membersOf(on.commit);
    const landed = this.membersOf(below);
    let stack = [...start];
    let isFull = false;
    const results = members.map(({ unit: of, leaving, reverts }): MemberResult => {
      const unit = reverts === undefined ? of : `revert of ${of}`;
      if (landed.includes(unit))
        return { status: 'already-landed', commit: this.commit(landed.slice(0, landed.indexOf(unit) + 1)) };
      if (leaving === true) return { status: 'gone' };
      if (isFull) return { status: 'later' };
      const { conflictsWith = [], solo = false } = units[unit] ?? {};
      if (conflictsWith.some((other) => landed.includes(other))) {
        return { status: 'conflict', conflicts: [{ path: 'same.ts', kind: 'contents' }] };
      }
      if (conflictsWith.some((other) => stack.includes(other))) return { status: 'behind' };
      if (solo && stack.length > landed.length) {
        isFull = true;
        return { status: 'later' };
      }
      stack = [...stack, unit];
      if (solo || stack.length - start.length >= this.rules.batch.max) isFull = true;
      const key = nothingToVerify ? null : keyOf(stack);
      return {
        status: 'stacked',
        commit: this.commit(stack),
        key,
        size: { files: 1, additions: 1, deletions: 0 },
        ...(solo ? { solo } : {}),
      };
    });
    const tip = results.findLast((result) => result.status === 'stacked');
    const isKnown = tip?.status === 'stacked' && (tip.key === null || green.includes(tip.key));
    const base = {
      target: below,
      rules: this.rules,
      members: results,
      targetKey: nothingToVerify ? null : keyOf(landed),
    };
    if (tip === undefined) return { status: 'built', ...base, source: null };
    if (
      isKnown &&
      on === null &&
      (this.rules.verify === 'tip' ||
        results.every((each) => each.status !== 'stacked' || each.key === null || green.includes(each.key)))
    ) {
      this.moveTo(stack);
      return { status: 'landed', ...base, source: null };
    }
    const source = {
      repository: '/srv/repository.git',
      stateRemote: '/srv/state.git',
      ref: `refs/coppice/${queue}/${train}`,
      commit: target,
    };
    const keys = results.flatMap((each) => (each.status === 'stacked' && each.key !== null ? [each.key] : []));
    this.described.set(
      source.ref,
      new Set([...keys, ...(on === null && base.targetKey !== null ? [base.targetKey] : [])]),
    );
    return { status: 'built', ...base, source };
  }

  private land(job: number, { target, commit }: LandTrainInput): QueueEvent {
    const { refuses, nothingToVerify, landsRed, losesPush } = this.options;
    this.landings += 1;
    if (losesPush?.(this.landings) === true) return { type: 'job-failed', job, message: 'the host died' };
    if (this.commit(this.branch) !== target) return { type: 'landed', job, result: { status: 'moved' } };
    if (refuses !== undefined) {
      this.pushes += 1;
      return { type: 'landed', job, result: { status: 'refused', message: refuses } };
    }
    const key = keyOf(this.membersOf(commit));
    const isAllowed = nothingToVerify === true || landsRed === true || this.verified.has(key);
    if (!isAllowed) throw new Error(`landed without a green verification: ${key}`);
    this.moveTo([...this.membersOf(commit)]);
    if (this.options.diesAfterPush?.(this.pushes) === true)
      return { type: 'job-failed', job, message: 'the host died' };
    return { type: 'landed', job, result: { status: 'landed' } };
  }

  private moveTo(members: string[]): void {
    this.pushes += 1;
    if (new Set(members).size !== members.length) throw new Error(`twice on the branch: ${members.join()}`);
    this.branch = members;
  }

  private commit(members: readonly string[]): Sha {
    const id = asSha(createHash('sha1').update(members.join('\n')).digest('hex'));
    this.commits.set(id, members);
    return id;
  }

  private membersOf(commit: Sha): readonly string[] {
    const members = this.commits.get(commit);
    if (members === undefined) throw new Error(`no commit ${commit}`);
    return members;
  }
}

/** Merges commute here, so a tree is the set of what is in it. */
function keyOf(members: readonly string[]): string {
  return members.toSorted().join('+') || 'empty';
}

export function resultOf(unit: string, result: number): Sha {
  return asSha(createHash('sha1').update(`${unit} ${result}`).digest('hex'));
}
