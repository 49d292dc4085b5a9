// Mirrors of submodules, beside the mirror of the repository that has them; visible to its sandboxes. A commit counts as
// one that a submodule's remote has when its mirror has it, because nothing but a fetch writes there.
// Safe to run twice: a fetch sets refs to the remote's state.

import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { LocalRepository } from './local-repository.ts';
import type { Env } from '../../domain/environment.ts';
import type { Remote } from '../../git/remote.ts';
import type { Sha } from '../../contracts/ids.ts';
import { acceptedUrl, remoteFor } from '../../git/remote-for.ts';
import { failure } from '../../contracts/failures.ts';
import { fetchRefs } from '../../git/remote.ts';
import { hasCommit } from '../../git/tree-reader.ts';
import { inertText } from '../../git/inert-text.ts';
import { makeBare } from './local-repository.ts';
import { repositoryAllowed } from '../../formats/repository-allowed.ts';
import { withFileLock } from '../host/file-lock.ts';

/** By this host's rules. A repository from elsewhere must not name paths of this host. */
export function moduleRemotes(
  env: Env,
  repositories: readonly string[] | null,
): (url: string, parent: string) => Remote {
  return (url, parent) => {
    const accepted = acceptedUrl(url);
    if (accepted.kind === 'local' && acceptedUrl(parent).kind !== 'local') {
      throw failure('RepositoryRefused', 'its URL is a path, which means nothing on this host');
    }
    if (!repositoryAllowed(accepted, repositories)) {
      throw failure('RepositoryRefused', `${inertText(url)} is not in this host's COPPICE_REPOSITORIES`);
    }
    return remoteFor(url, env);
  };
}

/** Its name below `LocalRepository.modules.folder`. */
function moduleName({ url }: Remote): string {
  const { slug, canonical } = acceptedUrl(url);
  return `${slug}-${createHash('sha256').update(canonical).digest('hex').slice(0, 12)}.git`;
}

/**
 * The mirror of a submodule (GIT_DIR) with a commit, fetched if it is not there; null if the remote does not have it.
 * Throws `RepositoryUnreachable`, `RepositoryUnusable`.
 */
export async function moduleWith(repository: LocalRepository, remote: Remote, commit: Sha): Promise<string | null> {
  const mirror = join(repository.modules.folder, moduleName(remote));
  if (existsSync(mirror) && (await hasCommit(mirror, commit))) return mirror;
  return withFileLock(`${mirror}.lock`, async () => {
    await mkdir(repository.modules.folder, { recursive: true });
    if (!existsSync(mirror)) await makeBare(mirror, null);
    const isHere = (): Promise<boolean> => hasCommit(mirror, commit);
    if (await isHere()) return mirror;
    await fetchRefs(mirror, remote, ['+refs/heads/*:refs/heads/*', '+refs/tags/*:refs/tags/*'], { prune: true });
    if (await isHere()) return mirror;
    await fetchRefs(mirror, remote, [commit]);
    return (await isHere()) ? mirror : null;
  });
}
