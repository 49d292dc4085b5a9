import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Report } from '../../contracts/documents/report.ts';
import type { UnitId } from '../../contracts/ids.ts';
import { harmless, hostile, report, reported } from './documents.ts';
import { reportMarkdown } from '../../client/cli/present/report-markdown.ts';

const decision = {
  id: 'run:261124-k3x9:unit:parse:approval:1',
  kind: 'merge',
  unit: 'parse' as UnitId,
  decision: 'approved',
  by: 'dana',
  channel: 'slack',
  at: '2026-11-24T11:02:00.123Z',
  reason: 'looks good',
} as const;

const nothing = { costUsd: 0, hosts: [], turns: 0, seconds: { dependencies: 0, slot: 0, work: 0, human: 0, queue: 0 } };

describe('the report as Markdown', () => {
  it('has in sight how the run ended and why units did not land, and folds the graph', () => {
    const units = [
      reported('parse', 'landed', { commit: 'c'.repeat(40) as never, estimated: true, attempts: 2 }),
      reported('bad', 'failed', { reason: 'conflict: with the target in src/a.ts', hosts: ['host-b'] }),
      reported('cli', 'skipped', { ...nothing, reason: 'dependency-failed: bad is failed', needs: ['bad' as UnitId] }),
    ];
    const conflicts = { predicted: 0, met: 2, resolvedByAgent: 1, resolvedByPerson: 0 };
    expect(reportMarkdown(report(units, { conflicts, decisions: [decision] }))).toMatchInlineSnapshot(`
      "## ✗ Run 261124-k3x9: failed

      1 of 3 units landed on main in 3m 12s

      > Durations everywhere

      ### Why units did not land

      - ✗ \`bad\` conflict: with the target in src/a.ts
      - ↷ \`cli\` skipped: what it needs did not land

      | | Unit | Commit | Change | Work | People | Queue | Cost | |
      | --- | --- | --- | --- | ---: | ---: | ---: | ---: | --- |
      | ✓ landed | \`parse\` | \`cccccccc\` |  | 1m 00s |  | 5s | \\~$0.50 | Title of parse (2 attempts) |
      | ✗ failed | \`bad\` |  |  | 1m 00s |  | 5s | $0.50 | Title of bad |
      | ↷ skipped | \`cli\` |  |  |  |  |  |  | Title of cli |

      <details>
      <summary>Dependencies; the thick ones are the critical path</summary>

      \`\`\`mermaid
      graph LR
        u0["#10003; parse"]
        u1["#10007; bad"]
        u2["#8631; cli"]
        u1 --> u2
        classDef critical stroke-width:3px
        class u0 critical
      \`\`\`

      </details>

      - target: main of git@example.com:team/app.git
      - commits: aaaaaaaa..bbbbbbbb
      - time: 3m 12s for 6m 40s of work (2.1x); the critical path has 1m 40s
      - cost: \\~$1.23, 8 turns of model-1 on 2 hosts
      - started: 2026-11-24T11:00:00Z by dana
      - conflicts: 2 met, 1 resolved by agents, 0 by people

      ### Decisions

      - parse approved by dana (slack) at 2026-11-24T11:02:00Z: looks good"
    `);
  });

  it('folds a long table away, names the dearest units, and draws no large graph', () => {
    const units = Array.from({ length: 41 }, (_, i) =>
      reported(`u${i}`, 'landed', { costUsd: i / 100, needs: (i === 0 ? [] : ['u0']) as UnitId[] }),
    );
    const text = reportMarkdown(report(units, { status: 'completed' }));
    expect(text).toContain('<details>\n<summary>41 units</summary>\n\n| | Unit |');
    expect(text).toContain('- most expensive: `u40` $0.40, `u39` $0.39, `u38` $0.38');
    expect(text).not.toContain('mermaid');
    expect(text).not.toContain('Why units did not land');
  });

  it('shows hostile text as text, and mentions nobody', () => {
    const text = `${hostile} | <img src=x> [a](b) \`c\` @everyone`;
    const doc = report([reported('a', 'failed', { title: text, reason: text })], { goal: text, branch: text });
    const markdown = reportMarkdown(doc);
    expect(markdown).not.toMatch(/(?!\n)\p{Cc}|\u202e/u);
    expect(markdown.split(`${harmless} \\| \\<img src=x\\> \\[a\\](b) \\\`c\\\` @\u200beveryone`)).toHaveLength(6);
    expect(markdown).not.toMatch(/@everyone/);
  });

  it('fits into a comment and keeps its form, whatever is in it', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 400 }),
      fc.constantFrom('|', '`', '```', '</details>', '\n\n', '# x', '@a', '<b>', '\\', 'x'.repeat(3000)),
    );
    const unit = fc.record({
      id: text as fc.Arbitrary<UnitId>,
      title: text,
      reason: text,
      status: fc.constantFrom('landed' as const, 'failed' as const, 'skipped' as const),
    });
    let tables = 0;
    fc.assert(
      fc.property(fc.array(unit, { maxLength: 20 }), text, fc.nat(100), (drawn, other, times) => {
        const units = Array.from({ length: times }, () => drawn)
          .flat()
          .map(({ id, status, ...more }) => reported(id, status, more));
        const decisions = units.map((each): Report['decisions'][number] => ({
          ...decision,
          unit: each.id,
          reason: other,
        }));
        const markdown = reportMarkdown(report(units, { goal: other, branch: other, startedBy: other, decisions }));
        expect(markdown.length).toBeLessThanOrEqual(65_536);
        expect(markdown).not.toMatch(/(?!\n)\p{Cc}/u);
        const rows = markdown.split('\n').filter((line) => line.startsWith('| '));
        tables += rows.length;
        for (const row of rows) expect(row.match(/(?<!\\)(?:\\\\)*\|/g)).toHaveLength(10);
        expect(markdown.match(/^```/gm)?.length ?? 0).toBeLessThanOrEqual(2);
        expect(markdown.match(/^<details>$/gm)?.length ?? 0).toBe(markdown.match(/^<\/details>$/gm)?.length ?? 0);
      }),
      { numRuns: 40 },
    );
    expect(tables).toBeGreaterThan(0);
  });

  it('says how many units have no room', () => {
    const units = Array.from({ length: 1000 }, (_, i) =>
      reported(`unit-number-${i}`, 'failed', { reason: 'stuck: a reason of some length' }),
    );
    const markdown = reportMarkdown(report(units));
    expect(markdown).toMatch(/\n- and \d+ more: `coppice report 261124-k3x9`\n/);
    expect(markdown).toMatch(/\n\nand \d+ more: `coppice report 261124-k3x9`\n\n<\/details>/);
  });
});
