import { afterAll, describe, expect, test } from 'vitest';
import { join } from 'node:path';
import { type Content, cleanUp, git, makeRemote, makeState, temporaryFolder } from '../git/make-repository.ts';
import { baseOf, built, land, makeResults, openTrainHost, verified } from './trains.ts';
import { planRun } from '../agent/slice-host.ts';
import { programsOf } from './count-programs.ts';

afterAll(cleanUp);

/** Forty small results, and a host that has just built one of them and then found a stranger's commit. */
async function prepare(files: Record<string, Content>, change: (i: number) => Record<string, Content>) {
  const host = await openTrainHost();
  const [remote, state] = [makeRemote(files), makeState()];
  const context = await planRun(host, { remote, state, run: 'run-1' });
  const units = Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`u${i}`, change(i)]));
  const [first, ...subjects] = makeResults(remote, context, units);
  if (first === undefined) throw new Error('a result');
  const train = await built(host, [first]);
  if (train.source !== null) await land(host, context, train);
  return { host, remote, state, context, subjects };
}

const own = (i: number) => ({ [`folder/${i}`]: `${i}\n` });
describe('the programs of a train do not grow with its members', () => {
  test.each([4, 16])('of which there are %i, and which lands at once', async (size) => {
    const { host, subjects } = await prepare({ f: '1\n' }, own);
    const programs = await programsOf(() => built(host, subjects.slice(0, size)));
    expect(programs.toSorted()).toEqual(['diff-tree', 'fetch', 'push']);
    // Again: the branch is where this host has left it.
    const again = await programsOf(() => built(host, subjects.slice(size, 2 * size)));
    expect(again.toSorted()).toEqual(['diff-tree', 'fetch', 'push']);
  });

  test('which meets a stranger: one more push and one fetch of the branch', async () => {
    const { host, remote, subjects } = await prepare({ f: '1\n' }, own);
    remote.push({ f: '2\n' });
    const programs = await programsOf(() => built(host, subjects.slice(0, 16)));
    const once = ['diff-tree', 'push'];
    expect(programs.toSorted()).toEqual(['fetch', ...once, 'fetch', ...once].toSorted());
    // From now on it fetches first.
    const again = await programsOf(() => built(host, subjects.slice(16, 32)));
    expect(again.toSorted()).toEqual(['fetch', 'fetch', ...once].toSorted());
  });

  test.each([4, 16])('of which there are %i, and which is to be verified', async (size) => {
    const { host, context, subjects } = await prepare(verified, own);
    let train: Awaited<ReturnType<typeof built>> | null = null;
    const building = await programsOf(async () => (train = await built(host, subjects.slice(0, size))));
    expect(building.toSorted()).toEqual(['diff-tree', 'fetch', 'fetch', 'push']);
    if (train === null) throw new Error('it was not built');
    const first: Awaited<ReturnType<typeof built>> = train;
    const next = await programsOf(() => built(host, subjects.slice(size, 2 * size), { on: baseOf(first) }));
    expect(next.toSorted()).toEqual(['diff-tree', 'fetch', 'push']);
    expect(await programsOf(() => land(host, context, first))).toEqual(['push']);
  });

  test('whose members change one file: one more for each', async () => {
    const lines = Array.from({ length: 200 }, (_, i) => `line ${i}\n`);
    const change = (i: number) => ({ f: lines.with(i * 5, `changed ${i}\n`).join('') });
    const { host, subjects } = await prepare({ f: lines.join('') }, change);
    const programs = await programsOf(() => built(host, subjects.slice(0, 16)));
    const merges = Array<string>(16).fill('merge-tree');
    expect(programs.toSorted()).toEqual(['diff-tree', 'fetch', ...merges, 'push']);
  });
});

/** Somebody merges a branch of theirs. */
function mergeIn(url: string): void {
  const clone = join(temporaryFolder(), 'clone');
  git('/', 'clone', '-q', url, clone);
  git(clone, 'commit', '-q', '--allow-empty', '-m', 'main goes on');
  git(clone, 'checkout', '-q', '-b', 'side', 'HEAD~1');
  git(clone, 'commit', '-q', '--allow-empty', '-m', 'beside it');
  git(clone, 'checkout', '-q', 'main');
  git(clone, 'merge', '-q', '--no-edit', 'side');
  git(clone, 'push', '-q', 'origin', 'HEAD:refs/heads/main');
}

test('git is asked what has landed only if a commit since the run began names one of the units, or is a merge', async () => {
  const { host, remote, subjects } = await prepare({ f: '1\n' }, own);
  const asksFor = async (from: number) =>
    (await programsOf(() => built(host, subjects.slice(from, from + 4)))).includes('log');
  expect(await asksFor(0)).toBe(false);
  // As after a push whose answer was lost.
  expect(await asksFor(0)).toBe(true);
  expect(await asksFor(4)).toBe(false);
  mergeIn(remote.url);
  expect(await asksFor(8)).toBe(true);
});

test('what is dropped goes with the push of the next train', async () => {
  const { host, state, subjects } = await prepare(verified, own);
  const first = await built(host, subjects.slice(0, 4));
  if (first.source === null) throw new Error('it has landed');
  const drop = [first.source];
  const programs = await programsOf(() => built(host, subjects.slice(4, 8), { drop }));
  expect(programs.filter((name) => name === 'push')).toHaveLength(1);
  expect(git(state, 'for-each-ref', '--format=%(refname)', 'refs/coppice/queues/').split('\n')).not.toContain(
    first.source.ref,
  );
});
