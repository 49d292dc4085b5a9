// Takes a landed unit back: a change that undoes its commit goes through the merge queue like any other.

import type { Client } from '@temporalio/client';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Env } from '../../domain/environment.ts';
import type { FoundRun } from '../runs/find-run.ts';
import type { Landed } from './queue-document.ts';
import type { RevertEnd } from '../../contracts/queue-view.ts';
import type { RunContext } from '../../contracts/documents/plan.ts';
import type { RunStatusDocument } from '../watch/status.ts';
import { type RunId, type Sha, type UnitId, asSha, stateRefs } from '../../contracts/ids.ts';
import { actOnUnit } from '../act/act-on-unit.ts';
import { failure } from '../../contracts/failures.ts';
import { mostViewed } from '../../contracts/queue-view.ts';
import { planFile } from '../../formats/state-documents/plan.ts';
import { queueId } from '../../git/queue-id.ts';
import { readQueue } from './read-queue.ts';
import { readRepository } from '../repository.ts';
import { readStateCommit } from '../../git/state-files.ts';
import { remoteFor } from '../../git/remote-for.ts';
import { steerQueue } from './steer-queue.ts';
import { unknownUnit } from '../unit/unknown-unit.ts';

/** What a revert would take back. Throws `NotFound`, or `Refused` if the unit has not landed. */
export function findLandedUnit({ run, units }: Pick<RunStatusDocument, 'run' | 'units'>, id: string): Landed {
  const unit = units.find((each) => each.id === id);
  if (unit === undefined) throw unknownUnit(run as RunId, id);
  if (unit.phase !== 'landed' || !unit.commit) {
    throw failure('Refused', `${id} of ${run} has not landed: it is ${unit.phase}`, {
      hint: 'Only what is on the branch can be taken back; `coppice cancel` stops what is not.',
    });
  }
  const above = new Set([id]);
  // The plan's order need not be that of its needs.
  for (let known = 0; known !== above.size;) {
    known = above.size;
    for (const each of units) if (each.needs.some((need) => above.has(need))) above.add(each.id);
  }
  const landed = units.filter((each) => each.id !== id && above.has(each.id) && each.phase === 'landed');
  return { unit, commit: asSha(unit.commit), dependants: landed.map((each) => each.id) };
}

interface Reverting {
  readonly client: Client;
  readonly env: Env;
  readonly user: string;
  readonly found: FoundRun;
}

/** Pause between looks at the queue. */
const lookMs = 1_000;

/**
 * Resolves when the queue has taken the unit back, or could not. With `reopen`, the unit begins anew then. Throws
 * `Refused` with the reason, `NotFound`, `TemporalUnreachable`.
 */
export async function revertUnit(
  { client, env, user, found }: Reverting,
  { unit, commit }: Landed,
  { reopen, signal }: { readonly reopen: boolean; readonly signal?: AbortSignal },
): Promise<RevertEnd & { readonly commit: Sha }> {
  const context = { ...(await contextOf({ env, user, found })), base: commit };
  const where = { queue: context.queue, repository: context.repository, branch: context.branch };
  const look = (): ReturnType<typeof readQueue> => readQueue(client, where, { limit: mostViewed, run: found.run });
  const isIts = (each: { readonly reverts: string | null }): boolean => each.reverts === commit;
  const earlier = new Set((await look()).reverts.filter(isIts).map(({ at }) => at));
  await steerQueue(
    client,
    { ...where, slug: readRepository(context.repository).slug },
    { type: 'revert', by: user, context, unit: unit.id as UnitId, commit },
  );
  for (;;) {
    signal?.throwIfAborted();
    const { reverts, entries } = await look();
    const end = entries.some(isIts) ? undefined : reverts.findLast((each) => isIts(each) && !earlier.has(each.at));
    if (end !== undefined) {
      if (end.commit === null) throw failure('Refused', `${unit.id} was not taken back: ${end.reason ?? ''}`);
      if (reopen) await actOnUnit({ client, env, found }, unit.id, { type: 'retry', reverted: true });
      return { ...end, commit: end.commit };
    }
    await sleep(lookMs, undefined, signal === undefined ? {} : { signal });
  }
}

/** What the queue needs of a run that may have ended long ago. */
async function contextOf({ env, user, found }: Omit<Reverting, 'client'>): Promise<Omit<RunContext, 'base'>> {
  const { run, memo } = found;
  const { repository, branch, stateRemote } = memo;
  const plan = await readStateCommit(remoteFor(stateRemote, env), stateRefs.plan(run), [planFile]);
  if (plan === null) {
    throw failure('NotFound', `the state remote has no plan of ${run} any more`, {
      hint: 'It was pruned. Take the commit back with `git revert`.',
    });
  }
  const queue = queueId(readRepository(repository), branch);
  return { run, repository, branch, stateRemote, queue, plan: plan.commit, requestedBy: user };
}
