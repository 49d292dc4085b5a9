// Which members of a train have landed already, by the trailers of the target's commits: what makes a build safe to
// repeat after a death between a push and its answer. One look for the whole train.

import type { BuildTrainInput, TrainMember } from '../../../contracts/activities/landing.ts';
import type { LocalRepository } from '../../repository/local-repository.ts';
import type { RunContext } from '../../../contracts/documents/plan.ts';
import { type Sha, asSha, stateRefs } from '../../../contracts/ids.ts';
import { compareTrees } from '../../../git/trees.ts';
import { dateOf, hasCommit, messageOf, parentsOf, records, treeOf } from '../../../git/tree-reader.ts';
import { fetchRefs } from '../../../git/remote.ts';
import { gitText, runGit } from '../../../git/run-git.ts';
import { isAncestor } from '../../repository/mirror.ts';

/** How many commits are searched for landed ones. */
const searchedCommits = 5000;
/** Largest clock difference between the machine that wrote the plan and the server that dates landings. */
const clocksDifferSeconds = 3600;

type Wanted = Pick<BuildTrainInput, 'contexts' | 'members'>;

/** The commits of landed members, by their index. A landing that a later commit reverts does not count. */
export async function findLanded(
  repository: LocalRepository,
  { contexts, members }: Wanted,
  target: Sha,
): Promise<Map<number, Sha>> {
  const since = await startOfSearch(repository, contexts, target);
  const { landings, takenBack } = await readLandings(repository, target, {
    since,
    units: members.map(({ unit }) => unit),
  });
  const found = new Map<number, Sha>();
  for (const [index, { context: of, unit, reverts, attempt = 1 }] of members.entries()) {
    const context = contexts[of];
    if (context === undefined) continue;
    if (reverts !== undefined) {
      const taken = takenBack.get(reverts);
      if (taken !== undefined) found.set(index, taken);
      continue;
    }
    for (const landing of landings) {
      if (landing.run !== context.run || landing.unit !== unit) continue;
      // What an earlier attempt has landed was taken back, or the unit would not have begun anew.
      if (landing.attempt !== null && landing.attempt < attempt) continue;
      if (!(await isOfRun(repository, landing, { context, target }))) continue;
      found.set(index, landing.commit);
      break;
    }
  }
  return found;
}

/**
 * A commit whose history has nothing that one of the runs has landed; null = there is none. Of several runs, it is in the
 * history of all their bases.
 */
async function startOfSearch(
  { state }: LocalRepository,
  contexts: readonly RunContext[],
  target: Sha,
): Promise<Sha | null> {
  const bases = [...new Set(contexts.map(({ base }) => base))];
  for (const base of bases) if (!(await hasCommit(state, base))) return null;
  const [only, ...others] = bases;
  if (only !== undefined && others.length === 0) return only;
  const args = ['merge-base', '--octopus', target, ...bases];
  const { exitCode, stdout } = await runGit(state, args, { accept: [0, 1] });
  return exitCode === 0 ? asSha(stdout.toString('utf8').split('\n')[0] ?? '') : null;
}

/**
 * A run lands a unit once, so the trailers show if it has landed, whatever came after it. An older run may have had the
 * same id, but its commits are in this run's base, or, if the history was rewritten since, are older than this run's
 * plan.
 */
async function isOfRun(
  repository: LocalRepository,
  { commit, seconds }: FoundLanding,
  { context, target }: { readonly context: RunContext; readonly target: Sha },
): Promise<boolean> {
  const { state } = repository;
  const { base } = context;
  // False after a forced push, or if the base is gone.
  const isOnBranch = (await hasCommit(state, base)) && (await isAncestor(state, base, target));
  if (isOnBranch) return !(await isAncestor(state, commit, base));
  return seconds >= (await planSeconds(repository, context)) - clocksDifferSeconds;
}

/** When the run's plan was written, in seconds since the epoch. The run has landed nothing before that. */
async function planSeconds({ state, stateRemote }: LocalRepository, { run, plan }: RunContext): Promise<number> {
  if (!(await hasCommit(state, plan)))
    await fetchRefs(state, stateRemote, [`+${stateRefs.plan(run)}:refs/coppice-local/read/${plan}`]);
  return dateOf(state, plan);
}

interface FoundLanding {
  readonly commit: Sha;
  readonly seconds: number;
  readonly run: string;
  readonly unit: string;
  /** Null = the commit does not say. */
  readonly attempt: number | null;
}

