import { describe, expect, it } from 'vitest';
import type { Check } from '../../domain/doctor/finding.ts';
import { columnsOf } from '../../client/cli/present/columns.ts';
import { doctorText } from '../../client/cli/present/doctor.ts';
import { harmless, hostile } from './documents.ts';

const checks: Check[] = [
  { name: 'node', status: 'ok', detail: '24.21.0', hint: '' },
  {
    name: 'temporal',
    status: 'fail',
    detail: 'no Temporal server answers at 127.0.0.1:7233 (connection refused)',
    hint: 'Start one with `coppice dev`, or set TEMPORAL_ADDRESS.',
  },
  { name: 'search-attributes', status: 'warn', detail: 'not looked at: no Temporal server answers', hint: '' },
];

describe('what the doctor says', () => {
  it('is a line for each check, with what to do below it', () => {
    expect(doctorText(checks, {})).toMatchInlineSnapshot(`
      "✓ node               24.21.0
      ✗ temporal           no Temporal server answers at 127.0.0.1:7233 (connection refused)
                           → Start one with \`coppice dev\`, or set TEMPORAL_ADDRESS.
      ! search-attributes  not looked at: no Temporal server answers

      not ready: temporal"
    `);
  });

  it('folds on a narrow terminal, and loses no word', () => {
    const terminal = { isTTY: true, columns: 40, getColorDepth: () => 1 };
    const text = doctorText(checks, terminal);
    expect(Math.max(...text.split('\n').map(columnsOf))).toBeLessThanOrEqual(40);
    expect(text.replaceAll(/\s+/g, ' ')).toContain('→ Start one with `coppice dev`, or set TEMPORAL_ADDRESS.');
    expect(text).toMatchInlineSnapshot(`
      "✓ node
          24.21.0
      ✗ temporal
          no Temporal server answers at
          127.0.0.1:7233 (connection refused)
          → Start one with \`coppice dev\`, or
            set TEMPORAL_ADDRESS.
      ! search-attributes
          not looked at: no Temporal server
          answers

      not ready: temporal"
    `);
  });

  it('ends with what fails, or that nothing does', () => {
    const last = (...some: Check[]) => doctorText(some, {}).split('\n').at(-1);
    expect(last(...checks)).toBe('not ready: temporal');
    expect(last(...checks.filter(({ status }) => status !== 'fail'))).toBe('ready, with 1 warning');
    expect(last(...checks.slice(0, 1))).toBe('ready');
  });

  it('shows nothing that a terminal would obey', () => {
    const text = doctorText([{ name: 'model', status: 'fail', detail: hostile, hint: hostile }], {});
    expect(text.split(harmless)).toHaveLength(3);
  });

  it('keeps the lines that commands of a target have printed, below the check', () => {
    const detail = `the check lint fails\n$ lint\na.ts\n   ^ here\u001B[31m\nready\n[exit code 7]\n`;
    expect(doctorText([{ name: 'target', status: 'fail', detail, hint: 'Correct it.' }], {})).toMatchInlineSnapshot(`
      "✗ target  the check lint fails
                $ lint
                a.ts
                   ^ here
                ready
                [exit code 7]
                → Correct it.

      not ready: target"
    `);
  });
});
