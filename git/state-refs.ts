// Many refs of the state remote at once: when they were written, and their deletion. For processes without a host's home.

import type { Remote } from './remote.ts';
import type { Sha } from '../contracts/ids.ts';
import { type PushOutcome, type PushUpdate, fetchRefs, pushRefs } from './remote.ts';
import { runGit } from './run-git.ts';
import { withTemporaryRepository } from './state-files.ts';

/** git compares each ref of a command with each ref of the remote, so larger ones gain nothing. */
const refsAtOnce = 1000;

/** When the newest of `commits` was made, refs that had them when the remote was listed; null when all are gone. */
export async function newestCommit(remote: Remote, refs: ReadonlyMap<string, Sha>): Promise<Date | null> {
  const dates = await commitDates(remote, refs);
  return [...dates.values()].reduce<Date | null>((newest, at) => (newest === null || at > newest ? at : newest), null);
}

/** When the commits of `refs` were made, by ref; those that are gone meanwhile are left out. */
export async function commitDates(remote: Remote, refs: ReadonlyMap<string, Sha>): Promise<Map<string, Date>> {
  return withTemporaryRepository(async (gitDir) => {
    for (const some of chunks([...refs.keys()])) {
      // No local refs: writing many is slow. One ref that is gone makes git fetch none.
      if ((await fetchRefs(gitDir, remote, some, { depth: 1 })) === 'fetched') continue;
      for (const ref of some) await fetchRefs(gitDir, remote, [ref], { depth: 1 });
    }
    const { stdout } = await runGit(
      gitDir,
      ['log', '--no-walk=unsorted', '--ignore-missing', '--format=%H %ct', '--stdin'],
      // With none of them there git takes the branch of HEAD, which this repository does not have.
      { input: [...refs.values()].join('\n'), accept: [0, 128] },
    );
    const seconds = new Map(
      stdout
        .toString('utf8')
        .split('\n')
        .map((line) => line.split(' ') as [string, string]),
    );
    return new Map(
      [...refs].flatMap(([ref, sha]) => {
        const at = seconds.get(sha);
        return at === undefined ? [] : [[ref, new Date(Number(at) * 1000)]];
      }),
    );
  });
}

export interface Deletion {
  readonly deleted: number;
  /** Moved or deleted by somebody else meanwhile, and left as they are. */
  readonly moved: number;
  /** What the remote said to refs that it did not let go, by ref. */
  readonly refused: ReadonlyMap<string, string>;
}

/**
 * Deletes each ref that is still what it was. Safe to run twice and to interrupt: what is gone counts as moved. Throws
 * `RepositoryUnreachable`.
 */
export async function deleteRefs(remote: Remote, refs: ReadonlyMap<string, Sha>): Promise<Deletion> {
  return withTemporaryRepository(async (gitDir) => {
    let deleted = 0;
    const refused = new Map<string, string>();
    for (const some of chunks([...refs])) {
      const updates = some.map(([ref, lease]) => ({ ref, commit: null, lease }));
      for (const [ref, outcome] of await pushAll(gitDir, remote, updates)) {
        if (outcome.status === 'pushed') deleted += 1;
        else if (outcome.status === 'refused') refused.set(ref, outcome.message);
      }
    }
    return { deleted, moved: refs.size - deleted - refused.size, refused };
  });
}

/** In one transaction, which is much faster; where one of them cannot go, each for itself. */
async function pushAll(
  gitDir: string,
  remote: Remote,
  updates: readonly PushUpdate[],
): Promise<Map<string, PushOutcome>> {
  const together = await pushRefs(gitDir, remote, updates, { atomic: true });
  const left = updates.filter(({ ref }) => together.get(ref)?.status !== 'pushed');
  return left.length === 0 ? together : new Map([...together, ...(await pushRefs(gitDir, remote, left))]);
}

function chunks<Item>(items: readonly Item[]): Item[][] {
  return Array.from({ length: Math.ceil(items.length / refsAtOnce) }, (_, index) =>
    items.slice(index * refsAtOnce, (index + 1) * refsAtOnce),
  );
}
