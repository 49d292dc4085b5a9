import { describe, expect, it } from 'vitest';
import type { ApprovalView } from '../../contracts/approval.ts';
import type { Plan, PlanUnit } from '../../contracts/documents/plan.ts';
import type { RunEvent } from '../../client/watch/events.ts';
import { approval, approvalView, began, busy, entry, harmless, hostile, now, status, unit } from './documents.ts';
import { approvalsText, asksAnew } from '../../client/cli/present/approvals.ts';
import { columnsOf } from '../../client/cli/present/columns.ts';
import { duration } from '../../client/cli/present/amounts.ts';
import { eventLine } from '../../client/cli/present/event-lines.ts';
import { invalidText, validText } from '../../client/cli/present/validate.ts';
import { painterFor } from '../../client/cli/present/colour.ts';
import { overviewOf } from '../../client/watch/overview.ts';
import { statusText } from '../../client/cli/present/status.ts';

const viewer = { user: 'dana', now };
const narrow = { isTTY: true, columns: 40, getColorDepth: () => 1 };

describe('the status of a run as text', () => {
  it('is whole where nothing is a terminal', () => {
    expect(statusText(overviewOf(busy), {}, viewer)).toMatchInlineSnapshot(`
      "261124-k3x9  ●  running  1 of 6 landed  $1.23 of $200.00  3m 12s
      target   main of git@example.com:team/app.git
      model    model-1
      started  2026-11-24T11:00:00Z by dana
      Durations everywhere

      ✓  parse   landed                    $0.41           Title of parse
      ●  format  working  host-a  turn 12  ~$0.30  3m 12s  npm test
      ?  pay     asking                            3m 12s  Title of pay
      »  docs    queued                            3m 12s  is being verified
      ·  cli     waiting                                   needs pay, docs
      ✗  bad     failed                                    conflict: with the target in a.ts

      queue
      1  docs               verifying  12s     in ~2m  is being verified
      2  261124-aaaa/other  waiting    3m 12s          waits for its turn

      ! pay asks anybody: touches src/payments
        asked 3m 12s ago, expires in 6d 23h
        coppice approve run:261124-k3x9:unit:pay:approval:1"
    `);
  });

  it('cuts its tables to 40 columns, and lets sentences fold', () => {
    const lines = statusText(overviewOf(busy), narrow, viewer).split('\n');
    expect(Math.max(...lines.filter((line) => /^(\S|\d) {2}/.test(line)).map(columnsOf))).toBeLessThanOrEqual(40);
    expect(lines).toMatchInlineSnapshot(`
      [
        "261124-k3x9  ●  running  1 of 6 landed  $1.23 of $200.00  3m 12s",
        "target   main of git@example.com:team/app.git",
        "model    model-1",
        "started  2026-11-24T11:00:00Z by dana",
        "Durations everywhere",
        "",
        "✓  parse   landed   $0.41   Title of pa…",
        "●  format  working  ~$0.30  npm test",
        "?  pay     asking           Title of pay",
        "»  docs    queued           is being ve…",
        "·  cli     waiting          needs pay, …",
        "✗  bad     failed           conflict: w…",
        "",
        "queue",
        "1  docs              verifying  is bein…",
        "2  261124-aaaa/oth…  waiting    waits f…",
        "",
        "! pay asks anybody: touches src/payments",
        "  asked 3m 12s ago, expires in 6d 23h",
        "  coppice approve run:261124-k3x9:unit:pay:approval:1",
      ]
    `);
  });

  it('says what of its budget a unit has spent, once little is left, and why one waits', () => {
    const document = status(
      [
        unit('far', 'working', { costUsd: 7.9, budgetUsd: 10 }),
        unit('near', 'working', { costUsd: 8, budgetUsd: 10 }),
        unit('done', 'landed', { costUsd: 9, budgetUsd: 10 }),
        unit('held', 'parked', { reason: 'paused by dana' }),
        unit('asks', 'asking', { reason: 'asks a person (budget)' }),
      ],
      { status: 'paused', budget: { spentUsd: 170, limitUsd: 200 } },
    );
    const text = statusText(overviewOf(document), { isTTY: true, columns: 120, getColorDepth: () => 8 }, viewer);
    expect(text).toContain('\u001B[33m$170.00 of $200.00\u001B[39m');
    expect(text).toContain('\u001B[33m$8.00 of $10.00');
    expect(text).not.toMatch(/7\.90 of|9\.00 of/);
    expect(text).toContain('paused by dana');
    expect(text).toContain('asks a person (budget)');
  });

  it('says which host drains, who is asked, and where the page of the run is', () => {
    const policy = { rule: 'r', by: ['ops'], allowed: { slack: [], users: ['erin'], email: [] } };
    const document = status(
      [unit('a', 'working', { host: 'host-a', turn: 3, doing: 'npm test', draining: true }), unit('b', 'asking')],
      { approvals: [approval('b', { policy }), approval('c')] },
    );
    const page = 'http://127.0.0.1:8233/namespaces/default/workflows/run%3Ax/y/user-metadata';
    const text = statusText(overviewOf(document), {}, { ...viewer, page });
    expect(text).toMatch(/●  a  working  host-a  turn 3 .* draining: npm test$/m);
    expect(text).toContain(`web ui   ${page}\n`);
    // What waits for the viewer comes first, as in the live view.
    expect(text.match(/^[!?] \S.*/gm)).toEqual([
      '! c asks anybody: touches src/payments',
      '? b asks ops: touches src/payments',
    ]);
    expect(statusText(overviewOf(document), narrow, viewer)).toMatch(/working .* draining…$/m);
  });

  it('lists the most urgent units of a long run, and counts the others and a long queue', () => {
    const landed = Array.from({ length: 80 }, (_, i) => unit(`done-${i}`, 'landed'));
    const queue = Array.from({ length: 30 }, (_, i) => entry(i + 1, 'other', `q${i}`));
    const units = [...landed, unit('next', 'waiting'), unit('bad', 'failed', { reason: 'stuck: again' })];
    const document = status([...units, unit('busy', 'working')], { queue });
    const text = statusText(overviewOf(document), {}, viewer);
    expect(text).toContain('80 of 83 landed');
    expect(text).toMatch(/●  busy  working .*\n✗  bad {3}failed .*stuck: again\n {3}and 1 waiting, 80 landed: coppice/);
    expect(text).toContain('landed: coppice status 261124-k3x9 --all\n');
    expect(text).toMatch(/20 {2}other\/q19 .*\n {3}and 10 more$/);
    expect(statusText(overviewOf(document, Infinity), {}, viewer)).toMatch(/done-79 .*\n.* next .*\n.*bad .*\n.*busy /);
    expect(statusText(overviewOf(status(landed)), {}, viewer)).toContain('   80 landed: coppice status');
  });

  it('shows hostile text as text', () => {
    const doc = status(
      [unit('a', 'working', { doing: hostile, host: hostile }), unit('b', 'failed', { reason: hostile })],
      {
        goal: hostile,
        repository: hostile,
        model: hostile,
        approvals: [approval('a', { summary: hostile })],
      },
    );
    const text = statusText(overviewOf(doc), {}, viewer);
    expect(text).not.toMatch(/(?!\n)\p{Cc}|\u202e/u);
    expect(text.split(harmless)).toHaveLength(8);
  });
});

