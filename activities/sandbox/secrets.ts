// A host's secrets, and how they are kept out of everything that people, models and Temporal read: the values of
// variables with names like secrets are redacted wherever they appear in a text, also in common encodings. A guard
// against accidents: it cannot stop a deliberate leak in an unknown encoding.

import type { Env } from '../../domain/environment.ts';
import { proxyVariables } from '../../domain/environment.ts';

/** Shorter values would match ordinary words. */
const shortest = 8;
const secretName = /(?:^|_)(?:KEY|TOKEN|SECRET|PASSWORD|PASSWD|PASSPHRASE|CREDENTIALS?|PAT|AUTH)(?:_|$)/i;
/** Variables that name the place of a secret. */
const placeName = /_(?:PATH|DIR|SOCK|URL|ID)$/i;

/** `NAME_FILE` stands for the file's content; an unreadable file for nothing. */
export function secretsOf(env: Env, readFile: (path: string) => string): string[] {
  const found = Object.entries(env).flatMap(([name, value = '']) => {
    if (secretName.test(name) && name.endsWith('_FILE')) return [contentOf(value, readFile)];
    if (secretName.test(name) && !placeName.test(name)) return [value];
    if (name.endsWith('_URL_FILE')) return passwordsOf(contentOf(value, readFile).trim());
    return isProxy(name) ? proxyCredentials(value) : passwordsOf(value);
  });
  // A key of several lines is found by each of its lines.
  const lines = found.flatMap((value) => value.split('\n')).map((line) => line.trim());
  return [...new Set(lines.filter((line) => line.length >= shortest))];
}

/** Redacts the secrets of a text: as they are, as JSON, in base64 at any offset, in hex, and URL-encoded. */
export function redactor(secrets: readonly string[]): (text: string) => string {
  const forms = [...new Set(secrets.flatMap(formsOf))].filter((form) => form.length >= shortest);
  if (forms.length === 0) return (text) => text;
  // Longest first, because a secret may be the beginning of another.
  const patterns = forms.toSorted((a, b) => b.length - a.length).map(patternOf);
  const all = new RegExp(patterns.join('|'), 'g');
  return (text) => text.replaceAll(all, '[redacted]');
}

function contentOf(path: string, readFile: (path: string) => string): string {
  try {
    return readFile(path);
  } catch {
    return '';
  }
}

/** `scheme://user:password@host`, as written and as sent. */
function passwordsOf(value: string): string[] {
  const password = /^[a-z][a-z0-9+.-]*:\/\/[^/@:]*:([^/@]+)@/i.exec(value)?.[1];
  return password === undefined ? [] : [password, decoded(password)];
}

const proxies = new Set<string>(proxyVariables);

function isProxy(name: string): boolean {
  return proxies.has(name) && name.toUpperCase() !== 'NO_PROXY';
}

/**
 * `user:password@host`, with or without a scheme, as written and as sent. `user:password` as a whole is a secret too,
 * because a short password cannot be searched for alone. So is a name without a password, which may be a token. If even
 * `user:password` is short, it is searched for in the URL and in the header.
 */
function proxyCredentials(value: string): string[] {
  const written = /^(?:[a-z][a-z0-9+.-]*:\/\/)?(.*)@/i.exec(value)?.[1];
  if (!written) return [];
  const password = written.slice(written.indexOf(':') + 1);
  const upToHost = value.slice(0, value.lastIndexOf('@') + 1);
  const short = written.length >= shortest ? [] : [upToHost.length >= shortest ? upToHost : value];
  const header = Buffer.from(decoded(written)).toString('base64');
  return [...[password, written].flatMap((text) => [text, decoded(text)]), ...short, header];
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function formsOf(secret: string): string[] {
  const bytes = Buffer.from(secret, 'utf8');
  const hex = bytes.toString('hex');
  const base64 = [0, 1, 2].map((offset) => base64At(bytes, offset));
  const safe = base64.map((text) => text.replaceAll('+', '-').replaceAll('/', '_'));
  const json = JSON.stringify(secret).slice(1, -1);
  return [secret, json, encodeURIComponent(secret), hex, hex.toUpperCase(), ...base64, ...safe];
}

/** The base64 of the bytes after `offset` other bytes, without the characters that those influence. */
function base64At(bytes: Buffer, offset: number): string {
  const text = Buffer.concat([Buffer.alloc(offset), bytes])
    .toString('base64')
    .replace(/=+$/, '');
  const begin = Math.ceil((offset * 8) / 6);
  const isMixed = (offset + bytes.length) % 3 !== 0;
  return text.slice(begin, isMixed ? -1 : undefined);
}

/** Programs break long lines, and JSON writes a break as two characters. */
function patternOf(form: string): string {
  return Array.from(form, (character) => character.replaceAll(/[^\w]/g, '\\$&')).join('(?:\\n|\\\\n)?');
}
