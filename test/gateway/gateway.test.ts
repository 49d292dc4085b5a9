import { request as httpRequest } from 'node:http';
import { Client, Connection } from '@temporalio/client';
import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ApprovalPolicy } from '../../contracts/approval.ts';
import type { SliceOutcome } from '../../contracts/activities/agent.ts';
import type { Gateway } from '../../client/gateway/start-gateway.ts';
import type { PlanNode } from '../../contracts/documents/plan.ts';
import type { ScriptedHost } from '../workflows/scripted-host.ts';
import { type SlackServer, formOf, sendSigned, signingSecret } from '../fakes/slack-server.ts';
import { approvalWorkflowId } from '../../contracts/ids.ts';
import { startSlackOf } from '../people/slack-of-host.ts';
import { node } from '../domain/fixtures.ts';
import { nextSha, runInput, startRun, startScriptedHost } from '../workflows/scripted-host.ts';
import { openGateway } from './open-gateway.ts';
import { approvalViewQuery } from '../../contracts/messages/approval.ts';

const policy = { rule: 'src/**: ask', by: ['m'], allowed: { slack: ['U1'], users: [], email: [] } };
const logged: string[] = [];
const log = pino({ level: 'debug' }, { write: (line: string) => void logged.push(line) });

let host: ScriptedHost;
let slack: SlackServer;
let gateway: Gateway;
let runs = 0;

beforeAll(async () => (host = await startScriptedHost(100)));
afterAll(() => host.close());
beforeEach(async () => {
  slack = await startSlackOf(host);
});
afterEach(async () => {
  await gateway.close();
  await slack.close();
});

async function overHttp(client: Client = host.client): Promise<string> {
  gateway = await openGateway({ env: slack.environment(), client, log });
  return `http://127.0.0.1:${gateway.port}/slack/events`;
}

async function overSocket(): Promise<void> {
  gateway = await openGateway({ env: slack.environment({ appToken: 'xapp-test' }), client: host.client, log });
  await vi.waitFor(() => expect(slack.connected).toBe(true), { timeout: 60_000 });
}

/** A run whose one unit asks, and is done when it asks something else first; the card is in Slack when this answers. */
async function ask(asking: ApprovalPolicy = policy, first?: SliceOutcome) {
  runs += 1;
  const only: PlanNode = node('a');
  const verdict = first === undefined ? ({ decide: 'ask', policy: asking } as const) : ({ decide: 'allow' } as const);
  host.activities.runSlice = async ({ slice }) => ({
    outcome:
      first !== undefined && slice === 1
        ? first
        : { status: 'done', result: nextSha(), base: nextSha(), verdict, changed: ['src/a.ts'], changedCount: 1 },
    totals: {
      turns: 1,
      usage: { inputTokens: 0, outputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0 },
      costUsd: 0,
      estimated: false,
      hosts: [],
    },
    host: 'h1',
    seconds: 0,
  });
  const input = runInput(`g${runs}`, [only], { channels: [{ medium: 'slack', channel: 'C1' }] });
  const run = await startRun(host, input);
  await vi.waitFor(() => expect(slack.messages).toHaveLength(1), { timeout: 60_000 });
  const approval = host.client.workflow.getHandle(approvalWorkflowId(input.context.run, only.id, 1));
  return { run, approval, view: () => approval.query(approvalViewQuery) };
}

it('a port that is taken is an error that says how to choose another one', async () => {
  await overHttp();
  const second = openGateway({ env: slack.environment(), client: host.client, log }, gateway.port);
  await expect(second).rejects.toMatchObject({
    type: 'BadInput',
    message: `cannot listen on 127.0.0.1, port ${gateway.port}: another program uses this port`,
  });
});

