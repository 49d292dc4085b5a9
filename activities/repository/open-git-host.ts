// The git side of one host, made once per worker process: checks URLs, keeps one pair of local repositories per target,
// and implements the contract. The only entry to this folder.

import type { MakeWorktree, Worktree } from '../worktrees/worktree.ts';
import type { Env } from '../../domain/environment.ts';
import type { CleanWorktree, GitHost, HostRepository } from './contract.ts';
import { type LocalRepository, prepareRepositories, repositoryFolder } from './local-repository.ts';
import type { TrainMember } from '../../contracts/activities/landing.ts';
import type { Plan, RunContext } from '../../contracts/documents/plan.ts';
import { acceptedUrl, refuseUnlistedToken, remoteFor } from '../../git/remote-for.ts';
import { ensureInMirror, fetchBranch, tipOf } from './mirror.ts';
import { missingContent } from '../worktrees/missing-content.ts';
import { makeWorktree } from '../worktrees/make.ts';
import { writeStateFrom } from '../../git/state-files.ts';
import type { Config } from '../../contracts/documents/config.ts';
import type { HostPolicy } from '../sandbox/policy.ts';
import type { Sandbox } from '../sandbox/contract.ts';
import type { Sha } from '../../contracts/ids.ts';
import { BranchTips } from './branch-tips.ts';
import { StatePusher } from './state-pusher.ts';
import { Upkeep } from './upkeep.ts';
import { buildTrain } from '../landing/build/build-train.ts';
import { claimUnit } from '../worktrees/checkpoint/unit-store.ts';
import { failure } from '../../contracts/failures.ts';
import { findOtherChanges } from '../conflicts/other-changes.ts';
import { writeBrief } from '../conflicts/write-brief.ts';
import { fetchRefs, listRemote } from '../../git/remote.ts';
import { identityOf } from '../../git/identity.ts';
import { findCodeowners } from '../../git/codeowners-text.ts';
import { readConfigText } from '../../git/config-text.ts';
import { configCodec, configFile, planCodec, planFile } from '../../formats/state-documents/plan.ts';
import { inertText } from '../../git/inert-text.ts';
import { readLandedUnits } from '../landing/land/landed-units.ts';
import { landTrain } from '../landing/land/land-train.ts';
import { commitToVerify, readVerification } from '../landing/verify/verification-source.ts';
import { ambiguousNames } from '../../formats/globs/path-globs.ts';
import { bytesOf, entriesAt, textOf } from '../../git/trees.ts';
import { hasCommit, listTree, readBlob, readBlobs, treeOf } from '../../git/tree-reader.ts';
import { resolvePath } from '../../git/resolve-path.ts';
import { repositoryAllowed } from '../../formats/repository-allowed.ts';
import { stateRefs } from '../../contracts/ids.ts';
import { moduleRemotes } from './modules.ts';
import { newTagMemory, tagsOf } from './tags.ts';
import { sweepWorktrees } from '../worktrees/sweep.ts';
import { isFile, linkMode } from '../../domain/repository/file-modes.ts';

export interface GitHostOptions {
  /** COPPICE_HOME. */
  readonly home: string;
  readonly hostId: string;
  readonly sandbox: Sandbox;
  /** Absent = commands get neither variables of the host nor the network. */
  readonly policy?: HostPolicy;
  /** COPPICE_REPOSITORIES; null = no list. */
  readonly repositories: readonly string[] | null;
  readonly env: Env;
  readonly log: { warn(message: string): void };
  /** Minimum interval between packings of the repositories, while there is work. */
  readonly upkeepEveryMs?: number;
}

const closed: HostPolicy = { envAllowed: [], networkAllowed: 'none' };

/**
 * Sweeps what dead processes left in the home. Throws `BadInput` for a token without COPPICE_REPOSITORIES, which no
 * repository would get.
 */
export async function openGitHost(options: GitHostOptions): Promise<GitHost> {
  refuseUnlistedToken(options.env);
  const swept = await sweepWorktrees(options.home);
  if (swept > 0) options.log.warn(`host ${options.hostId} removed ${swept} worktrees of processes that died`);
  const opened = new Map<string, Promise<HostRepository>>();
  return {
    open(where) {
      const key = JSON.stringify([where.repository, where.stateRemote]);
      const known = opened.get(key);
      if (known !== undefined) return known;
      const opening = openRepository(options, where);
      opened.set(key, opening);
      // An opening that failed may succeed the next time.
      opening.catch(() => opened.delete(key));
      return opening;
    },
  };
}

