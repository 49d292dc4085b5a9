// From what a person types to one run: its whole id, any unique part of it, or `@latest`.

import type { Client } from '@temporalio/client';
import { WorkflowNotFoundError } from '@temporalio/client';
import type { RunId } from '../domain/ids.ts';
import type { RunMemo } from './run-memo.ts';
import { failure } from '../domain/failures.ts';
import { isRunId, runWorkflowId } from '../domain/ids.ts';
import { readRunMemo } from './run-memo.ts';

export interface FoundRun {
  readonly run: RunId;
  readonly memo: RunMemo;
  /** Whether its workflow still runs. */
  readonly open: boolean;
  readonly startedAt: Date;
}

export interface RunSearch {
  /** Who `@latest` is about; null refuses it, as commands that change something do. */
  readonly latestOf: string | null;
}

/** Throws `NotFound`, or `BadInput` when the text fits several runs. */
export async function findRun(client: Client, text: string, { latestOf }: RunSearch): Promise<FoundRun> {
  if (text === '@latest') {
    if (latestOf === null) throw failure('BadInput', '@latest is for looking only; name the run');
    return findLatest(client, latestOf);
  }
  const exact = isRunId(text) ? await describeRun(client, text) : null;
  if (exact !== null) return exact;
  const matches: FoundRun[] = [];
  for await (const found of listRuns(client)) if (found.run.includes(text)) matches.push(found);
  const [match, ...others] = matches;
  if (match === undefined) throw failure('NotFound', `there is no run ${text}`);
  if (others.length > 0) {
    const ids = matches.slice(0, 5).map(({ run }) => run);
    throw failure(
      'BadInput',
      `${text} fits ${matches.length} runs: ${ids.join(', ')}${others.length > 4 ? ', …' : ''}`,
    );
  }
  return match;
}

/** Newest first; from visibility, so a run that started a moment ago may be missing. */
async function* listRuns(client: Client): AsyncGenerator<FoundRun> {
  for await (const execution of client.workflow.list({ query: "WorkflowType = 'runWorkflow'" })) {
    const found = fromExecution(execution);
    if (found !== null) yield found;
  }
}

async function findLatest(client: Client, user: string): Promise<FoundRun> {
  let latest: FoundRun | null = null;
  for await (const found of listRuns(client)) {
    if (found.memo.startedBy === user && (latest === null || found.startedAt > latest.startedAt)) latest = found;
  }
  if (latest === null) throw failure('NotFound', `${user} has started no run here`);
  return latest;
}

async function describeRun(client: Client, run: RunId): Promise<FoundRun | null> {
  try {
    return fromExecution(await client.workflow.getHandle(runWorkflowId(run)).describe());
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return null;
    throw error;
  }
}

interface Execution {
  readonly workflowId: string;
  readonly memo?: Record<string, unknown>;
  readonly status: { readonly name: string };
  readonly startTime: Date;
}

function fromExecution({ workflowId, memo, status, startTime }: Execution): FoundRun | null {
  const run = workflowId.replace(/^run:/, '');
  const read = readRunMemo(memo);
  if (!isRunId(run) || read === null) return null;
  return { run, memo: read, open: status.name === 'RUNNING' || status.name === 'PAUSED', startedAt: startTime };
}
