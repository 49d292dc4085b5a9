// The clean verification of a tree that may land. It uses a worktree and a setup result that no agent has written to
// (fresh ones, or a copy from the pool), the setup and verification of the *target's* coppice.yaml, and the units' own
// commands. What runs sees a commit of the tree on the target, and no name of a run or a unit.
// Safe to run twice: it changes only its own worktree, and remembers only what was green.

import type { VerifyHost } from './verify-host.ts';
import type { Worktree } from '../../worktrees/worktree.ts';
import type { HostRepository } from '../../repository/contract.ts';
import type { Verdict, VerificationActivities, VerifyTreeInput } from '../../../contracts/activities/verification.ts';
import type { Config, VerifyCommand } from '../../../contracts/documents/config.ts';
import type { Sha } from '../../../contracts/ids.ts';
import type { VerificationSpec } from '../../../formats/state-documents/verification.ts';
import { Context } from '@temporalio/activity';
import { type CheckPlace, type CheckResult, runChecks } from '../../checks/run-checks.ts';
import { VerificationWatch } from './watch.ts';
import { checkEnv, networkFor } from '../../sandbox/policy.ts';
import { type EgressConsent, egressConsent } from '../../worktrees/setup/egress-need.ts';
import { failure, failureType } from '../../../contracts/failures.ts';
import { handBack } from './hand-back.ts';
import { hostClass } from './verification-key.ts';
import { judgeEgress } from '../../../formats/policy/judge-asking.ts';
import { lacksNetwork, setupOutput } from '../../worktrees/setup/setup-failure.ts';
import { namesOfVerification, takeWorkNames } from '../../sandbox/work-names.ts';
import { openCandidate } from './open-candidate.ts';
import { preparationOf } from '../../worktrees/setup/preparation.ts';
import { readConfigAt } from '../../repository/target-rules.ts';
import { readGreen, rememberGreen } from './green-trees.ts';
import { treeOf } from '../../../git/tree-reader.ts';
import { diskFilledBy, withBoundedTries } from '../../host/bounded-tries.ts';

export function makeVerifyTree(host: VerifyHost): VerificationActivities['verifyTree'] {
  return (input) =>
    withBoundedTries(host.hostId, async (say, sawOutput) => {
      await host.room.assertRoom();
      const { cancellationSignal, info } = Context.current();
      const found = await findVerification(host, input);
      const config = await readConfigAt(found.repository, found.spec.target);
      if (found.spec.host !== (await hostClass(host, config))) throw handBack(info.attempt);
      if ((await readGreen(host, input.key)) !== null) return { status: 'green' };
      const watch = new VerificationWatch({ say, sawOutput }, { ...input, cancelled: cancellationSignal });
      try {
        return await verify(host, { ...found, key: input.key, config }, watch);
      } catch (error) {
        if (!watch.isOverdue || cancellationSignal.aborted) throw error;
        return watch.overdue(host.sandbox);
      } finally {
        watch.stop();
      }
    });
}

/** From the first source that still has it. Throws the last source's failure, or `GitFailed`, which is retried. */
async function findVerification({ git }: VerifyHost, { key, sources }: VerifyTreeInput) {
  let problem: unknown = failure('GitFailed', `no state remote has the verification ${key} any more`);
  for (const source of sources) {
    try {
      const repository = await git.open(source);
      const spec = await repository.readVerification(source, key);
      if (spec !== null) return { repository, spec };
    } catch (error) {
      problem = error;
    }
  }
  throw problem;
}

interface Verification {
  readonly key: string;
  readonly repository: HostRepository;
  readonly spec: VerificationSpec;
  /** The target's. */
  readonly config: Config;
}

