// The audit after the server has deleted a history, which takes it half a minute.

import { afterAll, beforeAll, expect, it } from 'vitest';
import { type ScriptedHost, startScriptedHost } from '../workflows/scripted-host.ts';
import { auditOf, eventually, linesOf, startAsking, writeReport } from '../audit/audited-run.ts';
import { cleanUp, makeState } from '../git/make-repository.ts';
import { noon, unit } from '../domain/fixtures.ts';

let host: ScriptedHost;
beforeAll(async () => (host = await startScriptedHost(100)));
afterAll(async () => {
  await host.close();
  cleanUp();
});

it('a history that has gone is named, and the report has the outcome', async () => {
  const state = makeState();
  const policy = { rule: 'ask', by: [], allowed: null };
  const { input, send, approval, result } = await startAsking(host, 'gone', policy);
  await send();
  await result();
  const { workflowId: id } = approval;
  await writeReport(state, input.context.run, [
    { id, kind: 'merge', decision: 'approved', by: 'Ulla', channel: 'slack', unit: unit('a'), at: noon, reason: null },
  ]);
  await host.client.workflowService.deleteWorkflowExecution({
    namespace: host.namespace,
    workflowExecution: { workflowId: id },
  });
  await eventually(() => expect(approval.fetchHistory()).rejects.toThrow());
  const audit = await auditOf(host, state, input.context);
  expect(linesOf(audit.entries)).toEqual(['decided approved']);
  expect(audit.complete).toBe(false);
  expect(audit.missing.map(({ text }) => text)).toEqual([
    `${id}: its history has gone`,
    `${id}: only its outcome is known`,
  ]);
});
