// A host that verifies changes of a project, with or without a pool.

import { MockActivityEnvironment } from '@temporalio/testing';
import type { Verdict } from '../../contracts/activities/verification.ts';
import type { Content, Remote } from '../git/make-repository.ts';
import { makeState } from '../git/make-repository.ts';
import { makeVerifyTree } from '../../activities/landing/verify/verify-tree.ts';
import { offerTree } from '../landing/offered-tree.ts';
import { openHost } from '../git/open-host.ts';
import { networkEnv } from './sessions.ts';

export interface VerifierOptions {
  readonly toolchains: readonly string[];
  /** 0 = no pool. */
  readonly poolMegabytes: number;
}

/** Verifies changes that are built elsewhere; the host's way to the network is that of this process. */
export async function openVerifier(remote: Remote, { toolchains, poolMegabytes }: VerifierOptions) {
  const env = networkEnv();
  const host = await openHost(undefined, env, { poolMegabytes, networkAllowed: 'setup', toolchains });
  const policy = { envAllowed: [], networkAllowed: 'setup' } as const;
  const builder = { ...(await openHost(undefined, env, { networkAllowed: 'setup', toolchains })), policy, env };
  const verifyTree = makeVerifyTree({ ...host, hostId: 'verifier', policy, env });
  return {
    host,
    /** Says whether a setup ran, too. Waits until the pool has nothing more to prepare. */
    async verify(
      change: Readonly<Record<string, Content>>,
    ): Promise<{ result: Verdict; setUp: boolean; seconds: number }> {
      const tree = await offerTree(builder, { remote, state: makeState() }, change);
      if (tree === null) throw new Error('there is nothing to verify');
      const environment = new MockActivityEnvironment();
      let setUp = false;
      environment.on('heartbeat', ({ doing }: { doing: string }) => (setUp ||= doing.startsWith('setup')));
      const input = { key: tree.key, sources: [tree.source], timeoutSeconds: 3600 };
      const started = performance.now();
      const result: Verdict = await environment.run(verifyTree, input);
      const seconds = (performance.now() - started) / 1000;
      await host.worktrees.settled();
      return { result, setUp, seconds };
    },
    stop: () => host.worktrees.stop(),
  };
}
