// Builds a train: the results of several units, each merged onto the one before, as commits in memory. If nothing has
// to be verified, or everything is known to be green, the branch is moved at once; otherwise the train goes to the state
// remote, with what is to be verified.
// Safe to run twice: on the same tip it makes the same commits (dated by their entries), and a change that the target
// already has is answered with the target's commit.

import type {
  BuildTrainInput,
  BuildTrainResult,
  QueueRules,
  TrainBase,
} from '../../../contracts/activities/landing.ts';
import type { Config } from '../../../contracts/documents/config.ts';
import type { TrainTools } from '../../repository/contract.ts';
import type { LocalRepository } from '../../repository/local-repository.ts';
import type { Sha } from '../../../contracts/ids.ts';
import { ensureInMirror, fetchBranch } from '../../repository/mirror.ts';
import type { Verification } from '../verify/wanted-verification.ts';
import { failure } from '../../../contracts/failures.ts';
import { dropTrains, fetchTrain, publishTrain } from './train-ref.ts';
import { findLanded } from './find-landed.ts';
import { pushRefs } from '../../../git/remote.ts';
import { readConfigAt } from '../../repository/target-rules.ts';
import { readVerification } from '../verify/verification-source.ts';
import { type Found, type Stacked, countSizes, stack, withSizes } from './stack.ts';
import { areTagsFresh, tagsOf } from '../../repository/tags.ts';
import { tookLanding } from '../land/took-landing.ts';
import { treeOf } from '../../../git/tree-reader.ts';

/** How often a train is built anew because the branch has moved meanwhile, before the queue is asked. */
const rebuilds = 5;

export async function buildTrain(
  repository: LocalRepository,
  input: BuildTrainInput,
  tools: TrainTools,
): Promise<BuildTrainResult> {
  for (let tries = 1; ; tries++) {
    const result = await buildOnce(repository, input, { ...tools, mayLand: tries < rebuilds });
    if (result !== 'moved') return result;
  }
}

interface Tools extends TrainTools {
  readonly mayLand: boolean;
}

async function buildOnce(
  repository: LocalRepository,
  input: BuildTrainInput,
  tools: Tools,
): Promise<BuildTrainResult | 'moved'> {
  const { on, contexts, green } = input;
  const [context] = contexts;
  if (context === undefined) throw failure('GitFailed', 'a train without a run');
  const { branch } = context;
  let fetched: Promise<unknown> | null = null;
  const fetchResults = (): Promise<unknown> =>
    (fetched ??= Promise.all(
      tools.repositories.map((each, index) => each.fetchResults(contexts[index] ?? context, resultsOf(input, index))),
    ));
  const build: Build = { repository, input: { ...input, branch }, tools, fetchResults };
  const early = await draftEarly(build);
  if (early !== null && canLand(early, green)) return landNow(build, early);
  tools.say('fetching');
  const fetchTarget = () => (on === null ? fetchBranch(repository, branch) : fetchBelow(repository, on, branch));
  // Usually the branch is where it was, so the train goes out while the remote is asked.
  const publishing = early === null ? null : publish(build, early);
  // Nothing is on its way any more when this attempt has ended: another host may make the same train next.
  const fetching = Promise.all([fetchTarget(), fetchResults()]);
  await Promise.allSettled([fetching, publishing]);
  const [target] = await fetching;
  if (publishing !== null && target === early?.result.target) return publishing;
  if (early !== null) repository.tips.wasWrong(branch);
  const result = await buildOn(build, target);
  const outdated = (await publishing?.catch(() => null))?.source ?? null;
  const isReplaced = result !== 'moved' && 'source' in result && result.source !== null;
  if (outdated !== null && !isReplaced) dropTrains(repository, [outdated]);
  return result;
}

/** One try to build a train. */
interface Build {
  readonly repository: LocalRepository;
  readonly input: BuildTrainInput & { readonly branch: string };
  readonly tools: Tools;
  /** Fetches the results once. */
  readonly fetchResults: () => Promise<unknown>;
}

/** On the tip that the branch most likely still has; null = there is none, or it failed, perhaps because it has moved. */
async function draftEarly(build: Build): Promise<Draft | null> {
  const { repository, input, tools } = build;
  if (input.on !== null || !tools.mayLand || !areTagsFresh(repository)) return null;
  const likely = repository.tips.get(input.branch);
  if (likely === null || likely === input.unless) return null;
  tools.say('fetching');
  return draftTrain(build, likely).catch(() => null);
}

