// E-mail as users set it up: variables, `notify.email` in coppice.yaml, a worker that sends and a gateway that serves.

import { Client, Connection } from '@temporalio/client';
import { expect, it, vi } from 'vitest';
import { MailServer, linkIn, mailLogin, tokenSecret } from '../fakes/mail-server.ts';
import { byUnit, steps } from './scripts.ts';
import { Stack } from './stack.ts';
import { freePort } from '../../scripts/free-port.ts';

const config = `
version: 1
notify: { email: { to: [owners] } }
people: { owners: { email: [kim@example.com] } }
policy: [{ action: merge, paths: ['**'], decide: ask, by: [owners] }]
`;

it('lands what somebody approves by the link in a mail, and no secret is in a log or in Temporal', async () => {
  const mail = await MailServer.start({ login: true });
  const port = await freePort();
  const env = mail.environment({
    COPPICE_SMTP_URL: `smtp://${mailLogin.user}:${encodeURIComponent(mailLogin.pass)}@127.0.0.1:${mail.port}`,
    COPPICE_PUBLIC_URL: `http://127.0.0.1:${port}`,
  });
  const stack = await Stack.start({
    reply: byUnit({ a: steps('echo hello > a.txt') }),
    files: { 'coppice.yaml': config },
    env,
  });
  const worker = await stack.worker('host-1', ['--slots', '1']);
  const gateway = stack.spawn(['gateway', '--port', `${port}`]);
  const plan = stack.plan([{ id: 'a', title: 'Add a', prompt: 'Make a.txt' }]);
  await stack.coppice(['run', plan, '--repo', stack.remote, '--id', 'mail', '--detach']);
  await vi.waitFor(() => expect(mail.mails).toHaveLength(1), { timeout: 60_000 });
  const [request] = mail.mails;
  const link = (request && linkIn(request)) ?? '';
  expect(request?.parsed.text).toContain('| +hello');
  const answer = await vi.waitFor(
    () => fetch(link, { method: 'POST', body: new URLSearchParams({ decision: 'approve' }) }),
    { timeout: 60_000 },
  );
  expect(await answer.text()).toContain('You have approved this');
  expect((await stack.reportOf('mail')).decisions).toMatchObject([
    { decision: 'approved', by: 'kim@example.com', channel: 'email' },
  ]);
  expect(stack.log()[0]?.body).toContain('Approved-by: kim@example.com');
  // How the approval ended, and how the run did.
  await vi.waitFor(() => expect(mail.mails).toHaveLength(3), { timeout: 60_000 });
  const subjects = mail.mails.slice(1).map(({ parsed }) => parsed.subject ?? '');
  expect(subjects.toSorted()).toEqual([expect.stringMatching(/^Re: Decide: /), expect.stringMatching(/^Run mail: /)]);
  gateway.process.kill('SIGTERM');
  const { code, stderr } = await gateway.ended;
  expect(code).toBe(0);
  const history = await historyOf('run:mail:unit:a:approval:1', stack.env);
  expect(history).toContain('kim@example.com');
  const kept = [worker.log(), stderr, history].join();
  const token = link.split('/').at(-1) ?? '';
  for (const secret of [mailLogin.pass, encodeURIComponent(mailLogin.pass), tokenSecret, token]) {
    expect(kept).not.toContain(secret);
  }
  await stack.close();
  await mail.close();
});

/** All that Temporal keeps of a workflow, as text. */
async function historyOf(id: string, env: Readonly<Record<string, string>>): Promise<string> {
  const connection = await Connection.connect({ address: env['TEMPORAL_ADDRESS'] ?? '' });
  const client = new Client({ connection, namespace: env['TEMPORAL_NAMESPACE'] ?? '' });
  const history = await client.workflow.getHandle(id).fetchHistory();
  await connection.close();
  const payload = /"data":"([\w+/]*=*)"/g;
  return JSON.stringify(history).replaceAll(payload, (_, data: string) => Buffer.from(data, 'base64').toString());
}
