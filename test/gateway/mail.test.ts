// Decisions by e-mail, from the approval that opens to the mail that says how it ended: real workflows, a real mail server,
// and a person who opens links and sends forms.

import { Client, Connection } from '@temporalio/client';
import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ApprovalPolicy } from '../../contracts/approval.ts';
import type { ChannelAddress } from '../../contracts/people.ts';
import type { Gateway } from '../../client/gateway/start-gateway.ts';
import type { SliceOutcome } from '../../contracts/activities/agent.ts';
import { MailServer, type ReceivedMail, linkIn, tokenSecret } from '../fakes/mail-server.ts';
import { type ScriptedHost, nextSha, runInput, startRun, startScriptedHost } from '../workflows/scripted-host.ts';
import { approvalViewQuery, decideSignal } from '../../contracts/messages/approval.ts';
import { approvalWorkflowId } from '../../contracts/ids.ts';
import { email } from '../../people/email/email.ts';
import { makePeopleActivities } from '../../activities/people/activities.ts';
import { mailChannel } from '../../domain/approval/by-mail.ts';
import { noTotals } from '../../domain/money/usage.ts';
import { decision, node } from '../domain/fixtures.ts';
import { openGateway } from './open-gateway.ts';
import { readToken, tokenOf } from '../../people/email/token.ts';

/** Where browsers reach the gateway: a proxy stands before it. */
const publicUrl = 'https://coppice.example.org/approvals';
const logged: string[] = [];
const log = pino({ level: 'debug' }, { write: (line: string) => void logged.push(line) });

let host: ScriptedHost;
let mail: MailServer;
let gateway: Gateway;
let runs = 0;
/** Of one test each: mails of the one before may still be on their way. */
let [kim, lou, ona] = ['', '', ''];
let policy: ApprovalPolicy;

beforeAll(async () => (host = await startScriptedHost(100)));
afterAll(() => host.close());
beforeEach(async () => {
  runs += 1;
  [kim, lou, ona] = [`kim${runs}@example.com`, `lou${runs}@example.com`, `ona${runs}@example.com`];
  policy = { rule: 'src/**: ask', by: ['m'], allowed: { email: [kim, lou] } };
  mail = await MailServer.start();
  const channel = email.openChannel(environment());
  if (channel === null) throw new Error('e-mail is not configured');
  Object.assign(host.activities, makePeopleActivities({ email: channel }));
  gateway = await open(host.client);
});
afterEach(async () => {
  await gateway.close();
  await mail.close();
});

function environment() {
  return mail.environment({ COPPICE_PUBLIC_URL: publicUrl });
}

function open(client: Client): Promise<Gateway> {
  return openGateway({ env: environment(), client, log });
}

