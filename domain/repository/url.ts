// The only gate for repository URLs: decides what git may be given, and gives each place one name, however it is
// written. No other code may hand a URL from outside to git. Errors never repeat the text, because it may hold a
// credential. No I/O; safe in workflow code (hence no `URL` class and no globs).

import { unsafeInName } from '../text/unsafe.ts';

export interface RepositoryUrl {
  readonly kind: 'https' | 'ssh' | 'local';
  /** The same for every spelling of one place: `host/path`, or the absolute path. Case of the path is kept. */
  readonly canonical: string;
  /** Letters, digits and dashes, at most 60: for ids that people read. */
  readonly slug: string;
  /** As given; safe to show and to hand to git. */
  readonly display: string;
}

export type ParsedRepositoryUrl = RepositoryUrl | { readonly error: string };

interface Remote {
  readonly kind: 'https' | 'ssh';
  /** Before the `@`; null when there is none. */
  readonly user: string | null;
  readonly host: string;
  readonly port: string | null;
  readonly path: string;
}

const defaultPorts = { https: '443', ssh: '22' };
const hostPattern = /^(?:[a-z0-9](?:[a-z0-9._-]*[a-z0-9])?|\[[0-9a-f:.]+\])$/i;
const maxLength = 2000;
const unsafeSign = new RegExp(`[${unsafeInName}]`, 'u');

/** Local paths must be absolute: the caller resolves them against its working directory first. */
export function parseRepositoryUrl(text: string): ParsedRepositoryUrl {
  const refused = refuseText(text);
  if (refused !== null) return { error: refused };
  if (text.startsWith('/')) return localRepository(text);
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(text)?.[1]?.toLowerCase();
  if (scheme !== undefined && scheme !== 'https' && scheme !== 'ssh') {
    return { error: `${scheme}:// is not accepted; use https, ssh or an absolute path` };
  }
  const remote = scheme === undefined ? splitScp(text) : splitUrl(scheme, text.slice(scheme.length + 3));
  if (remote === null) return { error: 'not a repository: use https://HOST/PATH, USER@HOST:PATH or an absolute path' };
  const wrong = refuseRemote(remote);
  return wrong === null ? remoteRepository(remote, text) : { error: wrong };
}

/** Refusals that apply to every form of URL. */
function refuseText(text: string): string | null {
  if (text.trim() === '') return 'the URL of the repository is empty';
  if (text.length > maxLength) return `the repository is longer than ${maxLength} characters`;
  if (unsafeSign.test(text)) return 'the repository contains control characters';
  if (text.startsWith('-')) return 'the repository looks like an option (it starts with "-")';
  const helper = /^([a-z0-9][a-z0-9+.-]*)::/i.exec(text)?.[1];
  if (helper !== undefined) return `${helper}:: is not accepted; use https, ssh or an absolute path`;
  return null;
}

function splitUrl(kind: 'https' | 'ssh', rest: string): Remote | null {
  const slash = rest.indexOf('/');
  const authority = slash === -1 ? rest : rest.slice(0, slash);
  const at = authority.lastIndexOf('@');
  const place = /^(\[[^\]]*\]|[^:]*)(?::(\d*))?$/.exec(authority.slice(at + 1));
  const user = at === -1 ? null : authority.slice(0, at);
  // An unreadable authority must still be refused for its credential first, so that the error says so.
  return {
    kind,
    user,
    host: place?.[1] ?? '',
    port: place?.[2] || null,
    path: slash === -1 ? '' : rest.slice(slash),
  };
}

/** `user@host:path`, as scp and git read it: a colon before any slash. */
function splitScp(text: string): Remote | null {
  const parts = /^(?:([^/@]*)@)?(\[[^\]/]*\]|[^/:@]+):(.*)$/.exec(text);
  if (parts === null) return null;
  const [, user = null, host = '', path = ''] = parts;
  return { kind: 'ssh', user, host, port: null, path };
}

function refuseRemote({ kind, user, host, port, path }: Remote): string | null {
  const first = path.replace(/^\/+/, '');
  if (user !== null && (kind === 'https' || !/^[\w.-]+$/.test(user))) return credentialRefused;
  // `user:password@host:path` reads as host `user` and a path with an `@` before its first slash.
  if (kind === 'ssh' && /^[^/]*@/.test(path)) return credentialRefused;
  if (/[?#]/.test(path)) return 'the repository URL has a query or a fragment, which may carry a credential';
  if ([user ?? '', host, first].some((part) => part.startsWith('-'))) {
    return 'the repository has a part that looks like an option (it starts with "-")';
  }
  if (!hostPattern.test(host)) return 'the repository URL has no valid host';
  if (port !== null && (Number(port) < 1 || Number(port) > 65_535)) return 'the repository URL has no valid port';
  if (withoutEnding(first) === '') return 'the repository URL has no path';
  if (/[\\\s]/.test(path) || first.split('/').includes('..')) {
    return 'the repository URL has a path with spaces, backslashes or ".."';
  }
  return null;
}

const credentialRefused = 'the repository URL carries a credential; give it to the host by COPPICE_GIT_TOKEN instead';

function remoteRepository({ kind, host, port, path }: Remote, text: string): RepositoryUrl {
  const place = port === null || Number(port) === Number(defaultPorts[kind]) ? host : `${host}:${Number(port)}`;
  const segments = withoutEnding(path).split('/').filter(isNamed);
  return {
    kind,
    canonical: `${place.toLowerCase()}/${segments.join('/')}`,
    slug: slugOf(segments.slice(-2)),
    display: text,
  };
}

function localRepository(text: string): ParsedRepositoryUrl {
  const segments: string[] = [];
  for (const segment of text.split('/')) {
    if (segment === '..') segments.pop();
    else if (isNamed(segment)) segments.push(segment);
  }
  const canonical = withoutEnding(`/${segments.join('/')}`);
  if (canonical === '' || canonical === '/') return { error: 'the repository cannot be the root folder' };
  return { kind: 'local', canonical, slug: slugOf(canonical.split('/').slice(-1)), display: text };
}

/** Without trailing slashes and one `.git`; `/srv/x/.git` is the place `/srv/x`. */
function withoutEnding(path: string): string {
  return trimSlashes(trimSlashes(path).replace(/\.git$/, ''));
}

function trimSlashes(path: string): string {
  let end = path.length;
  while (path[end - 1] === '/') end--;
  return path.slice(0, end);
}

function isNamed(segment: string): boolean {
  return segment !== '' && segment !== '.';
}

function slugOf(segments: readonly string[]): string {
  const words = segments
    .join('-')
    .normalize('NFKD')
    .toLowerCase()
    .split(/[^a-z0-9]+/);
  const slug = words.filter((word) => word !== '').join('-');
  return slug.slice(0, 60).replace(/-$/, '') || 'repository';
}
