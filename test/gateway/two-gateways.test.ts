// Two gateways side by side, as two processes: Slack delivers to either, and delivers again what a dead one has not acknowledged.
// However often a click arrives, and wherever, it is one decision.

import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import type { ApprovalView } from '../../contracts/approval.ts';
import type { ScriptedHost } from '../workflows/scripted-host.ts';
import type { SlackServer } from '../fakes/slack-server.ts';
import { approvalViewQuery } from '../../contracts/messages/approval.ts';
import { approvalWorkflowId } from '../../contracts/ids.ts';
import { node } from '../domain/fixtures.ts';
import { resultThatAsks, runInput, startRun, startScriptedHost } from '../workflows/scripted-host.ts';
import { startSlackOf } from '../people/slack-of-host.ts';

const main = path.resolve(import.meta.dirname, '../../client/cli/main.ts');
const patient = { timeout: 60_000, interval: 20 };
const group = 'S0614TZR7';

let host: ScriptedHost;
let slack: SlackServer;
let home: string;
const gateways: ChildProcess[] = [];

beforeAll(async () => (host = await startScriptedHost(100)));
afterAll(() => host.close());
beforeEach(async () => {
  slack = await startSlackOf(host);
  home = mkdtempSync(path.join(tmpdir(), 'coppice-gateways-'));
});
afterEach(async () => {
  for (const gateway of gateways.splice(0)) {
    if (gateway.exitCode !== null || gateway.signalCode !== null) continue;
    const gone = once(gateway, 'exit');
    gateway.kill('SIGKILL');
    await gone;
  }
  await slack.close();
  rmSync(home, { recursive: true, force: true });
});

async function startGatewayProcess(): Promise<ChildProcess> {
  const before = slack.connections;
  const { PATH = '' } = process.env;
  const gateway = spawn(process.execPath, [main, 'gateway', '--port', '0'], {
    env: {
      PATH,
      HOME: home,
      COPPICE_HOME: home,
      TEMPORAL_ADDRESS: host.address,
      TEMPORAL_NAMESPACE: host.namespace,
      ...slack.environment({ appToken: 'xapp-test' }),
    },
    stdio: 'ignore',
  });
  gateways.push(gateway);
  await vi.waitFor(() => expect(slack.connections).toBe(before + 1), patient);
  return gateway;
}

async function ask(id: string) {
  const policy = { rule: 'src/**: ask', by: ['m'], allowed: { slack: [group] } };
  host.activities.runSlice = async () => resultThatAsks(policy);
  const input = runInput(id, [node('a')], { channels: [{ medium: 'slack', channel: 'C1' }] });
  const run = await startRun(host, input);
  await vi.waitFor(() => expect(slack.messages).toHaveLength(1), patient);
  const approval = host.client.workflow.getHandle(approvalWorkflowId(input.context.run, node('a').id, 1));
  return { run, view: () => approval.query(approvalViewQuery) };
}

/** Where Slack is slow to say who is in a group, the click is refused, and the person clicks again. */
async function decided(view: () => Promise<ApprovalView>): Promise<void> {
  await vi.waitFor(
    async () => {
      if (slack.ephemerals.some(({ text }) => text.includes('try again'))) {
        slack.ephemerals.length = 0;
        slack.clickOverSocket({ action: 'coppice_approve' });
      }
      expect((await view()).votes).toHaveLength(1);
    },
    { timeout: 60_000, interval: 200 },
  );
}

it('one that is killed in the middle of a click loses nothing: the other one takes it, once', async () => {
  slack.groups[group] = ['U1'];
  const first = await startGatewayProcess();
  await startGatewayProcess();
  const { run, view } = await ask('two1');
  // While it looks up who may decide, before anything was sent.
  slack.held.add('usergroups.users.list');
  const click = slack.envelopeOf({ action: 'coppice_approve' });
  slack.deliver(click, 0);
  await vi.waitFor(() => expect(slack.calls).toContain('usergroups.users.list'), patient);
  const gone = once(first, 'exit');
  first.kill('SIGKILL');
  await gone;
  slack.held.clear();
  await vi.waitFor(() => expect(slack.connections).toBe(1), patient);
  slack.deliver(click);
  slack.deliver(click);
  await decided(view);
  await expect(run.result()).resolves.toMatchObject({ status: 'completed' });
  expect((await view()).votes).toHaveLength(1);
  await vi.waitFor(() => expect(slack.acknowledged.length).toBeGreaterThanOrEqual(2), patient);
});

it('one click that both of them get is one decision', async () => {
  slack.groups[group] = ['U1'];
  await startGatewayProcess();
  await startGatewayProcess();
  const { run, view } = await ask('two2');
  const click = slack.envelopeOf({ action: 'coppice_approve' });
  slack.deliver(click, 0);
  slack.deliver(click, 1);
  await decided(view);
  await expect(run.result()).resolves.toMatchObject({ status: 'completed' });
  await vi.waitFor(() => expect(slack.acknowledged.length).toBeGreaterThanOrEqual(2), patient);
  expect(await view()).toMatchObject({ status: 'approved', votes: [{ by: { id: 'U1' } }] });
  expect((await view()).votes).toHaveLength(1);
});
