// Who acts on the command line and through the library: whoever COPPICE_USER names, else the person whose e-mail address
// the Temporal credential carries, else the login name. A claim in each case: Temporal does not say who sent a message.

import { X509Certificate } from 'node:crypto';
import { userInfo } from 'node:os';
import type { Env } from '../domain/environment.ts';
import type { TemporalTarget } from './temporal.ts';

export function personOf(env: Env, { options }: Pick<TemporalTarget, 'options'>): string {
  return env['COPPICE_USER'] || addressInKey(options) || addressInCertificate(options) || userInfo().username;
}

/**
 * Of an API key that is a JSON Web Token. Keys and certificates without an e-mail address are often a team's, or carry an
 * id that says nothing to people.
 */
function addressInKey({ apiKey }: TemporalTarget['options']): string | null {
  if (typeof apiKey !== 'string') return null;
  try {
    const claims: unknown = JSON.parse(Buffer.from(apiKey.split('.')[1] ?? '', 'base64url').toString('utf8'));
    if (typeof claims !== 'object' || claims === null) return null;
    const { email, preferred_username: name, sub } = claims as Readonly<Record<string, unknown>>;
    return [email, name, sub].find((claim) => isAddress(claim)) ?? null;
  } catch {
    return null;
  }
}

/** Its alternative name, else its subject. */
function addressInCertificate({ tls }: TemporalTarget['options']): string | null {
  if (typeof tls !== 'object' || tls === null || tls.clientCertPair === undefined) return null;
  try {
    const { subject, subjectAltName = '' } = new X509Certificate(tls.clientCertPair.crt);
    const alternatives = subjectAltName.split(', ').map((name) => /^email:(.*)$/.exec(name)?.[1]);
    const names = subject.split('\n').map((part) => /^(?:emailAddress|CN)=(.*)$/.exec(part)?.[1]);
    return [...alternatives, ...names].find((name) => isAddress(name)) ?? null;
  } catch {
    return null;
  }
}

function isAddress(text: unknown): text is string {
  return typeof text === 'string' && /^[^\s@]+@[^\s@]+$/.test(text);
}
