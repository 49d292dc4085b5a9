import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { recordOf } from '../../domain/unit/record.ts';
import { beginUnit } from '../../domain/unit/state.ts';
import { noTotals } from '../../domain/money/usage.ts';
import { beginRun } from '../../domain/run/begin.ts';
import type { RunSettings } from '../../domain/run/settings.ts';
import type { RunInput } from '../../domain/run/input.ts';
import type { Decision } from '../../contracts/approval.ts';
import type { UnitTotals } from '../../contracts/usage.ts';
import type { UnitEnd } from '../../contracts/documents/records.ts';
import type { PackedRun } from '../../domain/run/pack.ts';
import type { PlanNode } from '../../contracts/documents/plan.ts';
import type { RunGraph } from '../../domain/plan/graph.ts';
import type { RunState, RunUnit } from '../../domain/run/state.ts';
import { answerRequests, unitsAtWork } from '../../domain/run/grants.ts';
import { unitsToStart } from '../../domain/run/schedule.ts';
import { openUnits, reasonOf, runEnd, stepRun } from '../../domain/run/step.ts';
import { packRun, unpackRun } from '../../domain/run/pack.ts';
import { decide } from '../../domain/approval/decide.ts';
import { statusOf, viewRun } from '../../domain/run/view.ts';
import { refusePause, refuseResume, refuseRetry, refuseSkip } from '../../domain/run/actions.ts';
import { recordsOf, unrecorded } from '../../domain/run/records.ts';
import { unpackGraph } from '../../domain/plan/graph.ts';
import { context, decision, graphOf, node, noon, openView, runSettings, sha, unit } from './fixtures.ts';

const now = Date.parse(noon);
const settings = runSettings;
const diamond = [node('a'), node('b', ['a']), node('c', ['a']), node('d', ['b', 'c'])];

/** A run with a hand on it. */
class Bench {
  state: RunState;
  readonly graph: RunGraph;
  private readonly seq = new Map<string, number>();
  readonly settings: RunSettings;

  constructor(nodes: readonly PlanNode[], change: Partial<RunSettings> = {}) {
    this.settings = { ...settings, ...change };
    this.graph = unpackGraph(graphOf(nodes));
    this.state = beginRun(this.graph, this.settings, now);
  }

  step(event: Parameters<typeof stepRun>[2]): void {
    this.state = stepRun(this.graph, this.state, event, now);
  }

  start(): string[] {
    const starting = unitsToStart(this.graph, this.state, this.settings.parallel);
    for (const { id } of starting) this.step({ type: 'started', unit: id });
    return starting.map(({ id }) => id);
  }

  ask(id: string, slice = 1): void {
    this.step({
      type: 'unit',
      message: { unit: unit(id), seq: this.next(id), type: 'wants-slice', slice, toppedUpUsd: 0 },
    });
  }

  answers() {
    const { state, answers } = answerRequests(this.graph, this.settings, this.state, now);
    this.state = state;
    return answers.map(({ unit: id, message }) => [
      id,
      message.type === 'granted' ? message.allowance.usd : message.type,
    ]);
  }

  settle(
    id: string,
    costUsd: number,
    phase: 'ready' | 'parked' | 'asking' | 'queued' = 'queued',
    { used = {}, ...more }: { why?: string; credential?: string; used?: Partial<UnitTotals> } = {},
  ): void {
    const totals = { ...noTotals, costUsd, ...used };
    const seq = this.next(id);
    const message = { unit: unit(id), seq, type: 'settled', phase, totals, slices: 1, ...more } as const;
    this.step({ type: 'unit', message });
  }

  /** What people decide about the whole run. */
  decide(kind: 'budget' | 'credential', change: Partial<Decision> = {}): void {
    const place = { repository: '/srv/r.git', branch: 'main', title: 'T', requestedBy: 'dana' };
    const about = {
      budget: { kind: 'budget', subject: { ...place, spentUsd: 1, limitUsd: 1, topUpUsd: 1 } },
      credential: { kind: 'credential', subject: { ...place, problem: '401' } },
    } as const;
    const { view, ruling } = decide({ ...openView(), ...about[kind], unit: null }, decision(change), noon);
    if (!ruling.accepted) throw new Error(ruling.message);
    this.step({ type: 'ask-ended', view, asked: this.state.hold.asked });
  }

  get input(): RunInput {
    return { context: context(), slug: 's', goal: 'g', model: 'm', graph: [], settings: this.settings };
  }

  status(): string {
    return statusOf(this.state);
  }

  /** As the workflow does before a retry. */
  record(): void {
    this.step({ type: 'recorded', units: unrecorded(this.graph, this.state), version: this.state.version });
  }

