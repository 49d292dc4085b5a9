// The audit of real runs on a real server, compared with what their workflows say of themselves.

import { NativeConnection, Worker } from '@temporalio/worker';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ApprovalPolicy, Decision } from '../../contracts/approval.ts';
import type { ApprovalEntry } from '../../domain/approval/audit-entry.ts';
import { type ScriptedHost, runInput, startScriptedHost } from '../workflows/scripted-host.ts';
import { approvalHistory } from '../../client/audit/approval-history.ts';
import {
  approvalViewQuery,
  approvalWorkflowType,
  decideSignal,
  decideUpdate,
} from '../../contracts/messages/approval.ts';
import { approvalWorkflowId, unitWorkflowId } from '../../contracts/ids.ts';
import { auditApproval } from '../../domain/approval/audit.ts';
import { auditOf, eventually, linesOf, startAsking, writeReport } from './audited-run.ts';
import { auditText } from '../../client/cli/present/audit.ts';
import { cleanUp, makeState } from '../git/make-repository.ts';
import { connectClient } from '../../client/temporal.ts';
import { decision, node, noon, openView, sha, unit } from '../domain/fixtures.ts';
import { identityOfUser } from '../../client/identity.ts';
import { maxCachedWorkflows } from '../workflows/caching.ts';
import { leaveHostSignal, messageUpdate } from '../../contracts/messages/unit.ts';
import { editPlanUpdate, pauseUpdate, resumeUpdate } from '../../contracts/messages/run.ts';
import { readHistory } from '../../client/audit/history.ts';
import { workflowCode } from '../../workers/workflow-code.ts';

const everyone = { slack: ['U1', 'U2', 'U3'], users: ['dana'], email: [] };
const two: ApprovalPolicy = {
  rule: 'src/**: ask',
  by: ['owners'],
  allowed: everyone,
  required: [{ rule: 'src/**: ask', by: ['owners'], allowed: everyone, count: 2, paths: [], pathCount: 0 }],
};
const ulla = { channel: 'slack', id: 'U1', name: 'Ulla' } as const;
const kim = { channel: 'slack', id: 'U2', name: 'Kim' } as const;
const stranger = { channel: 'slack', id: 'U9', name: 'Sam' } as const;

let host: ScriptedHost;
let state: string;
beforeAll(async () => {
  host = await startScriptedHost(maxCachedWorkflows);
  state = makeState();
});
afterAll(async () => {
  await host.close();
  cleanUp();
});