/** The newest first, and by what commits were taken back. */
async function readLandings(
  { state }: LocalRepository,
  target: Sha,
  { since, units }: { readonly since: Sha | null; readonly units: readonly string[] },
): Promise<{ readonly landings: readonly FoundLanding[]; readonly takenBack: ReadonlyMap<string, Sha> }> {
  const names = [...new Set(units)].map((unit) => `Coppice-Unit: ${unit}`);
  const texts = [...names, revertsTrailer, revertsLine];
  if (!(await mayMention(state, { target, since, texts }))) {
    return { landings: [], takenBack: new Map() };
  }
  const trailer = (key: string): string => `%(trailers:key=${key},valueonly,separator=%x2C)`;
  const { stdout } = await runGit(state, [
    'log',
    '-z',
    `--max-count=${searchedCommits}`,
    '--fixed-strings',
    ...texts.map((text) => `--grep=${text}`),
    `--format=%H%x1f%at%x1f${['Coppice-Run', 'Coppice-Unit', 'Coppice-Attempt', 'Coppice-Reverts'].map(trailer).join('%x1f')}%x1f%b`,
    target,
    ...(since === null ? [] : [`^${since}`]),
  ]);
  const commits = records(stdout).map((record) => {
    const [commit = '', seconds, run = '', unit = '', nth = '', undone = '', body = ''] = record.trim().split('\x1f');
    const reverts = [...undone.split(',').map((each) => each.trim()), ...revertedIn(body)];
    const attempt = /^\d+$/.test(nth) ? Number(nth) : null;
    return { commit: asSha(commit), seconds: Number(seconds), run, unit, attempt, reverts };
  });
  const gone = revertedOf(commits);
  const takenBack = new Map(
    commits.flatMap(({ commit, reverts }) => (gone.has(commit) ? [] : reverts.map((each) => [each, commit] as const))),
  );
  return { landings: commits.filter(({ commit, unit }) => unit !== '' && !gone.has(commit)), takenBack };
}

const revertsTrailer = 'Coppice-Reverts: ';
/** What `git revert` writes. */
const revertsLine = 'This reverts commit ';

function revertedIn(body: string): string[] {
  return [...body.matchAll(/^This reverts commit ([0-9a-f]{40}|[0-9a-f]{64})\b/gm)].map(([, commit = '']) => commit);
}

/** Commits to look at before starting a program. */
const nearby = 256;

/**
 * Whether a commit after `since` may have one of these texts. Usually none has, and the newest messages show it. Past a
 * merge, or more than `nearby` commits back, only git can tell.
 */
async function mayMention(
  state: string,
  { target, since, texts }: { readonly target: Sha; readonly since: Sha | null; readonly texts: readonly string[] },
): Promise<boolean> {
  if (since === null) return true;
  let commit = target;
  for (let left = nearby; left > 0; left--) {
    if (commit === since) return false;
    const [parent, ...others] = await parentsOf(state, commit);
    const message = await messageOf(state, commit);
    if (parent === undefined || others.length > 0 || texts.some((text) => message.includes(text))) return true;
    commit = parent;
  }
  return true;
}

/**
 * What commits take back. One that is taken back itself takes nothing back: the landing is there again. Dates decide the
 * order of the log where branches were merged, so it says nothing about which commit came first.
 */
function revertedOf(commits: readonly { readonly commit: Sha; readonly reverts: readonly string[] }[]): Set<string> {
  const by = new Map<string, string[]>();
  for (const { commit, reverts } of commits)
    for (const each of reverts) by.set(each, [...(by.get(each) ?? []), commit]);
  const answers = new Map<string, boolean>();
  const isReverted = (commit: string): boolean => {
    const answer = answers.get(commit);
    if (answer !== undefined) return answer;
    // Commits cannot name each other in a circle, but a text may name anything.
    answers.set(commit, false);
    const found = (by.get(commit) ?? []).some((each) => !isReverted(each));
    answers.set(commit, found);
    return found;
  };
  return new Set([...by.keys()].filter((commit) => isReverted(commit)));
}

/** The latest commit that touched the paths of a result which the target has already; the tip if there is none. */
export async function findByPaths(
  { state }: LocalRepository,
  { base, result, from }: Pick<TrainMember, 'base' | 'result'> & { readonly from: Sha },
  target: Sha,
): Promise<Sha> {
  const [before, after] = await Promise.all([treeOf(state, base), treeOf(state, result)]);
  const changed = await compareTrees(state, before, after);
  const since = (await hasCommit(state, from)) ? [`^${from}`] : [];
  // Paths are bytes, which arguments are not.
  const paths = changed.map(({ path }) => path).filter((path) => !path.includes('\n'));
  const input = Buffer.from([target, ...since, '--', ...paths.slice(0, 100), ''].join('\n'), 'latin1');
  const args = ['--literal-pathspecs', 'log', '--max-count=1', '--format=%H', '--stdin'];
  const found = await gitText(state, args, { input });
  return found === '' ? target : asSha(found);
}
