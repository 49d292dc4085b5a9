import { describe, expect, it } from 'vitest';
import type { RunEvent } from '../../client/watch/events.ts';
import { approval, busy, status, unit } from '../cli/documents.ts';
import { diffStatus } from '../../client/watch/events.ts';

const later = '2026-11-24T11:05:00.000Z';
const noon = '2026-11-24T12:00:00.000Z';

/** Types and units, in order. */
function names(events: readonly RunEvent[]): string[] {
  return events.map((event) => `${event.type} ${'unit' in event ? event.unit : event.run}`);
}

describe('events of a run', () => {
  it('bring a late comer up to date', () => {
    expect(names(diffStatus(null, busy))).toEqual([
      'unit-started parse',
      'unit-landed parse',
      'unit-started format',
      'unit-phase format',
      'unit-started pay',
      'unit-phase pay',
      'unit-started docs',
      'unit-phase docs',
      'unit-started bad',
      'unit-failed bad',
      'approval-opened pay',
    ]);
  });

  it('are none when nothing but turns, costs and hosts changed', () => {
    const before = status([unit('a', 'working', { turn: 1 })]);
    expect(diffStatus(before, status([unit('a', 'working', { turn: 2, costUsd: 1, host: 'h' })]))).toEqual([]);
  });

  it('show a start and the landing of a unit that jumped from waiting to landed', () => {
    const before = status([unit('a', 'waiting')]);
    const after = status([unit('a', 'landed', { since: later, costUsd: 0.5, commit: 'c'.repeat(40) })]);
    const base = { at: later, run: '261124-k3x9', unit: 'a', title: 'Title of a' };
    expect(diffStatus(before, after)).toEqual([
      { type: 'unit-started', ...base },
      { type: 'unit-landed', ...base, commit: 'c'.repeat(40), costUsd: 0.5 },
    ]);
  });

  it('show a start once, and each later phase', () => {
    const at = (phase: 'waiting' | 'ready' | 'working' | 'queued') => status([unit('a', phase, { host: 'h' })]);
    expect(names(diffStatus(at('waiting'), at('ready')))).toEqual(['unit-started a']);
    expect(diffStatus(at('ready'), at('working'))).toMatchObject([{ type: 'unit-phase', phase: 'working', host: 'h' }]);
    expect(diffStatus(at('working'), at('queued'))).toMatchObject([{ type: 'unit-phase', phase: 'queued' }]);
    expect(diffStatus(at('queued'), at('ready'))).toMatchObject([{ type: 'unit-phase', phase: 'ready' }]);
  });

  it('name skipped units and units cancelled before they began, without a start', () => {
    const before = status([unit('a', 'waiting'), unit('b', 'waiting'), unit('c', 'waiting')]);
    const after = status([
      unit('a', 'skipped', { reason: 'dependency-failed: x is failed' }),
      unit('b', 'cancelled', { reason: 'cancelled: before it started' }),
      unit('c', 'cancelled', { costUsd: 0.1 }),
    ]);
    expect(diffStatus(before, after)).toMatchObject([
      { type: 'unit-failed', unit: 'a', status: 'skipped', reason: 'dependency-failed: x is failed' },
      { type: 'unit-failed', unit: 'b', status: 'cancelled' },
      { type: 'unit-started', unit: 'c' },
      { type: 'unit-failed', unit: 'c', status: 'cancelled' },
    ]);
  });

  it('come in order of time, then of the plan', () => {
    const after = status([
      unit('late', 'landed', { since: noon }),
      unit('early', 'landed', { since: later }),
      unit('same', 'landed', { since: noon }),
    ]);
    expect(names(diffStatus(status([]), after).filter(({ type }) => type === 'unit-landed'))).toEqual([
      'unit-landed early',
      'unit-landed late',
      'unit-landed same',
    ]);
  });

  it.each([
    ['approved', unit('pay', 'queued')],
    ['approved', unit('pay', 'landed')],
    ['approved', unit('pay', 'failed', { reason: 'verification-failed: npm test' })],
    ['denied', unit('pay', 'failed', { reason: 'denied: by dana' })],
    ['expired', unit('pay', 'failed', { reason: 'expired: nobody decided in time' })],
    ['cancelled', unit('pay', 'cancelled')],
    [null, unit('pay', 'asking')],
  ])('tell that an approval was %s from what became of its unit', (decision, after) => {
    const before = status([unit('pay', 'asking')], { approvals: [approval('pay')] });
    const [first] = diffStatus(before, status([after]));
    expect(first).toMatchObject({ type: 'approval-decided', id: approval('pay').id, unit: 'pay', decision });
  });

  it('tell a second approval of a unit from the first, which was approved', () => {
    const before = status([unit('pay', 'asking')], { approvals: [approval('pay')] });
    const second = approval('pay', { id: 'run:261124-k3x9:unit:pay:approval:2', since: later });
    expect(diffStatus(before, status([unit('pay', 'asking')], { approvals: [second] }))).toMatchObject([
      { type: 'approval-decided', id: approval('pay').id, decision: 'approved' },
      { type: 'approval-opened', id: second.id, summary: 'touches src/payments', expiresAt: second.expiresAt },
    ]);
  });

  it('end the run once, last of all', () => {
    const ended = status([unit('a', 'landed', { since: later }), unit('b', 'failed')], { status: 'failed' });
    expect(diffStatus(null, ended).at(-1)).toEqual({
      type: 'run-ended',
      at: later,
      run: '261124-k3x9',
      status: 'failed',
      landed: 1,
      total: 2,
      costUsd: 1.234,
    });
    expect(names(diffStatus({ ...ended, status: 'running' }, ended))).toEqual(['run-ended 261124-k3x9']);
    expect(diffStatus(ended, ended)).toEqual([]);
  });
});