describe('the audit of a run', () => {
  it('has each vote and refusal, and what the approval became, as its workflow saw them', async () => {
    const { input, send, approval, hash, result } = await startAsking(host, 'votes', two);
    const first = decision({ decisionId: 'first', hash, by: ulla });
    await approval.signal(decideSignal, first);
    await eventually(async () => expect((await approval.query(approvalViewQuery)).votes).toHaveLength(1));
    await approval.signal(decideSignal, first);
    await send({ by: ulla });
    await send({ by: stranger });
    await send({ by: kim, hash: 'old' });
    await approval.signal(decideSignal.name, null);
    await approval.signal(decideSignal.name, { decision: 'approve', by: { channel: 'slack', id: 7 } });
    const ruling = await approval.executeUpdate(decideUpdate, {
      args: [decision({ decisionId: 'no', hash, by: { channel: 'cli', id: 'eve', name: 'eve' } })],
    });
    expect(ruling).toMatchObject({ accepted: false });
    await send({ by: kim, reason: 'fine' });
    const view = await result();
    const audit = await auditOf(host, state, input.context);
    expect(linesOf(audit.entries)).toEqual([
      'requested',
      'voted Ulla approve',
      'repeated Ulla',
      'refused Ulla not-allowed',
      'refused Sam not-allowed',
      'refused Kim stale',
      'refused malformed',
      'refused malformed',
      'refused eve not-allowed',
      'voted Kim approve',
      'decided approved',
    ]);
    expect(audit).toMatchObject({ complete: true, missing: [] });
    const votes = audit.entries.filter(({ kind }) => kind === 'voted');
    expect(votes.map(({ at, by }) => ({ at, by }))).toEqual(view.votes.map(({ at, by }) => ({ at, by })));
    const [requested] = audit.entries.filter(({ kind }) => kind === 'requested');
    expect(requested).toMatchObject({ asks: 'merge', hash, mayDecide: ['2 of owners'], expiresAt: view.expiresAt });
    const told = audit.entries.find((entry) => entry.kind === 'refused' && entry.by?.name === 'eve');
    expect(told).toMatchObject({ message: expect.stringContaining('owners') });
    expect(auditText(audit, {})).toContain('Sam U9 (slack) was refused (not-allowed): Only owners may decide this.');
  });

  it('has what waits for a worker, and then judges what reached one task in the order of the workflow', async () => {
    const view = openView({
      policy: { rule: 'ask', by: [], allowed: null },
      since: new Date().toISOString(),
      expiresAt: null,
    });
    const taskQueue = 'without-a-worker';
    const approval = await host.client.workflow.start(approvalWorkflowType, {
      workflowId: view.id,
      taskQueue,
      args: [{ approval: view }],
    });
    const send = (by: Decision['by'], choice: Decision['decision']) =>
      approval.signal(decideSignal, decision({ decisionId: by.id, by, decision: choice }));
    for (const by of [ulla, kim]) await send(by, 'approve');
    await send(stranger, 'deny');
    const { workflowId, firstExecutionRunId: runId } = approval;
    const read = async () => {
      const events = await readHistory(host.client, { workflowId, runId });
      const history = approvalHistory(events ?? []);
      if (history === null) throw new Error('no approval');
      return auditApproval(history);
    };
    const lines = (entries: readonly ApprovalEntry[]) =>
      linesOf(entries.map((entry) => ({ ...entry, source: 'history' })));
    expect(lines((await read()).entries)).toEqual([
      'requested',
      'unjudged Ulla approve',
      'unjudged Kim approve',
      'unjudged Sam deny',
    ]);
    const connection = await NativeConnection.connect({ address: host.address });
    const worker = await Worker.create({ connection, namespace: host.namespace, taskQueue, ...(await workflowCode()) });
    expect(await worker.runUntil(approval.result())).toMatchObject({ status: 'denied' });
    await connection.close();
    const { entries, doubts } = await read();
    expect(lines(entries)).toEqual([
      'requested',
      'voted Sam deny',
      'refused Ulla closed',
      'refused Kim closed',
      'decided denied',
    ]);
    expect(doubts).toEqual([]);
  });

  it('says when people were reminded, others could decide, and the time was over', async () => {
    const chief = { afterSeconds: 1, to: ['chief'], people: { users: ['cleo'] } };
    const board = { afterSeconds: 2, to: ['board'], people: { users: ['bo'] } };
    const required = [chief, board].flatMap((escalate) => (two.required ?? []).map((each) => ({ ...each, escalate })));
    const timing = { withinSeconds: 3, remindSeconds: 1, escalate: chief };
    const { input, result } = await startAsking(host, 'late', { ...two, required, timing });
    expect(await result()).toMatchObject({ status: 'expired' });
    const audit = await auditOf(host, state, input.context);
    expect(new Set(linesOf(audit.entries))).toEqual(new Set(['requested', 'reminded', 'escalated', 'decided expired']));
    const joined = audit.entries.flatMap((entry) => (entry.kind === 'escalated' ? [entry.to] : []));
    expect(joined).toEqual([['chief'], ['board']]);
    expect(audit.complete).toBe(true);
  });

  it('names who paused, resumed and cancelled, and who wrote to an agent', async () => {
    const { input, run, result } = await startAsking(host, 'acts', two);
    const dana = await connectClient(
      { address: host.address, namespace: host.namespace, options: { address: host.address } },
      identityOfUser('dana'),
    );
    const handle = dana.workflow.getHandle(run.workflowId);
    await handle.executeUpdate(pauseUpdate, { args: [null, 'dana'] });
    await handle.executeUpdate(resumeUpdate, { args: [null] });
    await handle.executeUpdate(resumeUpdate, { args: [null] });
    const edit = { plan: sha(3), expected: sha(2), by: 'the agent of a', proposed: 2, why: 'the rest' };
    await handle.executeUpdate(editPlanUpdate, { args: [edit] });
    const word = { id: 'm1', by: 'kim', text: 'look at the docs', call: null };
    const to = dana.workflow.getHandle(unitWorkflowId(input.context.run, unit('a')));
    await to.executeUpdate(messageUpdate, { args: [word] });
    await dana.workflow.getHandle(run.workflowId).signal(leaveHostSignal);
    await handle.cancel();
    expect(await result()).toMatchObject({ status: 'cancelled' });
    await run.result().catch(() => undefined);
    await dana.connection.close();
    const audit = await auditOf(host, state, input.context);
    expect(linesOf(audit.entries)).toEqual([
      'requested',
      'pause dana run true',
      'resume dana run true',
      'resume dana run false',
      'propose-units the agent of a run false',
      'message kim a false',
      'signal dana run null',
      'cancel dana run true',
      'decided cancelled',
    ]);
    expect(audit.entries.find((entry) => entry.kind === 'acted' && entry.act === 'message')).toMatchObject({
      text: 'look at the docs',
      answer: expect.stringContaining('waits for an approval'),
    });
    expect(audit.entries.find((entry) => entry.kind === 'acted' && entry.act === 'propose-units')).toMatchObject({
      by: { channel: 'agent', id: 'a', name: 'the agent of a' },
      text: '2, 00000000 → 00000000: the rest',
    });
    expect(audit.entries[0]).toMatchObject({ kind: 'acted', act: 'start', by: { name: 'dana' } });
  });

  it('has the outcomes of the report once the server has forgotten the run, and says that it is not everything', async () => {
    const { context } = runInput('gone', [node('a')]);
    const id = approvalWorkflowId(context.run, unit('a'), 1);
    await writeReport(state, context.run, [
      { id, kind: 'merge', decision: 'denied', by: 'Ulla', channel: 'slack', unit: unit('a'), at: noon, reason: 'no' },
    ]);
    const audit = await auditOf(host, state, context);
    expect(audit).toMatchObject({
      complete: false,
      missing: [
        { workflow: 'run:gone', text: 'run:gone: the history of its beginning has gone' },
        { workflow: id, text: `${id}: only its outcome is known` },
      ],
      entries: [
        { kind: 'decided', outcome: 'denied', by: { channel: 'slack', id: null, name: 'Ulla' }, source: 'records' },
      ],
    });
    expect(auditText(audit, {})).toContain('this is not everything about gone');
  });
});
