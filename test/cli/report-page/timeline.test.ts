import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Report } from '../../../contracts/documents/report.ts';
import type { UnitId } from '../../../contracts/ids.ts';
import { began, report, reported } from '../documents.ts';
import { timelineOf } from '../../../client/cli/present/report-page/timeline.ts';

function at(seconds: number): string {
  return new Date(Date.parse(began) + seconds * 1000).toISOString();
}

const none = { dependencies: 0, slot: 0, work: 0, human: 0, queue: 0 };

describe('the timeline of a report', () => {
  it('has the steps of a unit one after the other, from the beginning of the run', () => {
    const seconds = { dependencies: 10, slot: 2, work: 30, human: 5, queue: 3 };
    const { rows } = timelineOf(report([reported('a', 'landed', { seconds, startedAt: at(10), endedAt: at(50) })]));
    expect(rows).toMatchObject([
      {
        exact: true,
        end: 50,
        bars: [
          { step: 'dependencies', from: 0, to: 10 },
          { step: 'slot', from: 10, to: 12 },
          { step: 'work', from: 12, to: 42 },
          { step: 'human', from: 42, to: 47 },
          { step: 'queue', from: 47, to: 50 },
        ],
      },
    ]);
  });

  it('has a row for a plan that was made, and the units wait from its end on', () => {
    const { title: _, ...planning } = reported('plan', 'landed', {
      seconds: { ...none, work: 20, human: 10 },
      startedAt: at(0),
      endedAt: at(30),
    });
    const seconds = { ...none, slot: 5, work: 10 };
    const decision = {
      id: 'approval',
      kind: 'plan',
      decision: 'approved',
      by: 'dana',
      channel: 'cli',
      reason: null,
    } as const;
    const { rows } = timelineOf({
      ...report([reported('a', 'landed', { seconds, startedAt: at(30), endedAt: at(45) })]),
      planning,
      decisions: [{ ...decision, unit: planning.id, at: at(30) }],
    });
    expect(rows).toMatchObject([
      {
        unit: { id: 'plan' },
        outcome: 'made',
        decided: [{ at: 30 }],
        bars: [
          { step: 'work', from: 0, to: 20 },
          { step: 'human', from: 20, to: 30 },
        ],
      },
      {
        unit: { id: 'a' },
        outcome: 'landed',
        bars: [
          { step: 'slot', from: 30, to: 35 },
          { step: 'work', from: 35, to: 45 },
        ],
      },
    ]);
  });

  it('says when bars are only sums: a unit that was sent back, or moved to another host', () => {
    const { rows } = timelineOf(
      report([reported('a', 'landed', { attempts: 2 }), reported('b', 'landed', { slices: 2 })]),
    );
    expect(rows.map(({ exact }) => exact)).toEqual([false, false]);
  });

  it('begins the bars of a retried unit where it started, and those of each retry where that started', () => {
    const first = { ...none, dependencies: 10, slot: 2, work: 30 };
    const again = { ...none, slot: 3, work: 20 };
    const part = { slices: 1, attempts: 1, reason: null };
    const tries = [
      { ...part, retry: 0, status: 'failed', startedAt: at(10), endedAt: at(42), seconds: first },
      { ...part, retry: 1, status: 'landed', startedAt: at(100), endedAt: at(123), seconds: again },
    ] as const;
    const twice = { startedAt: at(10), endedAt: at(123), retries: 1, slices: 2, attempts: 2 };
    // Skipped at first, so it began only with the retry.
    const late = reported('b', 'landed', { retries: 1, startedAt: at(100), endedAt: at(123), seconds: again });
    const { rows } = timelineOf(report([reported('a', 'landed', { ...twice, tries, seconds: first }), late]));
    expect(rows).toMatchObject([
      {
        exact: true,
        end: 123,
        failures: [{ at: 42, status: 'failed' }],
        retries: [100],
        bars: [
          { step: 'dependencies', from: 0, to: 10 },
          { step: 'slot', from: 10, to: 12 },
          { step: 'work', from: 12, to: 42 },
          { step: 'slot', from: 100, to: 103 },
          { step: 'work', from: 103, to: 123 },
        ],
      },
      {
        retries: [100],
        bars: [
          { step: 'slot', from: 100, to: 103 },
          { step: 'work', from: 103, to: 123 },
        ],
      },
    ]);
  });

  it('has time about which nothing is recorded as that, beyond what messages take', () => {
    const lost = reported('a', 'failed', { seconds: { ...none, slot: 2 }, startedAt: at(0), endedAt: at(300) });
    const late = reported('b', 'landed', { seconds: { ...none, work: 100 }, startedAt: at(0), endedAt: at(101) });
    const { rows } = timelineOf(report([lost, late]));
    expect(Object.fromEntries(rows.map(({ unit, bars }) => [unit.id, bars.at(-1)]))).toEqual({
      a: { step: 'unknown', from: 2, to: 300 },
      b: { step: 'work', from: 0, to: 100 },
    });
  });

  it('has no row for what never was started', () => {
    const units = [
      reported('a', 'cancelled', { seconds: none, startedAt: null, endedAt: at(9) }),
      reported('b', 'skipped', { seconds: none, startedAt: null }),
      reported('c', 'landed'),
    ];
    const { rows, neverStarted } = timelineOf(report(units));
    expect(rows.map(({ unit }) => unit.id)).toEqual(['c']);
    expect(neverStarted).toBe(2);
  });

  it('orders units by when work on them began', () => {
    const unit = (id: string, dependencies: number, slot: number) =>
      reported(id, 'landed', { seconds: { ...none, dependencies, slot, work: 5 } });
    const { rows } = timelineOf(report([unit('late', 0, 90), unit('next', 20, 0), unit('first', 0, 1)]));
    expect(rows.map(({ unit: { id } }) => id)).toEqual(['first', 'next', 'late']);
  });

  it('marks the chain with the most work, and nothing where no unit needs another', () => {
    const work = (id: string, seconds: number, needs: string[] = []) =>
      reported(id, 'landed', { needs: needs as UnitId[], seconds: { ...none, work: seconds } });
    const critical = (doc: Report) =>
      timelineOf(doc)
        .rows.filter((row) => row.critical)
        .map(({ unit }) => unit.id)
        .toSorted();
    expect(critical(report([work('a', 5), work('b', 9), work('c', 5, ['a']), work('d', 3, ['a', 'b'])]))).toEqual([
      'b',
      'd',
    ]);
    expect(critical(report([work('a', 5), work('b', 9)]))).toEqual([]);
  });

  it('has the decisions of people at their times', () => {
    const decision = {
      ...({ id: 'x', kind: 'merge', decision: 'approved', by: 'dana', channel: 'cli', reason: null } as const),
      unit: 'a' as UnitId,
      at: at(40),
    };
    const doc = report([reported('a', 'landed'), reported('b', 'landed')], { decisions: [decision] });
    expect(timelineOf(doc).rows.map(({ decided }) => decided.map((each) => each.at))).toEqual([[40], []]);
  });

  it('keeps of too many units the critical path, what did not land, and what took longest', () => {
    const units = [
      reported('fast', 'landed', { seconds: { ...none, work: 1 } }),
      reported('slow', 'landed', { seconds: { ...none, work: 50 } }),
      reported('bad', 'failed', { seconds: { ...none, work: 2 } }),
      reported('path-1', 'landed', { seconds: { ...none, work: 40 } }),
      reported('path-2', 'landed', { seconds: { ...none, work: 30 }, needs: ['path-1' as UnitId] }),
    ];
    const { rows, leftOut } = timelineOf(report(units), 4);
    expect(rows.map(({ unit }) => unit.id).toSorted()).toEqual(['bad', 'path-1', 'path-2', 'slow']);
    expect(leftOut).toBe(1);
  });

  it.each([
    [0.2, [0]],
    [7, [0, 1, 2, 3, 4, 5, 6, 7]],
    [100, [0, 15, 30, 45, 60, 75, 90]],
    [4000, [0, 600, 1200, 1800, 2400, 3000, 3600]],
    [100 * 86_400, [0, 14, 28, 42, 56, 70, 84, 98].map((day) => day * 86_400)],
  ])('has round times on an axis of %d seconds', (makespanSeconds, ticks) => {
    expect(timelineOf(report([], { makespanSeconds })).ticks).toEqual(ticks);
  });

  it('stays within its axis, without gaps and in order, whatever a report says', () => {
    const amount = fc.double({ min: 0, max: 1e6, noNaN: true });
    const unit = fc.record({
      seconds: fc.record({ dependencies: amount, slot: amount, work: amount, human: amount, queue: amount }),
      endedAt: fc.option(fc.integer({ min: 0, max: 1e6 }).map(at), { nil: undefined }),
    });
    fc.assert(
      fc.property(fc.array(unit, { maxLength: 8 }), amount, (drawn, makespanSeconds) => {
        const units = drawn.map(({ seconds, endedAt }, i) =>
          reported(`u${i}`, 'landed', { seconds, startedAt: began, ...(endedAt === undefined ? {} : { endedAt }) }),
        );
        const { rows, seconds, ticks } = timelineOf(report(units, { makespanSeconds }));
        expect(seconds).toBeGreaterThan(0);
        expect(ticks.length).toBeLessThanOrEqual(9);
        expect(ticks.every((tick) => tick >= 0 && tick <= seconds)).toBe(true);
        expect(rows).toHaveLength(units.length);
        for (const { bars, end } of rows) {
          expect(end).toBeLessThanOrEqual(seconds);
          for (const [i, { from, to }] of bars.entries()) {
            expect(from).toBe(bars[i - 1]?.to ?? 0);
            expect(to).toBeGreaterThanOrEqual(from);
            expect(to).toBeLessThanOrEqual(end);
          }
        }
      }),
    );
  });
});
