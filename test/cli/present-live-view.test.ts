import { describe, expect, it } from 'vitest';
import { Screen } from './screen.ts';
import { approval, busy, hostile, now, status, unit } from './documents.ts';
import { columnsOf } from '../../client/cli/present/inert.ts';
import { openLiveView, renderLiveView } from '../../client/cli/present/live-view.ts';

const sizes = [1, 2, 3, 5, 8, 12, 24, 60].flatMap((height) =>
  [1, 3, 20, 40, 80, 200].map((width) => ({ width, height })),
);

describe('what the live view shows', () => {
  it('is everything where there is room', () => {
    expect(renderLiveView(busy, { width: 80, height: 24, now })).toMatchInlineSnapshot(`
      [
        "261124-k3x9  running  1 of 6 landed  $1.23 of $200.00  3m 12s",
        "",
        "✓  parse   landed                    $0.41           Title of parse",
        "●  format  working  host-a  turn 12  ~$0.30  3m 12s  npm test",
        "?  pay     asking                            3m 12s  Title of pay",
        "»  docs    queued                            3m 12s  Title of docs",
        "·  cli     waiting                                   needs pay, docs",
        "✗  bad     failed                                    conflict: with the target …",
        "queue of 2: docs verifying 12s, 261124-aaaa/other queued 3m 12s",
        "? pay: touches src/payments",
        "  coppice approve run:261124-k3x9:unit:pay:approval:1",
      ]
    `);
  });

  it('keeps what matters on 40 columns', () => {
    expect(renderLiveView(busy, { width: 40, height: 24, now })).toMatchInlineSnapshot(`
      [
        "261124-k3x9  running  1 of 6 landed",
        "",
        "✓  parse   landed   $0.41   Title of pa…",
        "●  format  working  ~$0.30  npm test",
        "?  pay     asking           Title of pay",
        "»  docs    queued           Title of do…",
        "·  cli     waiting          needs pay, …",
        "✗  bad     failed           conflict: w…",
        "queue of 2: docs verifying 12s, 261124-…",
        "? pay: touches src/payments",
        "  coppice approvals",
      ]
    `);
  });

  it('counts in one line the units that have no room', () => {
    expect(renderLiveView(busy, { width: 60, height: 8, now })).toMatchInlineSnapshot(`
      [
        "261124-k3x9  running  1 of 6 landed  $1.23 of $200.00",
        "●  format  working  turn 12  ~$0.30  3m 12s  npm test",
        "?  pay     asking                    3m 12s  Title of pay",
        "  and 1 failed, 1 queued, 1 waiting, 1 landed",
        "queue of 2: docs verifying 12s, 261124-aaaa/other queued 3m…",
        "? pay: touches src/payments",
        "  coppice approve run:261124-k3x9:unit:pay:approval:1",
      ]
    `);
  });

  it('shows the most urgent of 1,000 units on any height', () => {
    const phases = ['landed', 'waiting', 'working', 'landed', 'failed'] as const;
    const units = Array.from({ length: 1000 }, (_, i) => unit(`u${i}`, phases[i % 5] ?? 'landed'));
    const [head, first, ...rest] = renderLiveView(status(units), { width: 80, height: 10, now });
    expect(head).toBe('261124-k3x9  running  400 of 1000 landed  $1.23 of $200.00  3m 12s');
    expect(first).toBe('●  u2   working  3m 12s  Title of u2');
    expect(rest).toHaveLength(7);
    expect(rest.at(-1)).toBe('  and 193 working, 200 failed, 200 waiting, 400 landed');
  });

  it.each(sizes)('never has more than $height rows of $width columns', ({ width, height }) => {
    const units = Array.from({ length: 1000 }, (_, i) =>
      unit(`unit-${i}`, 'working', { doing: hostile, host: '漢字漢字漢字' }),
    );
    const approvals = Array.from({ length: 500 }, (_, i) => approval(`unit-${i}`, { summary: hostile }));
    for (const document of [busy, status(units, { approvals }), status([])]) {
      const lines = renderLiveView(document, { width, height, now });
      expect(lines.length).toBeGreaterThan(0);
      expect(lines.length).toBeLessThanOrEqual(Math.max(1, height - 1));
      expect(Math.max(...lines.map(columnsOf))).toBeLessThanOrEqual(width);
      expect(lines.join('')).not.toMatch(/[\p{Cc}\u202e]/u);
    }
  });

  it('says how many approvals wait when they have no room', () => {
    const approvals = Array.from({ length: 500 }, (_, i) => approval(`u${i}`));
    const lines = renderLiveView(status([unit('a', 'working')], { approvals }), { width: 80, height: 12, now });
    expect(lines.slice(-3)).toEqual([
      '? u0: touches src/payments',
      '  coppice approve run:261124-k3x9:unit:u0:approval:1',
      '? 499 more: coppice approvals',
    ]);
  });

  it('fits a terminal that does not know its size', () => {
    expect(renderLiveView(busy, { width: 0, height: 0, now })).toEqual(
      renderLiveView(busy, { width: 80, height: 24, now }),
    );
  });
});

