import { describe, expect, it } from 'vitest';
import type { UnitId } from '../../contracts/ids.ts';
import { harmless, hostile, report, reported } from './documents.ts';
import { reportText } from '../../client/cli/present/report.ts';

const mixed = report(
  [
    reported('parse', 'landed', {
      commit: 'c'.repeat(40) as never,
      estimated: true,
      size: { files: 3, additions: 120, deletions: 14 },
    }),
    reported('late', 'skipped', { reason: 'skipped: left out by erin', skippedBy: 'erin' }),
    reported('logo', 'landed', { size: { files: 1, additions: 0, deletions: 0 }, retries: 1 }),
    reported('bad', 'failed', { reason: 'conflict: with the target in src/a.ts', hosts: ['host-b'] }),
    reported('cli', 'skipped', {
      reason: 'dependency-failed: bad is failed',
      failedDependency: 'bad' as UnitId,
      costUsd: 0,
      hosts: [],
      turns: 0,
      seconds: { dependencies: 0, slot: 0, work: 0, human: 0, queue: 0 },
    }),
  ],
  {
    conflicts: { predicted: 0, met: 2, resolvedByAgent: 1, resolvedByPerson: 0 },
    decisions: [
      {
        id: 'run:261124-k3x9:unit:parse:approval:1',
        kind: 'merge',
        unit: 'parse' as UnitId,
        decision: 'approved',
        by: 'dana',
        channel: 'slack',
        at: '2026-11-24T11:02:00.123Z',
        reason: 'looks good',
      },
    ],
  },
);

describe('the report', () => {
  it('says what landed, why the rest did not, and what it took', () => {
    expect(reportText(mixed, {})).toMatchInlineSnapshot(`
      "261124-k3x9 ✗ failed: 2 of 5 units landed on main in 3m 12s
      Durations everywhere

      ✓  parse  landed   cccccccc  3 files +120 −14  ~$0.50  1m 00s  Title of parse
      ↷  late   skipped                              $0.50   1m 00s  Title of late
      ✓  logo   landed             1 file            $0.50   1m 00s  Title of logo (retried once)
      ✗  bad    failed                               $0.50   1m 00s  Title of bad
      ↷  cli    skipped                                              Title of cli

      bad failed conflict: with the target in src/a.ts
      late skipped: left out by erin
      cli skipped: bad failed

      target     main of git@example.com:team/app.git
      commits    aaaaaaaa..bbbbbbbb
      time       3m 12s for 6m 40s of work (2.1x); the critical path has 1m 40s
      cost       ~$1.23, 16 turns of model-1 on 2 hosts
      started    2026-11-24T11:00:00Z by dana
      conflicts  2 met, 1 resolved by agents, 0 by people

      decisions
      parse approved by dana (slack) at 2026-11-24T11:02:00Z: looks good"
    `);
  });

  it('says a reason of several lines once for all units that have it', () => {
    const reason = 'error: SetupFailed: the setup command ended with 1: npm ci\nnpm error code E404\n\n  at x';
    const many = Array.from({ length: 16 }, (_, i) => reported(`unit-${i}`, 'failed', { reason }));
    const text = reportText(report([...many, reported('other', 'failed', { reason: 'stuck: it was' })]), {});
    expect(text).toContain(
      [
        'unit-0, unit-1, unit-2, unit-3, unit-4, unit-5, unit-6 and 9 more failed error: SetupFailed: the setup command ended with 1: npm ci',
        '  npm error code E404',
        '',
        '    at x',
        'other failed stuck: it was',
      ].join('\n'),
    );
    expect(text.split('npm error code E404')).toHaveLength(2);
  });

  it('keeps reasons whole on 40 columns', () => {
    const text = reportText(mixed, { isTTY: true, columns: 40, getColorDepth: () => 1 });
    expect(text).toMatchInlineSnapshot(`
      "261124-k3x9 ✗ failed: 2 of 5 units landed on main in 3m 12s
      Durations everywhere

      ✓  parse  landed   ~$0.50  Title of par…
      ↷  late   skipped  $0.50   Title of late
      ✓  logo   landed   $0.50   Title of log…
      ✗  bad    failed   $0.50   Title of bad
      ↷  cli    skipped          Title of cli

      bad failed conflict: with the target in src/a.ts
      late skipped: left out by erin
      cli skipped: bad failed

      target     main of git@example.com:team/app.git
      commits    aaaaaaaa..bbbbbbbb
      time       3m 12s for 6m 40s of work (2.1x); the critical path has 1m 40s
      cost       ~$1.23, 16 turns of model-1 on 2 hosts
      started    2026-11-24T11:00:00Z by dana
      conflicts  2 met, 1 resolved by agents, 0 by people

      decisions
      parse approved by dana (slack) at 2026-11-24T11:02:00Z: looks good"
    `);
  });

  it('says for how long a tool call is allowed', () => {
    const [decision] = mixed.decisions;
    if (decision === undefined) throw new Error('no decision');
    const text = reportText({ ...mixed, decisions: [{ ...decision, kind: 'tool', remember: 'unit' }] }, {});
    expect(text).toContain('parse (tool) approved, allowed for the rest of the unit, by dana (slack) at');
  });

  it('shows hostile text as text', () => {
    const text = `${hostile} | <img src=x> [a](b) \`c\` @everyone`;
    const doc = report([reported('a', 'failed', { title: text, reason: text })], { goal: text, branch: text });
    expect(reportText(doc, {})).toContain(harmless);
    expect(reportText(doc, {})).not.toMatch(/(?!\n)\p{Cc}|\u202e/u);
  });

  it('shows 1,000 units, a line each', () => {
    const units = Array.from({ length: 1000 }, (_, i) => reported(`u${i}`, 'landed'));
    const text = reportText(report(units, { status: 'completed' }), {});
    expect(text.match(/^✓ {2}u\d+ .* landed/gm)).toHaveLength(1000);
    expect(text).toMatch(/^261124-k3x9 ✓ completed: 1000 of 1000 units landed on main in 3m 12s$/m);
  });
});
