// The very first attempt of a unit: its first checkpoint is its claim. Also what is kept here until the next push.

import { afterAll, beforeAll, expect, test } from 'vitest';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { type Host, claim, contextFor, edit, message, openHost, sayIn } from './open-host.ts';
import { cleanUp, git, makeRemote, makeState, notePushes, setHook } from './make-repository.ts';
import { attemptNumber } from '../../activities/worktrees/checkpoint/attempt.ts';
import { failureType } from '../../contracts/failures.ts';

let host: Host;
beforeAll(async () => {
  host = await openHost();
});
afterAll(cleanUp);

const typeOf = (promise: Promise<unknown>) => promise.then(() => 'nothing', failureType);
const ref = 'refs/coppice/runs/run-1/units/unit-1';
const numbered = (attempt: number) => attemptNumber({ retry: 0, slice: 1, attempt });
const place = () => {
  const [remote, state] = [makeRemote(), makeState()];
  return { state, context: contextFor(remote, state), pushes: notePushes(state) };
};

test('claims with its first checkpoint, and a result is pushed with what was kept before it', async () => {
  const { state, context, pushes } = place();
  const store = await claim(host, context, { attempt: numbered(1) });
  expect([store.checkpoint, pushes(ref)]).toEqual([null, []]);
  const first = await store.save({ 'turns/000001.json': '1' });
  await edit(host, store, { 'a.txt': 'a\n' });
  await store.keep({ 'turns/000001.json': '1 and its results' });
  await store.keep({ 'turns/000002.json': '2' }, { untouched: true });
  expect(pushes(ref)).toEqual([first.checkpoint]);
  const made = await store.makeResult(message);
  expect(pushes(ref)).toEqual([first.checkpoint, store.checkpoint]);
  const parents = git(state, 'log', '-1', '--format=%P', ref).split(' ');
  expect(parents).toEqual([context.base, first.checkpoint, made?.result]);
  expect(git(state, 'show', `${ref}:.coppice/turns/000001.json`)).toBe('1 and its results');
  expect(git(state, 'ls-tree', '-r', '--name-only', ref).split('\n')).toEqual([
    ...['.coppice/attempt.json', '.coppice/turns/000001.json', '.coppice/turns/000002.json'],
    ...['README.md', 'a.txt'],
  ]);
  // Nothing is left to push.
  expect(await store.push()).toBe(pushes(ref).at(-1));
  expect(pushes(ref)).toHaveLength(2);
  await store.close();
});

test('stops at its first push if another attempt has claimed the unit meanwhile', async () => {
  const { state, context } = place();
  const first = await claim(host, context, { attempt: numbered(1) });
  const second = await claim(await openHost(), context, { attempt: numbered(2), host: 'there' });
  expect(await typeOf(first.save({ 'turns/000001.json': 'first' }))).toBe('LeaseLost');
  await second.save({ 'turns/000001.json': 'second' });
  expect(await typeOf(first.save({ 'turns/000001.json': 'first' }))).toBe('LeaseLost');
  expect(git(state, 'show', `${ref}:.coppice/turns/000001.json`)).toBe('second');
  await Promise.all([first.close(), second.close()]);
});

test('claims at the same time as another attempt: one of them owns the ref, and has all that is there', async () => {
  for (let round = 0; round < 8; round++) {
    const { state, context } = place();
    const first = await claim(host, context, { attempt: numbered(1) });
    const other = await openHost();
    const [saved, second] = await Promise.all([
      first.save({ 'turns/000001.json': 'first' }).catch(failureType),
      claim(other, context, { attempt: numbered(2), host: 'there' }),
    ]);
    expect(second.files.get('turns/000001.json')).toBe(saved === 'LeaseLost' ? undefined : 'first');
    expect(await typeOf(first.save({ 'turns/000001.json': 'late' }))).toBe('LeaseLost');
    expect(git(state, 'rev-parse', ref)).toBe(second.checkpoint);
    await Promise.all([first.close(), second.close()]);
  }
});

test('finds its own first push that got no answer, and continues from it', async () => {
  const { state, context, pushes } = place();
  const store = await claim(host, context, { attempt: numbered(1) });
  await edit(host, store, { 'a.txt': 'a\n' });
  setHook(state, 'reference-transaction', 'test "$1" != committed || kill -9 $PPID');
  expect(await typeOf(store.save({ 'turns/000001.json': '1' }))).toBe('RepositoryUnreachable');
  rmSync(join(state, 'hooks', 'reference-transaction'));
  const unheard = git(state, 'rev-parse', ref);
  expect([store.checkpoint, pushes(ref)]).toEqual([null, []]);
  await store.save({ 'turns/000002.json': '2' });
  expect(git(state, 'rev-parse', `${ref}^2`)).toBe(unheard);
  const second = await claim(await openHost(), context, { attempt: numbered(2), host: 'there' });
  expect([...second.files.keys()]).toEqual(['attempt.json', 'turns/000001.json', 'turns/000002.json']);
  await Promise.all([store.close(), second.close()]);
});

test('leaves to the next attempt what an earlier life of the unit has left, as after a reset of its workflow', async () => {
  const { context } = place();
  const before = await claim(host, context, { attempt: numbered(1) });
  await before.save({ 'turns/000001.json': 'before' });
  const again = await claim(host, context, { attempt: numbered(1) });
  const retried = await again.save({ 'turns/000001.json': 'again' }).catch((error: unknown) => error);
  expect(retried).toMatchObject({ type: 'GitFailed', nonRetryable: false });
  const second = await claim(host, context, { attempt: numbered(2) });
  expect(second.files.get('turns/000001.json')).toBe('before');
  await Promise.all([before.close(), again.close(), second.close()]);
});

test('what could not be pushed goes out with the next push: work, conversation, and commits of the agent', async () => {
  const { state, context } = place();
  const store = await claim(host, context, { attempt: numbered(1) });
  await edit(host, store, { 'a.txt': 'a\n' });
  await sayIn(host, await store.openWorktree(), 'cd /work && git add a.txt && git commit -q -m "of the agent"');
  setHook(state, 'pre-receive', 'exit 1');
  expect(await typeOf(store.save({ 'turns/000001.json': '1' }))).toBe('PushRefused');
  rmSync(join(state, 'hooks', 'pre-receive'));
  const checkpoint = await store.push();
  expect(git(state, 'ls-tree', '-r', '--name-only', checkpoint).split('\n')).toEqual([
    ...['.coppice/attempt.json', '.coppice/git.tar.gz', '.coppice/turns/000001.json'],
    ...['README.md', 'a.txt'],
  ]);
  await store.close();
});
