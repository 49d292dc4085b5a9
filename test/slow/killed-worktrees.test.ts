import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, globSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, expect, it } from 'vitest';
import { files, inside, openPoolHost, slow, take, templatesOf } from '../worktrees/pool-host.ts';
import { cleanUp, makeRemote, makeState, temporaryFolder } from '../git/make-repository.ts';
import { sweepHome } from '../../activities/worktrees/sweep.ts';
import { trashEmptied } from '../../activities/worktrees/remove.ts';

afterAll(cleanUp);

const script = join(import.meta.dirname, '../worktrees/fixtures/take-until-killed.ts');

/** Starts a worker on a home and kills it with -9 some time after it said something. */
async function liveUntil(args: readonly string[], said: string, afterMs: number): Promise<void> {
  const child = spawn(process.execPath, [script, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'exit');
  for await (const line of createInterface(child.stdout)) if (line === said) break;
  setTimeout(() => child.kill('SIGKILL'), afterMs);
  expect(await ended).toEqual([null, 'SIGKILL']);
}

it(
  'a worker that is killed while it fills or takes leaves nothing that another one would use',
  { timeout: 240_000 },
  async () => {
    const [remote, state] = [makeRemote(files), makeState()];
    const moments: [string, number][] = [
      ...([0, 250] as const).map((ms) => ['cold', ms] as [string, number]),
      ...([100, 1200, 1500, 1900] as const).map((ms) => ['filling', ms] as [string, number]),
      ...([10, 60, 120] as const).map((ms) => ['taking', ms] as [string, number]),
    ];
    // Two workers with homes of their own, on the same repository at the same time.
    const homes = [temporaryFolder(), temporaryFolder()];
    const lives = homes.map(async (home, offset) => {
      for (const [said, ms] of moments) await liveUntil([home, remote.url, state], said, ms + 40 * offset);
    });
    await Promise.all(lives);
    for (const home of homes) {
      await sweepHome(home);
      const host = await openPoolHost({ home });
      await trashEmptied();
      expect([readdirSync(join(home, 'worktrees')), globSync('pool/*/*/ready/*.part', { cwd: home })]).toEqual([
        [],
        [],
      ]);
      for (const template of templatesOf(host))
        expect(existsSync(join(template, 'root/work/node_modules/finished'))).toBe(true);
      for (let n = 0; n < 3; n++) {
        const { worktree, store } = await take(host, { remote, state }, { setup: slow });
        const look =
          'test -e node_modules/finished && git status --porcelain && cat src/a.txt && ls node_modules | wc -l';
        expect(await inside(host, worktree, look)).toBe('a\n8\n');
        await store.close();
        await host.worktrees.settled();
      }
      await host.worktrees.stop();
      expect(readdirSync(join(home, 'worktrees'))).toEqual([]);
    }
  },
);
