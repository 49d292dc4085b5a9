// If a setup fails on a host, it fails once for everyone who wants the same one, with a log that people can read.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunId } from '../../contracts/ids.ts';
import type { SetupCommand } from '../../contracts/documents/config.ts';
import { files, openPoolHost, take, verificationWorktree } from './pool-host.ts';
import { type Listener, startListener } from '../fakes/listener.ts';
import { cleanUp, makeRemote, makeState } from '../git/make-repository.ts';
import { contextFor } from '../git/open-host.ts';
import { failureDetails } from '../../contracts/failures.ts';
import { keepSetupLog } from '../../activities/worktrees/setup/keep-setup-log.ts';
import { readSetupLogs } from '../../client/watch/read-setup-logs.ts';
import { remoteFor } from '../../git/remote-for.ts';

let server: Listener;

beforeAll(async () => {
  server = await startListener();
});
afterAll(() => {
  server.close();
  cleanUp();
});

/** Counts each time that it runs. */
function counting(then: string): SetupCommand {
  const { port } = server;
  const run = `bash -c 'exec 3<>/dev/tcp/127.0.0.1/${port}'; sleep 1; ${then}`;
  return { run, network: true, timeoutSeconds: 60, inputs: ['deps.txt'] };
}

const failing = () => counting('seq 1 2000; echo the end; exit 3');
const allowed = { hostAllows: 'setup' } as const;

function repository() {
  return { remote: makeRemote(files), state: makeState() };
}

async function host(megabytes: number) {
  server.reached = 0;
  return openPoolHost({ networkAllowed: 'setup', megabytes });
}

const errorOf = (taking: Promise<unknown>): Promise<unknown> =>
  taking.then(
    () => null,
    (error: unknown) => error,
  );

describe('a setup that fails', () => {
  it('runs once for all units that want it at the same time, and they fail alike', async () => {
    const [at, where] = [await host(1000), repository()];
    const setup = failing();
    const errors = await Promise.all(Array.from({ length: 6 }, () => errorOf(take(at, where, { setup, ...allowed }))));
    expect(server.reached).toBe(1);
    for (const error of errors) {
      expect(error).toMatchObject({ type: 'SetupFailed', nonRetryable: true });
      expect((error as Error).message).toMatch(
        /^the setup command ended with 3: bash .*\n1\n2\n[^]*\n\[…\]\n1\d\d\d\n[^]*\n2000\nthe end$/,
      );
      expect(failureDetails(error)).toEqual({
        command: setup.run,
        exitCode: 3,
        log: null,
        lacksNetwork: false,
        output: expect.stringMatching(/^1\n2\n3\n[^]*\n2000\nthe end$/),
      });
    }
    await at.worktrees.stop();
  });

  it('is not run again for those who come a moment later, until what it reads has changed', async () => {
    const [at, where] = [await host(1000), repository()];
    const setup = failing();
    await errorOf(take(at, where, { setup, ...allowed }));
    expect(await errorOf(take(at, where, { setup, ...allowed }))).toMatchObject({ type: 'SetupFailed' });
    expect(server.reached).toBe(1);
    const other = { ...setup, run: `true && ${setup.run}` };
    await errorOf(take(at, where, { setup: other, ...allowed }));
    expect(server.reached).toBe(2);
    where.remote.push({ 'deps.txt': 'two\n' });
    await errorOf(take(at, where, { setup, ...allowed }));
    expect(server.reached).toBe(3);
    await at.worktrees.stop();
  });

  it('is run again for each verification: its verdict is never hearsay', async () => {
    const [at, where] = [await host(0), repository()];
    const change = { setup: failing(), ...allowed, egress: true };
    for (const reached of [1, 2]) {
      const opening = verificationWorktree(at, where, where.remote.tip(), change);
      expect(await errorOf(opening)).toMatchObject({ type: 'SetupFailed' });
      expect(server.reached).toBe(reached);
    }
  });

  it('is remembered on a host without a pool, too', async () => {
    const [at, where] = [await host(0), repository()];
    const setup = failing();
    await errorOf(take(at, where, { setup, ...allowed }));
    await errorOf(take(at, where, { setup, ...allowed }));
    expect(server.reached).toBe(1);
  });

  it('leaves its whole log on the run’s part of the state remote, once for all who failed with it', async () => {
    const [at, where] = [await host(0), repository()];
    const setup = failing();
    const context = contextFor(where.remote, where.state);
    const errors = await Promise.all([1, 2].map(() => errorOf(take(at, where, { setup, ...allowed }))));
    const kept = await Promise.all(errors.map((error) => keepSetupLog(at.git, context, error)));
    const logs = await readSetupLogs(remoteFor(where.state, {}), 'run-1' as RunId);
    expect(logs).toHaveLength(1);
    expect(logs[0]?.text).toMatch(/^\$ bash .*\n1\n2\n[^]*\n1000\n[^]*\n2000\nthe end\n\[exit code 3\]\n$/);
    for (const error of kept) {
      expect((error as Error).message).toMatch(/\nthe end\nthe whole log: coppice logs run-1 --setup$/);
      expect(failureDetails(error)).toMatchObject({ log: expect.stringMatching(/^[0-9a-f]{40}$/) });
    }
  });
});

describe('a setup that works', () => {
  it('runs once when it is known that many want it', async () => {
    const [at, where] = [await host(1000), repository()];
    const setup = counting('mkdir -p node_modules && cp deps.txt node_modules/ && date +%s%N > node_modules/stamp');
    const first = await take(at, where, { setup, ...allowed, forMany: true });
    const second = await take(at, where, { setup, ...allowed });
    expect([server.reached, second.stamp]).toEqual([1, first.stamp]);
    await at.worktrees.stop();
  });
});
