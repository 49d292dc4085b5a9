import fc from 'fast-check';
import { expect, it } from 'vitest';
import { countByPhase, notableUnits, phasesByUrgency } from '../../domain/run/notable.ts';

const units = (phase: (typeof phasesByUrgency)[number], count: number, since = 0) =>
  Array.from({ length: count }, () => ({ phase, since }));

it('shows a few units of every phase, so that many at work do not hide the one that failed', () => {
  const all = [...units('landed', 5_000), ...units('working', 300), ...units('failed', 1), ...units('waiting', 9)];
  const shown = notableUnits(all, 50).map((at) => all[at]?.phase);
  expect(countByPhase(shown.map((phase) => ({ phase: phase ?? 'landed' })))).toEqual({ working: 49, failed: 1 });
  expect(shown.at(-1)).toBe('failed');
});

it('prefers, within a phase, the units that entered it first', () => {
  const all = [...units('parked', 2, 30), ...units('parked', 1, 10), ...units('parked', 1, 20)];
  expect(notableUnits(all, 3)).toEqual([2, 3, 0]);
});

it('fills its room exactly, whatever the phases are, with the most urgent first', () => {
  const unit = fc.record({ phase: fc.constantFrom(...phasesByUrgency), since: fc.nat(5) });
  fc.assert(
    fc.property(fc.array(unit, { maxLength: 60 }), fc.nat(40), (all, most) => {
      const shown = notableUnits(all, most);
      const notable = all.filter(({ phase }) => phase !== 'waiting' && phase !== 'landed');
      expect(shown).toHaveLength(Math.min(most, notable.length));
      expect(new Set(shown).size).toBe(shown.length);
      const ranks = shown.map((at) => phasesByUrgency.indexOf(all[at]?.phase ?? 'landed'));
      expect(ranks).toEqual(ranks.toSorted((a, b) => a - b));
    }),
  );
});
