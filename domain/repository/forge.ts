// Pages of a repository on its forge, where its URL says which forge that is. No page that might not exist: a commit has one
// only where it was pushed. Pure; safe in workflow code.

import { parseRepositoryUrl } from './url.ts';

interface Forge {
  readonly kind: 'github' | 'gitlab';
  /** The repository's page, without a slash at the end. */
  readonly page: string;
}

/** `acme/lib`; of a local repository, its folder. */
export function shortRepositoryName(repository: string): string {
  const url = parseRepositoryUrl(repository);
  if ('error' in url) return repository;
  const segments = url.canonical.split('/').filter((segment) => segment !== '');
  return url.kind === 'local' ? (segments.at(-1) ?? repository) : segments.slice(1).slice(-2).join('/');
}

/** Whether two URLs name one place. */
export function isSamePlace(a: string, b: string): boolean {
  const [one, other] = [parseRepositoryUrl(a), parseRepositoryUrl(b)];
  return !('error' in one) && !('error' in other) && one.canonical === other.canonical;
}

/** Null if the forge is unknown. */
export function branchPage(repository: string, branch: string): string | null {
  const forge = forgeOf(repository);
  if (forge === null) return null;
  const path = branch.split('/').map(encode).join('/');
  return `${forge.page}${forge.kind === 'gitlab' ? '/-' : ''}/tree/${path}`;
}

/** What one commit changes. Only of commits that are on the repository; null if the forge is unknown. */
export function commitPage(repository: string, commit: string): string | null {
  const forge = forgeOf(repository);
  return forge === null ? null : `${forge.page}${forge.kind === 'gitlab' ? '/-' : ''}/commit/${encode(commit)}`;
}

/** By the host's name: `github.com`, and `github.acme.com` as companies name their own. */
function forgeOf(repository: string): Forge | null {
  const url = parseRepositoryUrl(repository);
  if ('error' in url || url.kind === 'local') return null;
  const [place = '', ...path] = url.canonical.split('/');
  const [host = '', port] = place.split(':');
  const kind = /^(?:www\.)?(github|gitlab)\./.exec(host)?.[1] as Forge['kind'] | undefined;
  if (kind === undefined || path.length < 2) return null;
  // A port of ssh says nothing about the one of pages.
  const authority = url.kind === 'https' && port !== undefined ? `${host}:${port}` : host;
  return { kind, page: `https://${authority}/${path.map(encode).join('/')}` };
}

/** Also what would end a link in a message. */
function encode(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);
}
