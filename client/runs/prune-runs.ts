// Deletes what ended runs have left on the state remote: plans, reports, checkpoints, candidates. Never touches a run
// that is open: every run is checked first, and again right before its refs are deleted; a ref that has moved meanwhile
// is kept. For a run that Temporal no longer remembers, the newest commit counts as its end.

import type { Client } from '@temporalio/client';
import { WorkflowNotFoundError } from '@temporalio/client';
import type { Remote } from '../../git/remote.ts';
import type { Prunable, PrunableRun, Pruned, RunEnd } from '../../domain/run/pruning.ts';
import type { RunId, Sha } from '../../contracts/ids.ts';
import { commitDates, deleteRefs, newestCommit } from '../../git/state-refs.ts';
import { listRemote } from '../../git/remote.ts';
import { generatedRefPattern, mayGo, refsByRun, runRefPatterns } from '../../domain/run/pruning.ts';
import { runWorkflowId, stateRefs } from '../../contracts/ids.ts';

/** How many runs to ask the server about at once. */
const askedAtOnce = 16;
/** Most refs to delete between two checks of their runs. */
const refsBetweenLooks = 4000;

/** Runs that ended before `before`, oldest first. */
export async function findPrunable(client: Client, remote: Remote, before: Date): Promise<PrunableRun[]> {
  const now = new Date();
  const found = refsByRun((await listRemote(remote, runRefPatterns)).refs);
  const known = await endsOf(client, [...found.keys()]);
  const forgotten = new Map([...found].filter(([run]) => !known.has(run)));
  const ends = new Map<RunId, RunEnd>([...known, ...(await forgottenEnds(remote, forgotten, before))]);
  const prunable = [...found].flatMap(([run, refs]) => {
    const end = ends.get(run);
    if (end === undefined || end.status === 'open' || !mayGo(end, before, now)) return [];
    return [{ run, refs, endedAt: end.at, remembered: end.status === 'ended' }];
  });
  return prunable.toSorted((a, b) => a.endedAt.getTime() - b.endedAt.getTime());
}

/** Refs of files that were made again before `before`. If they are needed once more, they are made once more. */
export async function findOldGenerated(remote: Remote, before: Date): Promise<ReadonlyMap<string, Sha>> {
  const listed = (await listRemote(remote, [generatedRefPattern])).refs;
  // The remote's HEAD is listed, too.
  const refs = new Map([...listed].filter(([ref]) => ref.startsWith(stateRefs.allGenerated)));
  if (refs.size === 0) return refs;
  const dates = await commitDates(remote, refs);
  return new Map([...refs].filter(([ref]) => (dates.get(ref) ?? before) < before));
}

export async function deletePrunable(
  client: Client,
  remote: Remote,
  { runs, generated, trains }: Omit<Prunable, 'stateRemote'>,
): Promise<Pruned> {
  const first = await deleteRefs(remote, new Map([...generated, ...trains]));
  let { deleted, moved } = first;
  const refused = new Map(first.refused);
  for (const some of batches(runs)) {
    const ends = await endsOf(
      client,
      some.map(({ run }) => run),
    );
    const [opened, over] = [some.filter(isOpen), some.filter((run) => !isOpen(run))];
    const refs = new Map(over.flatMap((run) => [...run.refs]));
    const deletion = await deleteRefs(remote, refs);
    deleted += deletion.deleted;
    moved += deletion.moved + opened.reduce((sum, run) => sum + run.refs.size, 0);
    for (const [ref, message] of deletion.refused) refused.set(ref, message);

    function isOpen({ run }: PrunableRun): boolean {
      return ends.get(run)?.status === 'open';
    }
  }
  return { deleted, moved, refused };
}

/** Runs that the server does not know are missing from the result. */
async function endsOf(client: Client, runs: readonly RunId[]): Promise<Map<RunId, RunEnd>> {
  const ends = new Map<RunId, RunEnd>();
  for (let from = 0; from < runs.length; from += askedAtOnce) {
    const some = runs.slice(from, from + askedAtOnce);
    const answers = await Promise.all(some.map((run) => endOf(client, run)));
    for (const [index, end] of answers.entries()) {
      const run = some[index];
      if (run !== undefined && end !== null) ends.set(run, end);
    }
  }
  return ends;
}

async function endOf(client: Client, run: RunId): Promise<RunEnd | null> {
  try {
    const { closeTime } = await client.workflow.getHandle(runWorkflowId(run)).describe();
    return closeTime === undefined ? { status: 'open' } : { status: 'ended', at: closeTime };
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return null;
    throw error;
  }
}

/**
 * A report is written last and a plan first, and both are small. Checkpoints bring the repository's files along, so
 * they are fetched only if there is no report and the plan is old enough.
 */
async function forgottenEnds(
  remote: Remote,
  runs: ReadonlyMap<RunId, ReadonlyMap<string, Sha>>,
  before: Date,
): Promise<Map<RunId, RunEnd>> {
  const first = await commitDates(remote, new Map([...runs].flatMap(([run, refs]) => firstLook(run, refs))));
  const ends = new Map<RunId, RunEnd>();
  for (const [run, refs] of runs) {
    const report = first.get(stateRefs.report(run));
    const plan = first.get(stateRefs.plan(run));
    const isYoung = plan !== undefined && plan >= before;
    const at = report ?? (isYoung ? plan : await newestCommit(remote, refs));
    if (at !== null) ends.set(run, { status: 'forgotten', at });
  }
  return ends;
}

/** The report, or else the plan. */
function firstLook(run: RunId, refs: ReadonlyMap<string, Sha>): [string, Sha][] {
  for (const ref of [stateRefs.report(run), stateRefs.plan(run)]) {
    const sha = refs.get(ref);
    if (sha !== undefined) return [[ref, sha]];
  }
  return [];
}

function* batches(runs: readonly PrunableRun[]): Generator<PrunableRun[]> {
  let batch: PrunableRun[] = [];
  let size = 0;
  for (const run of runs) {
    batch.push(run);
    size += run.refs.size;
    if (size < refsBetweenLooks) continue;
    yield batch;
    [batch, size] = [[], 0];
  }
  if (batch.length > 0) yield batch;
}
