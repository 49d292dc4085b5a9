// Slash commands and the Home tab, by HTTP and Socket Mode, on real runs.

import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { pino } from 'pino';
import type { Gateway } from '../../client/gateway/start-gateway.ts';
import type { ScriptedHost } from '../workflows/scripted-host.ts';
import type { RunAccess } from '../../contracts/run-access.ts';
import { type SlackServer, formOf, sendSigned } from '../fakes/slack-server.ts';
import { approvalViewQuery } from '../../contracts/messages/approval.ts';
import { approvalWorkflowId } from '../../contracts/ids.ts';
import { node } from '../domain/fixtures.ts';
import { resultThatAsks, runInput, startScriptedHost } from '../workflows/scripted-host.ts';
import { openGateway } from './open-gateway.ts';
import { startRunWorkflow } from '../../client/start/start-run.ts';
import { startSlackOf } from '../people/slack-of-host.ts';

const log = pino({ level: 'silent' });
const patient = { timeout: 60_000 };

let host: ScriptedHost;
let slack: SlackServer;
let gateway: Gateway;
let runs = 0;

beforeAll(async () => (host = await startScriptedHost(100)));
afterAll(() => host.close());
beforeEach(async () => {
  slack = await startSlackOf(host);
  gateway = await openGateway({ env: slack.environment(), client: host.client, log });
});
afterEach(async () => {
  await gateway.close();
  await slack.close();
});

/** A run whose one unit asks, as the client starts it; listed, and its card is in Slack, when this answers. */
async function ask(access: RunAccess, allowed: readonly string[] | null) {
  runs += 1;
  const only = node('a');
  const policy = { rule: 'src/**: ask', by: ['m'], allowed: allowed === null ? null : { slack: allowed } };
  host.activities.runSlice = async () => resultThatAsks(policy);
  const input = runInput(`cmd${runs}`, [only], { channels: [{ medium: 'slack', channel: 'C1' }] });
  const progress = { total: 1, landed: 0, failed: 0, costUsd: 0 };
  const start = { startedAt: new Date(), progress, planHash: 'h', slack: access, reuse: 'REJECT_DUPLICATE' } as const;
  await startRunWorkflow(host.client, input, start);
  const { run } = input.context;
  const id = approvalWorkflowId(run, only.id, 1);
  await vi.waitFor(() => expect(slack.messages).toHaveLength(1), patient);
  const query = `WorkflowId = '${id}' OR WorkflowId = 'run:${run}'`;
  const listed = async () => (await host.client.workflow.count(query)).count;
  await vi.waitFor(async () => expect(await listed()).toBe(2), patient);
  const workflow = host.client.workflow.getHandle(`run:${run}`);
  return { run, id, workflow, view: () => host.client.workflow.getHandle(id).query(approvalViewQuery) };
}

async function type(text: string, from: { readonly user?: string; readonly channel?: string } = {}): Promise<string> {
  const url = `http://127.0.0.1:${gateway.port}/slack/events`;
  const before = slack.answers.length;
  const body = new URLSearchParams(slack.command(text, from)).toString();
  expect(await sendSigned(url, body)).toBe(200);
  await vi.waitFor(() => expect(slack.answers.length).toBeGreaterThan(before), patient);
  const answer = slack.answers.at(-1);
  expect(answer?.response_type).toBe('ephemeral');
  return answer?.text ?? '';
}

const open = (people: readonly string[]): RunAccess => ({ channel: 'C1', people, requester: [] });

it('approves by command with the identity of who types it, by the same rules as the button', async () => {
  const { run, id, workflow, view } = await ask(open(['U1']), ['U1']);
  expect(await type('list')).toContain(`/coppice approve ${id}`);
  expect(await type(`approve ${id}`, { user: 'U9' })).toBe(
    `Run ${run}, unit a: recorded, and it does not count: a private line at the card says why.`,
  );
  expect(await view()).toMatchObject({ status: 'open', votes: [] });
  expect(await type(`approve ${run} a`)).toMatch(
    /^Run cmd\d+, unit a: your yes counts: Approve “Title of a”\?.*It is approved\.$/,
  );
  await expect(workflow.result()).resolves.toMatchObject({ status: 'completed' });
  expect(await view()).toMatchObject({ votes: [{ by: { channel: 'slack', id: 'U1', name: 'name-of-U1' } }] });
});

it('shows nothing of a run to people who are not named and not in its channel', async () => {
  const { run, id, workflow, view } = await ask(open(['U1']), null);
  const stranger = { user: 'U9', channel: 'C9' };
  expect(await type('list', stranger)).toBe('No run is open that you may see.\nNothing waits for you.');
  expect(await type(`status ${run}`, stranger)).toBe(`There is no run ${run} that you may see.`);
  expect(await type(`approve ${id}`, stranger)).toBe(`No open approval that you may see matches ${id}.`);
  expect(await type(`pause ${run}`, stranger)).toBe(`There is no run ${run} that you may see.`);
  expect(await view()).toMatchObject({ status: 'open' });
  expect(await type(`status ${run}`, { user: 'U9' })).toContain(`${run} running`);
  expect(await type(`deny ${id} too  large`, { user: 'U9' })).toMatch(/unit a: your no counts/);
  await expect(workflow.result()).rejects.toThrow();
  expect(await view()).toMatchObject({ votes: [{ reason: 'too  large' }] });
});

