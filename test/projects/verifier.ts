// A host that verifies changes of a project, with or without a pool.

import { MockActivityEnvironment } from '@temporalio/testing';
import type { VerifyResult } from '../../contracts/activities/landing.ts';
import type { Content, Remote } from '../git/make-repository.ts';
import { makeResult, openHost } from '../git/open-host.ts';
import { makeState } from '../git/make-repository.ts';
import { makeVerifyCandidate } from '../../activities/landing/verify/verify-candidate.ts';
import { networkEnv } from './sessions.ts';
import { planRun } from '../agent/slice-host.ts';

export interface VerifierOptions {
  readonly toolchains: readonly string[];
  /** 0 = no pool. */
  readonly poolMegabytes: number;
}

let runs = 0;

/** Verifies changes that are built elsewhere; the host's way to the network is that of this process. */
export async function openVerifier(remote: Remote, { toolchains, poolMegabytes }: VerifierOptions) {
  const env = networkEnv();
  const host = await openHost(undefined, env, { poolMegabytes, networkAllowed: 'setup', toolchains });
  const author = await openHost();
  const policy = { envAllowed: [], networkAllowed: 'setup' } as const;
  const verifyCandidate = makeVerifyCandidate({ ...host, hostId: 'verifier', policy, env });
  return {
    host,
    /** Says whether a setup ran, too. Waits until the pool has nothing more to prepare. */
    async verify(
      change: Readonly<Record<string, Content>>,
    ): Promise<{ result: VerifyResult; setUp: boolean; seconds: number }> {
      const context = await planRun(author, { remote, state: makeState(), run: `run-${(runs += 1)}` }, { unit: {} });
      const { subject } = await makeResult(author, context, change, 'a');
      const built = await (await author.git.open(context)).buildCandidate(subject);
      if (built.status !== 'built') throw new Error(`the candidate was not built: ${built.status}`);
      const environment = new MockActivityEnvironment();
      let setUp = false;
      environment.on('heartbeat', ({ doing }: { doing: string }) => (setUp ||= doing.startsWith('setup')));
      const work = async (): Promise<VerifyResult> => verifyCandidate({ subject, ...built });
      const started = performance.now();
      const result = await environment.run<never[], VerifyResult, () => Promise<VerifyResult>>(work);
      const seconds = (performance.now() - started) / 1000;
      await host.worktrees.settled();
      return { result, setUp, seconds };
    },
    stop: () => host.worktrees.stop(),
  };
}
