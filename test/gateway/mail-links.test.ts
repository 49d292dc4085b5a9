// Links in mails: which are good, what the page behind one shows and sends, and what it says when something is away.

import { Client, Connection } from '@temporalio/client';
import { describe, expect, it, vi } from 'vitest';
import { linkIn, tokenSecret } from '../fakes/mail-server.ts';
import {
  ask,
  gateway,
  giveUp,
  kim,
  linkTo,
  lou,
  mailTo,
  open,
  policy,
  publicUrl,
  reopen,
  send,
  tokenFor,
  visit,
} from './mail-bench.ts';
import { nextSha } from '../workflows/scripted-host.ts';
import { tokenOf } from '../../people/email/token.ts';

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
    const connection = Connection.lazy({ address: '127.0.0.1:1' });
    await reopen(new Client({ connection, namespace: 'default' }));
    const sent = await send(link, { decision: 'approve' });
    expect([sent.status, sent.html]).toEqual([503, expect.stringContaining('could not be recorded')]);
    await giveUp(asked);
  });

  it('records a decision while no worker answers', async () => {
    const asked = await ask();
    const link = await linkTo(kim);
    const signal = vi.fn<() => Promise<void>>(() => Promise.resolve());
    const query = () => Promise.reject(Object.assign(new Error('no poller'), { code: 9 }));
    const perform = (_: number, call: () => Promise<unknown>) => call();
    await reopen({
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
