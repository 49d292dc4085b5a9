// Turns a URL into a remote that may be used: applies the URL rules, and adds our credentials only to https URLs that
// the operator listed in COPPICE_REPOSITORIES. All code that contacts a remote gets it from here.

import { readFileSync } from 'node:fs';
import { type Env, listOf, secretOf } from '../domain/environment.ts';
import type { GitCredentials } from './askpass.ts';
import type { Remote } from './remote.ts';
import { type RepositoryUrl, parseRepositoryUrl } from '../domain/repository/url.ts';
import { failure } from '../contracts/failures.ts';
import { repositoryAllowed } from '../formats/repository-allowed.ts';

/** Throws `RepositoryRefused` if the URL breaks the rules. */
export function remoteFor(url: string, env: Env): Remote {
  const parsed = acceptedUrl(url);
  return { url, credentials: parsed.kind === 'https' ? credentialsFor(parsed, env) : null };
}

/** Throws `RepositoryRefused`; the message never repeats the URL, which may hold a credential. */
export function acceptedUrl(url: string): RepositoryUrl {
  const parsed = parseRepositoryUrl(url);
  if ('error' in parsed) throw failure('RepositoryRefused', parsed.error);
  return parsed;
}

/** Reported at process start: without COPPICE_REPOSITORIES, the token would never be offered. */
export function refuseUnlistedToken(env: Env): void {
  if (listOf(env['COPPICE_REPOSITORIES']) === null && readToken(env) !== null) {
    throw failure('BadInput', 'COPPICE_GIT_TOKEN is set without COPPICE_REPOSITORIES, which says where it may be used');
  }
}

function credentialsFor(url: RepositoryUrl, env: Env): GitCredentials | null {
  const listed = listOf(env['COPPICE_REPOSITORIES']);
  const token = readToken(env);
  if (listed === null || token === null || !repositoryAllowed(url, listed)) return null;
  return { token, username: secretOf(env, 'COPPICE_GIT_USERNAME', readText) ?? 'x-access-token' };
}

function readToken(env: Env): string | null {
  return secretOf(env, 'COPPICE_GIT_TOKEN', readText);
}

function readText(path: string): string {
  return readFileSync(path, 'utf8');
}
