// The workflow id of a merge queue, the same on every host and for every spelling of one repository. Used when a run
// starts and when queues are listed; outside domain/ because it needs a hash.

import { createHash } from 'node:crypto';
import type { RepositoryUrl } from '../domain/repository/url.ts';

/** `queue:<slug>-<hash8>`. */
export function queueId(repository: Pick<RepositoryUrl, 'canonical' | 'slug'>, branch: string): string {
  const hash = createHash('sha256').update(`${repository.canonical}\n${branch}`).digest('hex');
  return `queue:${repository.slug}-${hash.slice(0, 8)}`;
}
