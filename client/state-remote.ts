// Which private git repository keeps a run's checkpoints. If there is none, throws `StateRemoteMissing` before anything
// is spent: transcripts never go to a repository that others read.

import type { Env } from '../domain/environment.ts';
import type { RepositoryUrl } from '../domain/repository/url.ts';
import { failure } from '../contracts/failures.ts';
import { readDevRecord } from './dev-record.ts';
import { readRepository } from './repository.ts';

/** `target` null = no repository is known. */
export async function stateRemoteFor(target: RepositoryUrl | null, env: Env, home: string): Promise<string> {
  const given = env['COPPICE_STATE_REMOTE'];
  if (given) return readRepository(given).display;
  const dev = await readDevRecord(home);
  if (dev !== null) return dev.stateRemote;
  if (target?.kind === 'local') return target.display;
  throw failure(
    'StateRemoteMissing',
    `there is nowhere to keep the checkpoints of ${target === null ? 'a run' : `a run on ${target.display}`}`,
  );
}
