// The cost of the sandbox per command: the same command in a session's sandbox, against a plain spawn. One after the
// other, and sixteen at once.

import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Judge } from './parts/figures.ts';
import { makeSessionFolder } from '../activities/agent/session/session-folder.ts';
import { openSandbox } from '../activities/sandbox/open-sandbox.ts';
import { runBench } from './harness.ts';

const argv = ['sh', '-c', 'true'] as const;
const alone = 'one after the other';
const together = 'sixteen at once';
const sizes = { full: 200, tiny: 4 };
const added: Judge = { measure: 'ms more', of: ({ ours, baseline }) => ours - baseline };

await runBench({
  name: 'sandbox',
  about: 'time of a command that does nothing, in the sandbox of a session, against a plain spawn',
  repetitions: 5,
  rows: {
    [alone]: { measure: 'ms', judge: added, goal: 20 },
    [together]: { measure: 'ms', judge: added, goal: null },
  },
  async open({ quick, note }) {
    const count = quick ? sizes.tiny : sizes.full;
    note(`${count} commands each time; with sixteen at once, wall time over commands`);
    const home = mkdtempSync(join(tmpdir(), 'coppice-bench-sandbox-'));
    const log = { warn: () => undefined };
    const policy = { driver: 'bwrap', toolchains: [], envAllowed: [], networkAllowed: 'none', secrets: [] } as const;
    const sandbox = await openSandbox({ ...policy, home, log });
    const worktree = join(home, 'work');
    mkdirSync(worktree);
    await sandbox.giveTo(worktree);
    const folder = await makeSessionFolder(home, sandbox);
    const mounts = [{ type: 'bind', source: worktree, target: '/work', writable: true } as const, ...folder.mounts];
    const limits = { timeoutSeconds: 60, memoryMb: 4096, outputBytes: 1000 };
    const inSandbox = async (): Promise<void> => {
      const result = await sandbox.run({ argv, mounts, limits });
      if (result.status !== 'exited' || result.exitCode !== 0) throw new Error(`the command ${result.status}`);
    };
    const [file, ...args] = argv;
    const plain = async (): Promise<void> => void (await promisify(execFile)(file, args));
    return {
      ours: async () => ({ [alone]: await each(count, 1, inSandbox), [together]: await each(count, 16, inSandbox) }),
      baseline: async () => ({ [alone]: await each(count, 1, plain), [together]: await each(count, 16, plain) }),
      async close() {
        await folder.remove();
        rmSync(home, { recursive: true, force: true });
      },
    };
  },
});

/** Milliseconds per command, `abreast` of them at a time. */
async function each(count: number, abreast: number, run: () => Promise<void>): Promise<number> {
  const started = performance.now();
  let left = count;
  const lane = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      await run();
    }
  };
  await Promise.all(Array.from({ length: abreast }, lane));
  return (performance.now() - started) / count;
}
