// Results that are ready to land, without agents: a run's plan, and for each unit a result commit on its checkpoint ref,
// on the state remote, as a host leaves them.

import type { Client } from '@temporalio/client';
import type { LandingSubject } from '../../contracts/activities/landing.ts';
import type { RunContext } from '../../contracts/documents/plan.ts';
import { configCodec, configFile, planCodec, planFile } from '../../formats/state-documents/plan.ts';
import { createStateFiles, withTemporaryRepository } from '../../git/state-files.ts';
import { fetchRefs, listRemote, pushRefs } from '../../git/remote.ts';
import { acceptedUrl, remoteFor } from '../../git/remote-for.ts';
import { type Sha, type UnitId, newRunId, stateRefs } from '../../contracts/ids.ts';
import { defaultConfig } from '../../contracts/documents/config.ts';
import { makeTellQueue } from '../../activities/control/tell-queue.ts';
import { queueId } from '../../git/queue-id.ts';
import { treeOf } from '../../git/tree-reader.ts';
import { writeCommit } from '../../git/write-commit.ts';

const identity = { name: 'Bench', email: 'bench@localhost' };
const branch = 'main';

export interface FinishedUnit {
  readonly name: string;
  /** What its result adds to the branch. */
  readonly files: Readonly<Record<string, string>>;
}

export interface FinishedRun {
  readonly context: RunContext;
  readonly subjects: readonly LandingSubject[];
}

/** Each result is one commit on the branch's tip. */
export async function finishUnits(
  where: { readonly repository: string; readonly stateRemote: string },
  units: readonly FinishedUnit[],
): Promise<FinishedRun> {
  const { repository, stateRemote } = where;
  const [origin, state] = [remoteFor(repository, process.env), remoteFor(stateRemote, process.env)];
  const run = newRunId(new Date(), Math.random);
  const plan = {
    version: 1,
    goal: 'Land results',
    units: units.map(({ name }) => ({ ...emptyUnit, id: name as UnitId, title: `Write ${name}` })),
  } as const;
  const files = { [planFile]: planCodec.write(plan), [configFile]: configCodec.write(defaultConfig) };
  const written = { remote: state, ref: stateRefs.plan(run), files, message: `Plan of ${run}`, identity };
  const planCommit = await createStateFiles(written);
  const base = (await listRemote(origin, [`refs/heads/${branch}`])).refs.get(`refs/heads/${branch}`);
  if (planCommit === null || base === undefined) throw new Error('no plan, or no branch');
  const queue = queueId(acceptedUrl(repository), branch);
  const context = { run, repository, branch, stateRemote, queue, plan: planCommit, base, requestedBy: 'bench' };
  const results = await withTemporaryRepository(async (gitDir) => {
    await fetchRefs(gitDir, origin, [`+refs/heads/${branch}:refs/heads/${branch}`]);
    const tree = await treeOf(gitDir, base);
    const seconds = Math.floor(Date.now() / 1000);
    const made: { name: string; result: Sha }[] = [];
    for (const { name, files: changed } of units) {
      const message = `Write ${name}\n\nCoppice-Run: ${run}\nCoppice-Unit: ${name}\nRequested-by: bench\n`;
      const commit = { parents: [base], tree, files: changed, message, identity, seconds };
      made.push({ name, result: await writeCommit(gitDir, { ...commit, ref: `refs/heads/${name}` }) });
    }
    // More in one command would be too long for some systems.
    for (let at = 0; at < made.length; at += 200) {
      const updates = made.slice(at, at + 200).map(({ name, result }) => {
        return { ref: stateRefs.unit(run, name as UnitId), commit: result, lease: null };
      });
      await pushRefs(gitDir, state, updates);
    }
    return made;
  });
  const enqueuedAt = new Date().toISOString();
  const subjects = results.map(({ name, result }): LandingSubject => {
    const unit = name as UnitId;
    const nobody = { returned: 0, approvedBy: [], consents: [], attempt: 1 };
    return { context, unit, title: `Write ${name}`, result, base, enqueuedAt, ...nobody };
  });
  return { context, subjects };
}

const emptyUnit = {
  prompt: 'Write it.',
  needs: [],
  scope: null,
  verify: null,
  labels: [],
  budgetUsd: null,
  maxTurns: null,
};

/** As units do: signal-with-start. */
export async function handIn(client: Client, subject: LandingSubject): Promise<void> {
  const { repository, queue } = subject.context;
  const { slug } = acceptedUrl(repository);
  await makeTellQueue(client)({ queue, slug, repository, branch, message: { type: 'enqueue', subject } });
}
