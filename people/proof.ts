// The proof of a decision: an HMAC over all of it by whoever knows who decided. Anybody who may write to the Temporal
// namespace can send a decision in any name; only the gateway and the orchestrators have the secret.

import { createHmac, timingSafeEqual } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Decision, Proof } from '../contracts/approval.ts';
import { type Env, secretOf } from '../domain/environment.ts';
import { failure } from '../contracts/failures.ts';

const shortestSecret = 32;

/** COPPICE_TOKEN_SECRET; null = there is none. Throws `BadInput` if it is easily guessed. */
export function tokenSecret(env: Env): string | null {
  const secret = secretOf(env, 'COPPICE_TOKEN_SECRET', (path) => readFileSync(path, 'utf8'));
  return secret === null ? null : longEnough(secret);
}

/** The secret itself. Throws `BadInput` if it is easily guessed. */
export function longEnough(secret: string): string {
  if (secret.length >= shortestSecret) return secret;
  throw failure('BadInput', `COPPICE_TOKEN_SECRET must have at least ${shortestSecret} characters`, {
    hint: 'Make one with `openssl rand -hex 32`. The gateway and all workers that run workflows need the same.',
  });
}

/** The decision with its proof; unchanged without a secret. `approval`: its workflow id. */
export function signed(secret: string | null, approval: string, decision: Decision): Decision {
  if (secret === null) return decision;
  return { ...decision, by: { ...decision.by, proof: proofOf(secret, approval, decision) } };
}

/** Anyone who can write to the namespace can send anything, so nothing is taken for granted of `decision`. */
export function checkProof(secret: string | null, approval: string, decision: Decision): Proof {
  const { by } = decision as Partial<Decision>;
  const proof: unknown = typeof by === 'object' && by !== null ? by.proof : undefined;
  if (typeof proof !== 'string') return 'missing';
  if (secret === null) return 'unknown';
  const [given, right] = [Buffer.from(proof), Buffer.from(proofOf(secret, approval, decision))];
  return given.length === right.length && timingSafeEqual(given, right) ? 'valid' : 'wrong';
}

function proofOf(secret: string, approval: string, { by, ...decision }: Decision): string {
  const { proof: _, ...who } = by;
  const text = JSON.stringify(['coppice decision', approval, sorted(decision), sorted(who)]);
  return `v1=${createHmac('sha256', secret).update(text).digest('hex')}`;
}

/** The same text for the same fields, in whatever order they were sent. */
function sorted(fields: object): [name: string, value: unknown][] {
  return Object.entries(fields)
    .filter(([, value]) => value !== undefined)
    .toSorted(([a], [b]) => (a < b ? -1 : 1));
}
