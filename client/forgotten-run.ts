// A run that Temporal has forgotten (a fresh server, an expired retention) and the state remote remembers: its report says
// all that is needed to look at it, or to open it again.

import type { Env } from '../domain/environment.ts';
import type { FoundRun } from './find-run.ts';
import { failureType } from '../contracts/failures.ts';
import { isRunId, stateRefs } from '../contracts/ids.ts';
import { readStateFile } from '../git/state.ts';
import { remoteFor } from '../git/remote-for.ts';
import { reportCodec, reportFile } from '../formats/state-documents/report.ts';
import { stateRemoteFor } from './state-remote.ts';

/** Null when `text` is no whole id, no state remote is known here, or that has no report of the run. */
export async function findForgottenRun(text: string, env: Env, home: string): Promise<FoundRun | null> {
  if (!isRunId(text)) return null;
  const stateRemote = await stateRemoteFor(null, env, home).catch((error: unknown) => {
    if (failureType(error) === 'StateRemoteMissing') return null;
    throw error;
  });
  if (stateRemote === null) return null;
  const written = await readStateFile(remoteFor(stateRemote, env), stateRefs.report(text), reportFile);
  if (written === null) return null;
  const { status, repository, branch, goal, startedBy, startedAt, endedAt } = reportCodec.read(written);
  return {
    run: text,
    memo: { repository, branch, stateRemote, startedBy, goal },
    open: false,
    status,
    startedAt: new Date(startedAt),
    endedAt: new Date(endedAt),
  };
}
