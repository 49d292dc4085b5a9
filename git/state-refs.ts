// Many refs of the state remote at once: their dates, and their deletion. For processes without a host's home.

import type { Remote } from './remote.ts';
import type { Sha } from '../contracts/ids.ts';
import { type PushOutcome, type PushUpdate, fetchRefs, pushRefs } from './remote.ts';
import { runGit } from './run-git.ts';
import { withTemporaryRepository } from './state-files.ts';

/** git compares each ref of a command with each ref of the remote, so larger batches gain nothing. */
const refsAtOnce = 1000;

/** The date of the newest commit of `refs`, as listed earlier; null if all are gone. */
export async function newestCommit(remote: Remote, refs: ReadonlyMap<string, Sha>): Promise<Date | null> {
  const dates = await commitDates(remote, refs);
  return [...dates.values()].reduce<Date | null>((newest, at) => (newest === null || at > newest ? at : newest), null);
}

/** The dates of the commits of `refs`, by ref; refs that are gone meanwhile are left out. */
export async function commitDates(remote: Remote, refs: ReadonlyMap<string, Sha>): Promise<Map<string, Date>> {
  return withTemporaryRepository(async (gitDir) => {
    for (const some of chunks([...refs.keys()])) {
      // Without local refs, because writing many is slow. If one ref is gone, git fetches none.
      if ((await fetchRefs(gitDir, remote, some, { depth: 1 })) === 'fetched') continue;
      for (const ref of some) await fetchRefs(gitDir, remote, [ref], { depth: 1 });
    }
    const { stdout } = await runGit(
      gitDir,
      ['log', '--no-walk=unsorted', '--ignore-missing', '--format=%H %ct', '--stdin'],
      // If none of the commits exist, git falls back to HEAD's branch, which this repository does not have.
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
  /** Refs that others moved or deleted meanwhile; left unchanged. */
  readonly moved: number;
  /** The remote's messages for refs that it refused to delete, by ref. */
  readonly refused: ReadonlyMap<string, string>;
}

/**
 * Deletes each ref that is unchanged. Safe to run twice and to interrupt: a ref that is gone counts as moved. Throws
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

/** Pushes all in one transaction, which is much faster; if one is refused, pushes each separately. */
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
