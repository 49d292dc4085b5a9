// Decisions by e-mail, from the approval that opens to the mail that says how it ended: who gets which mail, and what their
// forms decide.

import { describe, expect, it } from 'vitest';
import type { ApprovalPolicy } from '../../contracts/approval.ts';
import { type ReceivedMail, linkIn } from '../fakes/mail-server.ts';
import {
  ask,
  eventually,
  giveUp,
  kim,
  linkTo,
  logged,
  lou,
  mail,
  mailTo,
  ona,
  policy,
  policyOf,
  publicUrl,
  send,
  tokenFor,
  visit,
} from './mail-bench.ts';
import { decideSignal } from '../../contracts/messages/approval.ts';
import { decision } from '../domain/fixtures.ts';
import { nextSha } from '../workflows/scripted-host.ts';

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
    await eventually(() => expect(mail.to(kim).length).toBeGreaterThanOrEqual(3));
    const [request, ...others] = mail.to(kim);
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
