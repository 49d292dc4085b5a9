// Open runs of the same plan on the same branch of the same repository. Starting the plan again is rarely intended, and
// costs as much again. From visibility, so a run that began a moment ago may be missing.

import type { Client } from '@temporalio/client';
import { isGrpcServiceError } from '@temporalio/client';
import type { PreparedRun } from './prepare-run.ts';
import type { RunId } from '../../contracts/ids.ts';
import { coppiceRepository } from '../../contracts/search-attributes.ts';
import { explainStart } from './ready-server.ts';
import { isUnanswered } from '../with-worker.ts';
import { listRuns } from '../runs/find-run.ts';
import { planHash } from '../runs/run-memo.ts';
import { readRepository } from '../repository.ts';

/** gRPC's code for a query that the server does not understand: no worker has registered the search attributes yet. */
const invalidArgument: ReadonlySet<number> = new Set([3]);
const patienceMs = 3_000;

/** Ids of open runs, oldest first. */
export async function sameRuns(client: Client, prepared: PreparedRun): Promise<RunId[]> {
  const hash = planHash(prepared);
  const { canonical } = readRepository(prepared.repository);
  const open = `ExecutionStatus = 'Running' AND ${coppiceRepository.name} = '${prepared.slug}'`;
  const listed = client.connection.withDeadline(Date.now() + patienceMs, () => listRuns(client, open));
  const runs = await listed.catch((error: unknown) => {
    const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
    const isNew = isGrpcServiceError(cause) && invalidArgument.has(cause.code);
    if (isNew || isUnanswered(error)) return [];
    throw explainStart(error, client.options.namespace);
  });
  return runs
    .filter(({ memo }) => memo.planHash === hash && memo.branch === prepared.branch)
    .filter(({ memo }) => readRepository(memo.repository).canonical === canonical)
    .toSorted((a, b) => a.startedAt.getTime() - b.startedAt.getTime())
    .map(({ run }) => run);
}
