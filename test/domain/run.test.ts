import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { answerRequests, beginRun, openUnits, reportUnits, runEnd, stepRun, unitsToStart } from '../../domain/run.ts';
import type { RunInput, RunState } from '../../domain/run.ts';
import type { UnitEnd } from '../../domain/messages.ts';
import type { PlanNode } from '../../domain/plan.ts';
import { beginUnit, noTotals, recordOf } from '../../domain/unit.ts';
import { context, node, noon, sha, unit } from './fixtures.ts';

const settings = { parallel: 16, budgetUsd: null, unitBudgetUsd: null, slackChannel: null, approvalSeconds: 60 };
const diamond = [node('a'), node('b', ['a']), node('c', ['a']), node('d', ['b', 'c'])];

/** A run with a hand on it. */
class Bench {
  state: RunState;
  private readonly seq = new Map<string, number>();
  readonly input: RunInput;

  constructor(nodes: readonly PlanNode[], change: Partial<RunInput['settings']> = {}) {
    this.input = { context: context(), slug: 's', goal: '', model: 'm', nodes, settings: { ...settings, ...change } };
    this.state = beginRun(this.input, noon);
  }

  step(event: Parameters<typeof stepRun>[2]): void {
    this.state = stepRun(this.input.nodes, this.state, event, noon);
  }

  start(): string[] {
    const starting = unitsToStart(this.input.nodes, this.state, this.input.settings.parallel);
    for (const { id } of starting) this.step({ type: 'started', unit: id });
    return starting.map(({ id }) => id);
  }

  ask(id: string, slice = 1): void {
    this.step({ type: 'unit', message: { unit: unit(id), seq: this.next(id), type: 'wants-slice', slice } });
  }

  answers() {
    const { state, answers } = answerRequests(this.input, this.state, noon);
    this.state = state;
    return answers.map(({ unit: id, message }) => [id, message.allowance === null ? 'none' : message.allowance.usd]);
  }

  settle(id: string, costUsd: number, phase: 'ready' | 'asking' | 'queued' = 'queued'): void {
    const totals = { ...noTotals, costUsd };
    const message = { unit: unit(id), seq: this.next(id), type: 'settled', phase, totals, slices: 1 } as const;
    this.step({ type: 'unit', message });
  }

  end(id: string, end: UnitEnd = { status: 'landed', commit: sha(9) }): void {
    const record = recordOf(beginUnit(0));
    this.step({ type: 'unit', message: { unit: unit(id), seq: this.next(id), type: 'ended', end, record } });
  }

  phases(): Record<string, string> {
    return Object.fromEntries(Object.entries(this.state.units).map(([id, { phase }]) => [id, phase]));
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

  it('starts at most twenty at a time', () => {
    const run = new Bench(
      Array.from({ length: 50 }, (_, i) => node(`u${i}`)),
      { parallel: 100 },
    );
    expect(run.start()).toHaveLength(20);
    expect(run.start()).toHaveLength(20);
    expect(run.start()).toHaveLength(10);
  });

  it('skips what needs a failed unit, names the reason, and goes on with the rest', () => {
    const run = new Bench([...diamond, node('e')]);
    run.start();
    run.end('a', { status: 'failed', reason: 'check-failed: npm test' });
    expect(run.phases()).toEqual({ a: 'failed', b: 'skipped', c: 'skipped', d: 'skipped', e: 'ready' });
    expect(run.state.units['d']?.reason).toBe('dependency-failed: a is failed (check-failed: npm test)');
    expect(runEnd(run.state)).toBeNull();
    run.end('e');
    expect(runEnd(run.state)).toBe('failed');
  });

  it('takes a message that is delivered twice, or too late, once', () => {
    const run = new Bench([node('a')]);
    run.start();
    const asked = { unit: unit('a'), seq: 1, type: 'wants-slice', slice: 1 } as const;
    run.step({ type: 'unit', message: asked });
    run.answers();
    run.step({ type: 'unit', message: asked });
    expect(run.answers()).toEqual([]);
    expect(run.phases()).toEqual({ a: 'working' });
  });

  it('ignores messages of units that it does not have', () => {
    const run = new Bench([node('a')]);
    const before = run.state;
    run.step({ type: 'unit', message: { unit: unit('z'), seq: 1, type: 'wants-slice', slice: 1 } });
    expect(run.state).toBe(before);
  });

  it('grants what the unit may spend, and never more than the run has left', () => {
    const run = new Bench([node('a', [], 4), node('b', [], 8)], { budgetUsd: 10 });
    run.start();
    run.ask('a');
    run.ask('b');
    // b would get only 6 of its 8 while a holds 4: it waits for a to settle.
    expect(run.answers()).toEqual([['a', 4]]);
    run.settle('a', 1);
    expect(run.answers()).toEqual([['b', 8]]);
    run.settle('b', 8.5);
    run.ask('a', 2);
    expect(run.answers()).toEqual([['a', 0.5]]);
  });

  it('grants nothing once the budget is spent', () => {
    const run = new Bench([node('a'), node('b')], { budgetUsd: 5, unitBudgetUsd: 100 });
    run.start();
    run.ask('a');
    expect(run.answers()).toEqual([['a', 5]]);
    run.settle('a', 5.2);
    run.ask('b');
    expect(run.answers()).toEqual([['b', 'none']]);
  });

  it('cancels what waits when it is cancelled, starts nothing more, and ends when the rest has ended', () => {
    const run = new Bench(diamond);
    run.start();
    run.step({ type: 'cancel-run' });
    expect(run.phases()).toEqual({ a: 'ready', b: 'cancelled', c: 'cancelled', d: 'cancelled' });
    expect(openUnits(run.input.nodes, run.state)).toEqual(['a']);
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
    expect(run.state.units['a']).toMatchObject({ phase: 'failed', reason: expect.stringMatching(/^lost: /) });
  });

  it('reports every unit, started or not', () => {
    const run = new Bench(diamond);
    run.start();
    run.end('a', { status: 'failed', reason: 'no-change: nothing' });
    expect(reportUnits(run.input.nodes, run.state)).toMatchObject([
      { id: 'a', status: 'failed', attempts: 1, startedAt: noon, endedAt: noon },
      { id: 'b', status: 'skipped', attempts: 0, commit: null, startedAt: null, endedAt: noon },
      { id: 'c', status: 'skipped' },
      { id: 'd', status: 'skipped', needs: ['b', 'c'] },
    ]);
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
            for (const need of needs) expect(run.state.units[need]?.phase).toBe('landed');
          }
          const open = openUnits(run.input.nodes, run.state);
          expect(open.length).toBeGreaterThan(0);
          expect(open.length).toBeLessThanOrEqual(window + 1);
          const id = open[0] ?? '';
          const fine = good[Number(id.slice(1))] ?? true;
          run.end(id, fine ? undefined : { status: 'failed', reason: 'stuck: x' });
        }
        const landed = Object.values(run.phases()).filter((phase) => phase === 'landed').length;
        expect(runEnd(run.state)).toBe(landed === nodes.length ? 'completed' : 'failed');
      }),
    );
  });
});
