import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Mount } from '../../activities/sandbox/mount.ts';
import { DiskGuard } from '../../activities/host/disk-guard.ts';
import { type TestHost, makeHost } from '../sandbox/fixtures.ts';

let host: TestHost;
beforeAll(async () => {
  host = await makeHost();
});
afterAll(() => host.remove());

const limits = { timeoutSeconds: 30, memoryMb: 512, outputBytes: 1000 };

/** A session on a disk of its own: what it has is what is free, less what the sessions have written. */
async function sessions(freeMb: () => number) {
  const guard = new DiskGuard({
    floor: { memoryMb: 0, diskMb: 400 },
    measure: async () => ({ memoryMb: 1, diskMb: freeMb() }),
  });
  return async (name: string, script: string, signal?: AbortSignal) => {
    const folder = join(host.home, name);
    mkdirSync(folder, { recursive: true });
    await host.sandbox.giveTo(folder);
    const mounts: Mount[] = [{ type: 'bind', source: folder, target: '/work', writable: true }];
    const argv = ['sh', '-c', script];
    return guard
      .over(host.sandbox, [folder])
      .run({ argv, mounts, limits, ...(signal === undefined ? {} : { signal }) });
  };
}

describe('a host whose disk is nearly full', () => {
  it('ends the command of the session that takes the most, and nobody else’s', async () => {
    let full = false;
    const run = await sessions(() => (full ? 99 : 100));
    const large = run('large', 'head -c 30000000 /dev/zero > big; sleep 20');
    const small = run('small', 'head -c 1000000 /dev/zero > little; sleep 4; echo done');
    setTimeout(() => (full = true), 1500);
    const ended = await large;
    full = false;
    expect(ended).toMatchObject({
      status: 'killed',
      signal: expect.stringMatching(/no disk left: .* take (29|30) MiB/),
    });
    expect(ended.seconds).toBeLessThan(15);
    expect(await small).toMatchObject({ status: 'exited', exitCode: 0 });
  });

  it('ends all of them when that did not help: what takes the disk is not in sight', async () => {
    const run = await sessions(() => 99);
    const hidden = run('hidden', 'exec 3>x; rm x; head -c 30000000 /dev/zero >&3; sleep 20');
    const honest = run('honest', 'head -c 1000000 /dev/zero > little; sleep 20');
    for (const ended of await Promise.all([hidden, honest])) expect(ended).toMatchObject({ status: 'killed' });
  });

  it('leaves a cancel what it is, and looks at nothing when nothing runs', async () => {
    let looks = 0;
    const run = await sessions(() => ((looks += 1), 1000));
    const cancelled = new AbortController();
    setTimeout(() => cancelled.abort(), 300);
    expect(await run('c', 'sleep 20', cancelled.signal)).toMatchObject({ status: 'cancelled' });
    const before = looks;
    await new Promise((resolve) => setTimeout(resolve, 1500));
    expect(looks).toBe(before);
  });
});
