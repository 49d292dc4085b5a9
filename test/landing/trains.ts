// Trains as the merge queue has them built and landed, without a queue: results made with plain git, and the activities
// on a host of a test.

import { MockActivityEnvironment } from '@temporalio/testing';
import { join } from 'node:path';
import type {
  BuildTrainInput,
  BuildTrainResult,
  LandResult,
  LandingSubject,
  MemberResult,
  TrainBase,
  TrainMember,
} from '../../contracts/activities/landing.ts';
import { type Content, type Remote, git, makeRemote, makeState, put, temporaryFolder } from '../git/make-repository.ts';
import type { BuildWatch } from '../../activities/landing/build/build-watch.ts';
import type { PlanUnit, RunContext } from '../../contracts/documents/plan.ts';
import type { Sha, UnitId } from '../../contracts/ids.ts';
import type { VerificationSpec } from '../../formats/state-documents/verification.ts';
import { verificationsOn } from '../../activities/landing/verify/verification-key.ts';
import type { VerificationRules } from '../../activities/landing/verify/wanted-verification.ts';
import type { LandingHost, VerifyHost } from '../../activities/landing/verify/verify-host.ts';
import { makeLandingActivities } from '../../activities/landing/activities.ts';
import { type Host, openHost } from '../git/open-host.ts';
import { MemoryBoards } from '../agent/memory-boards.ts';
import { planRun } from '../agent/slice-host.ts';
import { stateRefs } from '../../contracts/ids.ts';
import { verificationCodec, verificationFile } from '../../formats/state-documents/verification.ts';

/** A host with a home of its own, unless one is given. */
export async function openTrainHost(home?: string): Promise<VerifyHost & Host & { readonly boards: MemoryBoards }> {
  const host = await openHost(home);
  const boards = new MemoryBoards();
  return { ...host, hostId: 'builder', policy: { envAllowed: [], networkAllowed: 'none' }, env: {}, boards };
}

type HostOfTrains = VerifyHost & Partial<Pick<LandingHost, 'boards'>>;

/** Without boards, it has some that nobody looks at. Runs keep the plan that they began with. */
function landingOn(host: HostOfTrains) {
  const plans = { planOf: () => Promise.resolve(null) };
  return makeLandingActivities({ boards: new MemoryBoards(), plans, ...host });
}

/** A `coppice.yaml` whose verification is never run here: what is built with it waits for a verdict. */
export const verified = { 'coppice.yaml': 'version: 1\nverify: "true"\n' };

/** The results of a run's units, each on the run's base, as files that it changes: pushed in one push. */
export function makeResults(
  { url }: Pick<Remote, 'url'>,
  context: RunContext,
  units: Readonly<Record<string, Readonly<Record<string, Content>>>>,
): LandingSubject[] {
  const clone = join(temporaryFolder(), 'clone');
  git('/', 'clone', '-q', '-c', 'core.autocrlf=false', url, clone);
  const subjects = Object.entries(units).map(([unit, files]) => {
    git(clone, 'checkout', '-q', '-f', '--detach', context.base);
    for (const [path, content] of Object.entries(files)) put(clone, path, content);
    git(clone, 'add', '-A', '-f');
    const trailers = `Coppice-Run: ${context.run}\nCoppice-Unit: ${unit}\nRequested-by: dana`;
    git(clone, 'commit', '-q', '-m', `Do ${unit}\n\n${trailers}`);
    return subjectOf(context, unit, git(clone, 'rev-parse', 'HEAD') as Sha);
  });
  const refspecs = subjects.map(({ unit, result }) => `+${result}:${stateRefs.unit(context.run, unit)}`);
  git(clone, 'push', '-q', context.stateRemote, ...refspecs);
  return subjects;
}

type Files = Readonly<Record<string, Content>>;

/** A repository with these files, a run of these units in it, and their results. */
export async function prepareResults(
  host: HostOfTrains,
  files: Files,
  units: Readonly<Record<string, Files>>,
  plan?: readonly Partial<PlanUnit>[],
) {
  const [remote, state] = [makeRemote(files), makeState()];
  const context = await planRun(host, { remote, state, run: 'run-1' }, plan === undefined ? {} : { units: plan });
  return { remote, state, context, subjects: makeResults(remote, context, units) };
}

function subjectOf(context: RunContext, unit: string, result: Sha): LandingSubject {
  return {
    context,
    unit: unit as UnitId,
    title: `Do ${unit}`,
    result,
    base: context.base,
    enqueuedAt: '2026-11-24T10:00:00.000Z',
    returned: 0,
    approvedBy: ['Dana'],
    consents: [],
  };
}

