// The commands that only look, through the command line: one run of two units, then each command on it, as text and as
// JSON, and with what is not there.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Report } from '../../domain/report.ts';
import type { RunSummary } from '../../client/api.ts';
import { Stack } from './stack.ts';
import { byUnit, steps } from './scripts.ts';

describe('looking at a run of two units', () => {
  let stack: Stack;
  let report: Report;

  beforeAll(async () => {
    const reply = byUnit({
      first: steps(
        'printf "one\\n\\033[31mred\\n" | tee first.txt',
        'sed -i s/hello/bye/ readme.txt; rm gone.txt; exit 3',
      ),
      idle: steps(),
    });
    stack = await Stack.start({ reply, files: { 'readme.txt': 'hello\n', 'gone.txt': 'x\n' } });
    await stack.worker('host-1');
    const plan = stack.plan([
      { id: 'first', title: 'Add first', prompt: 'Make first.txt' },
      { id: 'idle', title: 'Do nothing', prompt: 'Nothing' },
    ]);
    report = await stack.json<Report>(['run', plan, '--repo', stack.remote, '--id', 'looked-at']);
  }, 120_000);
  afterAll(() => stack.close());

  it('has one unit that landed and one that did not', () => {
    expect(report.units.map(({ id, status }) => [id, status])).toEqual([
      ['first', 'landed'],
      ['idle', 'failed'],
    ]);
  });

  describe('list', () => {
    it('has the run, how it ended and when', async () => {
      const { runs } = await stack.json<{ runs: RunSummary[] }>(['list']);
      expect(runs).toEqual([
        {
          run: 'looked-at',
          status: 'failed',
          repository: stack.remote,
          branch: 'main',
          goal: 'Try it',
          startedBy: 'dana',
          startedAt: expect.stringMatching(/^\d{4}-.*Z$/),
          endedAt: expect.stringMatching(/^\d{4}-.*Z$/),
          units: { total: 2, landed: expect.any(Number), failed: expect.any(Number) },
          costUsd: expect.any(Number),
        },
      ]);
    });
  });

  describe('plan show', () => {
    it('prints the graph as text, Mermaid, Graphviz and JSON', async () => {
      const file = stack.plan([
        { id: 'a', title: 'Add "a"', prompt: 'A' },
        { id: 'b', title: 'Add b', prompt: 'B', needs: ['a'], scope: ['b/**'] },
      ]);
      const show = async (...args: string[]) => (await stack.coppice(['plan', 'show', file, ...args])).stdout;
      expect(await show()).toMatch(/^Try it\n2 units.*\n\n1 {2}\* {2}a {2}Add "a"\n2 {2}\* {2}b {2}Add b +needs a\n$/);
      expect(await show('--format', 'mermaid')).toMatch(/^graph LR\n[^"]*"a#58; Add #34;a#34;"\]\n/);
      expect(await show('--format', 'dot')).toMatch(/^digraph plan {\n[^]*\n}\n$/);
      const document = JSON.parse(await show('--json')) as object;
      expect(document).toMatchObject({ version: 1, edges: [['a', 'b']], criticalPath: ['a', 'b'] });
      expect(await show('--format', 'json')).toBe(await show('--json'));
    });

    it('refuses a plan with errors, and a format that it does not know', async () => {
      const file = stack.plan([{ id: 'a', title: 'A', prompt: 'A', needs: ['b'] }]);
      const wrong = await stack.coppice(['plan', 'show', file, '--json']);
      expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringContaining('not a unit of the plan')]);
      expect(JSON.parse(wrong.stdout)).toMatchObject({ error: { type: 'BadPlan', at: { file } } });
      expect((await stack.coppice(['plan', 'show', file, '--format', 'png'])).code).toBe(2);
      expect((await stack.coppice(['plan', 'show', '/nowhere.yaml'])).code).toBe(2);
    });
  });
});
