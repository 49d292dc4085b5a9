// Which repositories a worker accepts: the globs of COPPICE_REPOSITORIES, matched against URLs that have passed the URL
// rules. Uses picomatch, so never imported by workflow code.

import picomatch from 'picomatch';
import type { RepositoryUrl } from '../domain/repository/url.ts';

/**
 * A glob may have the form of the URL (`https://host/team/*`, `git@host:team/*`, `/srv/git/**`) or lack its scheme
 * (`host/team/*`). Null = no list: every local, ssh and https repository.
 */
export function repositoryAllowed(url: RepositoryUrl, globs: readonly string[] | null): boolean {
  if (globs === null) return true;
  const { kind, canonical, display } = url;
  const names = kind === 'local' ? [canonical, display] : [canonical, `${kind}://${canonical}`, display];
  // `*` stops at slashes, including the two of a scheme. A name may be written with or without `.git`.
  const forms = names.flatMap((name) => [name, `${name}.git`]);
  return globs.some((glob) => {
    const matches = picomatch(glob, { dot: true });
    return forms.some((form) => matches(form));
  });
}