describe('a click in Slack', () => {
  it('approves by a signed request: signal first, then the acknowledgement; the card is replaced', async () => {
    const url = await overHttp();
    const { run, view } = await ask();
    expect(await slack.clickOverHttp(url, { action: 'coppice_approve' })).toBe(200);
    await expect(run.result()).resolves.toMatchObject({ status: 'completed' });
    expect(await view()).toMatchObject({ status: 'approved', votes: [{ by: { channel: 'slack', id: 'U1' } }] });
    // Beside the run, which does not wait for Slack.
    await vi.waitFor(() => expect(slack.messages[0]?.text).toContain('approved by name-of-U1 (slack)'), {
      timeout: 60_000,
    });
    expect(slack.messages).toHaveLength(1);
    expect(slack.ephemerals).toEqual([]);
  });

  it('denies by an envelope of Socket Mode, at once where Slack opens no window', async () => {
    await overSocket();
    slack.opensNoView = 'expired_trigger_id';
    const { run, view } = await ask();
    const envelope = slack.clickOverSocket({ action: 'coppice_deny' });
    await expect(run.result()).rejects.toThrow();
    expect(await view()).toMatchObject({ status: 'denied' });
    expect(slack.acknowledged).toContain(envelope);
  });

  it('asks for the reason of a denial in a window, and denies when that is sent in', async () => {
    const url = await overHttp();
    const { run, view } = await ask();
    expect(await slack.clickOverHttp(url, { action: 'coppice_deny' })).toBe(200);
    expect((await view()).status).toBe('open');
    expect(slack.views).toHaveLength(1);
    const sent = formOf(slack.submission({ text: ' too <large> ' }));
    expect(await sendSigned(url, sent)).toBe(200);
    await expect(run.result()).rejects.toThrow();
    expect(await view()).toMatchObject({ status: 'denied', votes: [{ reason: 'too <large>', by: { id: 'U1' } }] });
    // Slack delivers it again.
    expect(await sendSigned(url, sent)).toBe(200);
    expect((await view()).votes).toHaveLength(1);
  });

  it('decides nothing while the window of a denial may be open, and is denied with the reason', async () => {
    const url = await overHttp();
    const { run, view } = await ask();
    slack.late.set('views.open', 2_000);
    const pressed = Date.now();
    expect(await slack.clickOverHttp(url, { action: 'coppice_deny' })).toBe(200);
    expect(Date.now() - pressed).toBeLessThan(3_000);
    await vi.waitFor(() => expect(slack.views).toHaveLength(1));
    expect((await view()).status).toBe('open');
    expect(await sendSigned(url, formOf(slack.submission({ text: 'too large' })))).toBe(200);
    await expect(run.result()).rejects.toThrow();
    expect(await view()).toMatchObject({ status: 'denied', votes: [{ reason: 'too large' }] });
    expect(slack.ephemerals).toEqual([]);
  });

  it.each([
    ['never answers', () => slack.held.add('views.open')],
    ['has failed half way', () => (slack.opensNoView = 'internal_error')],
    ['has opened it for the same click', () => (slack.opensNoView = 'exchanged_trigger_id')],
  ])('decides nothing where the window may be open, and the person is told: Slack %s', async (_, fail) => {
    const url = await overHttp();
    const { run, view } = await ask();
    fail();
    expect(await slack.clickOverHttp(url, { action: 'coppice_deny' })).toBe(200);
    await vi.waitFor(
      () =>
        expect(slack.ephemerals).toMatchObject([
          { user: 'U1', text: expect.stringMatching(/^Nothing is recorded: .*\/coppice deny run:.*:approval:1$/) },
        ]),
      { timeout: 60_000 },
    );
    expect(await view()).toMatchObject({ status: 'open', votes: [] });
    await run.cancel();
    await expect(run.result()).rejects.toThrow();
  });

  it('may be sent in by nobody who may not decide, and from no other workspace', async () => {
    const url = await overHttp();
    const { run, view } = await ask();
    await slack.clickOverHttp(url, { action: 'coppice_deny', user: 'U9' });
    expect(await sendSigned(url, formOf(slack.submission({ text: 'no', user: 'U9' })))).toBe(200);
    const foreign = { ...slack.submission({ text: 'no' }), team: { id: 'T2' }, user: { id: 'U1', team_id: 'T2' } };
    expect(await sendSigned(url, formOf(foreign))).toBe(200);
    await vi.waitFor(() => expect(slack.ephemerals.map(({ text }) => text)).toContain('Only m may decide this.'), {
      timeout: 60_000,
    });
    expect(await view()).toMatchObject({ status: 'open', votes: [] });
    await run.cancel();
    await expect(run.result()).rejects.toThrow();
  });

  it('of a member of a user group counts, at the landing as well; others are refused', async () => {
    const url = await overHttp();
    slack.groups['S0614TZR7'] = ['U1', 'U2'];
    const { run, view } = await ask({ rule: 'src/**: ask', by: ['m'], allowed: { slack: ['S0614TZR7'] } });
    expect(JSON.stringify(slack.messages[0]?.blocks)).toContain('M (<!subteam^S0614TZR7>) may decide');
    // Where Slack is slow, nobody counts as a member, and clicks again.
    const approveUntil = (user: string, done: () => Promise<unknown>): Promise<unknown> =>
      vi.waitFor(
        async () => {
          await slack.clickOverHttp(url, { action: 'coppice_approve', user });
          await done();
        },
        { timeout: 60_000, interval: 500 },
      );
    await approveUntil('U9', async () =>
      expect(slack.ephemerals.map(({ text }) => text)).toContain('Only m may decide this.'),
    );
    expect((await view()).votes).toEqual([]);
    await approveUntil('U2', async () => expect((await view()).votes).toHaveLength(1));
    await expect(run.result()).resolves.toMatchObject({ status: 'completed' });
    expect(await view()).toMatchObject({ votes: [{ by: { id: 'U2', groups: ['S0614TZR7'] } }] });
  });

  it('of a member counts also where there are more user groups than a button names', async () => {
    const url = await overHttp();
    const all = Array.from({ length: 24 }, (_, i) => `SGROUP${i}`);
    for (const group of all) slack.groups[group] = [];
    slack.groups['SGROUP23'] = ['U2'];
    const { run, view } = await ask({ rule: 'src/**: ask', by: ['m'], allowed: { slack: all } });
    await vi.waitFor(
      async () => {
        // Not acknowledged while no worker says which groups they are.
        await slack.clickOverHttp(url, { action: 'coppice_approve', user: 'U2' }).catch(() => undefined);
        expect((await view()).votes).toHaveLength(1);
      },
      { timeout: 60_000, interval: 500 },
    );
    await expect(run.result()).resolves.toMatchObject({ status: 'completed' });
  });

  it('does not count while Slack does not say who is in the group, and the refusal says so', async () => {
    const url = await overHttp();
    const { run, view } = await ask({ rule: 'src/**: ask', by: ['m'], allowed: { slack: ['S0614TZR7'] } });
    await slack.clickOverHttp(url, { action: 'coppice_approve' });
    await vi.waitFor(
      () =>
        expect(slack.ephemerals.map(({ text }) => text)).toEqual([
          'Only m may decide this. Slack does not say now whether you belong to the user group S0614TZR7: try again soon.',
        ]),
      { timeout: 60_000 },
    );
    expect(await view()).toMatchObject({ status: 'open', votes: [] });
    // The next one who decides asks again; a denial in a window knows the group, too.
    slack.groups['S0614TZR7'] = ['U1'];
    await vi.waitFor(
      async () => {
        await slack.clickOverHttp(url, { action: 'coppice_deny' });
        expect(await sendSigned(url, formOf(slack.submission({ text: 'no' })))).toBe(200);
        expect((await view()).status).toBe('denied');
      },
      { timeout: 60_000, interval: 500 },
    );
    await expect(run.result()).rejects.toThrow();
    expect(await view()).toMatchObject({ status: 'denied' });
  });

  it('answers a question in a window', async () => {
    const url = await overHttp();
    const { run, view } = await ask(policy, {
      status: 'question',
      call: 'c1',
      question: 'Weeks?',
      verdict: { decide: 'ask', policy },
    });
    expect(await slack.clickOverHttp(url, { action: 'coppice_answer' })).toBe(200);
    expect(await sendSigned(url, formOf(slack.submission({ text: 'Weeks count.' })))).toBe(200);
    await expect(run.result()).resolves.toMatchObject({ status: 'completed' });
    expect(await view()).toMatchObject({ status: 'approved', votes: [{ decision: 'answer', text: 'Weeks count.' }] });
  });

  it('shows the details in a window, which is filled when the approval has answered', async () => {
    const url = await overHttp();
    const { run } = await ask();
    expect(await slack.clickOverHttp(url, { action: 'coppice_details', user: 'U9' })).toBe(200);
    await vi.waitFor(() => expect(JSON.stringify(slack.views[0]?.view.blocks)).toContain('src/a.ts'), {
      timeout: 60_000,
    });
    expect(JSON.stringify(slack.views[0]?.view)).not.toContain('private_metadata');
    await run.cancel();
    await expect(run.result()).rejects.toThrow();
  });

  it('counts once when an envelope is delivered twice, and the second is told', async () => {
    await overSocket();
    const { run, view } = await ask();
    slack.clickOverSocket({ action: 'coppice_approve' }, 2);
    await run.result();
    expect((await view()).votes).toHaveLength(1);
    await vi.waitFor(() =>
      expect(slack.ephemerals.map(({ text }) => text)).toEqual(['This click was already recorded.']),
    );
  });

  it('of one group does not decide while another is missing: the card and the list say who, then it lands', async () => {
    const url = await overHttp();
    const group = (by: string, slackId: string) => ({
      rule: `${by}/**: ask`,
      by: [by],
      allowed: { slack: [slackId], users: [], email: [] },
      paths: [`${by}/a`],
      pathCount: 1,
    });
    const required = [group('writers', 'U1'), group('maintainers', 'U2')];
    const { run, approval, view } = await ask({ ...policy, by: ['writers', 'maintainers'], allowed: null, required });
    expect(await slack.clickOverHttp(url, { action: 'coppice_approve' })).toBe(200);
    await vi.waitFor(
      () => expect(JSON.stringify(slack.messages[0]?.blocks)).toContain('agreed; still missing: maintainers'),
      { timeout: 60_000 },
    );
    expect(await view()).toMatchObject({ status: 'open', votes: [{ by: { id: 'U1' } }] });
    expect((await approval.describe()).memo).toMatchObject({ approval: { votes: [{ by: { id: 'U1' } }] } });
    await slack.clickOverHttp(url, { action: 'coppice_approve' });
    await vi.waitFor(
      () => expect(slack.ephemerals.map(({ text }) => text)).toEqual([expect.stringMatching(/missing/)]),
      {
        timeout: 60_000,
      },
    );
    await slack.clickOverHttp(url, { action: 'coppice_approve', user: 'U2' });
    await expect(run.result()).resolves.toMatchObject({ status: 'completed' });
    await vi.waitFor(
      () => expect(slack.messages[0]?.text).toContain('approved by name-of-U1 (slack) and name-of-U2 (slack)'),
      { timeout: 60_000 },
    );
    expect(slack.messages).toHaveLength(1);
  });

  it('counts once when it is a double click, and the second is told that it is closed', async () => {
    const url = await overHttp();
    const { run, view } = await ask();
    const click = { action: 'coppice_approve' };
    await Promise.all([slack.clickOverHttp(url, click), slack.clickOverHttp(url, click)]);
    await run.result();
    expect((await view()).votes).toHaveLength(1);
    await vi.waitFor(
      () => expect(slack.ephemerals.map(({ text }) => text)).toEqual([expect.stringMatching(/closed/)]),
      {
        timeout: 60_000,
      },
    );
  });

  it('counts once when the same signed request is sent again', async () => {
    const url = await overHttp();
    const { run, view } = await ask();
    const body = formOf(slack.payload({ action: 'coppice_approve' }));
    const timestamp = Math.floor(Date.now() / 1000);
    expect(await sendSigned(url, body, { timestamp })).toBe(200);
    expect(await sendSigned(url, body, { timestamp })).toBe(200);
    await run.result();
    expect((await view()).votes).toHaveLength(1);
    await vi.waitFor(() =>
      expect(slack.ephemerals).toMatchObject([{ user: 'U1', text: 'This click was already recorded.' }]),
    );
  });

  it('is refused privately for somebody who may not decide, and the card stays open', async () => {
    const url = await overHttp();
    const { run, view } = await ask();
    expect(await slack.clickOverHttp(url, { action: 'coppice_approve', user: 'U9' })).toBe(200);
    await vi.waitFor(() => expect(slack.ephemerals).toMatchObject([{ user: 'U9', text: 'Only m may decide this.' }]), {
      timeout: 60_000,
    });
    expect((await view()).status).toBe('open');
    await run.cancel();
    await expect(run.result()).rejects.toThrow();
  });

  it('on a card whose approval has closed is answered "closed", privately, and runs nothing', async () => {
    const url = await overHttp();
    const { run } = await ask();
    const card = slack.payload({ action: 'coppice_approve' });
    await run.cancel();
    await expect(run.result()).rejects.toThrow();
    expect(await sendSigned(url, formOf(card))).toBe(200);
    await vi.waitFor(() =>
      expect(slack.ephemerals).toMatchObject([{ user: 'U1', text: expect.stringContaining('closed') }]),
    );
  });

  it('on a card whose subject has changed since is refused as stale', async () => {
    const url = await overHttp();
    const { run, approval, view } = await ask();
    const value = JSON.stringify({ id: approval.workflowId, hash: nextSha() });
    await slack.clickOverHttp(url, { action: 'coppice_approve', value });
    await vi.waitFor(() => expect(slack.ephemerals[0]?.text).toContain('has changed since'), { timeout: 60_000 });
    expect((await view()).status).toBe('open');
    await run.cancel();
    await expect(run.result()).rejects.toThrow();
  });

  it('is not acknowledged when Temporal cannot be reached, so that Slack shows it', async () => {
    const connection = Connection.lazy({ address: '127.0.0.1:1' });
    const url = await overHttp(new Client({ connection, namespace: 'default' }));
    const { run, view } = await ask();
    expect(await slack.clickOverHttp(url, { action: 'coppice_approve' })).toBeGreaterThanOrEqual(500);
    expect((await view()).status).toBe('open');
    await run.cancel();
    await expect(run.result()).rejects.toThrow();
  });
});