describe('the live view on a terminal', () => {
  it('replaces what it drew and nothing above it', () => {
    const screen = new Screen(20, 10, ['$ coppice run']);
    const view = openLiveView(screen);
    view.draw(['one', 'two two', 'three']);
    view.draw(['1', '2']);
    expect(screen.text).toBe('$ coppice run\n1\n2\n');
    view.draw(['1', '2', '3', '4']);
    expect(screen.text).toBe('$ coppice run\n1\n2\n3\n4\n');
  });

  it('hides the cursor while it is open, and shows it again once', () => {
    const screen = new Screen(20, 10);
    const view = openLiveView(screen);
    view.draw(['one']);
    expect(screen.cursorShown).toBe(false);
    view.close();
    view.close();
    view.draw(['two']);
    expect(screen.cursorShown).toBe(true);
    expect(screen.wraps).toBe(true);
    expect(screen.text).toBe('one\n');
    expect(screen.written.split('\x1b[?25h')).toHaveLength(2);
  });

  it('writes nothing when it never drew, and leaves no listener behind', () => {
    const before = process.listenerCount('exit');
    const screen = new Screen(20, 10);
    openLiveView(screen).close();
    expect(screen.written).toBe('');
    expect(process.listenerCount('exit')).toBe(before);
  });

  it('writes nothing when nothing changed', () => {
    const screen = new Screen(20, 10);
    const view = openLiveView(screen);
    view.draw(['one']);
    const { written } = screen;
    view.draw(['one']);
    expect(screen.written).toBe(written);
    view.close();
  });

  it('keeps a line that is too wide on one row', () => {
    const screen = new Screen(10, 10, ['above']);
    const view = openLiveView(screen);
    view.draw(['x'.repeat(35), 'two']);
    view.draw(['1', '2']);
    expect(screen.text).toBe('above\n1\n2\n');
    view.close();
  });

  it('shows the last character of a line as wide as the terminal', () => {
    const screen = new Screen(10, 10);
    const view = openLiveView(screen);
    for (const line of ['0123456789', '9876543210']) view.draw([line]);
    expect(screen.text).toBe('9876543210\n');
    view.close();
  });

  it('keeps to the rows of the terminal, so that nothing scrolls away under it', () => {
    const screen = new Screen(10, 4, ['above']);
    const view = openLiveView(screen);
    for (const round of ['a', 'b', 'c']) view.draw(Array.from({ length: 9 }, (_, i) => `${round}${i}`));
    expect(screen.text).toBe('above\nc0\nc1\nc2\n');
    view.close();
  });

  it('goes up over the rows that a narrower terminal made of its lines', () => {
    const screen = new Screen(20, 10);
    const view = openLiveView(screen);
    view.draw(['x'.repeat(18), '\x1b[1mshort\x1b[22m']);
    screen.columns = 10;
    screen.written = '';
    // A row of 18 columns has become two.
    screen.write = (text) => ((screen.written += text), true);
    view.draw(['x']);
    expect(screen.written).toContain('\x1b[3A\r');
    view.close();
  });
});
