// Approvals by e-mail with real workflows, a real mail server and a gateway behind a proxy; and people who get mails, open
// links and send forms. Each test has people of its own, because mails of the one before may still be on their way.

import type { Client } from '@temporalio/client';
import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, beforeEach, expect, vi } from 'vitest';
import type { ApprovalPolicy } from '../../contracts/approval.ts';
import type { ChannelAddress } from '../../contracts/people.ts';
import type { Gateway } from '../../client/gateway/start-gateway.ts';
import type { SliceOutcome } from '../../contracts/activities/agent.ts';
import { MailServer, type ReceivedMail, linkIn, tokenSecret } from '../fakes/mail-server.ts';
import { type ScriptedHost, nextSha, runInput, startRun, startScriptedHost } from '../workflows/scripted-host.ts';
import { approvalViewQuery } from '../../contracts/messages/approval.ts';
import { approvalWorkflowId } from '../../contracts/ids.ts';
import { email } from '../../people/email/email.ts';
import { makePeopleActivities } from '../../activities/people/activities.ts';
import { mailChannel } from '../../domain/approval/by-mail.ts';
import { noTotals } from '../../domain/money/usage.ts';
import { node } from '../domain/fixtures.ts';
import { openGateway } from './open-gateway.ts';
import { readToken, tokenOf } from '../../people/email/token.ts';

/** Two who may decide, and one who is asked where anybody may. */
export let [kim, lou, ona] = ['', '', ''];
export let policy: ApprovalPolicy;

/** Where browsers reach the gateway: a proxy stands before it. */
export const publicUrl = 'https://coppice.example.org/approvals';
/** What gateways have logged. */
export const logged: string[] = [];
const log = pino({ level: 'debug' }, { write: (line: string) => void logged.push(line) });

let host: ScriptedHost;
export let mail: MailServer;
export let gateway: Gateway;
let runs = 0;

beforeAll(async () => (host = await startScriptedHost(100)));
afterAll(() => host.close());
beforeEach(async () => {
  runs += 1;
  [kim, lou, ona] = [`kim${runs}@example.com`, `lou${runs}@example.com`, `ona${runs}@example.com`];
  policy = { rule: 'src/**: ask', by: ['m'], allowed: { email: [kim, lou] } };
  mail = await MailServer.start();
  const channel = email.openChannel(environment(), { webUi: null });
  if (channel === null) throw new Error('e-mail is not configured');
  Object.assign(host.activities, makePeopleActivities({ email: channel }, null));
  gateway = await open(host.client);
});
afterEach(async () => {
  await gateway.close();
  await mail.close();
});

function environment() {
  return mail.environment({ COPPICE_PUBLIC_URL: publicUrl });
}

export function open(client: Client): Promise<Gateway> {
  return openGateway({ env: environment(), client, log });
}

/** Another gateway in place of the one that serves. */
export async function reopen(client: Client): Promise<void> {
  await gateway.close();
  gateway = await open(client);
}

/** A run whose one unit asks about its landing, or about something else first. */
export async function ask(asking = policy, { first, title }: { first?: SliceOutcome; title?: string } = {}) {
  const only = { ...node('a'), ...(title === undefined ? {} : { title }) };
  const verdict = first === undefined ? ({ decide: 'ask', policy: asking } as const) : ({ decide: 'allow' } as const);
  const work = { result: nextSha(), base: nextSha(), verdict, changed: ['src/a.ts'], changedCount: 1 };
  host.activities.runSlice = async ({ slice }) => ({
    outcome: first !== undefined && slice === 1 ? first : { status: 'done', ...work },
    totals: first?.status === 'budget' ? { ...noTotals, costUsd: 5 } : noTotals,
    seconds: 0,
  });
  const channels: ChannelAddress[] = [{ medium: 'email', channel: mailChannel([ona]) }];
  const input = runInput(`m${runs}`, [only], { channels, unitBudgetUsd: 5 });
  const run = await startRun(host, input);
  const approval = host.client.workflow.getHandle(approvalWorkflowId(input.context.run, only.id, 1));
  return { run, approval, view: () => approval.query(approvalViewQuery) };
}

type Asked = Awaited<ReturnType<typeof ask>>;

export function eventually<Result>(check: () => Result | Promise<Result>): Promise<Result> {
  return vi.waitFor(check, { timeout: 60_000, interval: 50 });
}

/** The newest mail to somebody, once there are so many. */
export function mailTo(address: string, count = 1): Promise<ReceivedMail> {
  return eventually(() => {
    const found = mail.to(address);
    expect(found).toHaveLength(count);
    return found[count - 1] as ReceivedMail;
  });
}

export async function linkTo(address: string): Promise<string> {
  return linkIn(await mailTo(address)) ?? '';
}

/** As the proxy passes it on. */
function behindProxy(link: string): string {
  return link.replace(publicUrl, `http://127.0.0.1:${gateway.port}`);
}

export async function visit(link: string, init: RequestInit = {}) {
  const response = await fetch(behindProxy(link), { redirect: 'error', ...init });
  return { status: response.status, headers: response.headers, html: await response.text() };
}

export function send(link: string, fields: Readonly<Record<string, string>>, headers: Record<string, string> = {}) {
  return visit(link, { method: 'POST', body: new URLSearchParams(fields), headers });
}

export async function giveUp({ run }: Asked): Promise<void> {
  await run.cancel();
  await expect(run.result()).rejects.toThrow();
}

export function policyOf(addresses: readonly string[]) {
  return { rule: 'r', by: ['m'], allowed: { email: addresses }, paths: [], pathCount: 0 };
}

/** The link with another grant, signed as only we can. */
export function tokenFor(
  link: string,
  change: (grant: NonNullable<ReturnType<typeof readToken>>) => Parameters<typeof tokenOf>[0],
) {
  const token = link.slice(link.lastIndexOf('/') + 1);
  const grant = readToken(token, tokenSecret, Date.now());
  if (grant === null) throw new Error('not a good token');
  return link.replace(token, tokenOf(change(grant), tokenSecret));
}
