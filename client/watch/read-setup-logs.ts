// The output of a run's setups, which hosts keep as commits on refs of the run.

import type { Remote } from '../../git/remote.ts';
import type { RunId } from '../../contracts/ids.ts';
import { commitDates } from '../../git/state-refs.ts';
import { fetchRefs, listRemote } from '../../git/remote.ts';
import { readBlob } from '../../git/tree-reader.ts';
import { setupLogFile, stateRefs } from '../../contracts/ids.ts';
import { withTemporaryRepository } from '../../git/state-files.ts';

export interface SetupLog {
  /** `try` = the target before the run's first unit; otherwise it names a setup that failed in a unit's worktree. */
  readonly name: string;
  readonly at: string;
  /** Safe text; if longer than a mebibyte, its head and tail. */
  readonly text: string;
}

/** By time. Throws `RepositoryUnreachable`. */
export async function readSetupLogs(remote: Remote, run: RunId): Promise<SetupLog[]> {
  const prefix = stateRefs.setupLogs(run);
  const refs = new Map([...(await listRemote(remote, [`${prefix}*`])).refs].filter(([ref]) => ref.startsWith(prefix)));
  if (refs.size === 0) return [];
  const dates = await commitDates(remote, refs);
  return withTemporaryRepository(async (gitDir) => {
    const logs: SetupLog[] = [];
    for (const [ref, commit] of refs) {
      const at = dates.get(ref);
      if (at === undefined || (await fetchRefs(gitDir, remote, [ref], { depth: 1 })) === 'missing') continue;
      const text = await readBlob(gitDir, commit, setupLogFile);
      if (text !== null) logs.push({ name: ref.slice(prefix.length), at: at.toISOString(), text });
    }
    return logs.toSorted((a, b) => a.at.localeCompare(b.at) || a.name.localeCompare(b.name));
  });
}
