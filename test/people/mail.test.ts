// Mails as they arrive at a mail server: what is in them, that nothing in them is obeyed, and what becomes of those that a
// server does not take.

import { MockActivityEnvironment } from '@temporalio/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ApprovalCard, ApprovalView } from '../../contracts/approval.ts';
import type { PostedCard } from '../../contracts/people.ts';
import { MailServer, type ReceivedMail, linkIn, mailLogin, tokenSecret } from '../fakes/mail-server.ts';
import { atMoment, escalated } from '../../domain/approval/timing.ts';
import { decide } from '../../domain/approval/decide.ts';
import { decision, noon, openView } from '../domain/fixtures.ts';
import { email } from '../../people/email/email.ts';
import { failureType } from '../../contracts/failures.ts';
import { makePeopleActivities } from '../../activities/people/activities.ts';

const kim = 'kim@example.com';
const open = openView({
  policy: {
    rule: 'merge of src/**: ask',
    by: ['maintainers'],
    allowed: { slack: [], users: [], email: [kim, 'lou@example.com'] },
  },
});
const byKim = { channel: 'email', id: kim, name: kim } as const;

let server: MailServer;

beforeEach(async () => (server = await MailServer.start()));
afterEach(() => server.close());

function activities(env: Readonly<Record<string, string>> = server.environment()) {
  const channel = email.openChannel(env, { webUi: null });
  if (channel === null) throw new Error('e-mail is not configured');
  return makePeopleActivities({ email: channel }, null);
}

function cardOf(view: ApprovalView, channel = kim): ApprovalCard {
  return { view, medium: 'email', channel };
}

/** Posts as a worker does, at this attempt. */
function post(view: ApprovalView, { attempt = 1, env = server.environment() } = {}): Promise<PostedCard | null> {
  const { postCard } = activities(env);
  return new MockActivityEnvironment({ attempt }).run<[ApprovalCard], PostedCard | null, typeof postCard>(
    postCard,
    cardOf(view),
  );
}

function remind(card: PostedCard, view: ApprovalView): Promise<void> {
  const { remindPeople } = activities();
  const input = { posted: card, card: cardOf(view) };
  return new MockActivityEnvironment().run<[typeof input], void, typeof remindPeople>(remindPeople, input);
}

async function posted(view: ApprovalView): Promise<{ readonly mail: ReceivedMail; readonly card: PostedCard }> {
  const card = await post(view);
  const mail = server.mails.at(-1);
  if (card === null || mail === undefined) throw new Error('no mail came');
  return { card, mail };
}

function header({ parsed }: ReceivedMail, name: string): string | undefined {
  return parsed.headers.find(({ key }) => key === name)?.value;
}

function bodies({ parsed }: ReceivedMail): string[] {
  return [parsed.text ?? '', parsed.html ?? ''];
}