async function buildOn(build: Build, target: Sha): Promise<BuildTrainResult | 'moved'> {
  const { on, unless, green } = build.input;
  if (on === null && target === unless) return { status: 'unchanged' };
  const draft = await draftTrain(build, target);
  const mayLand = on === null && build.tools.mayLand && canLand(draft, green);
  return mayLand ? landNow(build, draft) : publish(build, draft);
}

/** A train that exists only here. */
interface Draft {
  readonly result: Pick<BuiltTrain, 'target' | 'rules' | 'targetKey'>;
  readonly found: readonly Found[];
  readonly stacked: readonly Stacked[];
  readonly ofTarget: Verification | null;
}

type BuiltTrain = Exclude<BuildTrainResult, { status: 'unchanged' | 'refused' }>;

async function draftTrain({ repository, input, tools, fetchResults }: Build, target: Sha): Promise<Draft> {
  const { on, contexts } = input;
  const { verificationsOn, repositories, say, signal } = tools;
  const [[context], [reader]] = [contexts, repositories];
  if (reader === undefined || context === undefined) throw failure('GitFailed', 'a train without a run');
  const [landed] = await Promise.all([findLanded(repository, input, target), fetchResults()]);
  const config = await readConfigAt(reader, target);
  say('building');
  const verification = await verificationsOn({
    repository: context.repository,
    branch: context.branch,
    target,
    config,
    tags: await tagsOf(repository, target),
  });
  const { found, stacked } = await stack(repository, {
    ...input,
    target,
    config,
    landed,
    repositories,
    watch: { signal, onStart: say },
    verification,
    below: on === null ? null : await specOf(repository, on),
  });
  const all = config.queue.onRedBase === 'delta';
  const ofTarget = verification({ tree: await treeOf(repository.state, target), own: [], egress: [], all });
  return { result: { target, rules: rulesOf(config), targetKey: ofTarget?.key ?? null }, found, stacked, ofTarget };
}

/** A train that is empty, or that has to be verified. */
async function publish({ repository, input }: Build, { result, found, stacked, ofTarget }: Draft): Promise<BuiltTrain> {
  const [[context], tip] = [input.contexts, stacked.at(-1)];
  if (tip === undefined || context === undefined) {
    dropTrains(repository, input.drop);
    return { status: 'built', ...result, members: withSizes(found, []), source: null };
  }
  const verifications = [...stacked.map((each) => each.verification), input.on === null ? ofTarget : null];
  const train = { tip: tip.commit, verifications: verifications.filter((each) => each !== null) };
  const [source, sizes] = await Promise.all([publishTrain(repository, input, train), countSizes(repository, found)]);
  const members = withSizes(found, sizes);
  const { repository: url, stateRemote } = context;
  return { status: 'built', ...result, members, source: { ...source, repository: url, stateRemote } };
}

function resultsOf({ members }: BuildTrainInput, context: number) {
  return members.filter(
    (member) => member.context === context && member.leaving !== true && member.reverts === undefined,
  );
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

function canLand({ stacked, result: { rules } }: Draft, green: readonly string[]): boolean {
  const needed = rules.verify === 'each' ? stacked : stacked.slice(-1);
  const isGreen = ({ verification }: Stacked) => verification === null || green.includes(verification.key);
  return stacked.length > 0 && needed.every(isGreen);
}

async function landNow(
  { repository, input: { branch, drop }, tools: { say, signal } }: Build,
  { result, found, stacked }: Draft,
): Promise<BuildTrainResult | 'moved'> {
  const { state, origin, tips } = repository;
  const { target } = result;
  const commit = stacked.at(-1)?.commit ?? target;
  say('landing');
  signal.throwIfAborted();
  const ref = `refs/heads/${branch}`;
  const [outcomes, sizes] = await Promise.all([
    pushRefs(state, origin, [{ ref, commit, lease: target }]),
    // What has landed has landed, whether or not its lines can be counted.
    countSizes(repository, found).catch(() => []),
  ]);
  const outcome = outcomes.get(ref);
  switch (outcome?.status) {
    case 'pushed':
      tookLanding(repository, branch, { from: target, to: commit });
      dropTrains(repository, drop);
      return { status: 'landed', ...result, members: withSizes(found, sizes), source: null };
    case 'refused':
      return { status: 'refused', message: outcome.message };
    // Somebody else's push, or our own that was answered badly: building again finds out.
    case 'stale':
      tips.wasWrong(branch);
      return 'moved';
    case undefined:
      throw failure('GitFailed', `the remote gave no answer for ${ref}`);
  }
}
