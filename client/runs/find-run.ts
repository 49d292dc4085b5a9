// Finds one run from what a person types: its whole id, any unique part of it, or `@latest`.

import type { Client, WorkflowExecutionInfo } from '@temporalio/client';
import { WorkflowNotFoundError } from '@temporalio/client';
import type { RunId } from '../../contracts/ids.ts';
import type { RunMemo } from './run-memo.ts';
import { failure } from '../../contracts/failures.ts';
import { isRunId, runWorkflowId } from '../../contracts/ids.ts';
import { runWorkflowType } from '../../contracts/messages/run.ts';
import { suggest } from '../../formats/yaml/wording.ts';
import { readRunMemo } from './run-memo.ts';
import { runsNamed } from '../../domain/approval/named.ts';

export interface FoundRun {
  readonly run: RunId;
  readonly memo: RunMemo;
  /** Whether its workflow is still running. */
  readonly open: boolean;
  readonly status: 'running' | 'completed' | 'failed' | 'cancelled';
  readonly startedAt: Date;
  readonly endedAt: Date | null;
}

export interface RunSearch {
  /** The person whose latest run `@latest` means; null refuses `@latest`, as commands do that change something. */
  readonly latestOf: string | null;
}

/** Throws `NotFound`, or `BadInput` if several runs match. */
export async function findRun(client: Client, text: string, { latestOf }: RunSearch): Promise<FoundRun> {
  if (text === '@latest') {
    if (latestOf === null)
      throw failure('BadInput', '@latest does not work with commands that change something', {
        hint: 'Name the run; `coppice list` shows the runs.',
      });
    return findLatest(client, latestOf);
  }
  const exact = await runExactly(client, text);
  if (exact !== null) return exact;
  if (text === '') throw failure('BadInput', 'the id of the run is empty', { hint: listRunsHint });
  const runs = await listRuns(client);
  const matches = runsNamed(runs, text);
  const [match, ...others] = matches;
  if (match === undefined) {
    const near = suggest(
      text,
      runs.map(({ run }) => run),
    );
    throw failure('NotFound', `there is no run ${text}${near}`, { hint: listRunsHint });
  }
  if (others.length > 0)
    throw severalFit(
      text,
      matches.map(({ run }) => run),
    );
  return match;
}

const listRunsHint = '`coppice list` shows the runs.';

export function severalFit(text: string, runs: readonly RunId[]): Error {
  const more = runs.length > 5 ? ', …' : '';
  return failure('BadInput', `${text} matches ${runs.length} runs: ${runs.slice(0, 5).join(', ')}${more}`, {
    hint: 'Name more of the id.',
  });
}

/** In no order; from visibility, so a run that started a moment ago may be missing. `which` narrows the query. */
export async function listRuns(client: Client, which?: string): Promise<FoundRun[]> {
  // A run that continued as new is listed once per execution, and so is a run that was reopened; only the last one is
  // the run.
  const all = `WorkflowType = '${runWorkflowType}' AND ExecutionStatus != 'ContinuedAsNew'`;
  const query = which === undefined ? all : `${all} AND ${which}`;
  const runs = new Map<RunId, { readonly found: FoundRun; readonly began: Date }>();
  for await (const execution of client.workflow.list({ query })) {
    const found = fromExecution(execution);
    const { startTime: began } = execution;
    if (found !== null && began >= (runs.get(found.run)?.began ?? began)) runs.set(found.run, { found, began });
  }
  return [...runs.values()].map(({ found }) => found);
}

async function findLatest(client: Client, user: string): Promise<FoundRun> {
  let latest: FoundRun | null = null;
  for (const found of await listRuns(client)) {
    if (found.memo.startedBy === user && (latest === null || found.startedAt > latest.startedAt)) latest = found;
  }
  if (latest === null) throw failure('NotFound', `${user} has started no run here`, { hint: listRunsHint });
  return latest;
}

/** By its whole id; null = there is none. */
export async function runExactly(client: Client, text: string): Promise<FoundRun | null> {
  return isRunId(text) ? describeRun(client, text) : null;
}

async function describeRun(client: Client, run: RunId): Promise<FoundRun | null> {
  try {
    return fromExecution(await client.workflow.getHandle(runWorkflowId(run)).describe());
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return null;
    throw error;
  }
}

type Execution = Pick<WorkflowExecutionInfo, 'workflowId' | 'memo' | 'status' | 'startTime' | 'closeTime'>;

function fromExecution({ workflowId, memo, status, startTime, closeTime }: Execution): FoundRun | null {
  const run = workflowId.replace(/^run:/, '');
  const read = readRunMemo(memo);
  if (!isRunId(run) || read === null) return null;
  const runStatus = statusOf(status.name);
  return {
    run,
    memo: read,
    status: runStatus,
    open: runStatus === 'running',
    startedAt: read.startedAt === undefined ? startTime : new Date(read.startedAt),
    endedAt: closeTime ?? null,
  };
}

function statusOf(name: Execution['status']['name']): FoundRun['status'] {
  switch (name) {
    case 'COMPLETED':
      return 'completed';
    case 'CANCELLED':
    case 'TERMINATED':
      return 'cancelled';
    case 'FAILED':
    case 'TIMED_OUT':
      return 'failed';
    default:
      return 'running';
  }
}
