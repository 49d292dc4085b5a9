// `npm run fake:slack` as a person uses it: real cards of a real run, a gateway that is connected to it, and clicks that
// are typed or made on its page.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import type { ApprovalView } from '../../contracts/approval.ts';
import type { ChannelShown } from '../../scripts/fake-slack/workspace.ts';
import type { Gateway } from '../../client/gateway/start-gateway.ts';
import { type ScriptedHost, nextSha, runInput, startRun, startScriptedHost } from '../workflows/scripted-host.ts';
import { approvalWorkflowId } from '../../contracts/ids.ts';
import { freePorts } from '../../scripts/free-port.ts';
import { makePeopleActivities } from '../../activities/people/activities.ts';
import { node, sha, unit } from '../domain/fixtures.ts';
import { noTotals } from '../../domain/money/usage.ts';
import { openGateway } from '../gateway/open-gateway.ts';
import { markupText, readBlocks } from '../../scripts/fake-slack/blocks.ts';
import { slackChannel } from '../../people/slack/post.ts';

const program = fileURLToPath(new URL('../../scripts/fake-slack.ts', import.meta.url));
const log = pino({ level: 'silent' });
const policy = { rule: 'ask', by: ['maintainers'], allowed: { slack: ['U0000ULLA'], users: [], email: [] } };

let host: ScriptedHost;
let child: ChildProcess | null = null;
let gateway: Gateway | null = null;
let out = '';
let runs = 0;
beforeAll(async () => (host = await startScriptedHost(100)));
afterAll(() => host.close());
afterEach(async () => {
  await gateway?.close();
  gateway = null;
  if (child === null || child.exitCode !== null) return;
  child.kill('SIGTERM');
  await once(child, 'exit');
});

/** Starts the program, and an orchestrator and a gateway with the variables that it prints. */
async function start(...args: string[]): Promise<void> {
  out = '';
  const started = spawn(process.execPath, [program, '--port', '0', '--page-port', '0', ...args], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  child = started;
  started.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
  await shows(/^ready$/m);
  const env = Object.fromEntries(
    [...out.matchAll(/^export (\w+)=(.*)$/gm)].map(([, name = '', value = '']) => [name, value]),
  );
  const settings = { botToken: env['SLACK_BOT_TOKEN'] ?? '', apiUrl: env['SLACK_API_URL'] ?? '' };
  Object.assign(host.activities, makePeopleActivities({ slack: slackChannel(settings) }, null));
  const [, port = '0'] = /127\.0\.0\.1:(\d+)\/slack/.exec(args.join(' ')) ?? [];
  gateway = await openGateway({ env, client: host.client, log }, Number(port));
}

const shows = (text: RegExp | string) =>
  vi.waitFor(() => expect(out).toEqual(expect.stringMatching(text)), { timeout: 60_000 });
const type = (line: string) => child?.stdin?.write(`${line}\n`);

async function asking(): Promise<{ readonly decided: Promise<ApprovalView> }> {
  host.activities.runSlice = async () => {
    const work = { result: nextSha(), base: sha(2), changed: ['src/a.ts'], changedCount: 1 };
    const outcome = { status: 'done', verdict: { decide: 'ask', policy }, ...work } as const;
    return { outcome, totals: noTotals, seconds: 0 };
  };
  const input = runInput(`fake${(runs += 1)}`, [node('a')], {
    channels: [{ medium: 'slack', channel: 'C000COPPICE' }],
  });
  void (await startRun(host, input)).result().catch(() => undefined);
  const approval = host.client.workflow.getHandle(approvalWorkflowId(input.context.run, unit('a'), 1));
  await shows(/card 1[^]*Ulla[^]*\[ Approve \] \[ Deny \] \[ Details \]/);
  return { decided: approval.result() as Promise<ApprovalView> };
}

describe('the fake Slack', () => {
  it('shows a card, and clicks what is typed, by Socket Mode: details, somebody who may not, a denial with its reason', async () => {
    await start();
    await shows('a gateway is connected');
    const { decided } = await asking();
    type('details 1');
    await shows(/┌ Details[^]*src\/a\.ts/);
    type('as sam');
    type('approve 1');
    await shows(/only Sam sees: Only maintainers may decide this/);
    type('as ulla');
    type('deny 1 not before the release');
    expect(await decided).toMatchObject({
      status: 'denied',
      votes: [{ by: { channel: 'slack', id: 'U0000ULLA', name: 'Ulla' }, reason: 'not before the release' }],
    });
    await shows(/denied by Ulla[^]*not before the release/);
    type('approve 1');
    await shows('card 1 has no button for "approve"');
    type('quit');
    await vi.waitFor(() => expect(child?.exitCode).toBe(0), { timeout: 60_000 });
  });

  it('sends what is clicked on its page as signed requests, if it is told where the gateway is', async () => {
    const [port = 0] = await freePorts(1);
    await start('--http', `http://127.0.0.1:${port}/slack/events`);
    const { decided } = await asking();
    const [page = ''] = /http:\/\/127\.0\.0\.1:\d+\/$/m.exec(out) ?? [];
    const html = await fetch(page);
    expect([html.status, await html.text()]).toEqual([200, expect.stringContaining('# coppice')]);
    const look = async () => (await (await fetch(`${page}channel`)).json()) as ChannelShown;
    expect(await look()).toMatchObject({
      connected: true,
      cards: [{ number: 1, buttons: [{ label: 'Approve' }, {}, {}] }],
    });
    const act = async (body: object, contentType = 'application/json') => {
      const answer = await fetch(`${page}act`, {
        method: 'POST',
        headers: { 'content-type': contentType },
        body: JSON.stringify(body),
      });
      return { status: answer.status, ...((await answer.json()) as object) };
    };
    const press = { what: 'press', card: 1, button: 'approve', as: 'U0000ULLA' };
    expect(await act(press, 'text/plain')).toMatchObject({ status: 404 });
    expect(await act({ what: 'press', card: 7 })).toMatchObject({ status: 400 });
    expect(await act({ ...press, card: 7 })).toMatchObject({ taken: false, why: 'there is no card 7' });
    expect(await act({ what: 'submit', text: 'x' })).toMatchObject({ taken: false });
    expect(await act(press)).toMatchObject({ taken: true });
    expect(await decided).toMatchObject({ status: 'approved' });
    await vi.waitFor(async () => expect((await look()).cards[0]?.buttons).toEqual([]), { timeout: 60_000 });
    await gateway?.close();
    gateway = null;
    expect(await act({ what: 'press', card: 1, button: 'details', as: 'U0000ULLA' })).toMatchObject({ taken: false });
  });

  it('reads mentions and dates as Slack shows them, and nothing else', () => {
    const words = '<@U1> may decide until <!date^0^{date_short_pretty} {time}|1970>; &lt;b&gt; &amp;lt;';
    const name = (id: string) => `name of ${id}`;
    expect(markupText(words, name)).toMatch(/^@name of U1 may decide until .*1970.*; <b> &lt;$/);
    const odd = [null, 7, { type: 'section' }, { type: 'actions', elements: [{ type: 'image' }] }];
    expect(readBlocks(odd, name)).toEqual({ texts: [], buttons: [], asksFor: null });
  });
});
