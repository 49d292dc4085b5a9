// Mail servers with TLS: a company's own authority, which Node is told of as NODE_EXTRA_CA_CERTS does, and one that nobody
// knows.

import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { MockActivityEnvironment } from '@temporalio/testing';
import { afterEach, describe, expect, it } from 'vitest';
import type { ApprovalCard } from '../../contracts/approval.ts';
import type { PostedCard } from '../../contracts/people.ts';
import { MailServer, type MailTls, mailLogin } from '../fakes/mail-server.ts';
import { checkMail } from '../../people/email/check.ts';
import { email } from '../../people/email/email.ts';
import { makeCertificates } from '../fakes/certificates.ts';
import { makePeopleActivities } from '../../activities/people/activities.ts';
import { openView } from '../domain/fixtures.ts';

const { authority, server: certificate } = makeCertificates();
const usual = getCACertificates('default');
let server: MailServer;

afterEach(async () => {
  setDefaultCACertificates(usual);
  await server.close();
});

/** The variables of a worker that logs in to it. */
async function serverWith(tls: MailTls | null): Promise<Record<string, string>> {
  server = await MailServer.start({ login: true, tls });
  const scheme = tls?.from === 'the start' ? 'smtps' : 'smtp';
  const { user, pass } = mailLogin;
  return server.environment({
    COPPICE_SMTP_URL: `${scheme}://${user}:${encodeURIComponent(pass)}@127.0.0.1:${server.port}`,
  });
}

async function post(env: Readonly<Record<string, string>>): Promise<PostedCard | null> {
  const channel = email.openChannel(env, { webUi: null });
  if (channel === null) throw new Error('e-mail is not configured');
  const { postCard } = makePeopleActivities({ email: channel }, null);
  return new MockActivityEnvironment().run<[ApprovalCard], PostedCard | null, typeof postCard>(postCard, {
    view: openView(),
    medium: 'email',
    channel: 'kim@example.com',
  });
}

describe.each(['the start', 'STARTTLS'] as const)('a mail server with TLS from %s', (from) => {
  it('gets mails over TLS alone, where its certificate is known', async () => {
    const env = await serverWith({ certificate, from });
    setDefaultCACertificates([...usual, authority]);
    await post(env);
    expect(server.to('kim@example.com')).toHaveLength(1);
    expect(server.inClear).toBe(0);
  });

  it('gets neither login nor mail where its certificate is not known, and people hear what to do', async () => {
    const env = await serverWith({ certificate, from });
    await expect(post(env)).rejects.toMatchObject({
      type: 'MailUnavailable',
      message: expect.stringContaining('NODE_EXTRA_CA_CERTS'),
    });
    expect(await checkMail(env, Promise.resolve(null))).toMatchObject({
      status: 'fail',
      hint: expect.stringContaining('NODE_EXTRA_CA_CERTS'),
    });
    expect(server.logins).toBe(0);
    expect(server.mails).toEqual([]);
  });
});
