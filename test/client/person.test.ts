// Certificates: `openssl req -x509 -subj … -addext subjectAltName=email:…`; nothing needs their keys.

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { afterAll, expect, it } from 'vitest';
import { join } from 'node:path';
import { tmpdir, userInfo } from 'node:os';
import { personOf } from '../../client/person.ts';
import { temporalTarget } from '../../client/temporal.ts';

const home = mkdtempSync(join(tmpdir(), 'coppice-person-'));
afterAll(() => rmSync(home, { recursive: true, force: true }));
const login = userInfo().username;

/** As the library finds it in an environment. */
async function personIn(env: Readonly<Record<string, string>>): Promise<string> {
  const isolated = {
    TEMPORAL_CONFIG_FILE: join(home, 'none.toml'),
    TEMPORAL_ADDRESS: 'temporal.example.com:7233',
    ...env,
  };
  return personOf(isolated, await temporalTarget(isolated, home));
}

function keyWith(claims: unknown): string {
  const part = (json: unknown) => Buffer.from(JSON.stringify(json)).toString('base64url');
  return `${part({ alg: 'ES256' })}.${part(claims)}.c2lnbmF0dXJl`;
}

function certificate(name: string): Record<string, string> {
  const data = readFileSync(new URL(`fixtures/certificates/${name}.pem`, import.meta.url), 'utf8');
  return { TEMPORAL_TLS_CLIENT_CERT_DATA: data, TEMPORAL_TLS_CLIENT_KEY_DATA: 'not needed' };
}

it.each([
  ['email', { sub: 'a81f', email: 'dana@example.com' }],
  ['preferred_username', { sub: 'a81f', email: '', preferred_username: 'dana@example.com' }],
  ['sub', { sub: 'dana@example.com' }],
])('is whom the API key names as %s', async (_, claims) => {
  expect(await personIn({ TEMPORAL_API_KEY: keyWith(claims) })).toBe('dana@example.com');
});

it.each([
  ['alternative-name', 'dana@example.com'],
  ['common-name', 'kim@example.com'],
  ['address-in-subject', 'lee@example.com'],
  ['team', login],
])('is whom the client certificate names: %s', async (name, person) => {
  expect(await personIn(certificate(name))).toBe(person);
});

it.each([
  ['nobody', keyWith({ sub: 'a81f', email: { of: 'dana' } })],
  ['no claims', keyWith(null)],
  ['no token', 'tmprl_key'],
])('is who has logged in where the key names %s', async (_, key) => {
  expect(await personIn({ TEMPORAL_API_KEY: key })).toBe(login);
});

it('is whom COPPICE_USER names, whatever the credential says', async () => {
  const env = { COPPICE_USER: 'kim', TEMPORAL_API_KEY: keyWith({ email: 'dana@example.com' }) };
  expect(await personIn(env)).toBe('kim');
});