describe('colour', () => {
  const terminal = { isTTY: true, getColorDepth: () => 8 };
  it.each([
    ['a terminal', terminal, {}, true],
    ['no terminal', {}, {}, false],
    ['a terminal without colours', { isTTY: true, getColorDepth: () => 1 }, {}, false],
    ['NO_COLOR', terminal, { NO_COLOR: '1' }, false],
    ['an empty NO_COLOR', terminal, { NO_COLOR: '' }, true],
    ['FORCE_COLOR without a terminal', {}, { FORCE_COLOR: '1' }, true],
    ['FORCE_COLOR=0', terminal, { FORCE_COLOR: '0' }, false],
  ])('with %s', (_name, stream, env, coloured) => {
    expect(painterFor(stream, env)('red', 'x')).toBe(coloured ? '\x1b[31mx\x1b[39m' : 'x');
  });
});

it('a terminal rings for what newly waits for whoever looks, and for nothing else', () => {
  const others = { policy: { rule: 'r', by: ['o'], allowed: { users: ['olga'] } } };
  expect(asksAnew([approval('pay')], [], 'dana')).toBe(true);
  expect(asksAnew([approval('pay')], [approval('pay')], 'dana')).toBe(false);
  expect(asksAnew([approval('pay', others)], [], 'dana')).toBe(false);
  expect(asksAnew([approval('pay', others)], [], 'olga')).toBe(true);
});

