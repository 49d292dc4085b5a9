import { describe, expect, it } from 'vitest';
import type { UnitDiff } from '../../client/api.ts';
import { hostile } from './documents.ts';
import { patchText, statText } from '../../client/cli/present/diff.ts';

const terminal = { isTTY: true, columns: 80, getColorDepth: () => 8 };

function diff(...lines: string[]): UnitDiff {
  const patch = `${lines.join('\n')}\n`;
  const files = [{ path: `${hostile}.txt`, status: 'modified', additions: 1, deletions: 2 }] as const;
  return { run: 'r', unit: 'u', base: 'b', checkpoint: 'c', files, patch };
}

describe('a patch for people', () => {
  const header = ['diff --git a/x b/x', '--- a/x', '+++ b/x', '@@ -1 +1 @@'];

  it('is as git has it where nothing is a terminal, line endings included', () => {
    const lines = [...header, '-a\r', '+\tb\r', ' c', '\\ No newline at end of file'];
    expect(patchText(diff(...lines), {})).toBe(lines.join('\n'));
  });

  it('writes out what a terminal would obey', () => {
    const lines = patchText(diff(...header, `+${hostile}`, '+x\r'), terminal)
      .split('\n')
      .slice(4);
    expect(lines).toEqual([
      '\x1b[32m+a\\x1b[2J\\x1b]0;owned\\x07\\u{202e}b\\x0d\x1b[39m',
      'c\\x9b31m 👩‍💻 漢',
      '\x1b[32m+x\\x0d\x1b[39m',
    ]);
  });

  it('colours lines of a hunk by their first sign, whatever they look like', () => {
    const painted = patchText(diff(...header, '--- removed', '+++ added', ...header), terminal).split('\n');
    const codes = painted.map((line) => line.slice(2, line.indexOf('m')));
    expect(codes).toEqual(['1', '1', '1', '36', '31', '32', '1', '1', '1', '36']);
  });
});

it('the files of a diff are aligned and harmless', () => {
  expect(statText(diff(), {})).toMatchInlineSnapshot(`
    "ab c 👩‍💻 漢.txt  modified  +1  −2
    1 file +1 −2"
  `);
});
