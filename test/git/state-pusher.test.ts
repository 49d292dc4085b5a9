import { afterAll, expect, test } from 'vitest';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { cleanUp, git, makeRemote, makeState, setHook, temporaryFolder } from './make-repository.ts';
import { StatePusher } from '../../activities/repository/state-pusher.ts';
import { failureType } from '../../contracts/failures.ts';

afterAll(cleanUp);

test('what is pushed in one turn or during a push goes together, and each ref has its own answer', async () => {
  const [remote, state] = [makeRemote(), makeState()];
  const pushes = join(temporaryFolder(), 'pushes');
  const hook = join(state, 'hooks', 'post-receive');
  writeFileSync(hook, `#!/bin/sh\necho push >> ${pushes}\n`);
  chmodSync(hook, 0o755);
  const [first, second] = [remote.tip(), remote.push({ b: '1' })];
  const pusher = new StatePusher(remote.url, { url: state, credentials: null });
  const before = [
    pusher.push({ ref: 'refs/x/0', commit: first, lease: null }),
    pusher.push({ ref: 'refs/x/1', commit: first, lease: null }),
  ];
  await nextTurn();
  const outcomes = await Promise.all([
    ...before,
    pusher.push({ ref: 'refs/x/2', commit: first, lease: null }),
    pusher.push({ ref: 'refs/x/3', commit: first, lease: second }),
    pusher.push({ ref: 'refs/x/4', commit: first, lease: null }),
    pusher.push({ ref: 'refs/x/4', commit: second, lease: first }),
  ]);
  expect(outcomes.map(({ status }) => status)).toEqual(['pushed', 'pushed', 'pushed', 'stale', 'pushed', 'pushed']);
  expect(readFileSync(pushes, 'utf8').trim().split('\n').length).toBe(3);
  expect(git(state, 'rev-parse', 'refs/x/4')).toBe(second);
  // Again, as after an answer that was lost: the same end.
  expect((await pusher.push({ ref: 'refs/x/4', commit: second, lease: second })).status).toBe('pushed');
});

test('a state remote that cannot be reached fails every push that was on its way, and serves again later', async () => {
  const remote = makeRemote();
  const url = join(temporaryFolder(), 'later.git');
  const pusher = new StatePusher(remote.url, { url, credentials: null });
  const push = () => pusher.push({ ref: 'refs/x/1', commit: remote.tip(), lease: null });
  const failures = await Promise.all([push(), push()].map((promise) => promise.then(() => null, failureType)));
  expect(failures).toEqual(['RepositoryUnreachable', 'RepositoryUnreachable']);
  git('/', 'init', '-q', '--bare', url);
  expect(await push()).toEqual({ status: 'pushed' });
});

test('a push that a hook refuses as a whole is refused only for the ref that is at fault', async () => {
  const [remote, state] = [makeRemote(), makeState()];
  setHook(state, 'pre-receive', 'grep -q bad || exit 0; echo "bad is too large" >&2; exit 1');
  const pusher = new StatePusher(remote.url, { url: state, credentials: null });
  const push = (name: string) => pusher.push({ ref: `refs/x/${name}`, commit: remote.tip(), lease: null });
  const message = '(pre-receive hook declined)\nbad is too large';
  expect(await Promise.all(['a', 'bad', 'b'].map(push))).toEqual([
    { status: 'pushed' },
    { status: 'refused', message },
    { status: 'pushed' },
  ]);
  expect(git(state, 'for-each-ref', '--format=%(refname)')).toBe('refs/x/a\nrefs/x/b');
});