/** A run whose one unit asks about its landing, or about something else first. */
async function ask(asking = policy, { first, title }: { first?: SliceOutcome; title?: string } = {}) {
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

function eventually<Result>(check: () => Result | Promise<Result>): Promise<Result> {
  return vi.waitFor(check, { timeout: 60_000, interval: 50 });
}

/** The newest mail to somebody, once there are so many. */
function mailTo(address: string, count = 1): Promise<ReceivedMail> {
  return eventually(() => {
    const found = mail.to(address);
    expect(found).toHaveLength(count);
    return found[count - 1] as ReceivedMail;
  });
}

async function linkTo(address: string): Promise<string> {
  return linkIn(await mailTo(address)) ?? '';
}

/** As the proxy passes it on. */
function behindProxy(link: string): string {
  return link.replace(publicUrl, `http://127.0.0.1:${gateway.port}`);
}

async function visit(link: string, init: RequestInit = {}) {
  const response = await fetch(behindProxy(link), { redirect: 'error', ...init });
  return { status: response.status, headers: response.headers, html: await response.text() };
}

function send(link: string, fields: Readonly<Record<string, string>>, headers: Record<string, string> = {}) {
  return visit(link, { method: 'POST', body: new URLSearchParams(fields), headers });
}

async function giveUp({ run }: Asked): Promise<void> {
  await run.cancel();
  await expect(run.result()).rejects.toThrow();
}

describe('a decision by e-mail', () => {
  it('is made by a POST and by nothing else, counts once, and everyone hears how it ended', async () => {
    const asked = await ask();
    const [link, other] = [await linkTo(kim), await linkTo(lou)];
    expect(link).not.toBe(other);
    expect(link.startsWith(`${publicUrl}/decide/`)).toBe(true);
    const methods = Array.from({ length: 50 }, (_, n) => (n % 2 === 0 ? 'GET' : 'HEAD'));
    const scans = await Promise.all(methods.map((method) => visit(link, { method })));
    expect(new Set(scans.map(({ status, html }) => `${status} ${html.length > 0}`))).toEqual(
      new Set(['200 true', '200 false']),
    );
    expect(await asked.view()).toMatchObject({ status: 'open', votes: [] });
    const shown = (await visit(link)).html;
    for (const said of ['May this land?', 'Title of a', 'src/', kim, 'value="approve"', 'value="deny"']) {
      expect(shown).toContain(said);
    }
    const { status, html } = await send(link, { decision: 'approve' });
    expect([status, html]).toEqual([200, expect.stringContaining('You have approved this')]);
    expect(html).toContain(`Approved by ${kim} (email)`);
    await expect(asked.run.result()).resolves.toMatchObject({ status: 'completed' });
    expect((await asked.view()).votes).toMatchObject([{ decision: 'approve', by: { channel: 'email', id: kim } }]);

    expect(await send(link, { decision: 'approve' })).toMatchObject({ status: 200, html });
    const changed = await send(link, { decision: 'deny', reason: 'after all' });
    expect([changed.status, changed.html]).toEqual([409, expect.stringContaining('You have approved this')]);
    const late = await send(other, { decision: 'deny' });
    expect([late.status, late.html]).toEqual([409, expect.stringContaining(`Approved by ${kim}`)]);
    expect((await visit(other)).html).not.toContain('<form');
    expect((await asked.view()).votes).toHaveLength(1);

    for (const address of [kim, lou]) {
      const [request, end] = [mail.to(address)[0], await mailTo(address, 2)];
      expect(end.parsed.inReplyTo).toBe(request?.parsed.messageId);
      expect(end.parsed.text).toContain(`Approved by ${kim.replace('@', '@\u200b')} (email)`);
    }
    expect(mail.to(ona)).toEqual([]);
    expect(logged.join('')).not.toContain(link.split('/').at(-1));
  });

  it('says no with a reason, which is shown as it was written and obeyed nowhere', async () => {
    const asked = await ask(policy, { title: '<img src=x onerror=alert(1)> "quoted"' });
    const link = await linkTo(kim);
    expect((await visit(link)).html).toContain('&lt;img src=x onerror=alert(1)&gt; &quot;quoted&quot;');
    const reason = '</textarea><script>alert(1)</script>\r\nX-Evil: 1';
    const { status, html } = await send(link, { decision: 'deny', reason });
    expect([status, html]).toEqual([200, expect.stringContaining('You have said no')]);
    expect(html).toContain('&lt;/textarea&gt;&lt;script&gt;alert(1)&lt;/script&gt;\nX-Evil: 1');
    expect(html).not.toContain('<script');
    await expect(asked.run.result()).rejects.toThrow();
    expect((await asked.view()).votes).toMatchObject([{ reason: '</textarea><script>alert(1)</script>\nX-Evil: 1' }]);
    const end = await mailTo(lou, 2);
    expect(end.parsed.text).toContain('| </textarea><script>alert(1)</script>\n| X-Evil: 1');
    expect(end.parsed.headers.map(({ key }) => key)).not.toContain('x-evil');
  });

  it('answers a question, where anybody may decide: those that notify.email.to names are asked', async () => {
    const anybody = { rule: 'question: asked by default', by: [], allowed: null };
    const verdict = { decide: 'ask', policy: anybody } as const;
    const asked = await ask(policy, {
      first: { status: 'question', call: 'c1', question: 'Do <b>weeks</b>\ncount?', verdict },
    });
    const link = await linkTo(ona);
    const shown = (await visit(link)).html;
    expect(shown).toContain('Do &lt;b&gt;weeks&lt;/b&gt;\ncount?');
    expect(shown).not.toContain('value="approve"');
    const empty = await send(link, { decision: 'answer', text: ' ' });
    expect([empty.status, empty.html]).toEqual([422, expect.stringContaining('Write an answer first')]);
    const misplaced = await send(link, { decision: 'approve' });
    expect([misplaced.status, misplaced.html]).toEqual([422, expect.stringContaining('Nothing was decided')]);
    expect((await send(link, { decision: 'answer', text: 'They <do>.' })).html).toContain('You have answered');
    await expect(asked.run.result()).resolves.toMatchObject({ status: 'completed' });
    expect((await asked.view()).votes).toMatchObject([{ decision: 'answer', text: 'They <do>.' }]);
    expect(mail.to(kim)).toEqual([]);
  });

  it('adds the sum that somebody enters to a budget', async () => {
    const asked = await ask(policy, { first: { status: 'budget' } });
    const link = await linkTo(ona);
    expect((await visit(link)).html).toContain('name="usd"');
    for (const usd of ['-1', '1e9', '0', 'NaN', '12,50', '99999999']) {
      expect(await send(link, { decision: 'approve', usd })).toMatchObject({ status: 422 });
    }
    expect((await asked.view()).votes).toEqual([]);
    expect(await send(link, { decision: 'approve', usd: '2.50' })).toMatchObject({ status: 200 });
    expect((await asked.view()).votes).toMatchObject([{ decision: 'approve', usd: 2.5 }]);
    await asked.run.result();
  });

  it('waits for the others where several must agree, and can be given once', async () => {
    const asked = await ask({
      ...policy,
      count: 2,
      required: [{ ...policyOf([kim, lou]), count: 2 }],
    } as ApprovalPolicy);
    const [link, other] = [await linkTo(kim), await linkTo(lou)];
    const { html } = await send(link, { decision: 'approve' });
    expect(html).toContain(`${kim} (email) agreed; still missing: 1 more of m`);
    expect(html).not.toContain('<form');
    expect((await visit(other)).html).toContain('still missing: 1 more of m');
    expect(await send(link, { decision: 'approve' })).toMatchObject({ status: 200 });
    expect((await asked.view()).votes).toHaveLength(1);
    await send(other, { decision: 'approve' });
    await expect(asked.run.result()).resolves.toMatchObject({ status: 'completed' });
  });

  it('is refused with the reason where it would not count, and what was written is kept', async () => {
    // The requester decides under two names.
    const persons = [{ name: 'dana', users: ['dana'], email: [kim] }];
    const required = [{ ...policyOf([kim, lou]), notRequester: true as const }, policyOf([kim])];
    const asked = await ask({ ...policy, persons, required });
    const link = await linkTo(kim);
    await send(link, { decision: 'approve' });
    const [, second] = [await mailTo(lou), tokenFor(link, (grant) => ({ ...grant, end: grant.end - 1 }))];
    const { status, html } = await send(second, { decision: 'approve' });
    expect([status, html]).toEqual([
      403,
      expect.stringContaining('dana has asked for this, so somebody else must agree.'),
    ]);
    await giveUp(asked);
  });
});

function policyOf(addresses: readonly string[]) {
  return { rule: 'r', by: ['m'], allowed: { email: addresses }, paths: [], pathCount: 0 };
}

/** The link with another grant, signed as only we can. */
function tokenFor(
  link: string,
  change: (grant: NonNullable<ReturnType<typeof readToken>>) => Parameters<typeof tokenOf>[0],
) {
  const token = link.slice(link.lastIndexOf('/') + 1);
  const grant = readToken(token, tokenSecret, Date.now());
  if (grant === null) throw new Error('not a good token');
  return link.replace(token, tokenOf(change(grant), tokenSecret));
}

describe('a link', () => {
  it('that is not exactly ours is refused, always in the same words, without asking Temporal', async () => {
    const asked = await ask();
    const link = await linkTo(kim);
    const token = link.slice(link.lastIndexOf('/') + 1);
    const [body = '', signature = ''] = token.split('.');
    const [, otherSignature = ''] = (await linkTo(lou)).split('/').at(-1)?.split('.') ?? [];
    const flipped = (text: string, at: number) =>
      text.slice(0, at) + (text[at] === 'A' ? 'B' : 'A') + text.slice(at + 1);
    const bad: Record<string, string> = {
      'a flipped bit in what it says': `${flipped(body, 20)}.${signature}`,
      'a flipped bit in the signature': `${body}.${flipped(signature, 5)}`,
      'another spelling of the same signature': `${body}.${signature.slice(0, -1)}${String.fromCharCode(signature.charCodeAt(42) + 1)}`,
      'the signature of another approver': `${body}.${otherSignature}`,
      'no signature': body,
      'an empty signature': `${body}.`,
      'more than a signature': `${token}.${signature}`,
      nothing: '',
      garbage: '%00%ff..%2e%2e',
      'an end that is over': tokenFor(link, (grant) => ({ ...grant, end: 1 })).slice(link.length - token.length),
      'another secret': tokenOf({ approval: 'x', hash: 'x', address: kim, end: 9e9 }, 'z'.repeat(40)),
      'no address': tokenFor(link, (grant) => ({ ...grant, address: 'nobody' })).slice(link.length - token.length),
    };
    const before = link.slice(0, link.length - token.length);
    const untouched = await open({ workflow: null } as unknown as Client);
    const pages = [];
    for (const [what, wrong] of Object.entries(bad)) {
      const url = `${before}${wrong}`.replace(publicUrl, `http://127.0.0.1:${untouched.port}`);
      pages.push({ what, ...(await visit(url)) }, { what, ...(await send(url, { decision: 'approve' })) });
    }
    await untouched.close();
    const [first] = pages;
    expect(pages.filter(({ status, html }) => status !== 403 || html !== first?.html)).toEqual([]);
    // Only the approval knows this one's.
    const stale = await send(
      tokenFor(link, (grant) => ({ ...grant, hash: nextSha() })),
      { decision: 'approve' },
    );
    expect([stale.status, stale.html]).toEqual([403, first?.html]);
    expect(await asked.view()).toMatchObject({ status: 'open', votes: [] });
    await giveUp(asked);
  });

  it('leads to a page that nobody keeps, frames, scripts or learns the address of', async () => {
    const asked = await ask();
    const { headers, html } = await visit(await linkTo(kim));
    expect(Object.fromEntries(headers)).toMatchObject({
      'cache-control': 'no-store',
      'content-type': 'text/html; charset=utf-8',
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'content-security-policy': expect.stringMatching(
        /^default-src 'none'; style-src 'sha256-[\w+/]+=*'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'$/,
      ),
    });
    expect(html).not.toMatch(/<script|<link|<img|\bsrc=|\bstyle=|\bon\w+=|https?:/i);
    // Below the path of the public address as well: not every proxy removes it.
    const link = await linkTo(kim);
    const whole = link.replace('https://coppice.example.org', `http://127.0.0.1:${gateway.port}`);
    expect(await visit(whole)).toMatchObject({ status: 200, html });
    await giveUp(asked);
  });

  it('decides nothing for another website, in another form, or with too much', async () => {
    const asked = await ask();
    const link = await linkTo(kim);
    const good = { decision: 'approve' };
    const refused = [
      [403, await send(link, good, { 'sec-fetch-site': 'cross-site' })],
      [403, await send(link, good, { 'sec-fetch-site': 'same-site' })],
      [403, await send(link, good, { origin: 'https://evil.example' })],
      [
        400,
        await visit(link, {
          method: 'POST',
          body: JSON.stringify(good),
          headers: { 'content-type': 'application/json' },
        }),
      ],
      [400, await send(link, { decision: 'destroy' })],
      [400, await send(link, {})],
      [413, await send(link, { ...good, reason: 'x'.repeat(300_000) })],
      [422, await send(link, { decision: 'deny', reason: 'x'.repeat(4_001) })],
      [404, await visit(link, { method: 'PUT' })],
      [404, await visit(link, { method: 'DELETE' })],
    ] as const;
    expect(refused.map(([wanted, { status }]) => [wanted, status])).toEqual(
      refused.map(([wanted]) => [wanted, wanted]),
    );
    expect(await asked.view()).toMatchObject({ status: 'open', votes: [] });
    // A browser names no origin where a page tells nobody where it was linked from.
    const own = await send(link, good, { 'sec-fetch-site': 'same-origin', origin: 'null' });
    expect(own.status).toBe(200);
    await asked.run.result();
  });

  it('says how it ended once it is closed, and decides nothing then', async () => {
    const asked = await ask();
    const link = await linkTo(kim);
    await giveUp(asked);
    const page = await visit(link);
    expect([page.status, page.html]).toEqual([200, expect.stringContaining('It is no longer needed.')]);
    expect(page.html).not.toContain('<form');
    expect((await send(link, { decision: 'approve' })).status).toBe(409);
    expect((await mailTo(kim, 2)).parsed.text).toContain('Cancelled');
  });

  it('of the highest tier shows what is asked, and decides nothing, even if somebody made one', async () => {
    const asked = await ask({ ...policy, tier: 'critical' });
    expect(linkIn(await mailTo(kim))).toBeNull();
    const { id, hash } = await asked.view();
    const token = tokenOf({ approval: id, hash, address: kim, end: 9e9 }, tokenSecret);
    const page = await visit(`${publicUrl}/decide/${token}`);
    expect([page.status, page.html]).toEqual([200, expect.stringContaining('highest tier')]);
    expect(page.html).not.toContain('<form');
    expect((await send(`${publicUrl}/decide/${token}`, { decision: 'approve' })).status).toBe(403);
    expect(await asked.view()).toMatchObject({ status: 'open', votes: [] });
    await giveUp(asked);
  });

  it('loses nothing while Temporal is away, and says so', async () => {
    const asked = await ask();
    const link = await linkTo(kim);
    await gateway.close();
    const connection = Connection.lazy({ address: '127.0.0.1:1' });
    gateway = await open(new Client({ connection, namespace: 'default' }));
    const sent = await send(link, { decision: 'approve' });
    expect([sent.status, sent.html]).toEqual([503, expect.stringContaining('could not be recorded')]);
    await giveUp(asked);
  });

  it('records a decision while no worker answers', async () => {
    const asked = await ask();
    const link = await linkTo(kim);
    await gateway.close();
    const signal = vi.fn<() => Promise<void>>(() => Promise.resolve());
    const query = () => Promise.reject(Object.assign(new Error('no poller'), { code: 9 }));
    const perform = (_: number, call: () => Promise<unknown>) => call();
    gateway = await open({
      withDeadline: perform,
      connection: { withDeadline: perform },
      workflow: { getHandle: () => ({ signal, query }) },
    } as unknown as Client);
    const page = await visit(link);
    expect([page.status, page.html]).toEqual([503, expect.stringContaining('Nothing is lost')]);
    const sent = await send(link, { decision: 'approve' });
    expect([sent.status, sent.html]).toEqual([202, expect.stringContaining('recorded')]);
    expect(signal).toHaveBeenCalledTimes(1);
    await giveUp(asked);
  });
});

describe('the mails of an approval', () => {
  it('reach everyone else when one is refused, once, and operators see who was not told', async () => {
    mail.refusals.set(lou, { code: 550, message: 'no such user', always: true });
    mail.refusals.set(kim, { code: 451, message: 'greylisted' });
    const asked = await ask();
    await mailTo(kim);
    await eventually(async () => {
      const { currentDetails } = await asked.approval.query<{ currentDetails?: string }>(
        '__temporal_workflow_metadata',
      );
      expect(currentDetails).toMatch(/not told: lou.*no such user/);
    });
    await send(await linkTo(kim), { decision: 'approve' });
    await asked.run.result();
    await mailTo(kim, 2);
    expect(mail.to(lou)).toEqual([]);
  });

  it('remind, and tell those who may decide later, as soon as they may', async () => {
    const escalate = { afterSeconds: 2, to: ['owners'], people: { email: [ona] } };
    const asked = await ask({ ...policy, timing: { remindSeconds: 1, escalate } });
    await eventually(() => expect(mail.to(ona)).not.toEqual([]));
    const [request, ...others] = mail.to(kim);
    expect(others.length).toBeGreaterThanOrEqual(2);
    expect(new Set(others.map(({ parsed }) => parsed.inReplyTo))).toEqual(new Set([request?.parsed.messageId]));
    expect(others.at(-1)?.parsed.text).toContain('Still waits for your decision');
    const [added] = mail.to(ona);
    expect(added?.parsed.text).toContain('Nobody has decided yet, so you may now.');
    await send(linkIn(added as ReceivedMail) ?? '', { decision: 'approve' });
    await expect(asked.run.result()).resolves.toMatchObject({ status: 'completed' });
    expect((await asked.view()).votes).toMatchObject([{ by: { id: ona } }]);
    await eventually(() =>
      expect(mail.to(ona).at(-1)?.parsed.text).toContain(`Approved by ${ona.replace('@', '@\u200b')}`),
    );
  });

  it('tell only the one who decided, and was asked, that it did not count', async () => {
    const asked = await ask();
    await Promise.all([mailTo(kim), mailTo(lou)]);
    const stale = (id: string) =>
      decision({ decisionId: `by-${id}`, hash: nextSha(), by: { channel: 'email', id, name: id } });
    await asked.approval.signal(decideSignal, stale('stranger@example.com'));
    await asked.approval.signal(decideSignal, stale(lou));
    const reply = await mailTo(lou, 2);
    expect(reply.parsed.text).toContain('What you decided on has changed since');
    expect(reply.parsed.inReplyTo).toBe(mail.to(lou)[0]?.parsed.messageId);
    await giveUp(asked);
    await Promise.all([mailTo(kim, 2), mailTo(lou, 3)]);
    expect(mail.to('stranger@example.com')).toEqual([]);
  });
});
