// Checks if a remote would accept a push from here, using git's dry run: everything up to the update itself. Changes
// nothing on the remote. Used by `coppice doctor`.

import { access, constants } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Env } from '../domain/environment.ts';
import type { Remote } from './remote.ts';
import { failure } from '../contracts/failures.ts';
import { identityOf } from './identity.ts';
import { inertText } from './inert-text.ts';
import { pushRefs } from './remote.ts';
import { withTemporaryRepository } from './state-files.ts';
import { writeCommit } from './write-commit.ts';

/** `ref` must not exist. Throws `PushRefused` or `RepositoryUnreachable`. */
export async function tryPush(remote: Remote, ref: string, env: Env): Promise<void> {
  if (remote.url.startsWith('/')) await refuseUnwritable(remote.url);
  const outcome = await withTemporaryRepository(async (gitDir) => {
    const made = { ref: 'refs/coppice-local/try', parents: [], tree: null, message: 'Try a push', seconds: 0 };
    const commit = await writeCommit(gitDir, { ...made, identity: identityOf(env) });
    return (await pushRefs(gitDir, remote, [{ ref, commit, lease: null }], { dryRun: true })).get(ref);
  });
  if (outcome?.status === 'refused')
    throw failure('PushRefused', `${inertText(remote.url)} refuses a push: ${outcome.message}`);
}

/** A dry run does not reach the folder of a local repository. */
async function refuseUnwritable(path: string): Promise<void> {
  const objects = existsSync(join(path, '.git')) ? join(path, '.git', 'objects') : join(path, 'objects');
  try {
    await access(objects, constants.W_OK | constants.X_OK);
  } catch (cause) {
    throw failure('PushRefused', `${inertText(path)} cannot be written to from here`, { cause });
  }
}