/** A member of a train: the subject, and what else the queue says of it. */
export type Passenger = LandingSubject & Pick<TrainMember, 'leaving' | 'reverts' | 'requestedBy'>;

let trains = 0;

/** What the queue asks for; each train has a number of its own, unless `parts` has one. */
function trainOf(passengers: readonly Passenger[], parts: Partial<BuildTrainInput> = {}): BuildTrainInput {
  const contexts = [...new Map(passengers.map(({ context }) => [JSON.stringify(context), context])).values()];
  const index = ({ context }: Passenger) =>
    contexts.findIndex((each) => JSON.stringify(each) === JSON.stringify(context));
  const members = passengers.map((passenger): TrainMember => {
    const { returned: _, title: __, ...member } = passenger;
    return { ...member, context: index(passenger) };
  });
  return {
    queue: contexts[0]?.queue ?? '',
    train: (trains += 1),
    contexts,
    members,
    on: null,
    green: [],
    drop: [],
    ...parts,
  };
}

export function build(
  host: HostOfTrains,
  passengers: readonly Passenger[],
  parts: Partial<BuildTrainInput> = {},
): Promise<BuildTrainResult> {
  const { buildTrain } = landingOn(host);
  return new MockActivityEnvironment().run(buildTrain, trainOf(passengers, parts));
}

/** An attempt after others, which have left these heartbeats. */
export function buildAgain(host: HostOfTrains, passengers: readonly Passenger[], heartbeatDetails: unknown) {
  const { buildTrain } = landingOn(host);
  return new MockActivityEnvironment({ heartbeatDetails }).run(buildTrain, trainOf(passengers));
}

export type Built = Extract<BuildTrainResult, { status: 'built' | 'landed' }>;

/** The same, for trains that are built or land at once. */
export async function built(...given: Parameters<typeof build>): Promise<Built> {
  const result = await build(...given);
  if (result.status !== 'built' && result.status !== 'landed') throw new Error(JSON.stringify(result));
  return result;
}

type Stacked = Extract<MemberResult, { status: 'stacked' }>;

/** The members that are in the train, from its bottom. */
export function stackedOf({ members }: Built): Stacked[] {
  return members.filter((member): member is Stacked => member.status === 'stacked');
}

export function statusesOf({ members }: Built): string[] {
  return members.map(({ status }) => status);
}

/** Its last candidate. */
export function tipOf(train: Built): Stacked {
  const tip = stackedOf(train).at(-1);
  if (tip === undefined) throw new Error(`nothing was stacked: ${JSON.stringify(train.members)}`);
  return tip;
}

/** To build the next train on. */
export function baseOf(train: Built): TrainBase {
  const { commit, key } = tipOf(train);
  if (train.source === null) throw new Error('the train has landed');
  return { commit, target: train.target, source: train.source, key };
}

/** Lands a built train up to its tip, or up to another of its candidates. */
export function land(
  host: HostOfTrains,
  context: RunContext,
  train: Built,
  { commit }: Pick<Stacked, 'commit'> = tipOf(train),
): Promise<LandResult> {
  const { source, target } = train;
  if (source === null) throw new Error('the train has landed');
  const { landTrain } = landingOn(host);
  return new MockActivityEnvironment().run(landTrain, { context, target, commit, source });
}

/** What a train on the state remote says is to be verified. */
export function specOf({ source }: Built, key: string | null): VerificationSpec {
  if (source === null || key === null) throw new Error('nothing is to be verified');
  return verificationCodec.read(git(source.stateRemote, 'show', `${source.commit}:${verificationFile(key)}`));
}

export type BuiltAlone =
  | { readonly status: 'built'; readonly target: Sha; readonly candidate: Sha }
  | Exclude<MemberResult, { readonly status: 'stacked' }>;

/** One result, by a host that may run commands; nothing lands if the target has something to verify. */
export async function buildAlone(
  host: Host,
  subject: LandingSubject,
  { signal, onStart }: BuildWatch = { signal: new AbortController().signal, onStart: () => undefined },
): Promise<BuiltAlone> {
  const repository = await host.git.open(subject.context);
  const keyHost = { ...host, policy: { envAllowed: [], networkAllowed: 'none' } as const, env: {} };
  const tools = {
    verificationsOn: (rules: VerificationRules) => verificationsOn(keyHost, rules),
    repositories: [repository],
    say: onStart,
    signal,
  };
  const result = await repository.buildTrain(trainOf([subject]), tools);
  if (result.status !== 'built') throw new Error(JSON.stringify(result));
  const [member] = result.members;
  if (member === undefined) throw new Error('no member');
  return member.status === 'stacked' ? { status: 'built', target: result.target, candidate: member.commit } : member;
}
