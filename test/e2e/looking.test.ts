// The commands that only read, through the command line: one run of two units, then each command on it, as text and as
// JSON, and with names that do not exist.

import { existsSync, mkdirSync, readFileSync, readdirSync, readlinkSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Report } from '../../contracts/documents/report.ts';
import type { LoggedTurn, RunSummary, UnitCheckout, UnitDiff } from '../../client/api.ts';
import { elements, parsePage, textOf } from '../cli/report-page/parsed-page.ts';
import { Stack } from './stack.ts';
import { byUnit, steps } from './scripts.ts';

const commands = [
  'printf "one\\n\\033[31mred\\n" | tee first.txt',
  'sed -i s/hello/bye/ readme.txt; rm gone.txt; printf "\\000\\r\\n" > raw.bin; ln -s first.txt link; exit 3',
];

/** The attributes would change line endings on a checkout that obeys them. */
const files = { 'readme.txt': 'hello\n', 'gone.txt': 'x\n', '.gitattributes': '*.txt text eol=crlf\n' };

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
    stack = await Stack.start({ reply, files });
    await stack.worker('host-1');
    const plan = stack.plan([
      { id: 'first', title: 'Add first', prompt: 'Make first.txt', scope: ['**'] },
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

  describe('report', () => {
    const printed = async (format: string) => (await stack.coppice(['report', 'looked-at', '--format', format])).stdout;

    it('is a page that stands alone, right as HTML, with what became of each unit', async () => {
      const { root, errors } = parsePage(await printed('html'));
      expect(errors).toEqual([]);
      const rows = elements(root)
        .filter(({ tagName }) => tagName === 'tr')
        .map(textOf);
      expect(rows.find((row) => row.startsWith('first'))).toContain('landed');
      expect(rows.find((row) => row.startsWith('idle'))).toContain('failed');
      expect(textOf(root)).toContain('no-change');
    });

    it('is Markdown for a pull request, and the same data as JSON either way', async () => {
      expect(await printed('markdown')).toMatch(/^\| ✓ landed \| `first` \| `[0-9a-f]{8}` \|/m);
      expect(JSON.parse(await printed('json'))).toEqual(report);
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

    it('follows a run as it continues; Ctrl-C ends that with 130, and the end of the run with 0', async () => {
      const plan = stack.plan([
        { id: 'slow', title: 'Add slow', prompt: 'Make slow.txt' },
        { id: 'late', title: 'Add late', prompt: 'Make late.txt', needs: ['slow'] },
      ]);
      await stack.coppice(['run', plan, '--repo', stack.remote, '--detach', '--id', 'followed']);
      const unbegun = await logs('followed', 'late');
      expect([unbegun.code, unbegun.stdout, unbegun.stderr]).toEqual([
        0,
        '',
        expect.stringMatching(/^late has no journal yet; .*coppice status \S+\n$/),
      ]);
      expect(await stack.coppice(['diff', 'followed', 'late'])).toMatchObject({
        code: 4,
        stderr: expect.stringContaining('late has no checkpoint yet'),
      });
      const stopped = stack.spawn(['logs', 'followed', '--follow', '--json']);
      const followed = stack.coppice(['logs', 'followed', '--follow', '--json']);
      await vi.waitFor(() => expect(stopped.stdout()).toContain('"unit":"slow","turn":1'), { timeout: 30_000 });
      stopped.process.kill('SIGINT');
      expect(await stopped.ended).toMatchObject({ code: 130, stderr: expect.stringContaining('the run continues') });
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

  describe('diff', () => {
    it('has the change of a unit against its base, as data and as a patch that applies', async () => {
      const diff = await stack.json<UnitDiff & { version: number }>(['diff', 'looked-at', 'first']);
      expect(diff).toMatchObject({ version: 1, run: 'looked-at', unit: 'first', base: report.base });
      expect(diff.files).toEqual([
        { path: 'first.txt', status: 'added', additions: 2, deletions: 0 },
        { path: 'gone.txt', status: 'deleted', additions: 0, deletions: 1 },
        { path: 'link', status: 'added', additions: 1, deletions: 0 },
        { path: 'raw.bin', status: 'added', additions: null, deletions: null },
        { path: 'readme.txt', status: 'modified', additions: 1, deletions: 1 },
      ]);
      const patch = join(stack.root, 'first.patch');
      const clone = join(stack.root, 'patched');
      writeFileSync(patch, diff.patch);
      stack.git('clone', '--quiet', stack.remote, clone);
      stack.git('-C', clone, 'checkout', '--quiet', report.base);
      stack.git('-C', clone, 'apply', '--exclude=raw.bin', patch);
      expect(readFileSync(join(clone, 'readme.txt'), 'utf8')).toContain('bye');
    });

    it('shows people the patch without what a terminal obeys, or the files alone', async () => {
      const { code, stdout } = await stack.coppice(['diff', 'looked-at', 'first']);
      expect(code).toBe(0);
      expect(stdout).toMatch(/^diff --git a\/first\.txt b\/first\.txt\n[^]*\n\+\\x1b\[31mred\n[^]*\n-hello\n\+bye\n$/);
      const stat = (await stack.coppice(['diff', 'looked-at', 'first', '--stat'])).stdout;
      expect(stat).toMatch(/^first\.txt +added +\+2 +−0\n[^]*raw\.bin +added +binary\n[^]*\n5 files \+4 −2\n$/);
    });

    it('says when there is no change, and ends with 4 for a unit that is not there', async () => {
      const none = await stack.coppice(['diff', 'looked-at', 'idle']);
      expect([none.code, none.stdout, none.stderr]).toEqual([0, '', expect.stringContaining('changes nothing')]);
      expect((await stack.coppice(['diff', 'looked-at', 'nobody', '--json'])).code).toBe(4);
      expect((await stack.coppice(['diff', 'looked-at'])).code).toBe(2);
    });
  });

  describe('checkout', () => {
    const look = (folder: string, ...args: string[]) => stack.git('-C', folder, ...args).trim();

    it('makes a repository at the unit’s base whose files are the unit’s, byte for byte', async () => {
      const folder = join(stack.root, 'new', 'taken');
      const made = await stack.json<UnitCheckout>(['checkout', 'looked-at', 'first', folder]);
      const branch = 'coppice/looked-at/first';
      expect(made).toEqual({
        version: 1,
        run: 'looked-at',
        unit: 'first',
        directory: folder,
        branch,
        base: report.base,
      });
      expect(look(folder, 'symbolic-ref', '--short', 'HEAD')).toBe(branch);
      expect(look(folder, 'rev-parse', 'HEAD')).toBe(report.base);
      expect(look(folder, 'remote', 'get-url', 'origin')).toBe(stack.remote);
      expect(look(folder, 'rev-parse', 'origin/main')).toBe(stack.log()[0]?.sha);
      expect(
        look(folder, 'status', '--porcelain')
          .split('\n')
          .map((line) => line.trim()),
      ).toEqual(['D gone.txt', 'M readme.txt', '?? first.txt', '?? link', '?? raw.bin']);
      expect(readdirSync(folder).toSorted()).toEqual([
        '.git',
        '.gitattributes',
        'first.txt',
        'link',
        'raw.bin',
        'readme.txt',
      ]);
      expect(readFileSync(join(folder, 'readme.txt'), 'utf8')).toBe('bye\n');
      expect(readFileSync(join(folder, 'raw.bin'), 'latin1')).toBe('\0\r\n');
      expect(readlinkSync(join(folder, 'link'))).toBe('first.txt');
    });

    it('takes an empty folder, says what is next, and works where the branch no longer has the base', async () => {
      const folder = join(stack.root, 'empty');
      mkdirSync(folder);
      const orphan = stack
        .git(
          '--git-dir',
          stack.remote,
          '-c',
          'user.name=x',
          '-c',
          'user.email=x',
          'commit-tree',
          '-m',
          'x',
          'main^{tree}',
        )
        .trim();
      const tip = stack.log()[0]?.sha ?? '';
      stack.git('--git-dir', stack.remote, 'update-ref', 'refs/heads/main', orphan);
      const { code, stdout } = await stack.coppice(['checkout', 'looked-at', 'first', 'empty']);
      stack.git('--git-dir', stack.remote, 'update-ref', 'refs/heads/main', tip);
      expect([code, stdout]).toEqual([
        0,
        expect.stringMatching(/git status\n.*git push origin HEAD\n.*coppice cancel/),
      ]);
      expect(look(folder, 'rev-parse', 'HEAD')).toBe(report.base);
      expect(look(folder, 'diff', '--stat')).toContain('2 files changed');
    });

    it('refuses a folder with something in it, and leaves nothing of what fails', async () => {
      const folder = join(stack.root, 'full');
      mkdirSync(folder);
      writeFileSync(join(folder, 'mine.txt'), 'mine');
      const code = async (...args: string[]) => (await stack.coppice(['checkout', 'looked-at', ...args])).code;
      expect(await code('first', folder)).toBe(2);
      expect(await code('first', join(folder, 'mine.txt'))).toBe(2);
      expect(readdirSync(folder)).toEqual(['mine.txt']);
      expect(await code('nobody', join(stack.root, 'never'))).toBe(4);
      renameSync(stack.remote, `${stack.remote}.away`);
      const away = await stack.coppice(['checkout', 'looked-at', 'first', join(stack.root, 'never', 'made')]);
      renameSync(`${stack.remote}.away`, stack.remote);
      expect(away.code).toBe(3);
      expect(existsSync(join(stack.root, 'never'))).toBe(false);
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
