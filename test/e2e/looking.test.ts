// The commands that only look, through the command line: one run of two units, then each command on it, as text and as
// JSON, and with what is not there.

import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Report } from '../../domain/report.ts';
import type { LoggedTurn, RunSummary } from '../../client/api.ts';
import { Stack } from './stack.ts';
import { byUnit, steps } from './scripts.ts';

const commands = [
  'printf "one\\n\\033[31mred\\n" | tee first.txt',
  'sed -i s/hello/bye/ readme.txt; rm gone.txt; exit 3',
];

describe('looking at a run of two units', () => {
  let stack: Stack;
  let report: Report;
  let letGo: () => void;
  const go = new Promise<void>((resolve) => (letGo = resolve));

  beforeAll(async () => {
    const reply = byUnit({
      first: steps(...commands),
      idle: steps(),
      // Answers for the second time when the test says so.
      slow: async (request) => {
        if (request.turn === 2) await go;
        return steps('echo ready', 'echo slow > slow.txt')(request);
      },
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

  describe('logs', () => {
    const logs = async (...args: string[]) => {
      const ran = await stack.coppice(['logs', ...args, '--json']);
      const lines = ran.stdout.split('\n').filter(Boolean);
      return { ...ran, turns: lines.map((line) => JSON.parse(line) as LoggedTurn & { version: number }) };
    };

    it('has a line of JSON for each turn of a unit', async () => {
      const { code, turns } = await logs('looked-at', 'first');
      expect(code).toBe(0);
      expect(turns.map(({ version, unit, turn, host }) => [version, unit, turn, host])).toEqual([
        [1, 'first', 1, 'host-1'],
        [1, 'first', 2, 'host-1'],
        [1, 'first', 3, 'host-1'],
      ]);
      expect(turns[0]?.tools).toEqual([
        { name: 'bash', input: { command: commands[0] }, output: 'one\nred', exitCode: 0 },
      ]);
      expect(turns[1]?.tools[0]).toMatchObject({ output: '[exit code 3]', exitCode: 3 });
      expect(turns[2]).toMatchObject({ text: 'Done.', tools: [], told: [] });
      expect(turns[0]?.usage.inputTokens).toBeGreaterThan(0);
    });

    it('has all units by time without a unit, and what an agent was told', async () => {
      const { turns } = await logs('looked-at');
      expect(new Set(turns.map(({ unit }) => unit))).toEqual(new Set(['first', 'idle']));
      expect(turns.map(({ at }) => at)).toEqual(turns.map(({ at }) => at).toSorted());
      const told = turns.filter(({ unit }) => unit === 'idle').map((turn) => turn.told.length);
      expect(told).toEqual([0, 1]);
    });

    it('shows people each call with its output, without what a terminal obeys; ends when a run that ended is followed', async () => {
      const { code, stdout } = await stack.coppice(['logs', '@latest', 'first', '--follow']);
      expect(code).toBe(0);
      expect(stdout).toMatch(/^first turn 1 {2}\S+Z {2}host-1\n {2}\$ printf .*\n {4}one\n {4}red\n\nfirst turn 2 /);
      expect(stdout).toMatch(/ {4}\[exit code 3\]\n\nfirst turn 3 .*\nDone\.\n$/);
      expect(stdout).not.toContain('\x1b');
    });

    it('ends with 4 for a unit or a run that is not there', async () => {
      const wrong = await logs('looked-at', 'nobody');
      expect([wrong.code, wrong.stderr]).toEqual([4, expect.stringContaining('no unit nobody')]);
      expect((await logs('looked-at', '../plan')).code).toBe(4);
      expect(await logs('no-such-run')).toMatchObject({ code: 4, stderr: expect.stringContaining('coppice list') });
    });

    it('follows a run as it goes on; Ctrl-C ends that with 130, and the end of the run with 0', async () => {
      const plan = stack.plan([
        { id: 'slow', title: 'Add slow', prompt: 'Make slow.txt' },
        { id: 'late', title: 'Add late', prompt: 'Make late.txt', needs: ['slow'] },
      ]);
      await stack.coppice(['run', plan, '--repo', stack.remote, '--detach', '--id', 'followed']);
      const unbegun = await logs('followed', 'late');
      expect([unbegun.code, unbegun.stdout, unbegun.stderr]).toEqual([0, '', 'late has no journal yet\n']);
      const stopped = stack.spawn(['logs', 'followed', '--follow', '--json']);
      const followed = stack.coppice(['logs', 'followed', '--follow', '--json']);
      await vi.waitFor(() => expect(stopped.stdout()).toContain('"unit":"slow","turn":1'), { timeout: 30_000 });
      stopped.process.kill('SIGINT');
      expect(await stopped.ended).toMatchObject({ code: 130, stderr: expect.stringContaining('the run goes on') });
      letGo();
      const { code, stdout } = await followed;
      const turns = stdout
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line) as LoggedTurn);
      expect(code).toBe(0);
      expect(turns.map(({ unit, turn }) => `${unit} ${turn}`)).toEqual([
        'slow 1',
        'slow 2',
        'slow 3',
        'late 1',
        'late 2',
      ]);
      expect(turns[0]?.tools[0]?.output).toBe('ready');
    }, 60_000);
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