async function openRepository(
  { home, sandbox, policy = closed, repositories, env, log, upkeepEveryMs = 30_000 }: GitHostOptions,
  where: Pick<RunContext, 'repository' | 'stateRemote'>,
): Promise<HostRepository> {
  const url = acceptedUrl(where.repository);
  if (!repositoryAllowed(url, repositories)) {
    throw failure('RepositoryRefused', `${inertText(where.repository)} is not in this host's COPPICE_REPOSITORIES`);
  }
  const stateRemote = remoteFor(where.stateRemote, env);
  const at = await prepareRepositories(repositoryFolder(home, url.slug, url.canonical));
  const pusher = new StatePusher(at.state, stateRemote);
  const identity = identityOf(env);
  const origin = remoteFor(where.repository, env);
  const upkeep = new Upkeep({ ...at, everyMs: upkeepEveryMs, log });
  const memory = { fetches: new Map(), upkeep, whole: new Set<Sha>(), tags: newTagMemory(), tips: new BranchTips() };
  const modules = { folder: at.modules, remoteOf: moduleRemotes(env, repositories) };
  const commands = { policy, env };
  return hostRepository({ ...at, home, origin, stateRemote, pusher, identity, sandbox, commands, modules, ...memory });
}

function hostRepository(repository: LocalRepository): HostRepository {
  const { state, stateRemote, identity } = repository;
  const plans = new Map<Sha, Promise<{ plan: Plan; config: Config }>>();
  const host: HostRepository = {
    fetchBranch: (branch) => fetchBranch(repository, branch),
    tipOf: (branch) => tipOf(repository, branch),
    readPlan(context) {
      const known = plans.get(context.plan) ?? readPlan(repository, context);
      plans.set(context.plan, known);
      known.catch(() => plans.delete(context.plan));
      return known;
    },
    async readPlanFiles(context, names) {
      await host.readPlan(context);
      return Promise.all(names.map((name) => readBlob(state, context.plan, name)));
    },
    readConfigText: (commit) => readConfigText(state, commit),
    findCodeowners: (commit) => findCodeowners(state, commit),
    readFile: (commit, path) => readText(repository, commit, path),
    readLinks: (commit, paths, signal) => readLinks(state, commit, { paths, signal }),
    listPaths: async (commit) => (await listTree(state, commit)).map(({ path }) => path),
    ambiguousNames: async (commit) => ambiguousNames((await listTree(state, commit)).map(({ path }) => path)),
    missingContent: (commit, config) => missingContent(repository, commit, config),
    otherChanges: (request) => findOtherChanges(repository, request),
    writeBrief: (request) => writeBrief(repository, host, request),
    openWorktree: (at, make) => openCleanWorktree(repository, at, make),
    treeOf: (commit) => treeOf(state, commit),
    tagsOf: (commit) => tagsOf(repository, commit),
    claimUnit: (input) => claimUnit(repository, input),
    fetchResults: (context, results) => fetchResults(repository, context, results),
    buildTrain: (input, tools) => buildTrain(repository, input, tools),
    landTrain: (input) => landTrain(repository, input),
    landedUnits: (move) => readLandedUnits(repository, move),
    readVerification: (source, key) => readVerification(repository, source, key),
    commitToVerify: (key, spec) => commitToVerify(repository, key, spec),
    readState: (refs, path) => readState(repository, refs, path),
    writeState: (ref, files, message, how = { keepsHistory: false }) =>
      writeStateFrom(state, { remote: stateRemote, ref, files, message, identity, ...how }),
  };
  return host;
}

async function readPlan(repository: LocalRepository, context: RunContext): Promise<{ plan: Plan; config: Config }> {
  const { state } = repository;
  if (!(await hasCommit(state, context.plan))) await fetchState(repository, [stateRefs.plan(context.run)]);
  const [plan, config] = await Promise.all([planFile, configFile].map((path) => readBlob(state, context.plan, path)));
  if (typeof plan !== 'string' || typeof config !== 'string') {
    throw failure('GitFailed', `the state remote does not have the plan ${context.plan} of ${context.run}`);
  }
  return { plan: planCodec.read(plan), config: configCodec.read(config) };
}