async function verify(host: VerifyHost, verification: Verification, watch: VerificationWatch): Promise<Verdict> {
  const { key, repository, spec, config } = verification;
  const { target, branch } = spec;
  const { sandbox, worktree: wanted } = config;
  const preparation = preparationOf(config, host, { purpose: 'verification', branch, target });
  const { signal, onStart, onOutput } = watch;
  const told = { signal, onStart, onOutput };
  const asked: Asked = { need: () => Promise.resolve(null), gitDir: '' };
  const open = (commit: Sha): Promise<Worktree> =>
    repository.openWorktree({ commit, branch, upstream: target }, async (place) => {
      const { state } = place.repository;
      asked.gitDir = state;
      const trees = { tree: place.tree, target: await treeOf(state, target) };
      const consent = await egressConsent(state, trees, { preparation, granted: spec.egress });
      asked.need = consent.need;
      return host.worktrees.openWorktree(place, { ...preparation, egress: consent.allowed }, told);
    });
  const candidate = await repository.commitToVerify(key, spec);
  const names = await takeWorkNames(namesOfVerification(), wanted.ports);
  let worktree: Worktree | null = null;
  try {
    worktree = await openCandidate({ candidate, target, setup: config.setup, open, gitDir: () => asked.gitDir });
    const network = networkFor('verify', sandbox.network, host.policy.networkAllowed);
    const env = { ...checkEnv(config, host.policy, host.env), ...names.env };
    const limits = { memoryMb: sandbox.memoryMb };
    const place = { ...told, sandbox: host.sandbox, worktree, env, network, limits };
    const verdict = await runEach(place, [...config.verify, ...spec.own], { all: spec.all, watch });
    if (verdict.status !== 'green') await assertDisk(host, verdict.command);
    // Ignore errors: only the next verification would have been faster.
    if (verdict.status === 'green') await rememberGreen(host, key, verifiedBefore).catch(() => undefined);
    return verdict;
  } catch (error) {
    if (failureType(error) !== 'SetupFailed' || watch.isOverdue) throw error;
    await assertDisk(host, 'setup');
    return await judgeSetup(error, config, asked);
  } finally {
    await names.release();
    await worktree?.remove();
  }
}

/** A command that fails on a full disk proves nothing. One part in `share` of what new work needs is for running work. */
async function assertDisk({ room }: VerifyHost, command: string): Promise<void> {
  const { diskMb } = await room.measure();
  if (diskMb < room.floor.diskMb / share) throw diskFilledBy(command);
}

const share = 4;

/** The log that a later run's try shows. */
const verifiedBefore = 'note: the merge queue has verified this tree on this host\n';

async function runEach(
  place: CheckPlace,
  checks: readonly VerifyCommand[],
  { all, watch }: { readonly all: boolean; readonly watch: VerificationWatch },
): Promise<Verdict> {
  const failed: Exclude<CheckResult, { status: 'green' }>[] = [];
  for (const check of checks) {
    watch.begin(check.name);
    const result = await runChecks(place, [check]);
    if (result.status === 'green') continue;
    if (!all) return result;
    failed.push(result);
  }
  const [first] = failed;
  if (first === undefined) return { status: 'green' };
  const outputs = failed.map(({ output }) => output.slice(-eachOutput));
  return { ...first, failed: failed.map(({ command }) => command), outputs };
}

/** Characters of each output, where there are several. */
const eachOutput = 2000;

interface Asked {
  need: EgressConsent['need'];
  gitDir: string;
}

/**
 * If the setup fails with this change in the tree, the change is red, unless the setup only lacks network that policy
 * denies it.
 */
async function judgeSetup(error: unknown, config: Config, { need }: Asked): Promise<Verdict> {
  const output = setupOutput(error);
  if (!lacksNetwork(error)) return { status: 'red', command: 'setup', output };
  const verdict = judgeEgress(config);
  // Without a wish, people cannot allow anything: the host denies the network to everything, or they have allowed it
  // already.
  const wish = verdict.decide === 'allow' ? null : await need();
  const egress = wish === null || verdict.decide === 'allow' ? {} : { egress: { wish, verdict } };
  return { status: 'not-verified', command: 'setup', output, ...egress };
}
