import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { UnitPhase } from '../../contracts/documents/report.ts';
import type { UnitStatus } from '../../client/watch/status.ts';
import { hasEndedPhase } from '../../domain/run/state.ts';
import { pathProgress } from '../../client/cli/present/critical-path.ts';
import { unit } from './documents.ts';

function shown(units: readonly UnitStatus[]) {
  const { path, landed, now } = pathProgress(units);
  return { path: path.map(({ id }) => id).join(' '), landed, now: now?.id ?? null };
}

/** Units as a run has them: none has begun before what it needs has landed, and what cannot land any more is skipped. */
const graphs = fc.integer({ min: 1, max: 9 }).chain((size) =>
  fc
    .tuple(
      ...Array.from({ length: size }, (_, i) =>
        fc.record({
          needs: fc.subarray(Array.from({ length: i }, (__, j) => j)),
          phase: fc.constantFrom<UnitPhase>('waiting', 'working', 'queued', 'landed', 'failed'),
        }),
      ),
    )
    .map((drawn) => {
      const units: UnitStatus[] = [];
      for (const [i, { needs, phase }] of drawn.entries()) {
        const phases = needs.map((need) => units[need]?.phase);
        const lost = phases.some((each) => each === 'failed' || each === 'skipped');
        const free = phases.every((each) => each === 'landed');
        units.push(
          unit(`u${i}`, lost ? 'skipped' : free ? phase : 'waiting', { needs: needs.map((need) => `u${need}`) }),
        );
      }
      return units;
    }),
);

/** Every chain that ends in the unit, by trying all. */
function chainsTo(units: readonly UnitStatus[], end: UnitStatus): UnitStatus[][] {
  const before = units.filter(({ id }) => end.needs.includes(id)).flatMap((need) => chainsTo(units, need));
  return [[end], ...before.map((chain) => [...chain, end])];
}

describe('progress on the critical path', () => {
  it('goes along the longest chain', () => {
    const units = [
      unit('a', 'landed'),
      unit('b', 'landed', { needs: ['a'] }),
      unit('c', 'queued', { needs: ['b'] }),
      unit('d', 'working', { needs: ['a'] }),
    ];
    expect(shown(units)).toEqual({ path: 'a b c', landed: 2, now: 'c' });
  });

  it('takes of equal chains the one with most to do', () => {
    const units = [
      unit('a', 'landed'),
      unit('b', 'working', { needs: ['a'] }),
      unit('c', 'working'),
      unit('d', 'waiting', { needs: ['c'] }),
    ];
    expect(shown(units)).toEqual({ path: 'c d', landed: 0, now: 'c' });
  });

  it('leaves out chains that can hold nothing up any more', () => {
    const units = [
      unit('a', 'landed'),
      unit('b', 'failed', { needs: ['a'] }),
      unit('c', 'skipped', { needs: ['b'] }),
      unit('d', 'working'),
    ];
    expect(shown(units)).toEqual({ path: 'd', landed: 0, now: 'd' });
  });

  it('is that of the plan when everything has ended', () => {
    expect(shown([unit('a', 'landed'), unit('b', 'failed', { needs: ['a'] })])).toEqual({
      path: 'a b',
      landed: 1,
      now: null,
    });
    expect(shown([])).toEqual({ path: '', landed: 0, now: null });
  });

  it('is a chain of needs that ends in an open unit, and no other such chain is longer, or as long with more to do', () => {
    fc.assert(
      fc.property(graphs, (units) => {
        const { path, landed, now } = pathProgress(units);
        for (const [i, { needs }] of path.entries()) if (i > 0) expect(needs).toContain(path[i - 1]?.id);
        expect(landed).toBe(path.filter(({ phase }) => phase === 'landed').length);
        const open = units.filter(({ phase }) => !hasEndedPhase(phase));
        if (open.length === 0) {
          expect(now).toBeNull();
          return;
        }
        const todo = (chain: readonly UnitStatus[]): number =>
          chain.filter(({ phase }) => !hasEndedPhase(phase)).length;
        expect(todo(path)).toBeGreaterThan(0);
        expect(now).toBe(path[landed]);
        for (const chain of open.flatMap((end) => chainsTo(units, end))) {
          expect(chain.length).toBeLessThanOrEqual(path.length);
          if (chain.length === path.length) expect(todo(chain)).toBeLessThanOrEqual(todo(path));
        }
      }),
    );
  });
});
