// Commands without a limit of their own on a host that runs out of memory.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { totalmem } from 'node:os';
import { guardMemory } from '../../activities/host/memory-guard.ts';
import { type TestHost, makeHost } from '../sandbox/fixtures.ts';

let host: TestHost;
beforeAll(async () => {
  host = await makeHost();
});
afterAll(() => host.remove());

/** Runs a script under a guard that sees `freeMb`. */
function guarded(freeMb: () => number) {
  const sandbox = guardMemory(host.sandbox, {
    floor: { memoryMb: 400 },
    measure: () => Promise.resolve({ memoryMb: freeMb() }),
  });
  return (script: string, memoryMb: number | null, signal?: AbortSignal) =>
    sandbox.run({
      argv: ['sh', '-c', script],
      cwd: '/',
      mounts: [],
      limits: { timeoutSeconds: 30, memoryMb, outputBytes: 1000 },
      ...(signal === undefined ? {} : { signal }),
    });
}

it('a command may map as much as it likes, if nothing or more than the machine has is the limit', async () => {
  const run = guarded(() => 1000);
  const said = async (memoryMb: number | null) => Buffer.from((await run('ulimit -d', memoryMb)).output).toString();
  expect(await said(null)).toBe('unlimited\n');
  expect(await said(2 * Math.ceil(totalmem() / 2 ** 20))).toBe('unlimited\n');
  expect(await said(512)).toBe(`${512 * 1024}\n`);
});

describe('a host whose memory is nearly used up', () => {
  it('ends the command without a limit that began last, and one at a time', async () => {
    let free = 99;
    const run = guarded(() => free);
    const limited = run('sleep 3; echo done', 512);
    const first = run('sleep 3; echo done', null);
    const last = await run('sleep 20', null).finally(() => (free = 101));
    expect(last).toMatchObject({ status: 'killed', signal: expect.stringMatching(/no memory left/) });
    for (const other of [await limited, await first]) expect(other).toMatchObject({ status: 'exited', exitCode: 0 });
  });

  it('leaves a cancel what it is', async () => {
    const cancelled = new AbortController();
    setTimeout(() => cancelled.abort(), 200);
    expect(await guarded(() => 1000)('sleep 20', null, cancelled.signal)).toMatchObject({ status: 'cancelled' });
  });
});
