// A server, or a proxy before it, whose certificate is signed by an authority of a company's own.

import { type Server, createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { checkModel } from '../../client/doctor/model.ts';
import { checkSlack } from '../../people/slack/check.ts';
import { makeCertificates } from '../fakes/certificates.ts';

const { authority, server: certificate } = makeCertificates();
const usual = getCACertificates('default');
let server: Server;
let env: Readonly<Record<string, string>>;

beforeEach(async () => {
  server = createServer(certificate, (_, response) => {
    response.setHeader('content-type', 'application/json').end('{"data":[],"has_more":false}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  env = { ANTHROPIC_API_KEY: 'scripted', ANTHROPIC_BASE_URL: `https://127.0.0.1:${port}` };
});
afterEach(() => {
  setDefaultCACertificates(usual);
  server.closeAllConnections();
  server.close();
});

it('is said of Slack as well', async () => {
  const slack = { SLACK_BOT_TOKEN: 'xoxb-1', SLACK_API_URL: `${env['ANTHROPIC_BASE_URL'] ?? ''}/api/` };
  expect(await checkSlack(slack, Promise.resolve(null))).toMatchObject({
    status: 'warn',
    hint: expect.stringContaining('NODE_EXTRA_CA_CERTS'),
  });
});

it('is said, with what to set', async () => {
  expect(await checkModel(env, AbortSignal.timeout(10_000))).toMatchObject({
    status: 'fail',
    hint: expect.stringContaining('NODE_EXTRA_CA_CERTS'),
  });
});

it('is good once Node knows the authority', async () => {
  setDefaultCACertificates([...usual, authority]);
  expect(await checkModel(env, AbortSignal.timeout(10_000))).toMatchObject({ status: 'ok' });
});
