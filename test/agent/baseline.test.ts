// Files that our own commands leave in a unit's worktree are not part of the unit's change.

import { expect, it } from 'vitest';
import { type SliceBench, doneOf, useBench } from './slice-bench.ts';
import { git } from '../git/make-repository.ts';
import { said, steps } from '../e2e/scripts.ts';
import { openSliceHost, type planRun } from './slice-host.ts';

let bench: SliceBench;
useBench((opened) => (bench = opened));

type Config = NonNullable<NonNullable<Parameters<typeof planRun>[2]>['config']>;
const setup = (run: string): Config => ({ setup: { run, network: false, timeoutSeconds: 60 } });
const verify = (run: string): Config => ({ verify: [{ name: 'check', run, timeoutSeconds: 60 }] });
const listed = (commit: string) => git(bench.state, 'diff-tree', '-r', '--raw', '--no-commit-id', commit);
const show = (commit: string, path: string) => git(bench.state, 'show', `${commit}:${path}`);

const setups = [
  ['chmods a tracked file', 'chmod +x shared.txt'],
  ['leaves untracked files that differ each time', 'mkdir -p demo.egg-info && date +%N > demo.egg-info/PKG-INFO'],
  ['rewrites a tracked file', 'date +%N > shared.txt'],
  ['deletes a tracked file', 'rm README.md'],
  ['replaces a file by a folder', 'rm shared.txt && mkdir shared.txt && echo x > shared.txt/x'],
  ['runs a formatter over everything', "sed -i 's/$/;/' *.md *.txt"],
  ['leaves a link', 'ln -s README.md link'],
  ['hides a file from git in .git', 'echo tool.local >> .git/info/exclude; date +%N > tool.local'],
  ['hides a change from git in .git', 'date +%N > shared.txt; git update-index --skip-worktree shared.txt'],
  ['commits what it changes', 'date +%N > shared.txt; git commit -qam setup'],
] as const;

it.each(setups)('a setup that %s changes nothing for the unit', async (_, run) => {
  const context = await bench.planned(steps('echo work > a.txt'), {
    config: setup(run),
    unit: { scope: ['a.txt'] },
  });
  const done = doneOf(await bench.host.start(context).result);
  expect(done.changed).toEqual(['a.txt']);
  expect(listed(done.result)).toMatch(/^:000000 100644 \S+ \S+ A\ta\.txt$/);
});

it('another host comes to the same change', async () => {
  let draining = false;
  const going = await openSliceHost({ modelUrl: bench.model.url, hostId: 'going', draining: () => draining });
  const context = await bench.planned(
    (request) => {
      draining = true;
      return steps('echo work > a.txt', 'cat made.txt > seen.txt')(request);
    },
    { config: setup('date +%N > made.txt; date +%N > shared.txt') },
  );
  expect((await going.start(context).result).outcome).toEqual({ status: 'drained' });
  const done = doneOf(await bench.host.start(context, { slice: 2 }).result);
  expect(done.changed).toEqual(['a.txt', 'seen.txt']);
});

it('what a check leaves is not the unit’s, although the agent works on afterwards', async () => {
  const context = await bench.planned(
    (request) => {
      const told = said(request).includes('it is bad');
      return request.turn % 2 === 0
        ? steps(`echo ${told ? 'good' : 'bad'} > a.txt`)({ ...request, turn: 0 })
        : { text: 'Done.' };
    },
    {
      config: verify(
        'date +%N > coverage.json; chmod +x README.md; date +%N > shared.txt; grep -q good a.txt || { echo it is bad; exit 1; }',
      ),
      unit: { scope: ['a.txt'] },
    },
  );
  const done = doneOf(await bench.host.start(context).result);
  expect(done.changed).toEqual(['a.txt']);
  expect(show(done.result, 'a.txt')).toBe('good');
});

it('an agent that undoes what the setup did and runs the setup itself has not changed that', async () => {
  const context = await bench.planned(
    steps('chmod -x shared.txt; echo work > a.txt', 'sh README.md; chmod +x shared.txt; echo more >> a.txt'),
    { config: setup('chmod +x shared.txt') },
  );
  expect(doneOf(await bench.host.start(context).result).changed).toEqual(['a.txt']);
});

it('what the agent does to a file that the setup has touched is its change, and no more', async () => {
  const context = await bench.planned(
    steps(
      'echo new > shared.txt; rm made.txt; echo mine > mine.txt; mkdir -p dir; echo its > dir/its.txt; echo x > kept.txt',
    ),
    { config: setup('chmod +x shared.txt; echo made > made.txt; mkdir dir; echo m > dir/made.txt; echo k > kept.txt') },
  );
  const done = doneOf(await bench.host.start(context).result);
  expect(done.changed).toEqual(['dir/its.txt', 'kept.txt', 'mine.txt', 'shared.txt']);
  // The setup made it executable, the agent did not.
  expect(git(bench.state, 'ls-tree', done.result, 'shared.txt')).toMatch(/^100644 /);
  expect(show(done.result, 'shared.txt')).toBe('new');
});

it(
  'a store that a setup fills beside the work is left out, but not what the agent puts there',
  { timeout: 120_000 },
  async () => {
    const fill = 'mkdir -p .store/a && cd .store/a && seq 50001 | xargs touch && echo made > made.txt';
    const context = await bench.planned(
      steps('echo work > a.txt; echo x > .store/b; echo y > .store/a/c; echo mine >> .store/a/made.txt', 'rm .store/b'),
      { config: setup(fill) },
    );
    const done = doneOf(await bench.host.start(context).result);
    expect(done.changed).toEqual(['.store/a/c', '.store/a/made.txt', 'a.txt']);
  },
);

it('what a red check has written is the agent’s when it makes the same by itself', async () => {
  const context = await bench.planned(
    (request) =>
      said(request).includes('not committed')
        ? steps('', '', 'ls > seen.txt; cp want.txt lock.txt; touch ok.txt')(request)
        : steps('echo want > want.txt')(request),
    { config: verify('cp want.txt lock.txt; test -e ok.txt || { echo not committed; exit 1; }') },
  );
  const done = doneOf(await bench.host.start(context).result);
  expect(done.changed).toEqual(['lock.txt', 'ok.txt', 'seen.txt', 'want.txt']);
  expect(show(done.result, 'seen.txt')).not.toContain('lock.txt');
});

it('names large and binary files of a unit without a scope to its agent once, and to people', async () => {
  const add = "head -c 1100000 /dev/zero | tr '\\0' x > big.txt; printf 'a\\0b' > small.bin; echo x > plain.txt";
  const context = await bench.planned(steps(add));
  const done = doneOf(await bench.host.start(context).result);
  expect(done.largeFiles).toEqual([
    { path: 'big.txt', bytes: 1_100_000, binary: false },
    { path: 'small.bin', bytes: 3, binary: true },
  ]);
  expect(bench.toldBefore(context.run, 3)).toMatch(/- big\.txt \(1\.0 MiB\)\n- small\.bin \(1 KiB, binary\)/);
  expect(bench.asked(context.run)).toHaveLength(3);
  const scoped = await bench.planned(steps(add), { unit: { scope: ['*'] } });
  expect(doneOf(await bench.host.start(scoped).result).largeFiles).toHaveLength(2);
  expect(bench.asked(scoped.run)).toHaveLength(2);
  const removed = await bench.planned(steps(add, '', 'rm big.txt small.bin'));
  expect(doneOf(await bench.host.start(removed).result).largeFiles).toBeUndefined();
});
