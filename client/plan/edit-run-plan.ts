// Changes the plan of a run that is open: while people are asked about it, or while it is carried out, for units that have
// not started. The edited plan is judged like any other, and pushed beside the plan before; the run, or its planner, then
// takes it or says why not. Safe to interrupt: a plan that nobody took is a commit that no one reads.

import { type Client, WorkflowNotFoundError } from '@temporalio/client';
import type { Env } from '../../domain/environment.ts';
import type { FoundRun } from '../runs/find-run.ts';
import type { MergeVerdict } from '../../contracts/approval.ts';
import type { EditedPlan, RunPlan } from './plans-of-run.ts';
import type { RunId, Sha } from '../../contracts/ids.ts';
import { type PlanEdit, editPlanUpdate } from '../../contracts/messages/run.ts';
import { countErrors } from '../../formats/yaml/placed-error.ts';
import { failure } from '../../contracts/failures.ts';
import { findCurrentPlan } from './current-plan.ts';
import { hasEnded, refusal } from '../act/update-run.ts';
import { identityOf } from '../../git/identity.ts';
import { inspectTarget } from '../../git/inspect-target.ts';
import { plannerId, runWorkflowId, stateRefs, unitWorkflowId } from '../../contracts/ids.ts';
import { judgeMadePlan } from '../../formats/plan-file/judge-made-plan.ts';
import { judgePlan } from '../../formats/policy/judge-plan.ts';
import { maxCost } from '../../domain/money/max-cost.ts';
import { planFilesOf } from '../../formats/state-documents/plan-files.ts';
import { readRunPlan } from './read-run-plan.ts';
import { remoteFor } from '../../git/remote-for.ts';
import { type PlanReplacement, replacePlanUpdate } from '../../contracts/messages/unit.ts';
import { withWorker } from '../with-worker.ts';
import type { Remote } from '../../git/remote.ts';
import { readStateFile, writeStateFiles } from '../../git/state-files.ts';
import { reportCodec, reportFile } from '../../formats/state-documents/report.ts';

interface Parts {
  readonly client: Client;
  readonly env: Env;
  readonly found: FoundRun;
}

/** The plan that people are asked about, or else the one that is carried out. Throws `NotFound`. */
export async function currentPlan({ client, env, found }: Parts): Promise<RunPlan> {
  const remote = remoteFor(found.memo.stateRemote, env);
  const at = found.open ? (await findCurrentPlan(client, found.run))?.commit : await endedWith(remote, found.run);
  const { config: _, ...plan } = await readRunPlan(remote, found.run, at);
  return plan;
}

/** The plan that the run's report names: a newer one is one that nobody agreed to. */
async function endedWith(remote: Remote, run: RunId): Promise<Sha | undefined> {
  const text = await readStateFile(remote, stateRefs.report(run), reportFile);
  return text === null ? undefined : reportCodec.read(text).plan;
}

interface Edit {
  readonly before: Sha;
  readonly text: string;
  /** What errors call it. */
  readonly file: string;
  readonly user: string;
}

/**
 * `before`: the plan that was edited. Throws `BadPlan` with every error, and `Refused` if the plan has changed meanwhile, or
 * what was changed has started.
 */
export async function editRunPlan(
  { client, env, found }: Parts,
  { before, text, file, user }: Edit,
): Promise<EditedPlan> {
  const { run, memo } = found;
  if (!found.open) throw hasEnded(run);
  const current = await findCurrentPlan(client, run);
  if (current?.commit !== before)
    throw failure('Refused', 'the plan has changed since you opened it', {
      hint: 'Nothing was changed. Look at it again.',
    });
  const remote = remoteFor(memo.stateRemote, env);
  const { plan: known, config, made: notes, text: shown, source } = await readRunPlan(remote, run, before);
  if ([shown, source].some((each) => each.trim() === text.trim()))
    throw failure('BadInput', 'this is the plan that the run has', { hint: 'Nothing was changed.' });
  if (known.units.some(({ planner }) => planner !== undefined))
    throw failure('Refused', 'the run has no plan yet', { hint: `coppice status ${run} --watch shows when it has.` });
  const { branch, paths } = await inspectTarget(remoteFor(memo.repository, env), memo.branch);
  const target = { branch, paths, readTable: () => Promise.resolve(null) };
  const made = await judgeMadePlan(text, { config, target, goal: known.goal, before: known });
  if (made.errors !== undefined)
    throw failure('BadPlan', `the plan has ${countErrors(made.errors)}`, {
      details: { errors: made.errors.map(({ at, message }) => ({ at: { ...at, file }, message })) },
    });
  const { plan, warnings } = made;
  const verdict = judgePlan(config, { unitCount: plan.units.length, budgetUsd: maxCost(config, plan) });
  refuseDenied(verdict);
  const commit = await writeStateFiles({
    remote,
    ref: stateRefs.plan(run),
    // Its reasons are those of the plan before.
    files: planFilesOf({ plan, config, text, ...(notes === null ? {} : { notes: { ...notes, why: '' } }) }),
    message: `Plan of ${run}, changed by ${user}`,
    identity: identityOf(env),
    keepsHistory: true,
  });
  const edit = { plan: commit, expected: before, by: user };
  const asks = current.isPlanners ? await replacePlanners(client, run, edit) : await replaceRuns(client, run, edit);
  return { commit, asks, units: plan.units.length, warnings };
}

function refuseDenied(verdict: MergeVerdict): void {
  if (verdict.decide === 'deny')
    throw failure('Refused', `policy does not allow this plan (${verdict.rule})`, { hint: 'Nothing was changed.' });
}

async function replacePlanners(client: Client, run: RunId, replacement: PlanReplacement): Promise<boolean> {
  const handle = client.workflow.getHandle(unitWorkflowId(run, plannerId));
  const answer = await withWorker(
    client,
    () => handle.executeUpdate(replacePlanUpdate, { args: [replacement] }),
    patienceMs,
  ).catch(explainEnd(run));
  if (!answer.accepted) throw refusal(answer, { run, unit: plannerId });
  return true;
}

async function replaceRuns(client: Client, run: RunId, edit: PlanEdit): Promise<boolean> {
  const handle = client.workflow.getHandle(runWorkflowId(run));
  const answer = await withWorker(
    client,
    () => handle.executeUpdate(editPlanUpdate, { args: [edit] }),
    patienceMs,
  ).catch(explainEnd(run));
  if (!answer.accepted) throw refusal(answer, { run, unit: null });
  return answer.asks;
}

/** People have decided, or the run has ended, while the plan was on its way. */
function explainEnd(run: RunId): (error: unknown) => never {
  return (error) => {
    if (!(error instanceof WorkflowNotFoundError)) throw error;
    throw failure('Refused', 'too late: the plan was decided about, or the run has ended', {
      cause: error,
      hint: `Nothing was changed; \`coppice status ${run}\` shows how it is.`,
    });
  };
}

/** A host reads both plans before the run answers. */
const patienceMs = 60_000;