describe('approvals as text', () => {
  it('say what lands where, why somebody is asked, and how to answer', () => {
    expect(approvalsText([approvalView('pay')], {}, viewer)).toMatchInlineSnapshot(`
      "! pay asks anybody: touches src/payments
        261124-k3x9: Title of pay
        lands on main of git@example.com:team/app.git, asked for by dana
        because of src/payments/** asks
        src/1.ts
        src/2.ts
        src/3.ts
        src/4.ts
        src/5.ts
        and 55 more
        see it: coppice diff 261124-k3x9 pay
        asked 3m 12s ago, expires in 6d 23h
        coppice approve run:261124-k3x9:unit:pay:approval:1"
    `);
  });

  it('say so when there are none', () => {
    expect(approvalsText([], {}, viewer)).toBe('no approval is waiting');
  });

  it('show hostile text as text', () => {
    const subject = { ...approvalView('pay').subject, title: hostile, paths: [hostile], repository: hostile };
    const text = approvalsText(
      [{ ...approvalView('pay'), summary: hostile, subject } satisfies ApprovalView],
      {},
      viewer,
    );
    expect(text).not.toMatch(/(?!\n)\p{Cc}|\u202e/u);
    expect(text.split(harmless)).toHaveLength(5);
  });
});

describe('an event as a line', () => {
  const base = { at: began, run: '261124-k3x9' };
  const of = { ...base, unit: 'pay', title: 'Pay by card' };
  it.each<[RunEvent, string]>([
    [{ type: 'unit-started', ...of }, 'pay started: Pay by card'],
    [{ type: 'unit-phase', ...of, phase: 'working', host: 'host-a' }, 'pay is working on host-a'],
    [{ type: 'unit-phase', ...of, phase: 'queued', host: null }, 'pay is queued'],
    [{ type: 'unit-landed', ...of, commit: 'c'.repeat(40), costUsd: 0.5 }, 'pay landed as cccccccc ($0.50)'],
    [{ type: 'unit-landed', ...of, commit: null, costUsd: 0.5 }, 'pay landed ($0.50)'],
    [
      { type: 'unit-failed', ...of, status: 'skipped', reason: `x: ${hostile}`, costUsd: 0 },
      `pay skipped: x: ${harmless}`,
    ],
    [
      { type: 'approval-opened', ...base, ...approval('pay') },
      'pay asks: touches src/payments; answer with: coppice approve run:261124-k3x9:unit:pay:approval:1',
    ],
    [{ type: 'approval-decided', ...base, id: 'x', unit: 'pay', decision: 'denied' }, 'pay: approval denied'],
    [{ type: 'approval-decided', ...base, id: 'x', unit: 'pay', decision: null }, 'pay: approval closed'],
    [
      { type: 'run-ended', ...base, status: 'failed', landed: 1, total: 2, costUsd: 3 },
      'run 261124-k3x9 failed: 1 of 2 units landed, $3.00',
    ],
  ])('%#', (event, words) => {
    expect(eventLine(event)).toBe(`2026-11-24T11:00:00Z ${words}`);
  });
});

describe('a checked plan as text', () => {
  const plan = (n: number): Plan => ({
    version: 1,
    goal: '',
    units: Array.from({ length: n }, () => ({}) as PlanUnit),
  });

  it('says how long its longest chain is', () => {
    expect(validText('plan.yaml', plan(3), ['a', 'b'])).toBe(
      'plan.yaml is valid: 3 units\nthe longest chain has 2: a → b',
    );
    const chain = Array.from({ length: 1000 }, (_, i) => `u${i}`);
    expect(validText('plan.yaml', plan(1), chain)).toBe(
      'plan.yaml is valid: 1 unit\nthe longest chain has 1000: u0 → u1 → u2 → u3 → u4 → u5 → … → u994 → u995 → u996 → u997 → u998 → u999',
    );
  });

  it('has its errors in the form that editors read', () => {
    const at = { file: 'plan.yaml', line: 3, column: 5 };
    expect(
      invalidText([
        { at, message: 'units is missing' },
        { at, message: hostile },
      ]),
    ).toBe(`plan.yaml:3:5: units is missing\nplan.yaml:3:5: ${harmless}`);
  });
});

describe('durations', () => {
  it.each([
    [0.9, '0s'],
    [59, '59s'],
    [61, '1m 01s'],
    [3600, '1h 00m'],
    [90_000, '1d 1h'],
    [-5, '0s'],
  ])('%d seconds', (seconds, text) => {
    expect(duration(seconds)).toBe(text);
  });
});