/** Results are reachable from their units' checkpoints. A commit that is here may lack its objects: see `whole`. */
async function fetchResults(
  { state, stateRemote, whole }: LocalRepository,
  { run }: Pick<RunContext, 'run'>,
  results: readonly Pick<TrainMember, 'unit' | 'result'>[],
): Promise<void> {
  const missing = results.filter(({ result }) => !whole.has(result));
  if (missing.length === 0) return;
  const refspecs = missing.map(({ unit, result }) => `+${stateRefs.unit(run, unit)}:refs/coppice-local/read/${result}`);
  const outcome = await fetchRefs(state, stateRemote, refspecs);
  // git fetches none if one is missing.
  const there = outcome === 'fetched' ? null : (await listRemote(stateRemote, [`${stateRefs.units(run)}*`])).refs;
  for (const { unit, result } of missing) {
    const ref = stateRefs.unit(run, unit);
    // Not `GitFailed`, which is retried for a quarter of an hour while the rest of the train waits.
    if (there?.has(ref) === false || (there === null && !(await hasCommit(state, result)))) {
      throw new Error(`the state remote does not have ${result} on ${ref}; \`coppice retry\` begins the unit anew`);
    }
    if (there === null) whole.add(result);
  }
  if (there !== null) throw failure('GitFailed', `the state remote did not have all results of ${run}`);
}

/** Safe to run twice: local refs follow the remote's. */
async function fetchState({ state, stateRemote }: LocalRepository, refs: readonly string[]): Promise<void> {
  if (refs.length === 0) return;
  const refspecs = refs.map((ref) => `+${ref}:${fetchedRef(ref)}`);
  if ((await fetchRefs(state, stateRemote, refspecs)) === 'missing') {
    throw failure('GitFailed', `the state remote does not have all of ${refs.join(', ')}`);
  }
}

function fetchedRef(ref: string): string {
  return `refs/coppice-local/fetched/${ref.slice('refs/'.length)}`;
}

async function readState(repository: LocalRepository, refs: readonly string[], path: string): Promise<string[]> {
  await fetchState(repository, refs);
  const texts: string[] = [];
  for (const ref of refs) {
    const text = await readBlob(repository.state, fetchedRef(ref), path);
    if (text === null) throw failure('GitFailed', `${ref} of the state remote has no ${path}`);
    texts.push(text);
  }
  return texts;
}

const largestFile = 1024 * 1024;

async function readText({ state }: LocalRepository, commit: Sha, path: string) {
  const resolved = await resolvePath(state, commit, await treeOf(state, commit), path);
  if (resolved === null || !isFile(resolved.entry)) return null;
  const text = await readBlob(state, commit, resolved.path, largestFile);
  return text === null ? null : { path: resolved.path, text };
}

const linksAtOnce = 500;

/** Reads each folder once, however many of the paths are in it. */
async function readLinks(
  state: string,
  commit: Sha,
  { paths, signal }: { paths: readonly string[]; signal: AbortSignal | undefined },
): Promise<Map<string, string>> {
  const entries = await entriesAt(state, await treeOf(state, commit), paths.map(bytesOf));
  const links = [...entries].filter(([, { mode }]) => mode === linkMode);
  const targets = new Map<string, string>();
  for (let at = 0; at < links.length; at += linksAtOnce) {
    signal?.throwIfAborted();
    const some = links.slice(at, at + linksAtOnce);
    const texts = await readBlobs(
      state,
      some.map(([, { id }]) => id),
    );
    for (const [i, [path]] of some.entries()) targets.set(textOf(path), texts[i] ?? '');
  }
  return targets;
}

/** Safe to run twice: each call makes its own worktree. */
async function openCleanWorktree(
  repository: LocalRepository,
  { commit, branch, upstream }: CleanWorktree,
  make: MakeWorktree = makeWorktree,
): Promise<Worktree> {
  await ensureInMirror(repository, upstream, branch);
  if (!(await hasCommit(repository.state, commit))) await ensureInMirror(repository, commit, null);
  const tree = await treeOf(repository.state, commit);
  return make({ repository, label: `verify-${commit.slice(0, 12)}`, base: commit, branch, upstream, tree });
}
