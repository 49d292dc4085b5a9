// Which repositories a worker accepts: the globs of COPPICE_REPOSITORIES over URLs that have passed the URL rules. Uses
// picomatch, so never imported by workflow code.

import picomatch from 'picomatch';
import type { RepositoryUrl } from '../domain/repository/url.ts';

/**
 * A glob may be written as the URL is (`https://host/team/*`, `git@host:team/*`, `/srv/git/**`) or without its scheme
 * (`host/team/*`). Null = no list: every local, ssh and https repository.
 */
export function repositoryAllowed(url: RepositoryUrl, globs: readonly string[] | null): boolean {
  if (globs === null) return true;
  const { kind, canonical, display } = url;
  const names = kind === 'local' ? [canonical, display] : [canonical, `${kind}://${canonical}`, display];
  // `*` stops at slashes, also at the two of a scheme, and a name may be written with or without its ending.
  const forms = names.flatMap((name) => [name, `${name}.git`]);
  return globs.some((glob) => {
    const matches = picomatch(glob, { dot: true });
    return forms.some((form) => matches(form));
  });
}
