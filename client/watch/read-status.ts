// The state of a run as one document: from the run workflow while it is open (with each session's activity from its
// heartbeats), from the report once it has ended. Costs no signal and no history. A program gets every unit; what people
// read costs one question to the run, whatever its size, and a look at what is shown.

import { type Client, QueryNotRegisteredError } from '@temporalio/client';
import pMap from 'p-map';
import type { RunHead, RunOverview, RunViewUnit } from '../../contracts/messages/run.ts';
import type { Report } from '../../contracts/documents/report.ts';
import type { OpenApproval, RunStatusDocument, StatusOverview } from './status.ts';
import type { RunId, UnitId } from '../../contracts/ids.ts';
import { runWorkflowId, unitWorkflowId } from '../../contracts/ids.ts';
import { approvalViewQuery } from '../../contracts/messages/approval.ts';
import { unitsShown } from './overview.ts';
import { type KnownUnit, describeUnits, readOwnWork } from './units-at-work.ts';
import { readQueuePart } from '../queue/read-queue.ts';
import { runOverviewQuery, runViewQuery } from '../../contracts/messages/run.ts';
import { askedByUnit } from '../act/decisions.ts';
import { unitViewQuery } from '../../contracts/messages/unit.ts';
import { withWorker } from '../with-worker.ts';

/** How many approvals to read at once. */
const concurrency = 16;

/** Reads one open run repeatedly: after the first time, only changed units come over the wire. */
export class OpenRunReader {
  private readonly client: Client;
  private readonly run: RunId;
  /** In the order of the plan. */
  private readonly units: KnownUnit[] = [];
  private version = 0;

  constructor(client: Client, run: RunId) {
    this.client = client;
    this.run = run;
  }

  /** `looks`: how many units at work are asked what they do. */
  async read(looks = Infinity): Promise<RunStatusDocument> {
    const head = await this.readChanges();
    const isQueued = this.units.some(({ phase }) => phase === 'queued');
    return completeStatus(this.client, { head, units: this.units, isQueued, looks });
  }

  /** What changes while pages are read comes with another round. */
  private async readChanges(): Promise<RunHead> {
    for (;;) {
      const { head, version, pages } = await this.readPages(this.version);
      this.version = version;
      if (pages === 1) return head;
    }
  }

  /** `version`: whatever has a higher one may be missing. */
  private async readPages(after: number): Promise<{ head: RunHead; version: number; pages: number }> {
    const handle = this.client.workflow.getHandle(runWorkflowId(this.run));
    let request = { after, from: 0 };
    let first: number | null = null;
    for (let pages = 1; ; pages++) {
      const view = await withWorker(this.client, () => handle.query(runViewQuery, request));
      for (const { position, ...unit } of view.units) this.units[position] = unit;
      // A run may go on with a shorter plan.
      if (view.total !== undefined && this.units.length > view.total) this.units.length = view.total;
      if (view.next === undefined) {
        // A worker up to 0.1 answers the oldest changes first, so the last page is the newest.
        if (view.complete) return { head: view, version: view.version, pages: 1 };
        request = { after: view.version, from: 0 };
      } else {
        first ??= view.version;
        if (view.next === null) return { head: view, version: first, pages };
        request = { after, from: view.next };
      }
    }
  }
}

/** Null if the run's worker does not know the question, because it is older. */
export async function readOverview(client: Client, run: RunId): Promise<StatusOverview | null> {
  const handle = client.workflow.getHandle(runWorkflowId(run));
  const request = { most: unitsShown };
  const overview = await withWorker(client, () => handle.query(runOverviewQuery, request)).catch(unlessUnknown);
  if (overview === null) return null;
  const { counts } = overview;
  const units = overview.units.map(withoutPosition);
  const status = await completeStatus(client, {
    head: overview,
    units,
    isQueued: (counts.queued ?? 0) > 0,
    looks: Infinity,
  });
  return { ...status, counts };
}

function withoutPosition(unit: RunViewUnit): KnownUnit {
  const { position: _, ...known } = unit;
  return known;
}

function unlessUnknown(error: unknown): RunOverview | null {
  if (error instanceof QueryNotRegisteredError) return null;
  throw error;
}

interface KnownStatus {
  readonly head: RunHead;
  readonly units: readonly KnownUnit[];
  /** Whether a unit of the run is in the merge queue. */
  readonly isQueued: boolean;
  readonly looks: number;
}

/** Adds what the run's workflow does not know: what sessions do, the merge queue, open approvals. */
async function completeStatus(
  client: Client,
  { head, units: known, isQueued, looks }: KnownStatus,
): Promise<RunStatusDocument> {
  const { run, status, repository, branch, goal, model, startedBy, startedAt, budget } = head;
  const asking = known.filter(({ phase }) => phase === 'asking');
  const [units, queue, approval, approvals, trying] = await Promise.all([
    describeUnits(client, { run, known, looks }),
    isQueued ? readQueuePart(client, head.queue) : { queue: [] },
    head.approval === null ? null : readApproval(client, head.approval),
    pMap(asking, ({ id }) => readUnitApproval(client, run, id), { concurrency }),
    head.trying === true ? readOwnWork(client, run) : null,
  ]);
  return {
    run,
    status,
    repository,
    branch,
    goal,
    model,
    startedBy,
    startedAt,
    units,
    ...queue,
    approvals: [approval, ...approvals].filter((each) => each !== null),
    budget,
    ...(trying === null ? {} : { trying }),
  };
}

export function statusFromReport(report: Report): RunStatusDocument {
  return {
    run: report.run,
    status: report.status,
    repository: report.repository,
    branch: report.branch,
    goal: report.goal,
    model: report.model,
    startedBy: report.startedBy,
    startedAt: report.startedAt,
    units: report.units.map((unit) => ({
      id: unit.id,
      title: unit.title,
      phase: unit.status,
      reason: unit.reason,
      commit: unit.commit,
      needs: unit.needs,
      host: unit.hosts.at(-1) ?? null,
      turn: unit.turns,
      doing: null,
      since: unit.endedAt ?? report.endedAt,
      costUsd: unit.costUsd,
      estimated: unit.estimated,
    })),
    queue: [],
    approvals: [],
    budget: { spentUsd: report.costUsd, limitUsd: report.limitUsd ?? null },
  };
}

/** Null for a unit that waits for a question about the whole run. */
async function readUnitApproval(client: Client, run: RunId, unit: UnitId): Promise<OpenApproval | null> {
  const handle = client.workflow.getHandle(unitWorkflowId(run, unit));
  const life = await handle.query(unitViewQuery).catch(() => null);
  const asked = life === null ? null : askedByUnit(run, unit, life);
  return asked === null ? null : readApproval(client, asked);
}

/** Null when it has closed meanwhile. */
async function readApproval(client: Client, id: string): Promise<OpenApproval | null> {
  const approval = await client.workflow
    .getHandle(id)
    .query(approvalViewQuery)
    .catch(() => null);
  if (approval?.status !== 'open') return null;
  const { kind, unit, summary, policy, votes, since, expiresAt, isOverdue, subject } = approval;
  const { requestedBy } = subject;
  const more = { ...(votes.length > 0 ? { votes } : {}), ...(isOverdue === true ? { isOverdue } : {}) };
  return { id, kind, unit, summary, policy, requestedBy, ...more, since, expiresAt };
}
