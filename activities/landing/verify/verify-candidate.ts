// The clean verification of exactly the commit that would land. It uses a worktree and a setup result that no agent has
// written to (fresh ones, or a copy from the pool), the setup and verification of the *target's* coppice.yaml, and the
// unit's own command. Called only by the merge queue.
// Safe to run twice: it changes only its own worktree.

import type { VerifyHost } from './verify-host.ts';
import type { Worktree } from '../../worktrees/worktree.ts';
import type { Candidate, LandingActivities, VerifyResult } from '../../../contracts/activities/landing.ts';
import { judgeEgress } from '../../../formats/policy/judge.ts';
import { Context } from '@temporalio/activity';
import type { CheckPlace, CheckResult } from '../../checks/run-checks.ts';
import type { VerifyCommand } from '../../../contracts/documents/config.ts';
import type { Sha } from '../../../contracts/ids.ts';
import { checkEnv, networkFor } from '../../sandbox/policy.ts';
import { defaultTimeouts } from '../../../contracts/documents/config.ts';
import { type EgressConsent, egressConsent } from '../../worktrees/setup/egress-need.ts';
import { failureType } from '../../../contracts/failures.ts';
import { mergedLocks } from './merged-locks.ts';
import { openCandidate } from './open-candidate.ts';
import { readConfigAt } from '../../repository/target-rules.ts';
import { treeOf } from '../../../git/tree-reader.ts';
import { takeWorkNames } from '../../sandbox/work-names.ts';
import { withBoundedTries } from '../../host/bounded-tries.ts';
import { rememberGreen } from './green-commits.ts';
import { preparationOf } from '../../worktrees/setup/preparation.ts';
import { runChecks } from '../../checks/run-checks.ts';
import { lacksNetwork, setupOutput } from '../../worktrees/setup/setup-failure.ts';

export function makeVerifyCandidate(host: VerifyHost): LandingActivities['verifyCandidate'] {
  return (candidate) =>
    withBoundedTries(host.hostId, async (say) => {
      await host.room.assertRoom();
      const { cancellationSignal } = Context.current();
      return verify(host, candidate, { signal: cancellationSignal, onStart: say });
    });
}

async function verify(
  host: VerifyHost,
  { subject, target, candidate }: Candidate,
  watch: Pick<CheckPlace, 'signal' | 'onStart'>,
): Promise<VerifyResult> {
  const { context, unit } = subject;
  const repository = await host.git.open(context);
  await repository.fetchCandidate(subject, candidate);
  const config = await readConfigAt(repository, target);
  const { plan } = await repository.readPlan(context);
  const own = plan.units.find(({ id }) => id === unit)?.verify ?? null;
  const env = checkEnv(config, host.policy, host.env);
  const { networkAllowed: hostAllows } = host.policy;
  const { setup, sandbox } = config;
  const { ports } = config.worktree;
  const checks = withUnitCheck(config.verify, own);
  if (setup === null && checks.length === 0) return { status: 'green' };
  const preparation = preparationOf(config, host, { purpose: 'verification', branch: context.branch, target });
  const names = await takeWorkNames({ run: context.run, unit }, ports);
  let worktree: Worktree | null = null;
  const asked: { need: EgressConsent['need']; gitDir: string } = { need: () => Promise.resolve(null), gitDir: '' };
  const open = (commit: Sha): Promise<Worktree> =>
    repository.openWorktree({ commit, branch: context.branch, upstream: target }, async (place) => {
      const { state } = place.repository;
      asked.gitDir = state;
      const trees = { tree: place.tree, target: await treeOf(state, target) };
      const consent = await egressConsent(state, trees, { preparation, granted: subject.egress ?? [] });
      asked.need = consent.need;
      return host.worktrees.openWorktree(place, { ...preparation, egress: consent.allowed }, watch);
    });
  const withLocks = async (result: CheckResult): Promise<VerifyResult> => {
    if (result.status === 'green') return result;
    const locks = await mergedLocks(asked.gitDir, { base: subject.base, target, candidate, config });
    return locks.length === 0 ? result : { ...result, locks };
  };
  try {
    worktree = await openCandidate({ candidate, target, setup, open, gitDir: () => asked.gitDir });
    const network = networkFor('verify', sandbox.network, hostAllows);
    const limits = { memoryMb: sandbox.memoryMb };
    const given = { ...env, ...names.env };
    const place: CheckPlace = { ...watch, sandbox: host.sandbox, worktree, env: given, network, limits };
    const result = await runChecks(place, checks);
    // Ignore errors: only the next run would have been faster.
    if (result.status === 'green')
      await rememberGreen(host, { config, commit: candidate }, verifiedBefore).catch(() => undefined);
    return await withLocks(result);
  } catch (error) {
    // If the setup fails with this change in the tree, the change is red, unless the setup only lacks network that
    // policy denies it.
    if (failureType(error) !== 'SetupFailed') throw error;
    const output = setupOutput(error);
    if (!lacksNetwork(error)) return await withLocks({ status: 'red', command: 'setup', output });
    const verdict = judgeEgress(config);
    // Without a wish, people cannot allow anything: the host denies the network to everything, or they have allowed it
    // already.
    const wish = verdict.decide === 'allow' ? null : await asked.need();
    const egress = wish === null || verdict.decide === 'allow' ? {} : { egress: { wish, verdict } };
    return { status: 'not-verified', command: 'setup', output, ...egress };
  } finally {
    await names.release();
    await worktree?.remove();
  }
}

/** The log that a later run's try shows. */
const verifiedBefore = 'note: the merge queue has verified this commit on this host\n';

/** The configured commands, then the unit's own. */
export function withUnitCheck(configured: readonly VerifyCommand[], own: string | null): readonly VerifyCommand[] {
  return own === null
    ? configured
    : [...configured, { name: 'unit verify', run: own, timeoutSeconds: defaultTimeouts.verify }];
}
