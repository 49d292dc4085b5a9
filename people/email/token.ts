// The secret part of a link: which approval, in which state, one person may decide, and until when; signed, so that nobody
// can make one or change one. It is the same in all mails about an approval to a person, and names one decision, which
// counts once.

import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { ApprovalView } from '../../contracts/approval.ts';
import { silenceOf } from '../../domain/approval/timing.ts';
import { isMailAddress } from '../../domain/text/mail-address.ts';

export interface Grant {
  /** The approval's workflow id. */
  readonly approval: string;
  readonly hash: string;
  readonly address: string;
  /** Seconds since the epoch. */
  readonly end: number;
}

/** After its deadline, a link still says how an approval ended. */
const graceSeconds = 30 * 24 * 60 * 60;
/** For approvals that wait for ever. */
const longestSeconds = 400 * 24 * 60 * 60;

export function grantFor(view: ApprovalView, address: string): Grant {
  const { id: approval, hash, since, expiresAt, policy } = view;
  const end =
    expiresAt === null || silenceOf(policy) === 'pause'
      ? secondsOf(since) + longestSeconds
      : secondsOf(expiresAt) + graceSeconds;
  return { approval, hash, address, end };
}

export function tokenOf({ approval, hash, address, end }: Grant, secret: string): string {
  const body = Buffer.from(JSON.stringify([approval, hash, address, end])).toString('base64url');
  return `${body}.${signatureOf(body, secret).toString('base64url')}`;
}

/** Null if it is not ours, or its time is over. Takes as long for one that is almost right as for any other. */
export function readToken(token: string, secret: string, nowMs: number): Grant | null {
  const [body = '', signature = '', ...rest] = token.split('.');
  const expected = signatureOf(body, secret).toString('base64url');
  // The text and not its bytes, because base64 has several spellings of the same bytes.
  const isOurs = timingSafeEqual(digestOf(signature), digestOf(expected)) && rest.length === 0;
  const grant = isOurs ? grantIn(body) : null;
  return grant !== null && nowMs < grant.end * 1000 ? grant : null;
}

/** The decision that a link stands for. */
export function decisionIdOf(token: string): string {
  return `email:${digestOf(token).toString('hex').slice(0, 32)}`;
}

function grantIn(body: string): Grant | null {
  try {
    const value: unknown = JSON.parse(Buffer.from(body, 'base64url').toString('utf8'));
    if (!Array.isArray(value) || value.length !== 4) return null;
    const [approval, hash, address, end] = value as unknown[];
    if (typeof approval !== 'string' || typeof hash !== 'string') return null;
    if (typeof address !== 'string' || !isMailAddress(address) || typeof end !== 'number') return null;
    return { approval, hash, address, end };
  } catch {
    return null;
  }
}

function signatureOf(body: string, secret: string): Buffer {
  // The secret has other uses, so this one is named.
  return createHmac('sha256', secret).update(`coppice decision link\n${body}`).digest();
}

/** Of equal length, as the comparison wants it. */
function digestOf(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

function secondsOf(at: string): number {
  return Math.floor(Date.parse(at) / 1000);
}