  end(id: string, end: UnitEnd = { status: 'landed', commit: sha(9) }, costUsd = 0): void {
    const record = { ...recordOf(beginUnit(0)), totals: { ...noTotals, costUsd } };
    this.step({ type: 'unit', message: { unit: unit(id), seq: this.next(id), type: 'ended', end, record } });
  }

  phases(): Record<string, string> {
    return Object.fromEntries(this.graph.nodes.map(({ id }) => [id, this.unit(id).phase]));
  }

  unit(id: string): RunUnit {
    const at = this.graph.nodes.findIndex((each) => each.id === id);
    const found = this.state.units[at];
    if (found === undefined) throw new Error(id);
    return found;
  }

  reason(id: string): string | null {
    return reasonOf(
      this.graph,
      this.state,
      this.graph.nodes.findIndex((each) => each.id === id),
    );
  }

  /** What a workflow does at every continue-as-new. */
  resume(): void {
    this.state = unpackRun(JSON.parse(JSON.stringify(packRun(this.state))) as PackedRun);
  }

  private next(id: string): number {
    const seq = (this.seq.get(id) ?? 0) + 1;
    this.seq.set(id, seq);
    return seq;
  }
}

describe('a run', () => {
  it('starts a unit the moment its last dependency has landed', () => {
    const run = new Bench(diamond);
    expect(run.start()).toEqual(['a']);
    expect(run.start()).toEqual([]);
    run.end('a');
    expect(run.start()).toEqual(['b', 'c']);
    run.end('b');
    expect(run.start()).toEqual([]);
    run.end('c');
    expect(run.start()).toEqual(['d']);
    run.end('d');
    expect(runEnd(run.state)).toBe('completed');
  });

  it('counts against its window what is ready or works, not what waits for a person or the queue', () => {
    const run = new Bench([node('a'), node('b'), node('c'), node('d')], { parallel: 2 });
    expect(run.start()).toEqual(['a', 'b']);
    run.settle('a', 0, 'asking');
    expect(run.start()).toEqual(['c']);
    run.settle('b', 0, 'queued');
    expect(run.start()).toEqual(['d']);
  });

  it('keeps the place of a unit that is parked, gives its money back, and says why it waits', () => {
    const run = new Bench([node('a', [], 4), node('b', [], 5)], { parallel: 1, budgetUsd: 5 });
    expect(run.start()).toEqual(['a']);
    expect(run.answers()).toEqual([['a', 4]]);
    run.settle('a', 1, 'parked', { why: 'overloaded; continues at noon' });
    expect(run.phases()).toEqual({ a: 'parked', b: 'waiting' });
    expect(run.reason('a')).toBe('overloaded; continues at noon');
    expect(run.state.ledgers.usd).toMatchObject({ spent: 1, reserved: {} });
    expect(run.start()).toEqual([]);
    run.resume();
    run.ask('a', 2);
    expect(run.reason('a')).toBeNull();
    expect(run.answers()).toEqual([['a', 3]]);
  });

  it('starts at most twenty at a time', () => {
    const run = new Bench(
      Array.from({ length: 50 }, (_, i) => node(`u${i}`)),
      { parallel: 100 },
    );
    expect(run.start()).toHaveLength(20);
    expect(run.start()).toHaveLength(20);
    expect(run.start()).toHaveLength(10);
  });

  it('skips what needs a failed unit, names the reason, and continues with the rest', () => {
    const run = new Bench([...diamond, node('e')]);
    run.start();
    run.end('a', { status: 'failed', reason: 'check-failed: npm test' });
    expect(run.phases()).toEqual({ a: 'failed', b: 'skipped', c: 'skipped', d: 'skipped', e: 'ready' });
    expect(run.reason('d')).toBe('dependency-failed: a is failed (check-failed: npm test)');
    expect(runEnd(run.state)).toBeNull();
    run.end('e');
    expect(runEnd(run.state)).toBe('failed');
  });

  it('takes a message that is delivered twice, or too late, once', () => {
    const run = new Bench([node('a')]);
    run.start();
    const asked = { unit: unit('a'), seq: 1, type: 'wants-slice', slice: 1, toppedUpUsd: 0 } as const;
    run.step({ type: 'unit', message: asked });
    run.answers();
    run.step({ type: 'unit', message: asked });
    expect(run.answers()).toEqual([]);
    expect(run.phases()).toEqual({ a: 'working' });
  });

  it('ignores messages of units that it does not have', () => {
    const run = new Bench([node('a')]);
    const before = run.state;
    run.step({ type: 'unit', message: { unit: unit('z'), seq: 1, type: 'wants-slice', slice: 1, toppedUpUsd: 0 } });
    expect(run.state).toBe(before);
  });

  it('grants what the unit may spend, and of what the run has left a share, so that all can work', () => {
    const run = new Bench([node('a', [], 4), node('b', [], 8)], { budgetUsd: 10 });
    run.start();
    // a may have half of 10 and needs only 4; b gets half of the 6 that are left, a may ask for the other half.
    expect(run.answers()).toEqual([
      ['a', 4],
      ['b', 3],
    ]);
    run.settle('a', 1);
    run.settle('b', 3);
    run.ask('b', 2);
    expect(run.answers()).toEqual([['b', 5]]);
    run.settle('b', 8.5);
    run.ask('a', 2);
    expect(run.answers()).toEqual([['a', 0.5]]);
  });

  it('lets a unit wait when nothing worth a slice is free, until others give something back', () => {
    const run = new Bench([node('a'), node('b'), node('c')], { budgetUsd: 10 });
    run.start();
    const shares = run.answers().map(([, usd]) => Number(usd));
    for (const [i, share] of [10 / 3, 20 / 9, 40 / 27].entries()) expect(shares[i]).toBeCloseTo(share);
    const free = 10 - shares.reduce((sum, usd) => sum + usd);
    run.settle('a', 10 / 3 + free);
    run.ask('a', 2);
    expect(run.answers()).toEqual([]);
    expect(run.phases().a).toBe('ready');
    run.settle('b', 1);
    expect(run.answers()).toEqual([['a', expect.closeTo((20 / 9 - 1) / 2)]]);
  });

  it('gives what a unit had when its workflow was lost to the others', () => {
    const run = new Bench([node('a'), node('b')], { budgetUsd: 10 });
    run.start();
    expect(run.answers()).toEqual([
      ['a', 5],
      ['b', 2.5],
    ]);
    run.settle('b', 2);
    run.step({ type: 'lost', unit: unit('a') });
    run.ask('b', 2);
    expect(run.answers()).toEqual([['b', 8]]);
  });

  it('asks people once when its budget is spent, and continues with what they add', () => {
    const run = new Bench([node('a'), node('b')], { budgetUsd: 5, unitBudgetUsd: 100, parallel: 1 });
    run.start();
    expect(run.answers()).toEqual([['a', 5]]);
    run.settle('a', 5.2);
    run.start();
    run.ask('a', 2);
    expect(run.answers()).toEqual([]);
    expect(run.answers()).toEqual([]);
    expect(run.state.hold).toMatchObject({
      asked: 1,
      ask: { kind: 'budget', spentUsd: 5.2, limitUsd: 5, topUpUsd: 5 },
    });
    expect(run.phases()).toEqual({ a: 'asking', b: 'asking' });
    expect(run.reason('a')).toBe('the run has spent its budget: $5.20 of $5.00');
    run.decide('budget', { usd: 2 });
    expect(run.phases()).toEqual({ a: 'ready', b: 'ready' });
    expect(run.answers().map(([id, usd]) => [id, Number(usd).toFixed(2)])).toEqual([
      ['a', '0.90'],
      ['b', '0.45'],
    ]);
    expect(run.state.hold).toMatchObject({
      ask: null,
      decisions: [{ kind: 'budget', decision: 'approved', by: 'Ulla' }],
    });
  });

  it.each([
    ['people say no', true, 'budget: more money for the run: denied by Ulla (slack): no more'],
    ['policy says never', false, 'budget: the run has spent its budget'],
  ])('fails what needs more money than it has when %s', (_, asks, why) => {
    const verdict = { decide: 'deny', rule: 'budget: deny' } as const;
    const run = new Bench([node('a'), node('b')], { budgetUsd: 5, ...(asks ? {} : { budgetVerdict: verdict }) });
    run.start();
    run.answers();
    run.settle('a', 3);
    run.settle('b', 3);
    run.ask('a', 2);
    if (asks) {
      expect(run.answers()).toEqual([]);
      run.decide('budget', { decision: 'deny', reason: 'no more' });
    }
    const { answers } = answerRequests(run.graph, { ...settings, budgetVerdict: verdict }, run.state, now);
    expect(answers).toEqual([{ unit: 'a', message: { slice: 2, type: 'refused', reason: why } }]);
  });

  it('hands out tokens and turns like money, and what wants more of them than there are fails', () => {
    const run = new Bench([node('a'), node('b')], { maxTokens: 1000, maxTurns: 10, budgetUsd: 100 });
    const allowances = (at: number = now) => {
      const { state, answers } = answerRequests(run.graph, run.settings, run.state, at);
      run.state = state;
      return answers.map(({ message }) =>
        message.type === 'granted'
          ? [message.allowance.tokens, message.allowance.turns]
          : message.type === 'refused' && message.reason,
      );
    };
    const used = (tokens: number, turns: number) => ({
      used: { turns, usage: { ...noTotals.usage, inputTokens: tokens - 30, outputTokens: 10, cacheReadTokens: 20 } },
    });
    run.start();
    expect(allowances()).toEqual([
      [500, 5],
      [250, 2],
    ]);
    run.settle('a', 1, 'ready', used(500, 2));
    run.ask('a', 2);
    expect(allowances()).toEqual([[125, 3]]);
    // Totals of the unit: what was counted before is not counted again.
    run.settle('a', 1.5, 'ready', used(700, 3));
    run.settle('b', 1, 'ready', used(290, 4));
    expect(run.state.ledgers).toMatchObject({ tokens: { spent: 990, reserved: {} }, turns: { spent: 7 } });
    expect(unpackRun(JSON.parse(JSON.stringify(packRun(run.state))) as PackedRun)).toEqual(run.state);
    run.ask('a', 3);
    expect(allowances()).toEqual([[10, 3]]);
    run.settle('a', 2, 'ready', used(720, 4));
    run.ask('b', 2);
    expect(allowances()).toEqual(['budget: the run has used all its tokens (run.maxTokens)']);
    const turns = new Bench([node('a')], { maxTurns: 2 });
    turns.start();
    turns.answers();
    turns.settle('a', 1, 'ready', used(500, 2));
    turns.ask('a', 2);
    expect(turns.answers()).toEqual([['a', 'refused']]);
  });

  it('hands out whole turns, and never more of them than there are', () => {
    const run = new Bench([node('a'), node('b'), node('c')], { maxTurns: 2 });
    run.start();
    expect(run.answers()).toEqual([
      ['a', null],
      ['b', null],
    ]);
    run.settle('a', 0, 'ready', { used: { turns: 1 } });
    expect(run.answers()).toEqual([]);
    run.settle('b', 0, 'ready', { used: { turns: 1 } });
    expect(run.answers()).toEqual([['c', 'refused']]);
  });

  it('asks nobody for money that could not be used', () => {
    const run = new Bench([node('a')], { maxTokens: 100, unitBudgetUsd: 1, budgetUsd: 1 });
    run.start();
    run.answers();
    run.settle('a', 2, 'ready', { used: { usage: { ...noTotals.usage, inputTokens: 200 } } });
    run.ask('a', 2);
    expect(run.answers()).toEqual([['a', 'refused']]);
    expect(run.state.hold.ask).toBeNull();
  });

  it('knows no limits in settings from before there were any', () => {
    const { maxTokens: _, maxTurns: __, maxSeconds: ___, ...old } = settings;
    const run = new Bench([node('a')]);
    run.state = beginRun(run.graph, old, now);
    run.start();
    const [answer] = answerRequests(run.graph, old, run.state, now).answers;
    expect(answer?.message).toMatchObject({ allowance: { usd: null, tokens: null, turns: null, seconds: null } });
  });

  it('keeps nothing of tokens and turns where they have no limit', () => {
    const run = new Bench([node('a')], { budgetUsd: 10 });
    run.start();
    run.answers();
    run.settle('a', 1, 'ready', { used: { turns: 3 } });
    expect(run.state.units[0]).toMatchObject({ tokens: 0, turns: 0 });
  });

  it('lets sessions work until it has taken all its time, unless it has ended before', () => {
    const run = new Bench([node('a')], { maxSeconds: 60 });
    const at = (ms: number) => answerRequests(run.graph, run.settings, run.state, now + ms).answers[0]?.message;
    run.start();
    expect(at(59_999)).toMatchObject({ type: 'granted', allowance: { seconds: 0.001 } });
    expect(at(60_000)).toMatchObject({ reason: 'budget: the run has taken all its time (run.maxTime)' });
    run.state = { ...run.state, reopened: true };
    expect(at(60_000)).toMatchObject({ type: 'granted', allowance: { seconds: null } });
  });

  it('waits for people when the model refuses the key, and shows it as paused', () => {
    const run = new Bench([node('a'), node('b'), node('c')], { parallel: 2 });
    run.start();
    run.answers();
    run.settle('a', 0, 'ready', { credential: '401: no' });
    run.settle('b', 0, 'ready', { credential: '401: no' });
    run.ask('a', 2);
    run.ask('b', 2);
    expect([run.start(), run.answers(), run.status()]).toEqual([[], [], 'paused']);
    expect(run.state.hold).toMatchObject({ asked: 1, ask: { kind: 'credential', problem: '401: no' } });
    expect(run.phases()).toEqual({ a: 'asking', b: 'asking', c: 'waiting' });
    run.decide('credential');
    expect(run.status()).toBe('running');
    expect(run.answers().map(([id]) => id)).toEqual(['a', 'b']);
  });

  it('fails what needs the model when people give up on its key, until one of them is tried again', () => {
    const run = new Bench([node('a'), node('b', ['a'])]);
    run.start();
    run.answers();
    run.settle('a', 0, 'ready', { credential: '401: no' });
    run.ask('a', 2);
    run.decide('credential', { decision: 'deny' });
    expect(run.answers()).toEqual([['a', 'refused']]);
    run.end('a', { status: 'failed', reason: 'credential: no' });
    run.record();
    run.step({ type: 'retry-unit', unit: unit('a') });
    run.start();
    expect(run.answers()).toEqual([['a', null]]);
  });

  it('starts and grants nothing while it is paused, and says who paused it', () => {
    const run = new Bench([node('a'), node('b'), node('c')], { parallel: 2 });
    run.start();
    run.answers();
    run.step({ type: 'pause-run', by: 'dana' });
    expect(unitsAtWork(run.graph, run.state)).toEqual(['a', 'b']);
    run.settle('a', 1, 'ready');
    run.ask('a', 2);
    expect([run.start(), run.answers(), run.status()]).toEqual([[], [], 'paused']);
    expect(run.phases()).toEqual({ a: 'parked', b: 'working', c: 'waiting' });
    expect(run.reason('a')).toBe('paused by dana');
    expect(refusePause(run.graph, run.state, null)).toMatchObject({ message: 'the run is paused already, by dana' });
    run.step({ type: 'resume-run' });
    expect(refuseResume(run.graph, run.state, null)).toMatchObject({ message: 'the run is not paused' });
    expect([run.phases().a, run.answers()]).toEqual(['ready', [['a', null]]]);
  });

  it('forgets that a unit was paused when it is tried again, and says of a waiting one that it is', () => {
    const run = new Bench([node('a'), node('b')]);
    run.step({ type: 'pause-unit', unit: unit('b'), by: 'dana' });
    run.start();
    run.step({ type: 'pause-unit', unit: unit('a'), by: 'dana' });
    run.end('a', { status: 'failed', reason: 'no-change: none' });
    run.record();
    run.step({ type: 'retry-unit', unit: unit('a') });
    expect(run.start()).toEqual(['a']);
    const { units } = viewRun(run.input, run.graph, run.state);
    expect(units.map(({ id, phase, reason }) => [id, phase, reason])).toEqual([
      ['a', 'ready', null],
      ['b', 'waiting', 'paused by dana'],
    ]);
  });

  it('keeps what people said about a run that was cancelled meanwhile', () => {
    const run = new Bench([node('a')]);
    run.start();
    run.answers();
    run.settle('a', 0, 'ready', { credential: '401: no' });
    run.step({ type: 'cancel-run' });
    run.decide('credential');
    expect(run.state.hold).toMatchObject({ ask: null, decisions: [{ kind: 'credential', decision: 'approved' }] });
  });

  it('lets one unit wait that is paused, and gives its place to another one', () => {
    const run = new Bench([node('a'), node('b'), node('c'), node('d')], { parallel: 2 });
    run.step({ type: 'pause-unit', unit: unit('c'), by: 'dana' });
    run.start();
    run.answers();
    run.step({ type: 'pause-unit', unit: unit('a'), by: 'dana' });
    run.settle('a', 1, 'ready');
    run.ask('a', 2);
    expect([run.start(), run.answers().map(([id]) => id), run.status()]).toEqual([['d'], ['d'], 'running']);
    expect(run.phases()).toEqual({ a: 'parked', b: 'working', c: 'waiting', d: 'working' });
    expect(refusePause(run.graph, run.state, unit('a'))).toMatchObject({ message: 'a is paused already, by dana' });
    expect(refusePause(run.graph, run.state, unit('z'))).toMatchObject({ known: false });
    expect(refuseResume(run.graph, run.state, unit('b'))).toMatchObject({ message: 'b is not paused' });
    run.step({ type: 'resume-unit', unit: unit('a') });
    expect(run.answers()).toEqual([['a', null]]);
  });

  it('cancels what waits when it is cancelled, starts nothing more, and ends when the rest has ended', () => {
    const run = new Bench(diamond);
    run.start();
    run.step({ type: 'cancel-run' });
    expect(run.phases()).toEqual({ a: 'ready', b: 'cancelled', c: 'cancelled', d: 'cancelled' });
    expect(openUnits(run.graph, run.state)).toEqual(['a']);
    expect(run.start()).toEqual([]);
    run.end('a', { status: 'cancelled', reason: 'cancelled: by request' });
    expect(runEnd(run.state)).toBe('cancelled');
  });

  it('cancels one unit that waits and skips what needs it', () => {
    const run = new Bench(diamond);
    run.start();
    run.step({ type: 'cancel-unit', unit: unit('b') });
    expect(run.phases()).toEqual({ a: 'ready', b: 'cancelled', c: 'waiting', d: 'skipped' });
  });

  it('fails a unit whose workflow is gone without a word', () => {
    const run = new Bench([node('a')]);
    run.start();
    run.step({ type: 'lost', unit: unit('a') });
    expect(run.unit('a')).toMatchObject({ phase: 'failed', reason: expect.stringMatching(/^lost: /) });
  });

  it('reports every unit, started or not', () => {
    const run = new Bench(diamond);
    run.start();
    run.end('a', { status: 'failed', reason: 'no-change: nothing' });
    expect(recordsOf(run.graph, run.state, unrecorded(run.graph, run.state))).toMatchObject([
      { id: 'a', status: 'failed', attempts: 1, startedAt: noon, endedAt: noon },
      { id: 'b', status: 'skipped', attempts: 0, commit: null, startedAt: null, endedAt: noon },
      { id: 'c', status: 'skipped' },
      { id: 'd', status: 'skipped', needs: ['b', 'c'] },
    ]);
  });

  it('starts a unit that comes after another when that has ended, in whatever way', () => {
    const after = (id: string, ...others: string[]) => ({ ...node(id), after: others.map(unit) });
    const run = new Bench([after('b', 'a'), after('c', 'b'), node('a'), node('d')], { parallel: 9 });
    // What others come after goes first.
    expect(run.start()).toEqual(['a', 'd']);
    const reasonOfB = () => viewRun(run.input, run.graph, run.state).units.find(({ id }) => id === 'b')?.reason;
    expect(reasonOfB()).toBe('starts when a has ended: both may change the same file');
    run.end('a', { status: 'failed', reason: 'stuck: x' });
    expect(run.start()).toEqual(['b']);
    expect(reasonOfB()).toBeNull();
    expect(run.start()).toEqual([]);
    run.end('b');
    expect(run.start()).toEqual(['c']);
  });

  it('starts first what has the longest chain behind it, then in the order of the plan', () => {
    const run = new Bench([node('x'), node('a'), node('b', ['a']), node('c', ['b']), node('y')], { parallel: 2 });
    expect(run.start()).toEqual(['a', 'x']);
  });

  it('has at most 1,500 units open, those included that wait for a person', () => {
    const run = new Bench(
      Array.from({ length: 1501 }, (_, i) => node(`u${i}`)),
      { parallel: 1000 },
    );
    for (let started = run.start(); started.length > 0; started = run.start())
      for (const id of started) run.settle(id, 0, 'asking');
    expect(openUnits(run.graph, run.state)).toHaveLength(1500);
    run.end('u0');
    expect(run.start()).toEqual(['u1500']);
  });

  it('starts nothing more while two hundred results wait for the merge queue', () => {
    const run = new Bench(
      Array.from({ length: 202 }, (_, i) => node(`u${i}`)),
      { parallel: 1000 },
    );
    for (let i = 0; i < 10; i++) for (const id of run.start()) run.settle(id, 0, 'queued');
    expect(Object.values(run.phases()).filter((phase) => phase === 'queued')).toHaveLength(200);
    expect(run.start()).toEqual([]);
    run.end('u0');
    expect(run.start()).toHaveLength(2);
  });

  it('knows of the first slice when it starts a unit, and answers it at once', () => {
    const run = new Bench([node('a', [], 3)]);
    run.start();
    expect(run.answers()).toEqual([['a', 3]]);
    expect(run.phases()).toEqual({ a: 'working' });
  });

  it('begins a failed unit anew with its whole budget, and what was skipped because of it waits again', () => {
    const run = new Bench([...diamond, node('e')], { unitBudgetUsd: 5 });
    run.start();
    run.answers();
    run.end('a', { status: 'failed', reason: 'budget: spent' }, 5);
    expect(run.unit('a').costUsd).toBe(5);
    run.record();
    run.step({ type: 'retry-unit', unit: unit('a') });
    run.resume();
    expect(run.phases()).toEqual({ a: 'waiting', b: 'waiting', c: 'waiting', d: 'waiting', e: 'working' });
    expect(run.start()).toEqual(['a']);
    expect(run.answers()).toEqual([['a', 5]]);
    run.settle('a', 2);
    expect(run.unit('a')).toMatchObject({ costUsd: 7, retries: 1 });
    expect(run.state.ledgers.usd.spent).toBe(7);
    run.end('a', { status: 'failed', reason: 'stuck: x' }, 2);
    // How long it waited was in its first record.
    run.state = { ...run.state, startedAt: now - 60_000 };
    const [record] = recordsOf(run.graph, run.state, [unit('a')]);
    expect(record).toMatchObject({ retries: 1, seconds: { dependencies: 0, slot: 0 } });
  });

  it('continues without a unit that is left out, whether it has failed, waits or works', () => {
    const run = new Bench(diamond);
    run.start();
    run.end('a', { status: 'failed', reason: 'stuck: x' });
    run.step({ type: 'skip-unit', unit: unit('a'), by: 'dana' });
    expect(run.reason('a')).toBe('skipped: left out by dana');
    expect(run.start()).toEqual(['b', 'c']);
    run.end('b');
    run.step({ type: 'skip-unit', unit: unit('c'), by: 'dana' });
    run.resume();
    expect(run.start()).toEqual([]);
    expect(run.phases()).toMatchObject({ b: 'landed', c: 'ready', d: 'waiting' });
    run.end('c', { status: 'cancelled', reason: 'cancelled: by request' });
    expect(run.phases()).toMatchObject({ c: 'skipped', d: 'waiting' });
    expect(recordsOf(run.graph, run.state, [unit('c')])).toMatchObject([{ skippedBy: 'dana' }]);
    expect(run.start()).toEqual(['d']);
    run.end('d');
    expect(runEnd(run.state)).toBe('failed');
  });

  it('lands a unit that was left out too late, and keeps what it was skipped for when another need fails', () => {
    const run = new Bench([node('a'), node('b'), node('c', ['a', 'b'])]);
    run.start();
    run.step({ type: 'skip-unit', unit: unit('a'), by: 'dana' });
    run.end('a');
    expect(run.phases()).toEqual({ a: 'landed', b: 'ready', c: 'waiting' });
    run.end('b', { status: 'failed', reason: 'stuck: x' });
    expect(run.reason('c')).toBe('dependency-failed: b is failed (stuck: x)');
    expect(recordsOf(run.graph, run.state, [unit('c')])).toMatchObject([{ failedDependency: 'b' }]);
  });

  it('says why a unit cannot be retried or left out', () => {
    const run = new Bench([...diamond, node('e')]);
    run.start();
    run.end('a', { status: 'failed', reason: 'stuck: x' });
    run.end('e');
    const retry = (id: string) => refuseRetry(run.graph, run.state, unit(id));
    expect(retry('a')).toBeNull();
    expect(retry('e')).toMatchObject({
      known: true,
      message: expect.stringContaining('e has landed; `coppice queue revert RUN/e'),
    });
    expect(retry('d')).toMatchObject({ message: expect.stringMatching(/skipped because of a; retry that one/) });
    expect(retry('zz')).toMatchObject({ known: false });
    expect(refuseSkip(run.graph, run.state, unit('e'))).toMatchObject({ message: 'e has landed already' });
    const skip = (id: string) => refuseSkip(run.graph, run.state, unit(id));
    expect(skip('a')).toBeNull();
    run.step({ type: 'skip-unit', unit: unit('d'), by: 'dana' });
    expect(skip('d')).toMatchObject({ message: 'd is left out already, by dana' });
    expect(retry('d')).toBeNull();
    run.record();
    run.step({ type: 'retry-unit', unit: unit('a') });
    run.start();
    expect(retry('a')).toMatchObject({ message: 'a is ready; only a unit that has ended can be tried again' });
    run.step({ type: 'cancel-run' });
    run.end('a', { status: 'cancelled', reason: 'cancelled: by request' });
    expect(retry('a')).toMatchObject({ message: 'the run is being cancelled' });
    expect(skip('a')).toMatchObject({ message: 'the run is being cancelled' });
  });

  it('begins a unit anew that had been left out, and what needs it depends on it again', () => {
    const run = new Bench([node('a'), node('b', ['a'])], { parallel: 1 });
    run.start();
    run.end('a', { status: 'failed', reason: 'stuck: x' });
    run.step({ type: 'skip-unit', unit: unit('a'), by: 'dana' });
    run.record();
    expect(unrecorded(run.graph, run.state)).toEqual([]);
    run.step({ type: 'retry-unit', unit: unit('a') });
    expect(run.start()).toEqual(['a']);
    run.end('a', { status: 'failed', reason: 'stuck: y' });
    expect(run.phases()).toEqual({ a: 'failed', b: 'skipped' });
    expect(run.reason('a')).toBe('stuck: y');
    expect(unrecorded(run.graph, run.state)).toEqual(['a', 'b']);
  });

  it('fails before it begins when its target cannot be used, and a retry brings back what needs the unit', () => {
    const run = new Bench(diamond);
    run.step({ type: 'target-tried', verdict: { type: 'fail', reason: 'setup-failed: no such command' } });
    expect(run.phases()).toEqual({ a: 'failed', b: 'skipped', c: 'skipped', d: 'skipped' });
    expect(runEnd(run.state)).toBe('failed');
    expect(reasonOf(run.graph, run.state, 3)).toMatch(
      /^dependency-failed: a is failed \(setup-failed: no such command\)$/,
    );
    run.step({ type: 'retry-unit', unit: unit('a') });
    expect(run.phases()).toEqual({ a: 'waiting', b: 'waiting', c: 'waiting', d: 'waiting' });
  });

  it('asks anew when its target is red in another way, and a decision about the old question changes nothing', () => {
    const run = new Bench([node('a')]);
    const red = (output: string) => {
      const ask = { kind: 'red-base', problem: 'npm test fails', output } as const;
      run.step({ type: 'target-tried', verdict: { type: 'ask', ask } });
    };
    red('one');
    const place = { repository: '/srv/r.git', branch: 'main', title: 'T', requestedBy: 'dana' };
    const old = {
      ...openView(),
      kind: 'red-base',
      unit: null,
      subject: { ...place, problem: 'p', output: 'one' },
    } as const;
    red('two');
    expect(run.state.hold).toMatchObject({ asked: 2, ask: { output: 'two' } });
    run.step({ type: 'ask-ended', view: { ...old, status: 'cancelled' }, asked: 1 });
    run.step({ type: 'ask-lost', asked: 1 });
    expect(run.state.hold).toMatchObject({
      asked: 2,
      ask: { output: 'two' },
      refusal: null,
      decisions: [{ decision: 'cancelled', reason: 'the target has changed' }],
    });
    run.step({ type: 'target-tried', verdict: { type: 'start' } });
    expect([run.state.hold.ask, run.phases()]).toEqual([null, { a: 'waiting' }]);
  });

  it('records again what a person left out after it was recorded, and changes nothing of what has landed', () => {
    const run = new Bench([node('a'), node('b')]);
    run.start();
    run.end('a', { status: 'failed', reason: 'stuck: x' });
    run.end('b');
    run.record();
    run.step({ type: 'skip-unit', unit: unit('a'), by: 'dana' });
    expect(unrecorded(run.graph, run.state)).toEqual(['a']);
    run.record();
    expect(run.state.pages).toBe(2);
    const before = run.state;
    run.step({ type: 'skip-unit', unit: unit('b'), by: 'dana' });
    expect(run.state).toBe(before);
  });

  it('keeps only how a unit ended once its record is in git, unless it changed meanwhile', () => {
    const run = new Bench(diamond);
    run.start();
    run.end('a', { status: 'failed', reason: `stuck: ${'x'.repeat(500)}` });
    const { version } = run.state;
    const units = unrecorded(run.graph, run.state);
    expect(units).toEqual(['a', 'b', 'c', 'd']);
    run.step({ type: 'skip-unit', unit: unit('b'), by: 'dana' });
    run.step({ type: 'recorded', units, version });
    expect(run.unit('a')).toMatchObject({ record: null, recorded: true });
    expect(run.unit('a').reason?.length).toBeLessThan(70);
    expect(unrecorded(run.graph, run.state)).toEqual(['b']);
  });

  it('never starts a unit before what it needs, and always comes to an end, whatever fails', () => {
    const graph = fc
      .integer({ min: 1, max: 12 })
      .chain((size) =>
        fc.tuple(
          ...Array.from({ length: size }, (_, i) =>
            fc.subarray(Array.from({ length: i }, (__, j) => `u${j}`)).map((needs) => node(`u${i}`, needs)),
          ),
        ),
      );
    fc.assert(
      fc.property(graph, fc.array(fc.boolean(), { minLength: 12, maxLength: 12 }), fc.nat(4), (nodes, good, window) => {
        const run = new Bench(nodes, { parallel: window + 1 });
        for (let guard = 0; runEnd(run.state) === null; guard++) {
          expect(guard).toBeLessThan(100);
          for (const id of run.start()) {
            const needs = nodes.find((candidate) => candidate.id === id)?.needs ?? [];
            for (const need of needs) expect(run.unit(need).phase).toBe('landed');
          }
          const open = openUnits(run.graph, run.state);
          expect(open.length).toBeGreaterThan(0);
          expect(open.length).toBeLessThanOrEqual(window + 1);
          const id = open[0] ?? '';
          const fine = good[Number(id.slice(1))] ?? true;
          run.end(id, fine ? undefined : { status: 'failed', reason: 'stuck: x' });
          const before = run.state;
          run.resume();
          expect(run.state).toEqual(before);
        }
        const landed = Object.values(run.phases()).filter((phase) => phase === 'landed').length;
        expect(runEnd(run.state)).toBe(landed === nodes.length ? 'completed' : 'failed');
      }),
    );
  });
});
