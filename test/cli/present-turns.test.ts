import { describe, expect, it } from 'vitest';
import type { LoggedTurn } from '../../client/api.ts';
import { began, harmless, hostile } from './documents.ts';
import { turnText } from '../../client/cli/present/turns.ts';

const turn: LoggedTurn = {
  unit: 'parse',
  turn: 3,
  at: began,
  host: 'host-a',
  told: [],
  text: 'I look first.\n\n  Then I leap.',
  tools: [],
  usage: { inputTokens: 1, outputTokens: 2, cacheReadTokens: 0, cacheWriteTokens: 0 },
};
const bash = (command: string, output: string | null, exitCode: number | null = 0) => ({
  name: 'bash',
  input: { command },
  output,
  exitCode,
});

describe('a turn as text', () => {
  it('has what was told, what was said, and each call with its output', () => {
    const editor = {
      name: 'str_replace_based_edit_tool',
      input: { command: 'view', path: '/work/a' },
      output: 'a',
      exitCode: null,
    };
    const tools = [bash('npm test\n# twice', 'red\n\tdeep\n', 1), editor, bash('sleep 9', null, null)];
    expect(turnText({ ...turn, told: ['The check\nfailed.'], tools }, {})).toMatchInlineSnapshot(`
      "parse turn 3  2026-11-24T11:00:00Z  host-a
      > The check
      > failed.
      I look first.

        Then I leap.
        $ npm test
          # twice
          red
              deep
        str_replace_based_edit_tool {"command":"view","path":"/work/a"}
          a
        $ sleep 9
          (no result)"
    `);
  });

  it('has the head and the tail of a long output', () => {
    const output = Array.from({ length: 100 }, (_, i) => `line ${i + 1}`).join('\n');
    const lines = turnText({ ...turn, text: '', tools: [bash('seq', output)] }, {})
      .split('\n')
      .slice(2);
    expect(lines.map((line) => line.trim())).toEqual([
      ...[1, 2, 3, 4, 5].map((n) => `line ${n}`),
      '… 80 more lines',
      ...Array.from({ length: 15 }, (_, i) => `line ${86 + i}`),
    ]);
    const shorter = turnText(
      { ...turn, text: '', tools: [bash('seq', output.split('\n').slice(0, 21).join('\n'))] },
      {},
    );
    expect(shorter.split('\n')).toHaveLength(2 + 21);
  });

  it('shows nothing that a terminal would obey', () => {
    const tools = [bash(hostile, hostile), { name: hostile, input: { x: hostile }, output: hostile, exitCode: null }];
    const text = turnText({ ...turn, host: hostile, text: hostile, told: [hostile], tools }, {});
    expect(text.replaceAll('\n', '')).toMatch(/^\P{Cc}*$/u);
    expect(text).not.toContain('\u202e');
    expect(text.split(harmless.slice(3)).length).toBeGreaterThan(5);
  });
});
