// What a setup has built is as fresh in every copy as where it was built, and belongs to that copy alone.

import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { inside, openPoolHost, stamping, take, templatesOf, verificationWorktree } from './pool-host.ts';
import { cleanUp, makeRemote, makeState } from '../git/make-repository.ts';

afterAll(cleanUp);

/** Times within one second, as compilers leave them: a result, what it was made of, and a folder. */
const building = {
  ...stamping,
  run: [
    stamping.run,
    'cd node_modules && mkdir -p cache/sub',
    'echo result > cache/sub/result && ln cache/sub/result cache/linked && ln -s sub/result cache/link',
    'touch -d "2026-01-02 03:04:05.000000001" cache/input',
    'touch -d "2026-01-02 03:04:05.000000002" cache/sub/result',
    'touch -h -d "2026-01-02 03:04:05.999999999" cache/link',
    'touch -d "2026-01-02 03:04:05.123456789" cache/sub cache',
  ].join(' && '),
};

/** Names, kinds, times to the nanosecond, and how many names a file has. */
function timesIn(folder: string): string {
  return execFileSync('find', ['.', '-printf', '%p %y %T+ %n %s\n'], { cwd: folder, encoding: 'utf8' })
    .split('\n')
    .toSorted()
    .join('\n');
}

async function open() {
  const where = {
    remote: makeRemote({ '.gitignore': 'node_modules\n', 'deps.txt': 'one\n', 'src/a.txt': 'a\n' }),
    state: makeState(),
  };
  const host = await openPoolHost();
  await take(host, where, { setup: building });
  await host.worktrees.settled();
  const [template = ''] = templatesOf(host);
  return { where, host, built: join(template, 'root/work/node_modules') };
}

describe('a copy of a prepared worktree', () => {
  it('has the times of what was built to the nanosecond, and its links: ready or made now, agents’ and verifications’', async () => {
    const { where, host, built } = await open();
    const times = timesIn(built);
    expect(times).toContain('2026-01-02+03:04:05.0000000010');
    const ready = await take(host, where, { setup: building });
    const now = await take(host, where, { setup: building });
    const candidate = where.remote.push({ 'src/a.txt': 'b\n' }, { branch: 'candidate' });
    const target = where.remote.tip();
    const verified = await verificationWorktree(host, where, candidate, { setup: building, target });
    for (const { path } of [ready, now, verified]) expect(timesIn(join(path, 'node_modules'))).toBe(times);
    expect(host.logged).toEqual([]);
    await host.worktrees.stop();
  });

  it('shares nothing with another copy that either could write to', async () => {
    const { where, host, built } = await open();
    const one = await take(host, where, { setup: building });
    const two = await take(host, where, { setup: building });
    const before = [timesIn(built), timesIn(join(two.path, 'node_modules'))];
    await inside(host, one.worktree, 'cd node_modules/cache && echo agent >> linked && rm input && touch new');
    expect([timesIn(built), timesIn(join(two.path, 'node_modules'))]).toEqual(before);
    const three = await take(host, where, { setup: building });
    const verified = await verificationWorktree(host, where, where.remote.tip(), { setup: building });
    for (const { path } of [two, three, verified]) {
      expect(readFileSync(join(path, 'node_modules/cache/sub/result'), 'utf8')).toBe('result\n');
      expect(existsSync(join(path, 'node_modules/cache/new'))).toBe(false);
    }
    await host.worktrees.stop();
  });
});
