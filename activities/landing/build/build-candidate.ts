// Merges a unit's result onto the target's tip as one commit, in memory, and pushes it to the state remote for
// verification.
// Safe to run twice: on the same tip it makes the same commit (dated by its entry), and for a change that the target
// already has it returns the target's commit.

import { type Conflict } from '../../../contracts/conflict.ts';
import type { BuildWatch } from './build-watch.ts';
import type { BuildResult, LandingSubject } from '../../../contracts/activities/landing.ts';
import type { RunContext } from '../../../contracts/documents/plan.ts';
import { conflictsShown } from '../../../domain/queue/conflicts.ts';
import { type Sha, asSha, stateRefs } from '../../../contracts/ids.ts';
import { fetchRefs, listRemote } from '../../../git/remote.ts';
import { gitText, runGit } from '../../../git/run-git.ts';
import { dateOf, diffTrees, hasCommit, messageOf, records, treeOf } from '../../../git/tree-reader.ts';
import { fetchBranch, isAncestor } from '../../repository/mirror.ts';
import type { LocalRepository } from '../../repository/local-repository.ts';
import { failure } from '../../../contracts/failures.ts';
import { type RulesReader, judgeCandidate } from './judge-candidate.ts';
import { regenerate } from '../generate/regenerate.ts';
import { mergeTrees } from '../merge/merge-trees.ts';
import { readConfigAt } from '../../repository/target-rules.ts';
import { searchMarkers } from '../merge/search-markers.ts';
import { withTrailers } from './commit-message.ts';
import { writeCommit } from '../../../git/write-commit.ts';

/** How many commits are searched for a landed one. */
const searchedCommits = 5000;
/** Largest clock difference between the machine that wrote the plan and the server that dates landings. */
const clocksDifferSeconds = 3600;

export async function buildCandidate(
  repository: LocalRepository,
  subject: LandingSubject,
  { reader, watch = null }: { readonly reader: RulesReader; readonly watch: BuildWatch | null | undefined },
): Promise<BuildResult> {
  const { state } = repository;
  const [target] = await Promise.all([
    fetchBranch(repository, subject.context.branch),
    // Reachable from the unit's checkpoints, which this host may not have.
    ensureWhole(repository, subject.result, stateRefs.unit(subject.context.run, subject.unit)),
  ]);
  const landed = await findByTrailers(repository, subject, target);
  if (landed !== null) return { status: 'already-landed', commit: landed };
  const sides = { base: subject.base, ours: target, theirs: subject.result };
  const merge = { target, config: await readConfigAt(reader, target), sides, merged: await mergeTrees(state, sides) };
  const { tree, conflicts, regenerated } = await regenerate(repository, merge, watch);
  if (conflicts.length > 0) {
    return conflictOf(target, conflicts);
  }
  const marked = new Set((await searchMarkers(state, target, tree)).map(({ path }) => path));
  if (marked.size > 0) {
    return conflictOf(
      target,
      [...marked].map((path) => ({ path, kind: 'markers' })),
    );
  }
  if (tree === (await treeOf(state, target))) {
    return { status: 'already-landed', commit: await findByPaths(state, subject, target) };
  }
  const refused = await judgeCandidate({ state, reader }, subject, { target, tree, regenerated });
  if (refused !== null) return refused;
  const candidate = await writeCandidate(repository, subject, { target, tree });
  await pushCandidate(repository, subject, candidate);
  return { status: 'built', target, candidate };
}

function conflictOf(target: Sha, conflicts: readonly Conflict[]): BuildResult {
  const shown = conflicts.slice(0, conflictsShown).map(({ path, kind, said }): Conflict => {
    return said === undefined ? { path, kind } : { path, kind, said };
  });
  return { status: 'conflict', target, paths: shown.map(({ path }) => path), conflicts: shown };
}

/** Throws `GitFailed` if the state remote no longer has it. */
export async function fetchCandidate(repository: LocalRepository, subject: LandingSubject, candidate: Sha) {
  await ensureWhole(repository, candidate, candidateRef(subject));
}

/** Makes a commit available that is reachable from a ref of the state remote. */
async function ensureWhole({ state, stateRemote, whole }: LocalRepository, commit: Sha, ref: string): Promise<void> {
  if (whole.has(commit)) return;
  await fetchRefs(state, stateRemote, [`+${ref}:refs/coppice-local/read/${commit}`]);
  if (!(await hasCommit(state, commit)))
    throw failure('GitFailed', `the state remote does not have ${commit} on ${ref}`);
  whole.add(commit);
}