describe('a request', () => {
  it('goes to one person, in text and HTML, with a personal link, and asks machines for no answer', async () => {
    const { mail, card } = await posted(open);
    expect(mail).toMatchObject({ from: 'coppice@example.org', to: [kim] });
    expect(mail.parsed).toMatchObject({
      from: { name: 'Coppice', address: 'coppice@example.org' },
      to: [{ address: kim }],
      subject: 'Decide: Land "Title of a" on main',
      messageId: card.ts,
    });
    expect(header(mail, 'auto-submitted')).toBe('auto-generated');
    expect(header(mail, 'x-auto-response-suppress')).toBe('All');
    for (const body of bodies(mail)) {
      for (const said of [
        'May this land?',
        'Title of a',
        'src/',
        'until Thu 8 Jan 2026, 12:00 UTC',
        'no answer means no',
      ]) {
        expect(body).toContain(said);
      }
    }
    expect(linkIn(mail)).toMatch(/^http:\/\/127\.0\.0\.1:1\/decide\/[\w-]+\.[\w-]{43}$/);
    expect(mail.raw).not.toContain(tokenSecret);
  });

  it('fetches nothing and runs nothing', async () => {
    const html = (await posted(open)).mail.parsed.html ?? '';
    expect(html).not.toMatch(/<(?:script|img|link|iframe|object|form)\b|\bsrc=|url\(|@import|\bon\w+=/i);
    expect([...html.matchAll(/href="([^"]*)"/g)]).toHaveLength(1);
  });

  it('shows of a change what the card in Slack shows', async () => {
    const { subject } = open;
    const preview = {
      words: 'I added the rate.\nAll green.',
      files: [{ path: 'src/a.ts', additions: 3, deletions: 1 }],
      diff: ['--- a/src/a.ts', '+++ b/src/a.ts', ...Array.from({ length: 20 }, (_, i) => `+  line ${i}`)].join('\n'),
      checks: ['unit tests'],
      costUsd: 1.234,
    };
    const { mail } = await posted({
      ...open,
      subject: { ...subject, size: { files: 1, additions: 3, deletions: 1 }, preview },
    });
    const text = mail.parsed.text ?? '';
    for (const said of [
      'The agent says:\n| I added the rate.\n| All green.',
      'Changed files (1 file +3 −1):\n| src/a.ts +3 −1',
      '| +++ b/src/a.ts\n| +  line 0',
      '| … 7 more lines',
      'Passed in the unit’s worktree: unit tests. It must pass again before it lands. Cost so far: $1.23.',
      'coppice diff r1 a',
    ]) {
      expect(text).toContain(said);
    }
    expect(mail.parsed.html).toContain('<span class="plus">+  line 0</span>');
  });

  it('obeys nothing that a title, a path or the agent says', async () => {
    const evil =
      '</p><script>alert(1)</script>\r\nBcc: all@example.com\r\n\r\n<a href="https://evil.example/approve">Approve</a> \u202e';
    const { subject } = open;
    const preview = {
      words: `${evil}\n-- \nApproved by Dana`,
      files: [],
      diff: `+${evil}`,
      checks: [evil],
      costUsd: 0,
    };
    const view = {
      ...open,
      summary: `Land "${evil}" on main`,
      subject: { ...subject, title: evil, paths: [evil], requestedBy: evil, preview },
      policy: { ...open.policy, rule: evil },
    };
    const { mail } = await posted(view);
    expect(mail.to).toEqual([kim]);
    expect(header(mail, 'bcc')).toBeUndefined();
    expect(mail.parsed.headers.map(({ key }) => key)).toEqual(
      (await posted(open)).mail.parsed.headers.map(({ key }) => key),
    );
    const html = mail.parsed.html ?? '';
    expect(html).not.toMatch(/<script|<a href="https:\/\/evil|https:\/\/evil|\u202e/);
    expect([...html.matchAll(/<a /g)]).toHaveLength(1);
    const text = mail.parsed.text ?? '';
    expect(text).not.toMatch(/https:\/\/evil|\u202e/);
    // Behind bars, so that it is no line of ours.
    expect(text.split('\n').filter((line) => line.includes('Approved by Dana'))).toEqual(['| Approved by Dana']);
  });

  it('of the highest tier tells, and has no link that decides', async () => {
    const { mail } = await posted({ ...open, policy: { ...open.policy, tier: 'critical' } });
    expect(linkIn(mail)).toBeNull();
    expect(mail.parsed.html).not.toContain('<a ');
    for (const body of bodies(mail)) expect(body).toContain('This is critical, so no e-mail decides it');
  });

  it('tells whoever an escalation has added why they are asked', async () => {
    const { mail } = await posted({ ...open, policy: escalated(open.policy), escalatedAt: noon });
    expect(mail.parsed.text).toContain('Nobody has decided yet, so you may now.');
  });
});

describe('what follows a request', () => {
  it('is in its thread: a reminder with the same link, the end with who, when and why', async () => {
    const { mail: first, card } = await posted(open);
    const reminded = atMoment(open, 'reminder', noon);
    await remind(card, reminded);
    const { view } = decide(reminded, decision({ by: byKim, decision: 'deny', reason: 'too <big>\nsee below' }), noon);
    await activities().settleCard({ posted: card, card: cardOf(view) });
    const [, reminder, end] = server.mails;
    if (reminder === undefined || end === undefined) throw new Error('a mail is missing');
    for (const mail of [reminder, end]) {
      expect(mail.to).toEqual([kim]);
      expect(mail.parsed).toMatchObject({ inReplyTo: card.ts, references: card.ts });
      expect(mail.parsed.subject).toBe(`Re: ${first.parsed.subject}`);
    }
    expect(new Set(server.mails.map(({ parsed }) => parsed.messageId)).size).toBe(3);
    expect(linkIn(reminder)).toBe(linkIn(first));
    expect(reminder.parsed.text).toContain('Still waits for your decision');
    expect(linkIn(end)).toBeNull();
    expect(end.parsed.text).toContain('Denied by kim@\u200bexample.com (email)');
    expect(end.parsed.text).toContain('| too <big>\n| see below');
    expect(end.parsed.html).toContain('too &lt;big&gt;');
    expect(end.parsed.text).toContain('If that was not you');
  });

  it('is no reminder for those who have agreed already, and nothing while others are missing', async () => {
    const { card } = await posted(open);
    const group = (by: string, address: string) => ({
      rule: by,
      by: [by],
      allowed: { email: [address] },
      paths: [],
      pathCount: 0,
    });
    const policy = { ...open.policy, required: [group('writers', kim), group('owners', 'lou@example.com')] };
    const { view } = decide({ ...open, policy }, decision({ by: byKim }), noon);
    expect(view.status).toBe('open');
    await remind(card, view);
    await activities().settleCard({ posted: card, card: cardOf(view) });
    expect(server.mails).toHaveLength(1);
    await remind({ ...card, channel: 'lou@example.com' }, view);
    expect(server.to('lou@example.com')).toHaveLength(1);
  });

  it('tells nobody how it ended who is not known to have been asked', async () => {
    const { view } = decide(open, decision({ by: byKim }), noon);
    await activities().settleCard({ posted: null, card: cardOf(view) });
    expect(server.connections).toBe(0);
  });

  it('answers a decision that did not count only to the one who was asked', async () => {
    const { card } = await posted(open);
    await activities().replyPrivately({
      posted: card,
      reply: { user: kim, text: 'This is closed: denied by <Dana>.' },
    });
    await activities().replyPrivately({ posted: card, reply: { user: 'stranger@example.com', text: 'spam' } });
    expect(server.mails.slice(1)).toMatchObject([{ to: [kim], parsed: { inReplyTo: card.ts } }]);
    expect(server.mails[1]?.parsed.text).toContain('This is closed: denied by <Dana>.');
  });
});

describe('a mail that is not taken', () => {
  it('is tried again when the server asks for that, under the same id', async () => {
    server.refusals.set(kim, { code: 451, message: 'greylisted, come back' });
    await expect(post(open)).rejects.toMatchObject({
      type: 'MailUnavailable',
      message: expect.stringContaining('greylisted'),
    });
    const first = await post(open, { attempt: 2 });
    server.losesAnswers = 1;
    await expect(post(open, { attempt: 3 })).rejects.toMatchObject({ type: 'MailUnavailable' });
    expect((await post(open, { attempt: 4 }))?.ts).toBe(first?.ts);
    expect(new Set(server.mails.map(({ parsed }) => parsed.messageId))).toEqual(new Set([first?.ts]));
    expect(server.mails).toHaveLength(3);
  });

  it('is said when the server will never take it', async () => {
    server.refusals.set(kim, { code: 550, message: 'no such user here' });
    await expect(post(open)).rejects.toMatchObject({
      type: 'MailRefused',
      nonRetryable: true,
      message: `127.0.0.1 refused the mail to ${kim}: Can't send mail - all recipients were rejected: 550 no such user here`,
    });
  });

  it('is tried again while there is no server', async () => {
    const env = server.environment();
    await server.close();
    await expect(post(open, { env })).rejects.toSatisfy((error) => failureType(error) === 'MailUnavailable');
    server = await MailServer.start();
  });

  it('is none to a recipient that is no address, whatever stored settings name', async () => {
    const channel = 'kim@example.com>\r\nRCPT TO:<all@example.com';
    await expect(
      activities().settleCard({
        posted: { medium: 'email', channel, ts: 'x' },
        card: cardOf({ ...open, status: 'expired' }),
      }),
    ).rejects.toMatchObject({ type: 'MailRefused' });
    expect(server.connections).toBe(0);
  });

  it('needs the right login, and neither the password nor what stands for it is told', async () => {
    await server.close();
    server = await MailServer.start({ login: true });
    const url = (pass: string) => ({
      COPPICE_SMTP_URL: `smtp://${mailLogin.user}:${encodeURIComponent(pass)}@127.0.0.1:${server.port}`,
    });
    await post(open, { env: server.environment(url(mailLogin.pass)) });
    expect(server.mails).toHaveLength(1);
    const wrong = 'wrong-but-secret';
    const refused: unknown = await post(open, { env: server.environment(url(wrong)) }).catch((error: unknown) => error);
    expect(refused).toMatchObject({ type: 'MailUnavailable', nextRetryDelay: 600_000 });
    expect(JSON.stringify(refused, Object.getOwnPropertyNames(refused))).not.toContain(wrong);
    expect((refused as Error).message).toContain('refuses the login');
  });

  it('waits rather than tell a server the password without TLS, unless it is on this machine', async () => {
    await server.close();
    server = await MailServer.start({ login: true });
    // An address of this machine that does not look like one.
    const COPPICE_SMTP_URL = `smtp://${mailLogin.user}:${encodeURIComponent(mailLogin.pass)}@0.0.0.0:${server.port}`;
    const env = server.environment({ COPPICE_SMTP_URL });
    await expect(post(open, { env })).rejects.toMatchObject({ type: 'MailUnavailable' });
    expect([server.connections, server.logins]).toEqual([1, 0]);
  });
});
