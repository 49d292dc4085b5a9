// Which members of a train have landed already, by the trailers of the target's commits: what makes a build safe to
// repeat after a death between a push and its answer. One look for the whole train.

import type { BuildTrainInput } from '../../../contracts/activities/landing.ts';
import type { LocalRepository } from '../../repository/local-repository.ts';
import type { RunContext } from '../../../contracts/documents/plan.ts';
import { type Sha, asSha, stateRefs } from '../../../contracts/ids.ts';
import { dateOf, hasCommit, records } from '../../../git/tree-reader.ts';
import { fetchRefs } from '../../../git/remote.ts';
import { isAncestor } from '../../repository/mirror.ts';
import { runGit } from '../../../git/run-git.ts';

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
  const found = new Map<number, Sha>();
  const searches = new Map<string, Search>();
  for (const [index, context] of contexts.entries()) {
    const from = await whereToLook(repository, context, target);
    const key = JSON.stringify(from);
    const search = searches.get(key) ?? { ...from, contexts: new Set<number>() };
    searches.set(key, search);
    search.contexts.add(index);
  }
  for (const search of searches.values()) {
    const wanted = [...members.entries()].filter(([, { context }]) => search.contexts.has(context));
    const units = [...new Set(wanted.map(([, { unit }]) => unit))];
    const landings = await readLandings(repository, target, search, units);
    for (const [index, { context, unit }] of wanted) {
      const run = contexts[context]?.run;
      const landing = landings.find((each) => each.run === run && each.unit === unit && each.seconds >= search.oldest);
      if (landing !== undefined) found.set(index, landing.commit);
    }
  }
  return found;
}

interface Range {
  /** Commits from here on are left out; null = none. */
  readonly base: Sha | null;
  /** Seconds since the epoch; older commits are of an earlier run with the same id. */
  readonly oldest: number;
}

interface Search extends Range {
  readonly contexts: Set<number>;
}

/**
 * A run lands a unit once, so the trailers show if it has landed, whatever came after it. An older run may have had the
 * same id, but its commits are in this run's base, or, if the history was rewritten since, are older than this run's
 * plan.
 */
async function whereToLook(repository: LocalRepository, context: RunContext, target: Sha): Promise<Range> {
  const { state } = repository;
  const { base } = context;
  // False after a forced push, or if the base is gone.
  const isOnBranch = (await hasCommit(state, base)) && (await isAncestor(state, base, target));
  if (isOnBranch) return { base, oldest: 0 };
  return { base: null, oldest: (await planSeconds(repository, context)) - clocksDifferSeconds };
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
}

/** Newest first. */
async function readLandings(
  { state }: LocalRepository,
  target: Sha,
  { base }: Range,
  units: readonly string[],
): Promise<FoundLanding[]> {
  if (base === target) return [];
  const trailer = (key: string): string => `%(trailers:key=${key},valueonly,separator=%x2C)`;
  const { stdout } = await runGit(state, [
    'log',
    '-z',
    `--max-count=${searchedCommits}`,
    '--fixed-strings',
    ...units.map((unit) => `--grep=Coppice-Unit: ${unit}`),
    '--grep=Coppice-Reverts: ',
    `--format=%H%x1f%at%x1f${['Coppice-Run', 'Coppice-Unit', 'Coppice-Reverts'].map(trailer).join('%x1f')}`,
    target,
    ...(base === null ? [] : [`^${base}`]),
  ]);
  const reverted = new Set<string>();
  const landings: FoundLanding[] = [];
  for (const record of records(stdout)) {
    const [commit = '', seconds, run = '', unit = '', reverts = ''] = record.trim().split('\x1f');
    // What takes back a revert brings back the landing.
    if (reverted.has(commit)) continue;
    for (const each of reverts.split(',')) if (each !== '') reverted.add(each.trim());
    if (unit !== '') landings.push({ commit: asSha(commit), seconds: Number(seconds), run, unit });
  }
  return landings;
}