function candidateRef({ context, unit }: LandingSubject): string {
  return stateRefs.candidate(context.queue.slice(-8), context.run, unit);
}

/**
 * A run lands a unit once, so the trailers show if it has landed, whatever came after it. An older run may have had the
 * same id, but its commits are in this run's base, or, if the history was rewritten since, are older than this run's
 * plan.
 */
async function findByTrailers(repository: LocalRepository, subject: LandingSubject, target: Sha): Promise<Sha | null> {
  const { context, unit } = subject;
  const { state } = repository;
  const trailers =
    '%(trailers:key=Coppice-Run,valueonly,separator=%x2C)%x1f%(trailers:key=Coppice-Unit,valueonly,separator=%x2C)';
  const isOnBase = await hasBase(repository, context, target);
  const { stdout } = await runGit(state, [
    'log',
    '-z',
    `--max-count=${searchedCommits}`,
    '--fixed-strings',
    `--grep=Coppice-Unit: ${unit}`,
    `--format=%H%x1f%at%x1f${trailers}`,
    target,
    ...(isOnBase ? [`^${context.base}`] : []),
  ]);
  const oldest = isOnBase ? Number.NEGATIVE_INFINITY : (await planSeconds(repository, context)) - clocksDifferSeconds;
  for (const record of records(stdout)) {
    const [commit = '', seconds, run, landedUnit] = record.trim().split('\x1f');
    if (run === context.run && landedUnit === unit && Number(seconds) >= oldest) return asSha(commit);
  }
  return null;
}

/**
 * True if the target is at or ahead of the commit where the run began. False after a forced push, or if the base is
 * gone.
 */
async function hasBase({ state }: LocalRepository, { base }: RunContext, target: Sha): Promise<boolean> {
  return (await hasCommit(state, base)) && (await isAncestor(state, base, target));
}

/** When the run's plan was written, in seconds since the epoch. The run has landed nothing before that. */
async function planSeconds({ state, stateRemote }: LocalRepository, { run, plan }: RunContext): Promise<number> {
  if (!(await hasCommit(state, plan)))
    await fetchRefs(state, stateRemote, [`+${stateRefs.plan(run)}:refs/coppice-local/read/${plan}`]);
  return dateOf(state, plan);
}

/** The latest commit that touched the result's paths; the tip if there is none. */
async function findByPaths(state: string, { context, base, result }: LandingSubject, target: Sha): Promise<Sha> {
  const paths = (await diffTrees(state, base, result)).slice(0, 100).map(({ path }) => path);
  const since = (await hasCommit(state, context.base)) ? [`^${context.base}`] : [];
  const args = ['log', '--max-count=1', '--format=%H', target, ...since, '--', ...paths];
  const found = await gitText(state, ['--literal-pathspecs', ...args]);
  return found === '' ? target : asSha(found);
}

async function writeCandidate(
  { state, identity }: LocalRepository,
  subject: LandingSubject,
  { target, tree }: { target: Sha; tree: Sha },
): Promise<Sha> {
  const { context, unit, result, enqueuedAt, approvedBy } = subject;
  const approvals = approvedBy.map((who) => ['Approved-by', who] as const);
  return writeCommit(state, {
    ref: `refs/coppice-local/candidates/${context.run}/${unit}`,
    parents: [target],
    tree,
    message: withTrailers(await messageOf(state, result), approvals),
    identity,
    seconds: Math.floor(Date.parse(enqueuedAt) / 1000),
  });
}

/** The queue builds one candidate of a unit at a time, so the newest replaces the one on the ref. */
async function pushCandidate(repository: LocalRepository, subject: LandingSubject, candidate: Sha): Promise<void> {
  const ref = candidateRef(subject);
  // Usually the ref does not exist yet.
  let lease: Sha | null = null;
  for (let tries = 1; tries <= 5; tries++) {
    const outcome = await repository.pusher.push({ ref, commit: candidate, lease });
    if (outcome.status === 'pushed') return void repository.whole.add(candidate);
    if (outcome.status === 'refused') {
      throw failure('PushRefused', `the state remote refused a candidate: ${outcome.message}`);
    }
    lease = (await listRemote(repository.stateRemote, [ref])).refs.get(ref) ?? null;
  }
  throw failure('GitFailed', `${ref} keeps moving`);
}
