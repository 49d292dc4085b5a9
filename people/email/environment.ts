// E-mail's configuration: environment variables; secrets may also be files. Workers send mail, and need all of it. The
// gateway serves the pages that mails link to, and needs only the address of these pages and the secret.

import { readFileSync } from 'node:fs';
import { type Env, secretOf } from '../../domain/environment.ts';
import { failure } from '../../contracts/failures.ts';
import { longEnough } from '../proof.ts';
import { isMailAddress } from '../../domain/text/mail-address.ts';
import { unsafeInLine } from '../../domain/text/unsafe.ts';

export interface SmtpSettings {
  readonly host: string;
  readonly port: number;
  /** TLS from the first byte. */
  readonly secure: boolean;
  readonly login: { readonly user: string; readonly pass: string } | null;
}

export interface Sender {
  readonly name: string;
  readonly address: string;
}

export interface LinkSettings {
  /** Where browsers reach the gateway; without a slash at the end. */
  readonly publicUrl: string;
  readonly secret: string;
}

export interface MailEnvironment extends LinkSettings {
  readonly smtp: SmtpSettings;
  readonly from: Sender;
}

const variables = ['COPPICE_SMTP_URL', 'COPPICE_MAIL_FROM', 'COPPICE_PUBLIC_URL', 'COPPICE_TOKEN_SECRET'] as const;
type Variable = (typeof variables)[number];

export const mailVariables = variables.join(', ');

/** Null if e-mail is not configured. Throws `BadInput`, also if only a part of it is. */
export function mailEnvironment(env: Env): MailEnvironment | null {
  const values = read(env);
  // The other two have uses of their own.
  if (values.COPPICE_SMTP_URL === null && values.COPPICE_MAIL_FROM === null) return null;
  const missing = variables.filter((name) => values[name] === null);
  if (missing.length > 0) {
    const given = variables.filter((name) => values[name] !== null);
    throw failure('BadInput', `e-mail needs ${missing.join(' and ')} as well as ${given.join(', ')}`, {
      hint: 'docs/email.md says what each of them is.',
    });
  }
  return {
    smtp: smtpOf(values.COPPICE_SMTP_URL ?? ''),
    from: senderOf(values.COPPICE_MAIL_FROM ?? ''),
    ...linksOf(values),
  };
}

/** Null if the gateway has no pages to serve. Throws `BadInput` as `mailEnvironment` does. */
export function linkEnvironment(env: Env): LinkSettings | null {
  const whole = mailEnvironment(env);
  if (whole !== null) return whole;
  const values = read(env);
  return values.COPPICE_PUBLIC_URL === null || values.COPPICE_TOKEN_SECRET === null ? null : linksOf(values);
}

function read(env: Env): Readonly<Record<Variable, string | null>> {
  const valueOf = (name: Variable) => [name, secretOf(env, name, (path) => readFileSync(path, 'utf8'))] as const;
  return Object.fromEntries(variables.map(valueOf)) as Record<Variable, string | null>;
}

/** No message quotes the value: it has a password. */
function smtpOf(text: string): SmtpSettings {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !/^smtps?:$/.test(url.protocol) || url.hostname === '') {
    throw failure('BadInput', 'COPPICE_SMTP_URL must be smtp://user:password@host:port, or smtps://…', {
      hint: 'Write special characters of user and password in percent form: @ as %40, / as %2F, % as %25.',
    });
  }
  if (url.search !== '' || url.hash !== '' || !/^\/?$/.test(url.pathname)) {
    throw failure('BadInput', 'COPPICE_SMTP_URL must end after host and port');
  }
  if ((url.username === '') !== (url.password === '')) {
    throw failure('BadInput', 'COPPICE_SMTP_URL must have user and password, or neither');
  }
  const secure = url.protocol === 'smtps:';
  return {
    host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: url.port === '' ? (secure ? 465 : 587) : Number(url.port),
    secure,
    login: url.username === '' ? null : { user: percentDecoded(url.username), pass: percentDecoded(url.password) },
  };
}

function percentDecoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw failure('BadInput', 'user and password in COPPICE_SMTP_URL must be in percent form', {
      hint: 'Write % as %25.',
    });
  }
}

/** `coppice@example.com`, or `Coppice <coppice@example.com>`. */
function senderOf(text: string): Sender {
  const [, name = '', named] = /^([^<>"]*)<([^<>]+)>$/.exec(text.trim()) ?? [];
  const address = (named ?? text).trim();
  if (isMailAddress(address) && !unsafeInLine.test(name)) return { name: name.trim() || 'Coppice', address };
  throw failure(
    'BadInput',
    'COPPICE_MAIL_FROM must be an e-mail address, such as coppice@example.com or Coppice <coppice@example.com>',
  );
}

function linksOf(values: Readonly<Record<Variable, string | null>>): LinkSettings {
  const { COPPICE_PUBLIC_URL: publicUrl, COPPICE_TOKEN_SECRET: secret } = values;
  const url = URL.canParse(publicUrl ?? '') ? new URL(publicUrl ?? '') : null;
  if (url === null || !/^https?:$/.test(url.protocol) || url.search + url.hash + url.username + url.password !== '') {
    throw failure(
      'BadInput',
      'COPPICE_PUBLIC_URL must be the address at which browsers reach the gateway, such as https://coppice.example.com',
    );
  }
  return { publicUrl: `${url.origin}${url.pathname.replace(/\/+$/, '')}`, secret: longEnough(secret ?? '') };
}

const loopback = /^(?:localhost|127(?:\.\d{1,3}){3}|\[?::1\]?)$/;

export function isLoopback(host: string): boolean {
  return loopback.test(host);
}
