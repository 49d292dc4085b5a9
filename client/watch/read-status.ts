// The state of a run as one document: from the run workflow while it is open (with each session's activity from its
// heartbeats), from the report once it has ended. Costs no signal and no history.

import type { Client, WorkflowExecutionDescription } from '@temporalio/client';
import { defaultPayloadConverter } from '@temporalio/common';
import proto from '@temporalio/proto';
import pMap from 'p-map';
import { z } from 'zod';
import type { RunView, RunViewUnit } from '../../contracts/messages/run.ts';
import type { Report } from '../../contracts/documents/report.ts';
import { readQueuePart } from '../queue/read-queue.ts';
import type { OpenApproval, RunStatusDocument } from './status.ts';
import type { RunId } from '../../contracts/ids.ts';
import { approvalWorkflowId, runWorkflowId, unitWorkflowId } from '../../contracts/ids.ts';
import { approvalViewQuery } from '../../contracts/messages/approval.ts';
import { firstInLine } from '../../contracts/task-queues.ts';
import { runViewQuery } from '../../contracts/messages/run.ts';
import { unitViewQuery } from '../../contracts/messages/unit.ts';
import { withWorker } from '../with-worker.ts';

/** How many units to ask at once what they are doing. */
const concurrency = 16;

const heartbeat = z.object({
  host: z.string(),
  turn: z.number(),
  costUsd: z.number(),
  doing: z.string(),
  draining: z.literal(true).optional(),
});

type Unit = RunStatusDocument['units'][number];
type Unpositioned = Omit<RunViewUnit, 'position'>;

/** Reads one open run repeatedly: after the first time, only changed units come over the wire. */
export class OpenRunReader {
  private readonly client: Client;
  private readonly run: RunId;
  /** In the order of the plan. */
  private readonly units: Unpositioned[] = [];
  private version = 0;

  constructor(client: Client, run: RunId) {
    this.client = client;
    this.run = run;
  }

  async read(): Promise<RunStatusDocument> {
    const view = await this.readView();
    const { client, units: shown } = this;
    const units = await pMap(shown, (unit) => describeUnit(client, view, unit), { concurrency });
    const asking = shown.filter(({ phase }) => phase === 'asking');
    const approvals = [
      ...(view.approval === null ? [] : [await readApproval(client, view.approval)]),
      ...(await pMap(asking, (unit) => readUnitApproval(client, view, unit), { concurrency })),
    ];
    const { run, status, repository, branch, goal, model, startedBy, startedAt, budget } = view;
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
      ...(shown.some(({ phase }) => phase === 'queued') ? await readQueuePart(client, view.queue) : { queue: [] }),
      approvals: approvals.filter((approval) => approval !== null),
      budget,
      ...(view.trying === true ? { trying: await readTrial(client, this.run) } : {}),
    };
  }

  private async readView(): Promise<RunView> {
    const handle = this.client.workflow.getHandle(runWorkflowId(this.run));
    for (;;) {
      const request = { after: this.version };
      const view = await withWorker(this.client, () => handle.query(runViewQuery, request));
      this.version = view.version;
      for (const { position, ...unit } of view.units) this.units[position] = unit;
      if (view.complete) return view;
    }
  }
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

async function describeUnit(client: Client, view: RunView, unit: Unpositioned): Promise<Unit> {
  const idle: Unit = { ...unit, host: null, turn: null, doing: null };
  if (unit.phase !== 'working') return idle;
  const handle = client.workflow.getHandle(unitWorkflowId(view.run, unit.id));
  const description = await handle.describe().catch(() => null);
  const beat = description === null ? null : lastHeartbeat(description);
  const failed = description === null ? null : lastFailure(description);
  if (failed !== null) return { ...idle, doing: `to be tried again: ${failed}`.slice(0, 200) };
  if (beat === null) return { ...idle, doing: waitOf(description) };
  return {
    ...unit,
    host: beat.host,
    turn: beat.turn,
    doing: beat.doing,
    ...(beat.draining === undefined ? {} : { draining: beat.draining }),
    costUsd: Math.max(unit.costUsd, beat.costUsd),
  };
}

function waitOf(description: WorkflowExecutionDescription | null): string {
  const isFirst = description?.raw.pendingActivities?.some(({ priority }) => priority?.priorityKey === firstInLine);
  return isFirst === true ? 'first in line for a free slot' : 'waiting for a free slot';
}

const trialBeat = z.object({ host: z.string(), doing: z.string() });

async function readTrial(client: Client, run: RunId): Promise<string> {
  const description = await client.workflow
    .getHandle(runWorkflowId(run))
    .describe()
    .catch(() => null);
  for (const activity of description?.raw.pendingActivities ?? []) {
    const payload = activity.heartbeatDetails?.payloads?.[0];
    const parsed = payload ? trialBeat.safeParse(defaultPayloadConverter.fromPayload(payload)) : null;
    if (parsed?.success) return `${parsed.data.doing} (on ${parsed.data.host})`;
  }
  const failed = description === null ? null : lastFailure(description);
  if (failed !== null) return `to be tried again: ${failed}`.slice(0, 200);
  return 'waiting for a free host';
}

/** Why the session, which was on a host before, is not on one now. */
function lastFailure({ raw }: WorkflowExecutionDescription): string | null {
  const waits = raw.pendingActivities?.find(({ state, lastFailure: last }) => state === scheduled && last);
  return waits?.lastFailure?.message ?? null;
}

const scheduled = proto.temporal.api.enums.v1.PendingActivityState.PENDING_ACTIVITY_STATE_SCHEDULED;

function lastHeartbeat(description: WorkflowExecutionDescription): z.infer<typeof heartbeat> | null {
  for (const activity of description.raw.pendingActivities ?? []) {
    const payload = activity.heartbeatDetails?.payloads?.[0];
    const parsed = payload ? heartbeat.safeParse(defaultPayloadConverter.fromPayload(payload)) : null;
    if (parsed?.success) return parsed.data;
  }
  return null;
}

/** Null for a unit that waits for a question about the whole run. */
async function readUnitApproval(client: Client, view: RunView, unit: Unpositioned): Promise<OpenApproval | null> {
  const handle = client.workflow.getHandle(unitWorkflowId(view.run, unit.id));
  const life = await handle.query(unitViewQuery).catch(() => null);
  if (life?.state.status !== 'asking') return null;
  return readApproval(client, approvalWorkflowId(view.run, unit.id, life.approvals));
}

/** Null when it has closed meanwhile. */
async function readApproval(client: Client, id: string): Promise<OpenApproval | null> {
  const approval = await client.workflow
    .getHandle(id)
    .query(approvalViewQuery)
    .catch(() => null);
  if (approval?.status !== 'open') return null;
  const { kind, unit, summary, policy, votes, since, expiresAt } = approval;
  return { id, kind, unit, summary, policy, ...(votes.length > 0 ? { votes } : {}), since, expiresAt };
}
