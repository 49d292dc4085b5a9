import { describe, expect, it } from 'vitest';
import type { OpenApproval, UnitStatus } from '../../client/watch/status.ts';
import { approval, busy, hostile, now, status, unit } from './documents.ts';
import { columnsOf } from '../../client/cli/present/columns.ts';
import { renderLiveView } from '../../client/cli/present/live-view.ts';

const sizes = [1, 2, 3, 5, 8, 12, 24, 60].flatMap((height) =>
  [1, 3, 20, 40, 80, 200].map((width) => ({ width, height })),
);

describe('what the live view shows', () => {
  it('is everything where there is room', () => {
    expect(renderLiveView(busy, { width: 80, height: 24, now, user: 'dana' })).toMatchInlineSnapshot(`
      [
        "261124-k3x9  ●  running  1 of 6 landed  $1.23 of $200.00  3m 12s",
        "critical path ?· 0 of 2 landed, now: pay",
        "",
        "✓  parse   landed                    $0.41           Title of parse",
        "●  format  working  host-a  turn 12  ~$0.30  3m 12s  npm test",
        "?  pay     asking                            3m 12s  Title of pay",
        "»  docs    queued                            3m 12s  is being verified",
        "·  cli     waiting                                   needs pay, docs",
        "✗  bad     failed                                    conflict: with the target …",
        "queue of 2: docs verifying 12s, 261124-aaaa/other waiting 3m 12s",
        "! pay asks anybody: touches src/payments",
        "  coppice approve run:261124-k3x9:unit:pay:approval:1",
      ]
    `);
  });

  it('keeps what matters on 40 columns', () => {
    expect(renderLiveView(busy, { width: 40, height: 24, now, user: 'dana' })).toMatchInlineSnapshot(`
      [
        "261124-k3x9  ●  running  1 of 6 landed",
        "critical path ?· 0 of 2 landed, now: pay",
        "",
        "✓  parse   landed   $0.41   Title of pa…",
        "●  format  working  ~$0.30  npm test",
        "?  pay     asking           Title of pay",
        "»  docs    queued           is being ve…",
        "·  cli     waiting          needs pay, …",
        "✗  bad     failed           conflict: w…",
        "queue of 2: docs verifying 12s, 261124-…",
        "! pay asks anybody: touches src/payments",
        "  coppice approvals",
      ]
    `);
  });

  it('counts in one line the units that have no room', () => {
    expect(renderLiveView(busy, { width: 60, height: 8, now, user: 'dana' })).toMatchInlineSnapshot(`
      [
        "261124-k3x9  ●  running  1 of 6 landed  $1.23 of $200.00",
        "?  pay     asking                    3m 12s  Title of pay",
        "●  format  working  turn 12  ~$0.30  3m 12s  npm test",
        "   and 1 failed, 1 queued, 1 waiting, 1 landed",
        "queue of 2: docs verifying 12s, 261124-aaaa/other waiting 3…",
        "! pay asks anybody: touches src/payments",
        "  coppice approve run:261124-k3x9:unit:pay:approval:1",
      ]
    `);
  });

  it('shows the most urgent of 1,000 units on any height', () => {
    const phases = ['landed', 'waiting', 'working', 'landed', 'failed'] as const;
    const units = Array.from({ length: 1000 }, (_, i) => unit(`u${i}`, phases[i % 5] ?? 'landed'));
    const [head, first, ...rest] = renderLiveView(status(units), { width: 80, height: 10, now, user: 'dana' });
    expect(head).toBe('261124-k3x9  ●  running  400 of 1000 landed  $1.23 of $200.00  3m 12s');
    expect(first).toBe('●  u2   working  3m 12s  Title of u2');
    expect(rest).toHaveLength(7);
    expect(rest.at(-1)).toBe('   and 193 working, 200 failed, 200 waiting, 400 landed');
  });

  it('counts what has landed also where there would be room for some of it', () => {
    const units = [unit('w', 'working'), ...Array.from({ length: 50 }, (_, i) => unit(`u${i}`, 'landed'))];
    const lines = renderLiveView(status(units), { width: 80, height: 24, now, user: 'dana' });
    expect(lines.slice(1)).toEqual(['●  w  working  3m 12s  Title of w', '   and 50 landed']);
  });

  it('takes no row from what waits for a person when units fill the terminal', () => {
    for (const height of [8, 9, 10, 11, 12, 13, 14]) {
      const lines = renderLiveView(busy, { width: 80, height, now, user: 'dana' });
      expect(lines.at(-1)).toMatch(/coppice approv/);
    }
  });

  it.each(sizes)('never has more than $height rows of $width columns', ({ width, height }) => {
    const units = Array.from({ length: 1000 }, (_, i) =>
      unit(`unit-${i}`, 'working', { doing: hostile, host: '漢字漢字漢字' }),
    );
    const approvals = Array.from({ length: 500 }, (_, i) => approval(`unit-${i}`, { summary: hostile }));
    for (const document of [busy, status(units, { approvals }), status([])]) {
      const lines = renderLiveView(document, { width, height, now, user: 'dana' });
      expect(lines.length).toBeGreaterThan(0);
      expect(lines.length).toBeLessThanOrEqual(Math.max(1, height - 1));
      expect(Math.max(...lines.map(columnsOf))).toBeLessThanOrEqual(width);
      expect(lines.join('')).not.toMatch(/[\p{Cc}\u202e]/u);
    }
  });

  it('says how many approvals wait when they have no room', () => {
    const approvals = Array.from({ length: 500 }, (_, i) => approval(`u${i}`));
    const lines = renderLiveView(status([unit('a', 'working')], { approvals }), {
      width: 80,
      height: 12,
      now,
      user: 'dana',
    });
    expect(lines.slice(-3)).toEqual([
      '! u0 asks anybody: touches src/payments',
      '  coppice approve run:261124-k3x9:unit:u0:approval:1',
      '! 499 more for you: coppice approvals',
    ]);
  });

  describe('of approvals', () => {
    const asks = (of: string, by: string, users: readonly string[]): OpenApproval =>
      approval(of, { policy: { rule: 'r', by: [by], allowed: { slack: ['U1'], users, email: [] } } });
    const approvals = [
      asks('a', 'ops', ['erin']),
      approval('b'),
      asks('c', 'maintainers', ['dana']),
      asks('d', 'ops', []),
    ];
    const shown = (user: string, height: number): string[] =>
      renderLiveView(status([unit('u', 'working')], { approvals }), { width: 80, height, now, user }).filter((line) =>
        /^[!?]|^ +coppice/.test(line),
      );

    it('has first, and with the command, what waits for who looks', () => {
      expect(shown('dana', 40)).toEqual([
        '! c asks you: touches src/payments',
        '  coppice approve run:261124-k3x9:unit:c:approval:1',
        '! b asks anybody: touches src/payments',
        '  coppice approve run:261124-k3x9:unit:b:approval:1',
        '? a asks ops: touches src/payments',
        '? d asks ops: touches src/payments',
      ]);
      expect(shown('erin', 40)[0]).toBe('! a asks you: touches src/payments');
    });

    it('counts those without room, and says how many of them wait for who looks', () => {
      expect(shown('dana', 16).slice(4)).toEqual(['? 2 more: coppice approvals']);
      expect(shown('dana', 10).slice(2)).toEqual(['! 3 more, 1 for you: coppice approvals']);
      expect(shown('dana', 4)).toEqual(['! 4 approvals, 2 for you: coppice approvals']);
      expect(shown('nobody', 4)).toEqual(['! 4 approvals, 1 for you: coppice approvals']);
    });
  });

  it('says how far the critical path is, in units', () => {
    const chain = [
      unit('a', 'landed'),
      unit('b', 'working', { needs: ['a'] }),
      unit('c', 'waiting', { needs: ['b'] }),
      unit('alone', 'working'),
    ];
    const path = (units: UnitStatus[]): string | undefined =>
      renderLiveView(status(units), { width: 80, height: 24, now, user: 'dana' })[1];
    expect(path(chain)).toBe('critical path ✓●· 1 of 3 landed, now: b');
    expect(path(chain.map((each) => ({ ...each, phase: 'landed' })))).toBe('critical path ✓✓✓ 3 of 3 landed');
    expect(path([unit('a', 'working'), unit('b', 'working')])).toBe('');
    const long = Array.from({ length: 30 }, (_, i) =>
      unit(`u${i}`, 'waiting', { needs: i === 0 ? [] : [`u${i - 1}`] }),
    );
    expect(path(long)).toBe('critical path 0 of 30 landed, next: u0');
  });

  it('says that what it shows is old while nobody answers', () => {
    const silence = { since: new Date('2026-11-24T11:03:00.000Z'), why: 'no worker answers' };
    expect(renderLiveView(busy, { width: 80, height: 24, now, user: 'dana', silence })[1]).toBe(
      'no answer for 12s: no worker answers',
    );
  });

  it('fits a terminal that does not know its size', () => {
    expect(renderLiveView(busy, { width: 0, height: 0, now, user: 'dana' })).toEqual(
      renderLiveView(busy, { width: 80, height: 24, now, user: 'dana' }),
    );
  });
});