it('is steered by those who are named, also through a user group, and by no one else', async () => {
  slack.groups['SGROUP'] = ['U2'];
  const { run, workflow } = await ask(open(['U1', 'SGROUP']), ['U1']);
  expect(await type(`pause ${run}`, { user: 'U9' })).toMatch(/^You may not: only people/);
  // Where Slack is slow to say who is in the group, U2 types it again.
  await vi.waitFor(
    async () => expect(await type(`pause ${run}`, { user: 'U2' })).toBe(`The run ${run} is paused.`),
    patient,
  );
  expect(await type(`pause ${run}`)).toMatch(/paused/);
  expect(await type(`resume ${run}`)).toBe(`The run ${run} goes on.`);
  expect(await type(`message ${run} nobody Hello there`)).toMatch(/nobody/);
  await workflow.cancel();
  await expect(workflow.result()).rejects.toThrow();
});

it('explains itself, and acknowledges commands of other workspaces without an answer', async () => {
  expect(await type('')).toContain('/coppice approve ID');
  expect(await type('aprove x')).toMatch(/^There is no such command\.\n\/coppice list/);
  expect(await type('approve <!here>')).not.toContain('<');
  const url = `http://127.0.0.1:${gateway.port}/slack/events`;
  const foreign = new URLSearchParams({ ...slack.command('list'), team_id: 'T2' }).toString();
  const answers = slack.answers.length;
  expect(await sendSigned(url, foreign)).toBe(200);
  const elsewhere = new URLSearchParams({ ...slack.command('help'), response_url: 'http://127.0.0.1:1/steal' });
  expect(await sendSigned(url, elsewhere.toString())).toBe(200);
  await type('help');
  expect(slack.answers).toHaveLength(answers + 1);
});

it('shows on the Home tab what waits for me and what is mine, and what is decided there is gone', async () => {
  const { run, workflow } = await ask({ channel: 'C1', people: ['U1'], requester: ['U1'] }, ['U1']);
  const url = `http://127.0.0.1:${gateway.port}/slack/events`;
  const json = { headers: { 'content-type': 'application/json' } };
  for (const user of ['U1', 'U9']) {
    expect(await sendSigned(url, JSON.stringify(slack.homeOpened(user)), json)).toBe(200);
    await vi.waitFor(() => expect(slack.homes[user]).toBeDefined(), patient);
  }
  const home = JSON.stringify(slack.homes['U1']);
  expect(home).toContain('Approve “Title of a”?');
  expect(home).toContain(`${run} running`);
  expect(JSON.stringify(slack.homes['U9'])).not.toContain(run);
  const click = { ...slack.payload({ action: 'coppice_approve' }), view: { id: 'VHOME', type: 'home' } };
  expect(await sendSigned(url, formOf({ ...click, container: { type: 'view' }, channel: undefined }))).toBe(200);
  await expect(workflow.result()).resolves.toMatchObject({ status: 'completed' });
  await vi.waitFor(() => expect(slack.calls.filter((name) => name === 'views.publish').length).toBe(3), patient);
  expect(JSON.stringify(slack.homes['U1'])).toContain('Nothing waits for you.');
});

it('is gone from the Home tab also after a denial there, once its window was sent in', async () => {
  const { workflow } = await ask({ channel: 'C1', people: ['U1'], requester: ['U1'] }, ['U1']);
  const url = `http://127.0.0.1:${gateway.port}/slack/events`;
  const { channel: _, ...click } = slack.payload({ action: 'coppice_deny' }) as Record<string, unknown>;
  const onHome = { ...click, view: { id: 'VHOME', type: 'home' }, container: { type: 'view' } };
  expect(await sendSigned(url, formOf(onHome))).toBe(200);
  expect(slack.homes['U1']).toBeUndefined();
  expect(await sendSigned(url, formOf(slack.submission({ text: 'no' })))).toBe(200);
  await vi.waitFor(() => expect(JSON.stringify(slack.homes['U1'])).toContain('Nothing waits for you.'), patient);
  await expect(workflow.result()).rejects.toThrow();
});

it('takes commands and the Home tab over Socket Mode as well', async () => {
  await gateway.close();
  gateway = await openGateway({ env: slack.environment({ appToken: 'xapp-test' }), client: host.client, log });
  await vi.waitFor(() => expect(slack.connected).toBe(true), patient);
  const command = slack.sendOverSocket('slash_commands', slack.command('help'));
  await vi.waitFor(() => expect(slack.answers).toHaveLength(1), patient);
  const home = slack.sendOverSocket('events_api', slack.homeOpened());
  await vi.waitFor(() => expect(slack.homes['U1']).toBeDefined(), patient);
  expect(slack.acknowledged).toEqual([command, home]);
});
