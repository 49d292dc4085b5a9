// What `coppice doctor` says of e-mail: a real mail server and a real gateway, and no mail.

import type { Client } from '@temporalio/client';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Gateway } from '../../client/gateway/start-gateway.ts';
import { MailServer, mailLogin } from '../fakes/mail-server.ts';
import { checkMail } from '../../people/email/check.ts';
import { openGateway } from '../gateway/open-gateway.ts';

const nowhere = Promise.resolve(null);
let server: MailServer;
let gateway: Gateway;

beforeEach(async () => {
  server = await MailServer.start({ login: true });
  // It has no Temporal, and needs none to say whether a link is one of its own.
  const client = { workflow: null } as unknown as Client;
  gateway = await openGateway({ env: server.environment(), client, log: pino({ level: 'silent' }) });
});
afterEach(async () => {
  await gateway.close();
  await server.close();
});

function environment(change: Readonly<Record<string, string>> = {}, pass = mailLogin.pass) {
  return server.environment({
    COPPICE_SMTP_URL: `smtp://${mailLogin.user}:${encodeURIComponent(pass)}@127.0.0.1:${server.port}`,
    COPPICE_PUBLIC_URL: `http://127.0.0.1:${gateway.port}`,
    ...change,
  });
}

it('is good when the server takes the login and links lead to a gateway with the same secret', async () => {
  expect(await checkMail(environment(), nowhere)).toEqual({
    status: 'ok',
    detail: `127.0.0.1 is ready for mails from coppice@example.org; links lead to http://127.0.0.1:${gateway.port}`,
    hint: '',
  });
  expect(server.connections).toBe(1);
  expect(server.mails).toEqual([]);
});

it('says that the login is refused, without the password', async () => {
  const found = await checkMail(environment({}, 'wrong-but-secret'), nowhere);
  expect(found).toMatchObject({ status: 'fail', detail: expect.stringContaining('refuses the login') });
  expect(JSON.stringify(found)).not.toContain('wrong-but-secret');
});

it('says that no link would be valid, because the gateway has another secret', async () => {
  const found = await checkMail(environment({ COPPICE_TOKEN_SECRET: 'another'.repeat(8) }), nowhere);
  expect(found).toMatchObject({ status: 'fail', detail: expect.stringContaining('another COPPICE_TOKEN_SECRET') });
});

it('says that nothing, or somebody else, answers where links lead', async () => {
  expect(await checkMail(environment({ COPPICE_PUBLIC_URL: 'http://127.0.0.1:9' }), nowhere)).toMatchObject({
    status: 'warn',
    detail: expect.stringContaining('nothing answers at http://127.0.0.1:9'),
  });
  const { createServer } = await import('node:http');
  const other = createServer((_, response) => response.end('hello'));
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  const { port } = other.address() as { port: number };
  expect(await checkMail(environment({ COPPICE_PUBLIC_URL: `http://127.0.0.1:${port}` }), nowhere)).toMatchObject({
    status: 'warn',
    detail: expect.stringContaining('another server answers'),
  });
  other.close();
});

it('says that there is no mail server, and that coppice.yaml wants one', async () => {
  const away = environment({ COPPICE_SMTP_URL: 'smtp://127.0.0.1:9' });
  expect(await checkMail(away, nowhere)).toMatchObject({
    status: 'warn',
    detail: expect.stringContaining('cannot ask'),
  });
  expect(await checkMail({}, nowhere)).toMatchObject({ status: 'ok', detail: 'not configured' });
  expect(await checkMail({}, Promise.resolve('kim@example.com'))).toMatchObject({ status: 'warn' });
  await expect(checkMail({ COPPICE_SMTP_URL: 'smtp://127.0.0.1' }, nowhere)).rejects.toMatchObject({
    type: 'BadInput',
  });
});
