import { overviewOf } from '../../client/watch/overview.ts';
import fc from 'fast-check';
import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from 'vitest';
import { began, busy, busyQueue, entry, harmless, hostile, now, queue, status, train, unit } from './documents.ts';
import { columnsOf } from '../../client/cli/present/columns.ts';
import { plainPaint } from '../../client/cli/present/colour.ts';
import { queueText } from '../../client/cli/present/queue.ts';
import { renderLiveView } from '../../client/cli/present/live-view.ts';
import { renderQueueView } from '../../client/cli/present/queue-view.ts';
import { statusText } from '../../client/cli/present/status.ts';
import { trainLines } from '../../client/cli/present/trains.ts';

describe('the merge queue as text', () => {
  it('says what is in flight, what each entry waits for, and what was decided', () => {
    expect(queueText(busyQueue, {}, now)).toMatchInlineSnapshot(`
      "main  git@example.com:team/app.git  12 landed
      verifies the last commit of each train, 4 at once; the next train takes up to 8
      ‖ the queue is paused by dana for 2m 00s: release freeze; what has at least priority 5 lands
      ‖ the queue drains, by lee for 1m 00s: what came later waits
      ✗ the target is red by itself for 12s: npm test fails on cccccccc

      train 7  ■ a → ▣ parse → ▣ docs
               verifies up to parse for 3m 12s, attempt 2 on host-a, no output since 11:01:00Z (2m 12s): npm test
               verifies all 3 for 3m 12s on host-b: setup
      train 8  ✗ late
               verifies it for 3m 12s: waits for a host

      1  261124-k3x9/parse  verifying            3m 12s                      is verified as a part of its train
      2  261124-k3x9/docs   verifying            3m 12s              in ~2m  is being verified
      3  261124-k3x9/cli    building, attempt 2  3m 12s                      to be tried again: EIO: a disk
      4  261124-aaaa/other  waiting              3m 12s  priority 3          the queue is paused by dana: release freeze
      and 5 more: --limit N

      flaky commands
      test: failed and then passed 3 times, last 3m 12s ago

      last decisions
      2m 00s ago  dana paused the queue below priority 5: release freeze
      3m 12s ago  261124-k3x9/first landed as 0123456789ab"
    `);
  });

  it('says so when it is empty, and when nothing was ever handed in', () => {
    expect(queueText(queue(), {}, now)).toMatch(/12 landed\n.*\n\nthe merge queue is empty$/);
    expect(queueText(queue({ begun: false }), {}, now)).toBe(
      'nothing was ever handed in to the merge queue of main of git@example.com:team/app.git',
    );
  });

  it('calls a revert what it is, and names the pause of people that holds after its own', () => {
    const sha = 'a'.repeat(40);
    const pause = { by: 'dana', reason: 'freeze', since: began, above: null };
    const own = { by: 'Coppice', reason: 'the remote refused the push', since: began, above: null, before: pause };
    const text = queueText(queue({ entries: [{ ...entry(1, 'a', 'waiting'), reverts: sha }], paused: own }), {}, now);
    expect(text).toMatch(/^1 +revert of /m);
    expect(text.match(/the queue is paused by (\S+)/g)).toEqual([
      'the queue is paused by Coppice',
      'the queue is paused by dana',
    ]);
  });

  it('says how it verifies', () => {
    expect(queueText(queue({ verify: 'each', parallel: 2, batch: 3 }), {}, now)).toContain(
      'verifies every commit, 2 at once; the next train takes up to 3',
    );
  });

  it('has colours where they are wanted, and no line of a table wider than the terminal', () => {
    const terminal = { isTTY: true, columns: 60, getColorDepth: () => 8 };
    const text = queueText(busyQueue, terminal, now);
    expect(text).toContain('\u001b[33m');
    const tables = stripVTControlCharacters(text)
      .split('\n')
      .filter((line) => /^(\d+  |train|   )/.test(line));
    expect(Math.max(...tables.map(columnsOf))).toBeLessThanOrEqual(60);
  });

  it('shows hostile text as text', () => {
    const document = queue({
      branch: hostile,
      repository: hostile,
      entries: [entry(1, hostile, hostile, { reason: hostile, lastFailure: hostile, state: 'building' })],
      paused: { by: hostile, reason: hostile, since: began, above: null },
      draining: { by: hostile, since: began },
      trains: [train(1, { [hostile]: 'open' }, [{ upTo: 1, host: hostile, doing: hostile, outputAt: began }])],
      flakes: [{ command: hostile, times: 1, lastAt: began }],
      decisions: [{ at: began, text: hostile }],
    });
    const frame = { width: 500, height: 50, now, paint: plainPaint, silence: { since: now, why: hostile } };
    for (const text of [queueText(document, {}, now), renderQueueView(document, frame).join('\n')]) {
      expect(text).not.toMatch(/(?!\n)\p{Cc}|\u202e/u);
      expect(text.split(harmless).length).toBeGreaterThanOrEqual(12);
    }
  });
});

