// What a person reads who names the wrong thing, or asks too early: what is wrong, and the command that helps; with the
// exit codes that scripts rely on.

import { mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { Stack } from '../e2e/stack.ts';
import { byUnit } from '../e2e/scripts.ts';

const openRun = 'open-run';
const endedRun = 'ended-run';
const asksOnce = { tools: [{ name: 'ask_person', input: { question: 'Which colour?' } }] };

describe('a command that cannot do what was asked', () => {
  let stack: Stack;

  beforeAll(async () => {
    stack = await Stack.start({
      reply: byUnit({
        stuck: () => ({ hang: 'after-headers' }),
        asks: ({ turn }) => (turn === 0 ? asksOnce : { text: 'Done.' }),
      }),
      files: { 'readme.txt': 'hello\n' },
    });
    await stack.worker('host-1');
    const unit = (id: string, needs: string[] = []) => ({ id, title: id, prompt: 'Do it', needs });
    const at = ['--repo', stack.remote, '--id'];
    await stack.coppice(['run', stack.plan([unit('done')]), ...at, endedRun]);
    const open = stack.plan([unit('stuck'), unit('asks'), unit('later', ['stuck'])]);
    await stack.coppice(['run', open, ...at, openRun, '--detach']);
    const asking = async (): Promise<void> => {
      if (!(await stack.coppice(['approvals'])).stdout.includes('Which colour?')) throw new Error('nobody asks yet');
    };
    await vi.waitFor(asking, { timeout: 60_000, interval: 500 });
  }, 120_000);
  afterAll(() => stack.close());

  const statusHint = `\`coppice status ${openRun}\` shows its units.`;
  const runsHint = '`coppice list` shows the runs.';
  const approvalsHint = '`coppice approvals` shows those that wait for a decision.';
  const endedHint = `\`coppice report ${endedRun}\` says how. `;

  it.each<[string, number, string, string]>([
    ...['status', 'report', 'logs', 'cancel', 'pause', 'resume', 'approvals'].map(
      (name): [string, number, string, string] => [`${name} nowhere`, 4, 'there is no run nowhere', runsHint],
    ),
    ['diff nowhere a', 4, 'there is no run nowhere', runsHint],
    ['status opne-run', 4, 'there is no run opne-run; did you mean "open-run"?', runsHint],
    ['approve nowhere a', 4, 'there is no run nowhere', runsHint],
    ['status -run', 2, '-run', 'See `coppice status --help`.'],
    ['status run', 2, 'run matches 2 runs: ', 'Name more of the id.'],
    ['cancel @latest', 2, '@latest does not work with commands that change something', runsHint],
    [`report ${openRun}`, 4, `the run ${openRun} has not ended, so it has no report yet`, `coppice status ${openRun}`],
    ...['logs', 'diff', 'cancel', 'pause', 'resume', 'retry', 'skip'].map((name): [string, number, string, string] => [
      `${name} ${openRun} nobody`,
      4,
      `the run ${openRun} has no unit nobody`,
      statusHint,
    ]),
    [`message ${openRun} nobody hello`, 4, `the run ${openRun} has no unit nobody`, statusHint],
    [`logs ${openRun} stukc`, 4, `has no unit stukc; did you mean "stuck"?`, statusHint],
    [`diff ${openRun} later`, 4, 'later has no checkpoint yet', `coppice status ${openRun}`],
    [`checkout ${openRun} later there`, 4, 'later has no checkpoint yet', `coppice status ${openRun}`],
    [`message ${openRun} later hello`, 1, 'nothing is working on later now', `coppice status ${openRun}`],
    [`retry ${openRun} stuck`, 1, 'only a unit that has ended can be tried again', `coppice status ${openRun}`],
    [`resume ${openRun}`, 1, 'not paused', `coppice status ${openRun}`],
    ...['cancel', 'pause', 'resume'].map((name): [string, number, string, string] => [
      `${name} ${endedRun}`,
      1,
      `the run ${endedRun} has ended already`,
      endedHint,
    ]),
    [`cancel ${endedRun} done`, 1, `the run ${endedRun} has ended already`, endedHint],
    [`message ${endedRun} done hello`, 1, `the run ${endedRun} has ended already`, endedHint],
    [`retry ${endedRun} done`, 1, 'done has landed', `coppice status ${endedRun}`],
    [`retry ${endedRun} nobody`, 4, `the run ${endedRun} has no unit nobody`, `coppice status ${endedRun}`],
    ['approve nothing', 4, 'no open approval matches nothing', approvalsHint],
    [
      `approve ${openRun} stuck`,
      4,
      `the unit stuck of the run ${openRun} has no open approval`,
      `Open in this run: run:${openRun}:unit:asks:approval:1`,
    ],
    [`deny run:${openRun}:unit:asks:approval:9`, 4, `there is no approval run:${openRun}`, approvalsHint],
    [`approve ${openRun} asks`, 1, `coppice answer run:${openRun}:unit:asks:approval:1`, 'Nothing was changed'],
    [`answer ${openRun} asks`, 2, 'asks is the unit that asks, and the answer is missing', `${openRun} asks TEXT`],
    ['queue list --repo /nowhere/x.git', 2, 'there is no repository at /nowhere/x.git', 'a URL that git can clone'],
  ])('%s: exit code %d, with the way out', async (line, code, message, hint) => {
    const ran = await stack.coppice(line.split(' '));
    expect([ran.code, ran.stdout]).toEqual([code, '']);
    expect(ran.stderr.split('\n', 1)[0]).toContain(message);
    expect(ran.stderr.split('\n').slice(1).join('\n')).toContain(hint);
  });

  it('says the same as JSON', async () => {
    const { code, stdout } = await stack.coppice(['report', openRun, '--json']);
    expect([code, JSON.parse(stdout)]).toMatchObject([
      4,
      { error: { type: 'NotFound', hint: expect.stringContaining(`coppice status ${openRun}`) } },
    ]);
  });

  it('outside a clone and in one, about the queue of a branch', async () => {
    const folder = mkdtempSync(join(stack.root, 'folder-'));
    const queue = (args: readonly string[], cwd: string) => stack.coppice(['queue', 'list', ...args], {}, cwd);
    const nowhere = await queue([], folder);
    expect([nowhere.code, nowhere.stderr]).toEqual([
      2,
      expect.stringMatching(/no git repository with an origin\n.*--repo/),
    ]);
    const clone = join(folder, 'clone');
    stack.git('clone', '--quiet', stack.remote, clone);
    expect(await queue([], clone)).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('\n\nthe merge queue is empty\n'),
    });
    const unknown = await queue(['--branch', 'nowhere'], clone);
    expect([unknown.code, unknown.stderr]).toEqual([2, expect.stringContaining('has no branch nowhere; it has main')]);
    // The branch that a run would take: that of coppice.yaml, not the remote's default.
    stack.git('--git-dir', stack.remote, 'branch', 'release', 'main');
    stack.commit('Land elsewhere', { 'coppice.yaml': 'version: 1\nbranch: release\n' });
    const found = await queue(['--json'], clone);
    expect(JSON.parse(found.stdout)).toMatchObject({ branch: 'release', entries: [] });
    const named = await queue(['--json', '--repo', stack.remote], folder);
    expect(JSON.parse(named.stdout)).toMatchObject({ branch: 'release' });
  });

  it('about a file that is not there, or a folder that is taken', async () => {
    const missing = await stack.coppice(['run', 'no-plan.yaml', '--repo', stack.remote]);
    expect([missing.code, missing.stderr]).toEqual([
      2,
      expect.stringMatching(/cannot read no-plan.yaml.*\nCheck its path/),
    ]);
    const taken = mkdtempSync(join(stack.root, 'taken-'));
    writeFileSync(join(taken, 'mine'), '');
    const over = await stack.coppice(['checkout', endedRun, 'done', taken]);
    expect([over.code, over.stderr]).toEqual([2, expect.stringMatching(/is not empty\nName a new or an empty folder/)]);
    const onFile = await stack.coppice(['checkout', endedRun, 'done', join(taken, 'mine')]);
    expect([onFile.code, onFile.stderr]).toEqual([2, expect.stringMatching(/is a file, or below one\n/)]);
  });

  it('and an answer is answered, never approved', async () => {
    const answered = await stack.coppice(['answer', openRun, 'asks', 'Blue, please.']);
    expect([answered.code, answered.stdout]).toEqual([0, `answered: run:${openRun}:unit:asks:approval:1\n`]);
  });
});
