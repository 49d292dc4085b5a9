// Work that git cannot hold: the agent is told the names before its turn counts, and its changes are kept.

import { expect, it } from 'vitest';
import { type SliceBench, doneOf, useBench } from './slice-bench.ts';
import { git } from '../git/make-repository.ts';
import { said, steps } from '../e2e/scripts.ts';

let bench: SliceBench;
useBench((opened) => (bench = opened));

const show = (commit: string, path: string) => git(bench.state, 'show', `${commit}:${path}`);

it.each([
  ['a file', 'echo work > a.txt; chmod 0 a.txt', 'chmod 644 a.txt', 'a.txt'],
  ['a tracked file', 'echo work > shared.txt; chmod 0 shared.txt', 'chmod 644 shared.txt', 'shared.txt'],
  ['a folder', 'mkdir dir; echo work > dir/a.txt; chmod 0 dir', 'chmod 755 dir', 'dir/'],
])('%s that cannot be read is named before the turn counts, and lands once it can', async (_, make, fix, name) => {
  const context = await bench.planned(steps(make, 'true', fix));
  const done = doneOf(await bench.host.start(context).result);
  expect(bench.toldBefore(context.run, 3)).toContain(`these cannot be read: ${name}. Make them readable with chmod`);
  expect(done.changed).toHaveLength(1);
  expect(show(done.result, done.changed[0] ?? '')).toBe('work');
});

it('an agent that leaves it so is told again, and then its unit fails with the name', async () => {
  const context = await bench.planned(steps('echo work > a.txt; mkdir b; echo x > b/c; chmod 0 b'));
  const { outcome } = await bench.host.start(context).result;
  expect(outcome).toMatchObject({
    status: 'failed',
    reason: expect.stringMatching(/^unstorable: .*cannot be read: b\//),
  });
});

it('a special file is named once, and the work beside it lands', async () => {
  const context = await bench.planned(steps('echo work > a.txt; mkfifo pipe; rm shared.txt; mkfifo shared.txt'));
  const done = doneOf(await bench.host.start(context).result);
  expect(done.changed).toEqual(['a.txt']);
  const told = bench
    .asked(context.run)
    .map((request) => said(request).split('not part of your work: pipe, shared.txt').length - 1);
  expect(told).toEqual([0, 0, 1]);
});

it('what git ignores is nobody’s work, whatever it is, and nothing is said about it', async () => {
  const make =
    'mkdir tmp; n=1; mkfifo tmp/pipe$n; echo x > tmp/key$n; chmod 0 tmp/key$n; echo tmp/ > .gitignore; echo work > a.txt';
  const context = await bench.planned(steps(make));
  const done = doneOf(await bench.host.start(context).result);
  expect(done.changed).toEqual(['.gitignore', 'a.txt']);
  expect(bench.asked(context.run)).toHaveLength(2);
});

it('20,000 links are judged in one go', async () => {
  const links = `mkdir l; cd l; echo x > x; perl -e 'symlink "x", $_ for 1 .. 20000'; ln -s ../../out bad`;
  const context = await bench.planned(steps(links));
  const { outcome } = await bench.host.start(context).result;
  expect(outcome).toMatchObject({ status: 'failed', reason: 'out-of-scope: links lead out of the repository: l/bad' });
}, 120_000);
