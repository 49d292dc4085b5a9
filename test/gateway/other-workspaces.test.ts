// Only clicks from our own workspace count. The payloads are those that Slack sends from channels shared between
// workspaces.

import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { Client } from '@temporalio/client';
import { pino } from 'pino';
import type { Gateway } from '../../client/gateway/start-gateway.ts';
import { SlackServer, formOf, sendSigned } from '../fakes/slack-server.ts';
import { openGateway } from './open-gateway.ts';

const sent = vi.fn<() => Promise<void>>(() => Promise.resolve());
const client = { withDeadline: sent } as unknown as Client;
const lines: string[] = [];
const log = pino({ level: 'info' }, { write: (line: string) => void lines.push(line) });

let slack: SlackServer;
let gateway: Gateway;

beforeEach(async () => {
  sent.mockClear();
  lines.length = 0;
  slack = await SlackServer.start();
});
afterEach(async () => {
  await gateway.close();
  await slack.close();
});

async function start(teamId: string | null = null): Promise<void> {
  gateway = await openGateway({ env: slack.environment({ teamId }), client, log });
}

function click(change: object): Promise<number> {
  const value = JSON.stringify({ id: 'run:r1:unit:a:approval:1', hash: 'a'.repeat(40) });
  const payload = { ...slack.payload({ action: 'coppice_approve', value }), ...change };
  return sendSigned(`http://127.0.0.1:${gateway.port}/slack/events`, formOf(payload));
}

const member = (team_id: string | null | undefined) => ({ user: { id: 'U1', name: 'ulla', team_id } });

it.each([
  ['another workspace altogether', { team: { id: 'T2' }, ...member('T2') }],
  ['a member of another one in our channel', { team: { id: 'T1' }, ...member('T2') }],
  ['our member in a channel of another one', { team: { id: 'T2' }, ...member('T1') }],
  ['another one that does not say its members’', { team: { id: 'T2' }, ...member(undefined) }],
  ['a member of another one, without a workspace', { team: null, ...member('T2') }],
  ['nowhere', { team: null, ...member(null) }],
  ['another organisation', { team: { id: 'T2', enterprise_id: 'E2' }, enterprise: { id: 'E2' }, ...member('E2') }],
])('a click from %s does not count: it is refused privately and logged', async (_, change) => {
  await start();
  expect(await click(change)).toBe(200);
  await vi.waitFor(() =>
    expect(slack.ephemerals).toMatchObject([{ user: 'U1', text: expect.stringContaining('another Slack workspace') }]),
  );
  expect(sent).not.toHaveBeenCalled();
  expect(lines.join('')).toContain('refused a click from another workspace');
});

it.each([
  ['our workspace', { team: { id: 'T1' }, ...member('T1') }],
  ['our workspace, without its members’', { team: { id: 'T1' }, ...member(undefined) }],
])('a click from %s counts', async (_, change) => {
  await start();
  expect(await click(change)).toBe(200);
  expect(sent).toHaveBeenCalledTimes(1);
});

it.each([
  ['our organisation counts', { team: null, enterprise: { id: 'E1' }, ...member('T7') }, 1],
  [
    'a workspace of it counts',
    { team: { id: 'T7', enterprise_id: 'E1' }, enterprise: { id: 'E1' }, ...member('T7') },
    1,
  ],
  ['another organisation does not', { team: null, enterprise: { id: 'E2' }, ...member('T7') }, 0],
  ['no organisation does not', { team: { id: 'T7' }, ...member('T7') }, 0],
  ['a foreign workspace in it does not', { team: { id: 'T8', enterprise_id: 'E2' }, enterprise: { id: 'E1' } }, 0],
])('where the app is installed for an organisation, a click from %s', async (_, change, count) => {
  await start('E1');
  expect(await click(change)).toBe(200);
  expect(sent).toHaveBeenCalledTimes(count);
});

it.each([{ status: 500 }, 'silent' as const, { error: 'invalid_auth' }])(
  'while Slack has not said which workspace is ours (%j), a click is not acknowledged, and counts later',
  async (outage) => {
    slack.outage = outage;
    await start();
    expect(await click({})).toBe(500);
    expect(sent).not.toHaveBeenCalled();
    expect(lines.join('')).toContain('SLACK_TEAM_ID');
    slack.outage = null;
    await vi.waitFor(async () => expect(await click({})).toBe(200), { timeout: 60_000, interval: 500 });
    expect(sent).toHaveBeenCalledTimes(1);
  },
  30_000,
);

it('a workspace that is known or configured needs no Slack', async () => {
  await start('T1');
  slack.outage = { status: 500 };
  expect(await click({})).toBe(200);
  expect(await click({ team: { id: 'T2' } })).toBe(200);
  expect(sent).toHaveBeenCalledTimes(1);
});
