// Builds a train: the results of several units, each merged onto the one before, as commits in memory. If nothing has
// to be verified, or everything is known to be green, the branch is moved at once; otherwise the train goes to the state
// remote, with what is to be verified.
// Safe to run twice: on the same tip it makes the same commits (dated by their entries), and a change that the target
// already has is answered with the target's commit.

import type { BuildTrainInput, BuildTrainResult, QueueRules, TrainBase } from '../../../contracts/activities/landing.ts';
import type { Config } from '../../../contracts/documents/config.ts';
import type { HostRepository } from '../../repository/contract.ts';
import type { LocalRepository } from '../../repository/local-repository.ts';
import type { Sha } from '../../../contracts/ids.ts';
import { ensureInMirror, fetchBranch } from '../../repository/mirror.ts';
import { type KeyHost, type Verification, verificationsOn } from '../verify/verification-key.ts';
import { failure } from '../../../contracts/failures.ts';
import { fetchTrain, publishTrain } from './train-ref.ts';
import { findLanded } from './find-landed.ts';
import { pushRefs } from '../../../git/remote.ts';
import { readConfigAt } from '../../repository/target-rules.ts';
import { readVerification } from '../verify/verification-source.ts';
import { type Stacked, stack } from './stack.ts';
import { tagsOf } from '../../repository/tags.ts';
import { treeOf } from '../../../git/tree-reader.ts';

export interface TrainTools {
  readonly host: KeyHost;
  /** The repository as each of the train's runs sees it: they may have different state remotes. */
  readonly repositories: readonly HostRepository[];
  /** For heartbeats. */
  readonly say: (doing: string) => void;
}

type BuiltTrain = Exclude<BuildTrainResult, { status: 'unchanged' | 'refused' }>;

/** How often a train is built anew because the branch has moved meanwhile, before the queue is asked. */
const rebuilds = 5;

export async function buildTrain(
  repository: LocalRepository,
  input: BuildTrainInput,
  tools: TrainTools,
): Promise<BuildTrainResult> {
  for (let tries = 1; ; tries++) {
    const result = await buildOnce(repository, input, tools, tries < rebuilds);
    if (result !== 'moved') return result;
  }
}

async function buildOnce(
  repository: LocalRepository,
  input: BuildTrainInput,
  { host, repositories, say }: TrainTools,
  mayLand: boolean,
): Promise<BuildTrainResult | 'moved'> {
  const { on, contexts, unless } = input;
  const [context] = contexts;
  if (context === undefined) throw failure('GitFailed', 'a train without a run');
  say('fetching');
  const [target] = await Promise.all([
    on === null ? fetchBranch(repository, context.branch) : fetchBelow(repository, on, context.branch),
    ...repositories.map((each, index) => each.fetchResults(contexts[index] ?? context, resultsOf(input, index))),
  ]);
  if (on === null && target === unless) return { status: 'unchanged' };
  const reader = repositories[0];
  if (reader === undefined) throw failure('GitFailed', 'a train without a repository');
  const config = await readConfigAt(reader, target);
  const rules = rulesOf(config);
  say('building');
  const verification = await verificationsOn(host, {
    repository: context.repository,
    branch: context.branch,
    target,
    config,
    tags: await tagsOf(repository, target),
  });
  const below = on === null ? null : await specOf(repository, on);
  const built = await stack(repository, {
    ...input,
    target,
    config,
    landed: await findLanded(repository, input, target),
    repositories,
    verification,
    below,
  });
  const { state } = repository;
  const all = config.queue.onRedBase === 'delta';
  const ofTarget = verification({ tree: await treeOf(state, target), own: [], egress: [], all });
  const result = { target, rules, members: built.members, targetKey: ofTarget?.key ?? null };
  const tip = built.stacked.at(-1);
  if (tip === undefined) return { status: 'built', ...result, source: null };
  if (on === null && mayLand && isKnownGreen(built.stacked, input.green, rules)) {
    say('landing');
    return landNow(repository, { branch: context.branch, target, tip: tip.commit }, result);
  }
  const verifications = [...built.stacked.map((each) => each.verification), on === null ? ofTarget : null];
  const source = await publishTrain(repository, input, {
    tip: tip.commit,
    verifications: verifications.filter((each): each is Verification => each !== null),
  });
  return { status: 'built', ...result, source: { ...source, repository: context.repository, stateRemote: context.stateRemote } };
}

function resultsOf({ members }: BuildTrainInput, context: number) {
  return members.filter((member) => member.context === context && member.leaving !== true);
}

/** Makes the candidate below available, and what it is built on. */
async function fetchBelow(repository: LocalRepository, on: TrainBase, branch: string): Promise<Sha> {
  await Promise.all([fetchTrain(repository, on.source), ensureInMirror(repository, on.target, branch)]);
  return on.target;
}

/** The units' own commands and consents below: what lands above has to pass them, too. */
async function specOf(repository: LocalRepository, { key, source }: TrainBase) {
  return key === null ? null : readVerification(repository, source, key);
}

function rulesOf({ queue }: Config): QueueRules {
  const { verify = 'tip', onRedBase = 'hold', parallel, batch, retries, timeoutSeconds } = queue;
  return { verify, onRedBase, parallel, batch, retries, timeoutSeconds };
}

function isKnownGreen(stacked: readonly Stacked[], green: readonly string[], { verify }: QueueRules): boolean {
  const needed = verify === 'each' ? stacked : stacked.slice(-1);
  return needed.every(({ verification }) => verification === null || green.includes(verification.key));
}

async function landNow(
  { state, origin }: LocalRepository,
  { branch, target, tip }: { readonly branch: string; readonly target: Sha; readonly tip: Sha },
  result: Omit<BuiltTrain, 'status' | 'source'>,
): Promise<BuildTrainResult | 'moved'> {
  const ref = `refs/heads/${branch}`;
  const outcome = (await pushRefs(state, origin, [{ ref, commit: tip, lease: target }])).get(ref);
  switch (outcome?.status) {
    case 'pushed':
      return { status: 'landed', ...result, source: null };
    case 'refused':
      return { status: 'refused', message: outcome.message };
    // Somebody else's push, or our own that was answered badly: building again finds out.
    case 'stale':
      return 'moved';
    case undefined:
      throw failure('GitFailed', `the remote gave no answer for ${ref}`);
  }
}
