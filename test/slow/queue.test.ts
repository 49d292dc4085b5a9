// People at the switch of a merge queue, through the command line: one queue, a host that really verifies, and runs that
// wait because it is paused.

import { renameSync } from 'node:fs';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import type { QueueDocument, RunAudit } from '../../client/types.ts';
import { Stack } from '../e2e/stack.ts';
import { byUnit, steps } from '../e2e/scripts.ts';
import { onTerminal } from '../e2e/terminal.ts';

let stack: Stack;
const where = (): string[] => ['--repo', stack.remote];
const queue = (...args: string[]) => stack.coppice(['queue', ...args]);
const start = (id: string, ...units: string[]) => {
  const plan = stack.plan(units.map((unit) => ({ id: unit, title: `Add ${unit}`, prompt: `Make ${unit}.txt` })));
  return stack.coppice(['run', plan, ...where(), '--id', id, '--detach']);
};

/** Long enough for a heartbeat from the host that verifies `c`. */
const verify = 'test ! -e c.txt || sleep 6';

beforeAll(async () => {
  const reply = byUnit({
    a: steps('echo a > a.txt'),
    b: steps('echo b > b.txt'),
    c: steps('echo c > c.txt'),
    d: steps('echo d > d.txt'),
  });
  stack = await Stack.start({ reply, files: { 'coppice.yaml': `version: 1\nverify: ${verify}\n` } });
  await stack.worker('host-1', ['--slots', '3']);
}, 120_000);
afterAll(() => stack.close());

it('has nothing to list or to steer before anything was handed in', async () => {
  expect(await queue('list', ...where())).toMatchObject({
    code: 0,
    stdout: `nothing was ever handed in to the merge queue of main of ${stack.remote}\n`,
  });
  expect(await stack.json(['queue', 'list', ...where()])).toMatchObject({ begun: false, entries: [], total: 0 });
  const resumed = await queue('resume', ...where());
  expect([resumed.code, resumed.stderr]).toEqual([4, expect.stringMatching(/nothing was handed in.*\nCheck --repo/)]);
});

it('lands nothing while it is paused; status and list say why', async () => {
  await start('first', 'a');
  await stack.reportOf('first');
  const paused = await queue('pause', '--reason', 'release freeze', ...where());
  expect(paused).toMatchObject({ code: 0, stdout: 'dana paused the queue: release freeze\n' });
  await start('second', 'b', 'c');
  await stack.statusWhen('second', ({ queue: entries }) => expect(entries).toHaveLength(2));
  const status = await stack.coppice(['status', 'second']);
  expect(status.stdout).toMatch(/‖ the queue is paused by dana for .*: release freeze\n/);
  expect(status.stdout).toMatch(/b +queued .* the queue is paused by dana: release freeze\n/);
  const list = await queue('list', ...where());
  expect(list.stdout).toMatch(/^main {2}.* {2}1 landed\nverifies the last commit of each train/);
  expect(list.stdout).toMatch(/second\/b +waiting .* the queue is paused by dana: release freeze\n/);
  expect(list.stdout).toMatch(/last decisions\n.* dana paused the queue: release freeze\n.* first\/a landed as /);
  const one = await stack.json<QueueDocument>(['queue', 'list', '--limit', '1', '--run', 'sec']);
  expect([one.total, one.entries.map(({ run }) => run), one.paused]).toEqual([
    2,
    ['second'],
    expect.objectContaining({ by: 'dana', reason: 'release freeze' }),
  ]);
});

it('refuses with the reason, and with the exit code of its kind', async () => {
  for (const [args, code, words] of [
    [['eject', 'sec/nothing'], 4, /second\/nothing is not in the queue\nNothing was changed/],
    [['eject', 'nothing/b'], 4, /there is no run nothing/],
    [['eject', '@latest/b'], 2, /@latest does not work with commands that change something/],
    [['bump', 'sec/b', '--priority', '11'], 2, /whole number from -10 to 10/],
    [['bump', 'second'], 2, /a run and a unit with a slash between them/],
    [['pause', '--above', '1.5', ...where()], 2, /whole number from -10 to 10/],
    [['list', '--limit', 'all', ...where()], 2, /whole number from 1 to 2000/],
    [['list', '--branch', 'nowhere', ...where()], 2, /has no branch nowhere/],
  ] as const) {
    const ran = await queue(...args);
    expect([args, ran.code, ran.stderr]).toEqual([args, code, expect.stringMatching(words)]);
  }
  const again = await stack.json(['queue', 'eject', 'sec/nothing']);
  expect(again).toMatchObject({ error: { type: 'NotFound' } });
});

it('is seen and steered while the repository is away, if the branch is named', async () => {
  renameSync(stack.remote, `${stack.remote}.away`);
  try {
    const list = await queue('list', '--branch', 'main', ...where());
    expect([list.code, list.stdout]).toEqual([0, expect.stringContaining('second/b')]);
    expect((await queue('pause', '--branch', 'main', '--reason', 'release freeze', ...where())).code).toBe(0);
  } finally {
    renameSync(`${stack.remote}.away`, stack.remote);
  }
});