describe('the gateway', () => {
  const sent = vi.fn<() => Promise<never>>();
  /** Stands where Temporal's client would be asked, and must not be. */
  const untouched = { withDeadline: sent } as unknown as Client;

  it.each([
    ['six minutes old', { timestamp: -360 }],
    ['a day ahead', { timestamp: 86_400 }],
    ['signed with another secret', { secret: 'wrong' }],
    ['not signed', { headers: { 'x-slack-signature': '' } }],
  ])('refuses a request that is %s, without a call to a workflow', async (_, change) => {
    const url = await overHttp(untouched);
    const value = JSON.stringify({ id: 'run:r1:unit:a:approval:1', hash: nextSha() });
    const body = formOf(slack.payload({ action: 'coppice_approve', value }));
    const timestamp = 'timestamp' in change ? Math.floor(Date.now() / 1000) + change.timestamp : undefined;
    const { timestamp: __, ...rest } = { timestamp: undefined, ...change };
    expect(await sendSigned(url, body, timestamp === undefined ? rest : { timestamp })).toBe(401);
    expect(sent).not.toHaveBeenCalled();
  });

  it('does not acknowledge a second delivery before the first has reached Temporal', async () => {
    const first = Promise.withResolvers<never>();
    const withDeadline = vi.fn<() => Promise<never>>(() => first.promise);
    const url = await overHttp({ withDeadline } as unknown as Client);
    const value = JSON.stringify({ id: 'run:r1:unit:a:approval:1', hash: nextSha() });
    const body = formOf(slack.payload({ action: 'coppice_approve', value }));
    const timestamp = Math.floor(Date.now() / 1000);
    const deliveries = [sendSigned(url, body, { timestamp })];
    await vi.waitFor(() => expect(withDeadline).toHaveBeenCalledTimes(1));
    deliveries.push(sendSigned(url, body, { timestamp }));
    await new Promise((resolve) => setTimeout(resolve, 100));
    first.reject(new Error('Temporal is down'));
    expect(await Promise.all(deliveries)).toEqual([500, 500]);
    expect(withDeadline).toHaveBeenCalledTimes(1);
  });

  it('acknowledges unknown actions and values that are not ours, and does nothing', async () => {
    const url = await overHttp(untouched);
    expect(await slack.clickOverHttp(url, { action: 'something_else', value: 'x' })).toBe(200);
    expect(await slack.clickOverHttp(url, { action: 'coppice_approve', value: '{"id":"queue:x","hash":"y"}' })).toBe(
      200,
    );
    expect(sent).not.toHaveBeenCalled();
  });

  it('refuses a payload that is broken', async () => {
    const url = await overHttp(untouched);
    expect(await sendSigned(url, 'payload=%7Bbroken')).toBeGreaterThanOrEqual(400);
    expect(await sendSigned(url, 'nothing')).toBeGreaterThanOrEqual(400);
    expect(sent).not.toHaveBeenCalled();
  });

  it.each([true, false])('refuses a body of 150 MB without keeping it (length announced: %s)', async (announced) => {
    const url = await overHttp(untouched);
    const before = process.memoryUsage().rss;
    expect(await pour(url, announced)).toBe(413);
    expect(process.memoryUsage().rss - before).toBeLessThan(50 * 1024 * 1024);
  });

  it('says that it is healthy, knows no other page, and logs no secret', async () => {
    const url = await overHttp(untouched);
    expect((await fetch(url.replace('/slack/events', '/healthz'))).status).toBe(200);
    expect((await fetch(url.replace('/slack/events', '/other'))).status).toBe(404);
    expect((await fetch(url)).status).toBe(404);
    expect(logged.join('')).not.toContain(signingSecret);
    expect(logged.join('')).not.toContain('xoxb-test');
  });

  it('does not start when Slack is configured by half', async () => {
    const { SLACK_SIGNING_SECRET: _, ...half } = slack.environment();
    await expect(openGateway({ env: half, client: untouched, log })).rejects.toMatchObject({
      type: 'BadInput',
      message: 'Slack needs SLACK_APP_TOKEN (Socket Mode) or SLACK_SIGNING_SECRET (HTTP) as well as SLACK_BOT_TOKEN',
    });
    const other = { SLACK_APP_TOKEN: 'xapp-1', SLACK_SIGNING_SECRET: signingSecret };
    await expect(openGateway({ env: other, client: untouched, log })).rejects.toMatchObject({
      type: 'BadInput',
      message: 'Slack needs SLACK_BOT_TOKEN as well as SLACK_APP_TOKEN and SLACK_SIGNING_SECRET',
    });
    await overHttp(untouched); // for the hook that closes it
  });
});

/** Sends 150 MB and answers the status, whenever it comes; a connection that is cut without one counts as 413. */
function pour(url: string, announced: boolean): Promise<number> {
  const size = 150 * 1024 * 1024;
  const chunk = Buffer.alloc(64 * 1024, 'x');
  return new Promise((resolve) => {
    const headers = {
      'content-type': 'application/x-www-form-urlencoded',
      'x-slack-request-timestamp': String(Math.floor(Date.now() / 1000)),
      'x-slack-signature': 'v0=00',
      ...(announced ? { 'content-length': size } : {}),
    };
    const request = httpRequest(url, { method: 'POST', headers }, (response) => {
      resolve(response.statusCode ?? 0);
      response.resume();
      request.destroy();
    });
    request.on('error', () => resolve(413));
    let left = size;
    const more = (): void => {
      while (left > 0 && !request.destroyed) {
        left -= chunk.length;
        if (!request.write(chunk)) return void request.once('drain', more);
      }
      request.end();
    };
    more();
  });
}
