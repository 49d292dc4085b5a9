// A run of a scripted host that asks people, and its audit.

import { randomUUID } from 'node:crypto';
import { vi } from 'vitest';
import type { ApprovalPolicy, ApprovalView, Decision } from '../../contracts/approval.ts';
import type { AuditEntry, RunAudit } from '../../client/audit/entries.ts';
import type { Report } from '../../contracts/documents/report.ts';
import type { RunContext } from '../../contracts/documents/plan.ts';
import { type ScriptedHost, nextSha, runInput, startRun } from '../workflows/scripted-host.ts';
import { approvalViewQuery, decideSignal } from '../../contracts/messages/approval.ts';
import { approvalWorkflowId, runWorkflowId, stateRefs } from '../../contracts/ids.ts';
import { audit as auditDocument } from '../../client/documents/audit-document.ts';
import { auditRun } from '../../client/audit/audit-run.ts';
import { decision, node, noon, sha, unit } from '../domain/fixtures.ts';
import { noTotals } from '../../domain/money/usage.ts';
import { remoteFor } from '../../git/remote-for.ts';
import { reportCodec, reportFile } from '../../formats/state-documents/report.ts';
import { writeStateFiles } from '../../git/state-files.ts';

/** A run whose one unit asks before it lands; `send` signals a decision of Ulla's, unless it says otherwise. */
export async function startAsking(host: ScriptedHost, id: string, policy: ApprovalPolicy) {
  host.activities.runSlice = async () => {
    const verdict = { decide: 'ask', policy } as const;
    const work = { result: nextSha(), base: sha(2), changed: ['src/a.ts'], changedCount: 1 };
    return { outcome: { status: 'done', verdict, ...work }, totals: noTotals, seconds: 0 };
  };
  const input = runInput(id, [node('a')]);
  const run = await startRun(host, input);
  void run.result().catch(() => undefined);
  const approval = host.client.workflow.getHandle(approvalWorkflowId(input.context.run, unit('a'), 1));
  let hash = '';
  await eventually(async () => (hash = (await approval.query(approvalViewQuery)).hash));
  const send = (change: Partial<Decision> = {}) =>
    approval.signal(decideSignal, decision({ decisionId: randomUUID(), hash, ...change }));
  return { input, run, approval, hash, send, result: () => approval.result() as Promise<ApprovalView> };
}

export function eventually<Value>(check: () => Promise<Value>): Promise<Value> {
  return vi.waitFor(check, { timeout: 60_000, interval: 50 });
}

/** Checked against its schema. */
export async function auditOf(
  { client }: ScriptedHost,
  state: string,
  { run, repository, branch, queue, requestedBy }: RunContext,
): Promise<RunAudit> {
  const description = await client.workflow
    .getHandle(runWorkflowId(run))
    .describe()
    .catch(() => null);
  const audit = await auditRun({
    client,
    found: {
      run,
      memo: { repository, branch, stateRemote: state, startedBy: requestedBy, goal: '' },
      open: description?.status.name === 'RUNNING',
      status: 'running',
      startedAt: description?.startTime ?? new Date(0),
      endedAt: null,
    },
    queue,
    stateRemote: remoteFor(state, {}),
  });
  auditDocument.parse({ version: 1, ...audit });
  return audit;
}

/** Kind, person and what is particular, of everything but the run's start. */
export function linesOf(entries: readonly AuditEntry[]): string[] {
  return entries.filter((entry) => entry.kind !== 'acted' || entry.act !== 'start').map(lineOf);
}

function lineOf(entry: AuditEntry): string {
  const who = entry.by === null ? '' : ` ${entry.by.name}`;
  switch (entry.kind) {
    case 'refused':
      return `refused${who} ${entry.code}`;
    case 'voted':
    case 'unjudged':
      return `${entry.kind}${who} ${entry.decision}`;
    case 'decided':
      return `decided ${entry.outcome}`;
    case 'acted':
      return `${entry.act}${who} ${entry.unit ?? 'run'} ${entry.accepted}`;
    default:
      return `${entry.kind}${who}`;
  }
}

/** A report that says nothing but how approvals ended. */
export async function writeReport(state: string, run: RunContext['run'], decisions: Report['decisions']) {
  const report: Report = {
    version: 1,
    run,
    status: 'completed',
    repository: '/srv/repository.git',
    branch: 'main',
    base: sha(1),
    tip: null,
    goal: '',
    model: 'scripted',
    startedBy: 'dana',
    startedAt: noon,
    endedAt: noon,
    makespanSeconds: 0,
    criticalPathSeconds: 0,
    sequentialSeconds: 0,
    speedup: 1,
    costUsd: 0,
    units: [],
    conflicts: { predicted: 0, met: 0, resolvedByAgent: 0, resolvedByPerson: 0 },
    decisions,
  };
  const files = { [reportFile]: reportCodec.write(report) };
  const identity = { name: 'Coppice', email: 'coppice@example.com' };
  await writeStateFiles({
    remote: remoteFor(state, {}),
    ref: stateRefs.report(run),
    files,
    message: 'Report',
    identity,
  });
}