it('takes first what was bumped, takes out what is ejected, and lands the rest when it is resumed', async () => {
  expect(await stack.json(['queue', 'bump', 'sec/c', '--priority', '3'])).toMatchObject({
    queue: expect.stringMatching(/^queue:/),
    done: 'dana gave second/c priority 3',
  });
  const { entries } = await stack.json<QueueDocument>(['queue', 'list', ...where()]);
  expect(entries.map(({ unit, priority }) => [unit, priority])).toEqual([
    ['c', 3],
    ['b', 0],
  ]);
  const ejected = await queue('eject', 'sec/b', '--reason', 'not this week');
  expect(ejected).toMatchObject({ code: 0, stdout: 'second/b was ejected by dana: not this week\n' });
  const watching = stack.spawn(['queue', 'list', '--watch', '--json', ...where()]);
  await vi.waitFor(() => expect(watching.stdout()).toContain('"paused":{'), { timeout: 60_000 });
  expect(await queue('resume', ...where())).toMatchObject({ code: 0, stdout: 'dana resumed the queue\n' });
  const refused = await queue('resume', ...where());
  expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining('neither paused nor draining')]);
  const { units } = await stack.reportOf('second');
  expect(units.map(({ id, status, reason }) => [id, status, reason])).toEqual([
    ['b', 'failed', 'ejected: by dana: not this week'],
    ['c', 'landed', null],
  ]);
  await vi.waitFor(() => expect(watching.stdout()).toContain('"landed":2'), { timeout: 60_000 });
  const documents = watching
    .stdout()
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as QueueDocument);
  const trains = documents.flatMap((document) => document.trains);
  expect(trains.flatMap(({ units: cars }) => cars)).toContainEqual({ run: 'second', unit: 'c', verdict: 'open' });
  expect(trains.flatMap(({ verifications }) => verifications)).toContainEqual(
    expect.objectContaining({ upTo: 1, host: 'host-1', doing: verify, attempt: 1 }),
  );
  watching.process.kill('SIGINT');
  expect((await watching.ended).code).toBe(130);
});

it('takes a landed unit back, and begins it anew if asked', async () => {
  const early = await queue('revert', 'sec/b');
  expect([early.code, early.stderr]).toEqual([1, expect.stringContaining('b of second has not landed: it is failed')]);
  const reverted = await stack.json<{ commit: string; reverts: string }>(['queue', 'revert', 'first/a', '--reopen']);
  expect(reverted).toMatchObject({ run: 'first', unit: 'a', dependants: [], reopened: true });
  const log = (...args: string[]) => stack.git('--git-dir', stack.remote, 'log', '-1', ...args);
  const message = log('--format=%B', reverted.commit);
  expect(message).toContain(`Revert "Add a"\n\nCoppice-Reverts: ${reverted.reverts}\nRequested-by: dana`);
  const { units } = await stack.reportOf('first');
  expect(units).toMatchObject([{ id: 'a', status: 'landed' }]);
  expect(log('--format=%(trailers:key=Coppice-Attempt,valueonly)', 'main').trim()).toBe('2');
  expect(stack.show('a.txt')).toContain('a');
});

it('is drawn on a terminal until Ctrl-C', async () => {
  const args = ['queue', 'list', '--watch', ...where()];
  const { code, screen } = await onTerminal({ args, cwd: stack.root, env: stack.env, prompt: '\n', keys: ['\u0003'] });
  expect(code).toBe(130);
  expect(screen).toContain('4 landed');
  expect(screen).toContain('stopped watching; the queue continues');
});

it('and so is what waits for people', async () => {
  const args = ['approvals', '--watch'];
  const { code, screen } = await onTerminal({ args, cwd: stack.root, env: stack.env, prompt: '\n', keys: ['\u0003'] });
  expect([code, screen]).toEqual([130, expect.stringMatching(/no approval is waiting[^]*stopped watching/)]);
});

it('lands nothing that its approver has taken back, by run and unit', async () => {
  const policy = 'policy: [{ action: merge, paths: [d.txt], decide: ask }]';
  stack.commit('Ask about d', { 'coppice.yaml': `version: 1\nverify: ${verify}\n${policy}\n` });
  await queue('pause', ...where());
  await start('regretted', 'd');
  await stack.approvalsOf('regretted');
  const approve = (key: string) =>
    onTerminal({
      args: ['approve', 'regretted', 'd'],
      cwd: stack.root,
      env: stack.env,
      prompt: '[y/N] ',
      keys: [`${key}\r`],
    });
  const looked = await approve('n');
  expect([looked.code, looked.screen]).toEqual([
    1,
    expect.stringMatching(/regretted: Add d[^]*\+d\r?\n[^]*Approve this\?/),
  ]);
  const approved = await approve('y');
  expect([approved.code, approved.screen]).toEqual([0, expect.stringContaining('approved: run:regretted:unit:d')]);
  await stack.statusWhen('regretted', ({ queue: entries }) => expect(entries).toHaveLength(1));
  const taken = await stack.coppice(['deny', 'regretted', 'd', '--reason', 'not today']);
  expect([taken.code, taken.stderr]).toEqual([0, '']);
  await queue('resume', ...where());
  const { units } = await stack.reportOf('regretted');
  expect(units).toMatchObject([{ id: 'd', status: 'failed', reason: expect.stringContaining('not today') }]);
  expect(stack.git('--git-dir', stack.remote, 'ls-tree', '--name-only', 'main')).not.toContain('d.txt');
  expect((await stack.json<QueueDocument>(['queue', 'list', ...where()])).entries).toEqual([]);
});

it('and the audit says who did what', async () => {
  const { complete, entries } = await stack.json<RunAudit>(['audit', 'regretted']);
  const what = entries.map((entry) => (entry.kind === 'acted' ? entry.act : entry.kind));
  expect([complete, what]).toEqual([true, ['start', 'requested', 'voted', 'decided', 'take-back']]);
  const person = { channel: 'cli', name: 'dana' };
  expect(entries.flatMap(({ by }) => by ?? [])).toEqual(Array(4).fill(expect.objectContaining(person)));
});
