import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { asSha } from '../../contracts/ids.ts';
import { chmodSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import type { LandingSubject } from '../../contracts/activities/landing.ts';
import { type Content, type Remote, cleanUp, git, temporaryFolder } from '../git/make-repository.ts';
import type { Sha } from '../../contracts/ids.ts';
import type { VerifyHost } from '../../activities/landing/verify/verify-host.ts';
import { build, built, land, openTrainHost, prepareResults, stackedOf, statusesOf, tipOf, verified } from './trains.ts';

let host: VerifyHost;
beforeAll(async () => (host = await openTrainHost()));
afterAll(cleanUp);

type Files = Record<string, Content>;

const rules = (yaml: string): Files => ({ 'coppice.yaml': `version: 1\n${yaml}` });
const two = { a: { a: '1\n' }, b: { b: '1\n' } };

const prepare = (files: Files, units: Record<string, Files> = two) => prepareResults(host, files, units);

function logOf({ url }: Remote): string[] {
  return git(url, 'log', '--reverse', '--format=%s', 'main').split('\n');
}

/** A hook of the remote; returns how to take it away. */
function hook({ url }: Pick<Remote, 'url'>, name: string, script: string): () => void {
  const path = join(url, 'hooks', name);
  writeFileSync(path, `#!/bin/sh\n${script}\n`);
  chmodSync(path, 0o755);
  return () => rmSync(path);
}

describe('a train lands at once', () => {
  test('when nothing is to be verified', async () => {
    const { remote, state, subjects } = await prepare({ f: '1\n' });
    const before = remote.tip();
    const train = await built(host, subjects);
    expect(train).toMatchObject({ status: 'landed', target: before, source: null, targetKey: null });
    expect(stackedOf(train).map(({ key }) => key)).toEqual([null, null]);
    expect(remote.tip()).toBe(tipOf(train).commit);
    expect(git(state, 'for-each-ref', 'refs/coppice/queues/')).toBe('');
  });

  test('when its last candidate is known to be green', async () => {
    const { remote, subjects } = await prepare(verified);
    const [first, last] = stackedOf(await built(host, subjects));
    expect(await built(host, subjects, { green: [first?.key ?? ''] })).toMatchObject({ status: 'built' });
    expect(await built(host, subjects, { green: [last?.key ?? ''] })).toMatchObject({ status: 'landed' });
    expect(logOf(remote)).toEqual(['first', 'Do a', 'Do b']);
  });

  test('where each is verified, only when all candidates are known to be green', async () => {
    const { remote, subjects } = await prepare(rules('verify: "true"\nqueue: { verify: each }\n'));
    const [first, last] = stackedOf(await built(host, subjects));
    expect(await built(host, subjects, { green: [last?.key ?? ''] })).toMatchObject({ status: 'built' });
    const green = [first?.key ?? '', last?.key ?? ''];
    expect(await built(host, subjects, { green })).toMatchObject({ status: 'landed' });
    expect(logOf(remote)).toEqual(['first', 'Do a', 'Do b']);
  });

  test('also when another host has landed it a moment ago, as the same commits', async () => {
    const { remote, subjects } = await prepare({ f: '1\n' }, { ...two, c: { c: '1\n' } });
    const other = await openTrainHost();
    // Both hosts know the branch as it is now.
    await built(other, subjects.slice(2));
    await built(host, subjects.slice(2));
    const train = await built(host, subjects.slice(0, 2), { train: 1 });
    expect(await built(other, subjects.slice(0, 2), { train: 1 })).toEqual(train);
    expect(remote.tip()).toBe(tipOf(train).commit);
    remote.push({ f: '2\n' });
    expect(statusesOf(await built(other, subjects))).toEqual(Array(3).fill('already-landed'));
  });

  test('again and again on one host, each on the one before', async () => {
    const units = Object.fromEntries(Array.from({ length: 6 }, (_, i) => [`u${i}`, { [`f${i}`]: '1\n' }]));
    const { remote, subjects } = await prepare({ f: '1\n' }, units);
    for (const subject of subjects) expect(await built(host, [subject])).toMatchObject({ status: 'landed' });
    expect(logOf(remote)).toEqual(['first', ...subjects.map(({ title }) => title)]);
  });

  test('on what strangers have pushed between two trains, and during one', async () => {
    const { remote, subjects } = await prepare({ f: '1\n' }, { ...two, c: { c: '1\n' }, d: { f: '3\n' } });
    for (const [index, subject] of subjects.slice(0, 3).entries()) {
      const stranger = remote.push({ [`stranger${index}`]: 'x\n' });
      expect(await built(host, [subject])).toMatchObject({ status: 'landed', target: stranger });
    }
    remote.push({ f: '2\n' });
    expect(statusesOf(await built(host, subjects.slice(3)))).toEqual(['conflict']);
    expect(logOf(remote)).toEqual(['first', 'a change', 'Do a', 'a change', 'Do b', 'a change', 'Do c', 'a change']);
  });

  test('with the rules that a stranger has pushed since the last train', async () => {
    const { remote, subjects } = await prepare({ f: '1\n' });
    await built(host, subjects.slice(0, 1));
    remote.push(verified);
    const train = await built(host, subjects.slice(1));
    expect(train).toMatchObject({ status: 'built', target: remote.tip() });
    expect(tipOf(train).key).toMatch(/^[0-9a-f]{32}$/);
  });

  test('or not at all when the remote refuses it, with its words', async () => {
    const { remote, subjects } = await prepare({ f: '1\n' });
    hook(remote, 'pre-receive', 'echo "main is protected" >&2; exit 1');
    const before = remote.tip();
    const message = '(pre-receive hook declined)\nmain is protected';
    expect(await build(host, subjects)).toEqual({ status: 'refused', message });
    expect(remote.tip()).toBe(before);
  });

  test('when strangers push while it is pushed', async () => {
    const { remote, subjects } = await prepare({ f: '1\n' });
    // The hook moves the branch between the lease and the update, twice.
    const count = join(temporaryFolder(), 'count');
    const stranger = 'git commit-tree -p main -m stranger main^{tree}';
    const who = 'GIT_AUTHOR_NAME=x GIT_AUTHOR_EMAIL=x GIT_COMMITTER_NAME=x GIT_COMMITTER_EMAIL=x';
    const move = `unset GIT_QUARANTINE_PATH; git update-ref refs/heads/main $(${who} ${stranger})`;
    hook(remote, 'pre-receive', `echo x >> ${count}; [ $(wc -l < ${count}) -gt 2 ] || { ${move}; }`);
    expect(await built(host, subjects)).toMatchObject({ status: 'landed' });
    expect(logOf(remote)).toEqual(['first', 'stranger', 'stranger', 'Do a', 'Do b']);
  });
});

test('nothing is built while the branch is where nothing could be built', async () => {
  const { remote, subjects } = await prepare({ f: '1\n' });
  expect(await build(host, subjects, { unless: remote.tip() })).toEqual({ status: 'unchanged' });
  expect(await build(host, subjects, { unless: remote.tip() })).toEqual({ status: 'unchanged' });
  const old = remote.tip();
  remote.push({ f: '2\n' });
  expect(await build(host, subjects, { unless: old })).toMatchObject({ status: 'landed' });
});

describe('a host that dies while it pushes', () => {
  const run = async (home: string, subjects: readonly LandingSubject[], pidFile: string) => {
    const fixture = join(import.meta.dirname, 'fixtures', 'land-once.ts');
    const args = [fixture, home, JSON.stringify(subjects), pidFile];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    const [printed] = await Promise.all([text(child.stdout), once(child, 'close')]);
    return child.signalCode ?? (JSON.parse(printed) as string[]);
  };

  test.each([
    ['before the branch has moved', 'pre-receive', { f: '1\n' }],
    ['after the branch has moved', 'post-receive', { f: '1\n' }],
    ['before the branch has moved to what was verified', 'pre-receive', verified],
    ['after the branch has moved to what was verified', 'post-receive', verified],
  ])('%s lands each member once', async (_, name, files) => {
    const { remote, subjects } = await prepare(files);
    const [home, pidFile] = [temporaryFolder(), join(temporaryFolder(), 'pid')];
    const stop = hook(remote, name, `kill -9 $(cat ${pidFile})`);
    expect(await run(home, subjects, pidFile)).toBe('SIGKILL');
    stop();
    // Its push goes on without it, or not.
    await expect.poll(() => logOf(remote).length, { timeout: 60_000 }).toBe(3);
    expect(await run(home, subjects, pidFile)).toEqual(['already-landed', 'already-landed']);
    expect(statusesOf(await built(host, subjects))).toEqual(['already-landed', 'already-landed']);
    expect(logOf(remote)).toEqual(['first', 'Do a', 'Do b']);
  });
});

describe('taking a landed unit back', () => {
  const back = (subject: LandingSubject, commit: Sha) => {
    const { context, unit, enqueuedAt } = subject;
    const rest = { title: '', returned: 0, approvedBy: [], consents: [], requestedBy: 'dana' };
    return { ...rest, context, unit, enqueuedAt, result: commit, base: commit, reverts: commit };
  };

  test('undoes its commit on what came after it, once, and the unit can land again', async () => {
    const { remote, subjects } = await prepare({ f: '1\n' });
    const [a, b] = subjects;
    if (a === undefined || b === undefined) throw new Error('two units');
    const commit = tipOf(await built(host, [a])).commit;
    await built(host, [b]);
    const train = await built(host, [back(a, commit)]);
    expect(statusesOf(train)).toEqual(['stacked']);
    expect(git(remote.url, 'ls-tree', '--name-only', 'main').split('\n')).toEqual(['b', 'f']);
    expect(git(remote.url, 'log', '-1', '--format=%B', 'main').trim()).toBe(
      `Revert "Do a"\n\nCoppice-Reverts: ${commit}\nRequested-by: dana`,
    );
    // A retry of the activity, and a second request.
    expect(statusesOf(await built(host, [back(a, commit)]))).toEqual(['already-landed']);
    expect(statusesOf(await built(host, [a]))).toEqual(['stacked']);
    expect(git(remote.url, 'show', 'main:a')).toBe('1');
  });

  test('conflicts with later changes of the same lines, and is refused for a commit that is not on the branch', async () => {
    const { remote, subjects } = await prepare({ f: '1\n' }, { a: { f: '2\n' } });
    const [a] = subjects;
    if (a === undefined) throw new Error('a unit');
    const commit = tipOf(await built(host, [a])).commit;
    remote.push({ f: '3\n' });
    expect(await built(host, [back(a, commit)])).toMatchObject({
      members: [{ status: 'conflict', conflicts: [{ path: 'f' }] }],
    });
    // One that this host has, and one that nobody has.
    for (const other of [a.result, asSha('1'.repeat(40))]) {
      expect(await built(host, [back(a, other)])).toMatchObject({ members: [{ status: 'denied' }] });
    }
  });
});

test('a branch that the remote cannot move is refused with its words, not tried for ever', async () => {
  const { remote, context, subjects } = await prepare(verified);
  const train = await built(host, subjects);
  writeFileSync(join(remote.url, 'refs', 'heads', 'main.lock'), '');
  const result = await land(host, context, train);
  expect(result).toMatchObject({ status: 'refused', message: expect.stringContaining('main.lock') });
  rmSync(join(remote.url, 'refs', 'heads', 'main.lock'));
  expect(await land(host, context, train)).toEqual({ status: 'landed' });
});

test('what somebody else has pushed is not taken back with the unit whose change is in it', async () => {
  const { remote, subjects } = await prepare({ f: '1\n' }, { a: { a: '1\n' } });
  const [a] = subjects;
  if (a === undefined) throw new Error('a unit');
  const commit = remote.push({ a: '1\n', more: 'x\n' }, { message: 'Much at once' });
  expect((await built(host, [a])).members).toEqual([{ status: 'already-landed', commit }]);
  const taken = await built(host, [{ ...a, base: commit, result: commit, reverts: commit, requestedBy: 'dana' }]);
  expect(taken.members).toEqual([{ status: 'denied', rule: expect.stringContaining("somebody else's commit") }]);
  expect(remote.tip()).toBe(commit);
});

describe('a landing that was reverted', () => {
  const revert = (remote: Remote, commit: string, files: Files) =>
    remote.push(files, { message: `Revert it\n\nCoppice-Reverts: ${commit}` });

  test('lands again, and counts again when the revert is reverted', async () => {
    const { remote, subjects } = await prepare({ f: '1\n' }, { a: { f: '2\n' } });
    const first = tipOf(await built(host, subjects)).commit;
    const gone = revert(remote, first, { f: '1\n' });
    const back = revert(remote, gone, { f: '2\n' });
    expect((await built(host, subjects)).members).toEqual([{ status: 'already-landed', commit: first }]);
    revert(remote, back, { f: '1\n' });
    const again = await built(host, subjects);
    expect(again).toMatchObject({ status: 'landed' });
    expect(remote.tip()).toBe(tipOf(again).commit);
    // What landed second counts, and the first stays reverted.
    remote.push({ f: '5\n' });
    expect((await built(host, subjects)).members).toEqual([{ status: 'already-landed', commit: tipOf(again).commit }]);
  });

  test('by git alone lands again, and counts again when git takes that back', async () => {
    const { remote, subjects } = await prepare({ f: '1\n' }, { a: { f: '2\n' } });
    const first = tipOf(await built(host, subjects)).commit;
    const message = (commit: string) => `Revert "It"\n\nThis reverts commit ${commit}.`;
    const gone = remote.push({ f: '1\n' }, { message: message(first) });
    remote.push({ f: '2\n' }, { message: message(gone) });
    expect((await built(host, subjects)).members).toEqual([{ status: 'already-landed', commit: first }]);
    const [a] = subjects;
    const again = remote.push({ f: '1\n' }, { message: message(remote.tip()) });
    expect(await built(host, a === undefined ? [] : [a])).toMatchObject({ status: 'landed', target: again });
  });

  test('where history was rewritten since does not count for the next attempt', async () => {
    const { remote, subjects } = await prepare({ f: '1\n' }, { a: { f: '2\n' } });
    const attempt = (n: number) => subjects.map((subject) => ({ ...subject, attempt: n }));
    await built(host, attempt(1));
    revert(remote, '1'.repeat(40), { f: '1\n' });
    expect(statusesOf(await built(host, attempt(1)))).toEqual(['already-landed']);
    expect(await built(host, attempt(2))).toMatchObject({ status: 'landed' });
  });

  test('on a branch whose commits are dated in another order', async () => {
    const { remote, subjects } = await prepare({ f: '1\n' }, { a: { f: '2\n' } });
    const first = tipOf(await built(host, subjects)).commit;
    const base = git(remote.url, 'rev-parse', `${first}^`);
    const make = (message: string, date: string, ...parents: string[]) => {
      const env = { ...process.env, GIT_CONFIG_GLOBAL: '/dev/null', GIT_AUTHOR_DATE: date, GIT_COMMITTER_DATE: date };
      const who = ['-c', 'user.name=x', '-c', 'user.email=x@example.org'];
      const from = parents.flatMap((parent) => ['-p', parent]);
      const args = ['--git-dir', remote.url, ...who, 'commit-tree', ...from, '-m', message, `${base}^{tree}`];
      return execFileSync('git', args, { env, encoding: 'utf8' }).trim();
    };
    const reverting = make(`Revert it\n\nCoppice-Reverts: ${first}`, '2001-01-01T00:00:00Z', first);
    const side = make('Merge', '2026-12-01T00:00:00Z', first, reverting);
    git(remote.url, 'update-ref', 'refs/heads/main', side);
    expect(await built(host, subjects)).toMatchObject({ status: 'landed', members: [{ status: 'stacked' }] });
  });
});