describe('a train', () => {
  const draw = (drawn: Parameters<typeof trainLines>[0], width = Infinity, rows = Infinity) =>
    trainLines(drawn, { width, rows, now, paint: plainPaint, run: '261124-k3x9' });

  it('says what is verified, for how long, where, and since when a command says nothing', () => {
    expect(draw(train(7, { a: 'green', b: 'open', c: 'open' }, [{ upTo: 3, host: 'h1', doing: 'npm test' }]))).toEqual([
      'train 7  ■ a → □ b → ▣ c',
      '         verifies all 3 for 3m 12s on h1, no output yet: npm test',
    ]);
    const talking = { upTo: 1, host: 'h1', doing: 'npm test', outputAt: '2026-11-24T11:02:13.000Z' };
    expect(draw(train(1, { a: 'open' }, [talking])).at(-1)).toBe('         verifies it for 3m 12s on h1: npm test');
    expect(draw(train(1, { a: 'open' }, [{ ...talking, outputAt: began }])).at(-1)).toMatch(
      /on h1, no output since 11:00:00Z \(3m 12s\): npm test$/,
    );
  });

  it('says why nothing verifies it', () => {
    const waiting = draw(train(1, { a: 'open', b: 'open' }, [{ upTo: 1 }]));
    expect(waiting.at(-1)).toBe('         verifies up to a for 3m 12s: waits for a host');
    const failing = { upTo: 2, attempt: 3, lastFailure: 'no host has ruby' };
    expect(draw(train(1, { a: 'open', b: 'open' }, [failing])).at(-1)).toBe(
      '         verifies all 2 for 3m 12s, attempt 3: to be tried again: no host has ruby',
    );
  });

  const units = fc.uniqueArray(fc.stringMatching(/^[a-z]{1,30}$/), { minLength: 1, maxLength: 70 });

  it('is folded to the width of the terminal, and no unit is missing', () => {
    fc.assert(
      fc.property(units, fc.integer({ min: 60, max: 200 }), (names, width) => {
        const lines = draw(train(12, Object.fromEntries(names.map((name) => [name, 'open']))), width);
        expect(Math.max(...lines.map(columnsOf))).toBeLessThanOrEqual(width);
        expect(
          lines
            .join(' ')
            .replace('train 12', '')
            .match(/[a-z]+/g),
        ).toEqual(names);
      }),
    );
  });

  it('counts the units for which there are no lines', () => {
    fc.assert(
      fc.property(units, fc.integer({ min: 60, max: 200 }), fc.integer({ min: 1, max: 4 }), (names, width, rows) => {
        const lines = draw(train(12, Object.fromEntries(names.map((name) => [name, 'open']))), width, rows);
        expect(lines.length).toBeLessThanOrEqual(rows);
        expect(Math.max(...lines.map(columnsOf))).toBeLessThanOrEqual(width);
        const left = Number(/→ and (\d+) more$/.exec(lines.at(-1) ?? '')?.[1] ?? 0);
        expect(lines.join(' ').split('□').length - 1 + left).toBe(names.length);
      }),
    );
  });
});

describe('the live page of a queue', () => {
  const frame = { width: 100, height: 40, now, paint: plainPaint, silence: null };

  it('has everything where there is room', () => {
    const text = renderQueueView(busyQueue, frame).join('\n');
    for (const part of ['paused by dana', 'train 7', '261124-aaaa/other', 'and 5 more', 'last decisions'])
      expect(text).toContain(part);
  });

  it('fits any terminal, and always says what stops the queue', () => {
    const entries = Array.from({ length: 50 }, (_, i) => entry(i + 1, '261124-k3x9', `unit-${i}`));
    const document = { ...busyQueue, entries, total: 3000 };
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 200 }), fc.integer({ min: 2, max: 80 }), (width, height) => {
        const lines = renderQueueView(document, { ...frame, width, height });
        expect(lines.length).toBeLessThan(height);
        expect(Math.max(...lines.map(columnsOf))).toBeLessThanOrEqual(width);
      }),
    );
    const small = renderQueueView(document, { ...frame, height: 12 }).join('\n');
    expect(small).toContain('the queue is paused by dana');
    expect(small).toContain('train 7');
  });

  it('says that answers have stopped, and when there is nothing to show', () => {
    const silence = { since: new Date(began), why: 'no worker answers' };
    expect(renderQueueView(queue(), { ...frame, silence })).toEqual([
      expect.stringContaining('12 landed'),
      expect.stringContaining('verifies the last commit'),
      'no answer for 3m 12s: no worker answers',
      '',
      'the merge queue is empty',
    ]);
    expect(renderQueueView(queue({ begun: false }), frame)).toEqual([
      'nothing was ever handed in to the merge queue of main',
    ]);
  });
});

describe('the status of a run in the queue', () => {
  const viewer = { user: 'dana', now };
  const paused = { by: 'lee', reason: 'release freeze', since: began, above: null };
  const document = { ...busy, queueSwitches: { paused, draining: null, redBase: null } };

  it('says what its units wait for there, and above the queue that it is paused', () => {
    const lines = statusText(overviewOf(document), {}, viewer).split('\n');
    expect(lines.find((line) => line.startsWith('» '))).toMatch(/docs +queued .* is being verified$/);
    const at = lines.indexOf('queue');
    expect(lines[at - 1]).toBe('');
    expect(lines.slice(at - 2, at + 3)).toEqual([
      '‖ the queue is paused by lee for 3m 12s: release freeze',
      '',
      'queue',
      expect.stringMatching(/^1 {2}docs +verifying {2}12s +in ~2m {2}is being verified$/),
      expect.stringMatching(/^2 {2}261124-aaaa\/other {2}waiting +3m 12s +waits for its turn$/),
    ]);
    expect(statusText(overviewOf(busy), {}, viewer)).not.toContain('paused');
  });

  it('says both in the live view', () => {
    const text = renderLiveView(document, { width: 120, height: 30, now, user: 'dana' }).join('\n');
    expect(text).toContain('‖ the queue is paused by lee for 3m 12s: release freeze');
    expect(text).toMatch(/docs +queued .* is being verified/);
    const red = { paused: null, draining: null, redBase: busyQueue.redBase };
    const elsewhere = status([unit('a', 'queued')], { queueSwitches: red });
    expect(statusText(overviewOf(elsewhere), {}, viewer)).toContain(
      '✗ the target is red by itself for 12s: npm test fails on cccccccc',
    );
  });
});
