// Reopens a run that has ended: its plan, configuration and report are in git, so a new execution of the same workflow
// continues from there. Safe to interrupt: until the workflow starts, only a copy of the report is written.

import type { Client } from '@temporalio/client';
import type { UnitActionAnswer } from '../../contracts/messages/run.ts';
import type { Env } from '../../domain/environment.ts';
import type { FoundRun } from '../runs/find-run.ts';
import type { RunStateEvent } from '../../domain/run/state.ts';
import type { UnitAction } from './unit-action.ts';
import type { UnitId } from '../../contracts/ids.ts';
import { configCodec, configFile, planCodec, planFile } from '../../formats/state-documents/plan.ts';
import { reportCodec, reportFile } from '../../formats/state-documents/report.ts';
import { failure } from '../../contracts/failures.ts';
import { identityOf } from '../../git/identity.ts';
import { packRun } from '../../domain/run/pack.ts';
import { planHash } from '../runs/run-memo.ts';
import { progressOf } from '../../domain/run/view.ts';
import { queueId } from '../../git/queue-id.ts';
import { readRepository } from '../repository.ts';
import { readStateCommit, writeStateFiles } from '../../git/state-files.ts';
import { refuseRetry, refuseSkip } from '../../domain/run/actions.ts';
import { remoteFor } from '../../git/remote-for.ts';
import { runEnd, stepRun } from '../../domain/run/step.ts';
import { accessOf, planAskOf, runInput, startRunWorkflow } from '../start/start-run.ts';
import { stateFromReport } from '../../domain/run/reopen.ts';
import { type RunId, asSha, plannerId, stateRefs } from '../../contracts/ids.ts';
import { unpackGraph } from '../../domain/plan/graph.ts';

/**
 * `action` is the reason for reopening the run. Throws `NotFound` if there is no report, and
 * `WorkflowExecutionAlreadyStartedError` if the run is open.
 */
export async function reopenRun(
  { client, env, found }: { readonly client: Client; readonly env: Env; readonly found: FoundRun },
  unit: UnitId,
  action: Exclude<UnitAction, { type: 'cancel' }>,
): Promise<UnitActionAnswer> {
  const { run, memo } = found;
  const remote = remoteFor(memo.stateRemote, env);
  const reported = await readStateCommit(remote, stateRefs.report(run), [reportFile]);
  const report = reported === null ? null : reportCodec.read(reported.files[reportFile] ?? '');
  // The newest plan may be one that nobody agreed to.
  const written = await readStateCommit(remote, stateRefs.plan(run), [planFile, configFile], report?.plan);
  if (written === null || reported === null || report === null)
    throw failure('NotFound', `the run ${run} has no report to continue from`);
  const [plan, config] = [
    planCodec.read(written.files[planFile] ?? ''),
    configCodec.read(written.files[configFile] ?? ''),
  ];
  const url = readRepository(memo.repository);
  const { repository, branch, stateRemote, startedBy: requestedBy } = memo;
  const { commit, base, queue } = { commit: written.commit, base: asSha(report.base), queue: queueId(url, branch) };
  const context = { run, repository, branch, stateRemote, requestedBy, plan: commit, base, queue };
  // Whoever allowed it once is not asked again: by `--allow-red-base`, or when the run asked.
  const isAllowed = ({ unit: of, kind, decision }: (typeof report.decisions)[number]): boolean =>
    of === null && kind === 'red-base' && decision === 'approved';
  const allowRedBase = memo.allowRedBase === true || report.decisions.some(isAllowed);
  // A run that was cancelled, or denied, before people had agreed to its plan.
  const isAgreed = report.decisions.some(
    ({ unit: of, kind, decision }) => (of === null || of === plannerId) && kind === 'plan' && decision === 'approved',
  );
  const planAsk = isAgreed || plan.units[0]?.planner !== undefined ? null : planAskOf({ plan, config }, commit);
  const asks = planAsk === null ? {} : { planAsk };
  const input = runInput({ context, slug: url.slug, plan, config, allowRedBase, ...asks });
  if (report.planning !== undefined && report.units.length === 0) return onlyPlanned(run);
  const graph = unpackGraph(input.graph);
  const ended = stateFromReport(graph, input.settings, report);
  const isRetry = action.type === 'retry';
  const refused = isRetry ? refuseRetry(graph, ended, unit, action.reverted) : refuseSkip(graph, ended, unit);
  if (refused !== null) return refused;
  const state = stepRun(graph, ended, eventOf(action, unit), Date.now());
  if (runEnd(state) !== null) {
    return { accepted: false, known: true, message: `the run ${run} has ended, and nothing in it waits for ${unit}` };
  }
  await writeStateFiles({
    remote,
    ref: stateRefs.earlierReport(run),
    files: { [reportFile]: reported.files[reportFile] ?? '' },
    message: `Report of ${run} before it was opened again`,
    identity: identityOf(env),
  });
  const startedAt = new Date(report.startedAt);
  await startRunWorkflow(
    client,
    { ...input, resumed: packRun(state) },
    {
      startedAt,
      progress: progressOf(state),
      planHash: memo.planHash ?? planHash({ plan }),
      slack: accessOf(config, requestedBy),
      reuse: 'ALLOW_DUPLICATE',
    },
  );
  return { accepted: true };
}

function onlyPlanned(run: RunId): UnitActionAnswer {
  const message = `the run ${run} was to make a plan, and has made it: start it with coppice run`;
  return { accepted: false, known: true, message };
}

function eventOf(action: Exclude<UnitAction, { type: 'cancel' }>, unit: UnitId): RunStateEvent {
  if (action.type === 'skip') return { type: 'skip-unit', unit, by: action.by };
  const { resolution } = action;
  return { type: 'retry-unit', unit, ...(resolution === undefined ? {} : { resolution }) };
}
