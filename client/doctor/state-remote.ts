// Where a run would keep its checkpoints, for `coppice doctor`: is there a state remote, can it be read and written?

import { errorText } from '../../domain/errors.ts';
import type { Env } from '../../domain/environment.ts';
import type { Finding } from '../../domain/doctor/finding.ts';
import type { RepositoryUrl } from '../../domain/repository/url.ts';
import { fail, notLookedAt, ok, warn } from '../../domain/doctor/finding.ts';
import { failureType, hintFor } from '../../contracts/failures.ts';
import { listRemote } from '../../git/remote.ts';
import { readRepository } from '../repository.ts';
import { remoteFor } from '../../git/remote-for.ts';
import { stateRemoteFor } from '../state-remote.ts';
import { tryPush } from '../../git/try-push.ts';

/** Nothing is pushed, so the name only has to be free. */
const scratchRef = 'refs/coppice/doctor';

interface Here {
  readonly env: Env;
  readonly home: string;
  readonly signal: AbortSignal;
}

/** `target` null = no repository is known. */
export async function checkStateRemote(target: RepositoryUrl | null, { env, home, signal }: Here): Promise<Finding> {
  try {
    const url = await stateRemoteFor(target, env, home);
    const remote = { ...remoteFor(url, env), signal };
    await listRemote(remote, ['HEAD']);
    await tryPush(remote, scratchRef, env);
    return isShared(url, target)
      ? warn(
          `${url} is the repository itself: anyone who can read it can read what agents and models said`,
          'Set COPPICE_STATE_REMOTE to a private repository.',
        )
      : ok(`${url}, readable and writable`);
  } catch (error) {
    const type = failureType(error);
    const message = errorText(error);
    if (type === 'StateRemoteMissing' && target === null)
      return notLookedAt('whether one is needed depends on the repository');
    if (type === 'StateRemoteMissing') return fail(message, `${hintFor(type)} \`coppice dev\` brings its own.`);
    return fail(message, type === undefined ? 'This is a bug in Coppice.' : hintFor(type));
  }
}

/** Whether the state remote is the target itself, unless it is local and therefore not shared. */
function isShared(url: string, target: RepositoryUrl | null): boolean {
  return target !== null && target.kind !== 'local' && readRepository(url).canonical === target.canonical;
}
