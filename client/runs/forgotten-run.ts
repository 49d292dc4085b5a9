// A run that Temporal has forgotten (a fresh server, an expired retention) but the state remote remembers: its report
// is enough to look at it or to reopen it.

import type { Env } from '../../domain/environment.ts';
import type { FoundRun } from './find-run.ts';
import { failureType } from '../../contracts/failures.ts';
import type { Remote } from '../../git/remote.ts';
import { type RunId, isRunId, stateRefs } from '../../contracts/ids.ts';
import { listRemote } from '../../git/remote.ts';
import { severalFit } from './find-run.ts';
import { readStateFile } from '../../git/state-files.ts';
import { remoteFor } from '../../git/remote-for.ts';
import { reportCodec, reportFile } from '../../formats/state-documents/report.ts';
import { stateRemoteFor } from '../state-remote.ts';

/**
 * Matches the whole id or any unique part of it. Null if no state remote is known here, or none of its reports matches.
 * Throws `BadInput` if several do.
 */
export async function findForgottenRun(text: string, env: Env, home: string): Promise<FoundRun | null> {
  const stateRemote = await stateRemoteFor(null, env, home).catch((error: unknown) => {
    if (failureType(error) === 'StateRemoteMissing') return null;
    throw error;
  });
  if (stateRemote === null) return null;
  const remote = remoteFor(stateRemote, env);
  const run = await fullId(remote, text);
  const written = run === null ? null : await readStateFile(remote, stateRefs.report(run), reportFile);
  if (run === null || written === null) return null;
  const { status, repository, branch, goal, startedBy, startedAt, endedAt } = reportCodec.read(written);
  return {
    run,
    memo: { repository, branch, stateRemote, startedBy, goal },
    open: false,
    status,
    startedAt: new Date(startedAt),
    endedAt: new Date(endedAt),
  };
}

async function fullId(remote: Remote, text: string): Promise<RunId | null> {
  if (isRunId(text)) {
    const { refs } = await listRemote(remote, [stateRefs.report(text)]);
    if (refs.has(stateRefs.report(text))) return text;
  }
  const { refs } = await listRemote(remote, [`${stateRefs.allRuns}*`]);
  const runs = [...refs.keys()].flatMap((ref) => {
    const [, id = ''] = /^refs\/coppice\/runs\/([^/]+)\/report$/.exec(ref) ?? [];
    return isRunId(id) && id.includes(text) ? [id] : [];
  });
  const [run = null, ...others] = runs;
  if (others.length > 0) throw severalFit(text, runs);
  return run;
}
