// What commands have made, on the state remote: a commit for each set of inputs, whose tree is the command's output. A
// registry may answer otherwise a minute later; what was made first counts, on every host.
// Safe to run twice and by many hosts: the first push wins, and the others take what is there.

import type { LocalRepository } from '../../repository/local-repository.ts';
import { type Sha, stateRefs } from '../../../contracts/ids.ts';
import { commitAt, treeOf } from '../../../git/tree-reader.ts';
import { failure } from '../../../contracts/failures.ts';
import { fetchRefs } from '../../../git/remote.ts';
import { inertLine } from '../../../domain/text/inert.ts';
import { writeCommit } from '../../../git/write-commit.ts';
import { writeRef } from '../../../git/object-writer.ts';

/** The output of a command with these inputs; null if nobody has made it yet. */
export async function findGenerated({ state, stateRemote }: LocalRepository, hash: string): Promise<Sha | null> {
  const here = await commitAt(state, localRef(hash));
  if (here !== null) return treeOf(state, here);
  const answer = await fetchRefs(state, stateRemote, [`+${stateRefs.generated(hash)}:${localRef(hash)}`]);
  return answer === 'missing' ? null : treeOf(state, localRef(hash));
}

interface Output {
  readonly hash: string;
  readonly tree: Sha;
  /** The command. */
  readonly by: string;
}

/** Returns the output that counts. */
export async function keepGenerated(repository: LocalRepository, { hash, tree, by }: Output): Promise<Sha> {
  const { state, identity, pusher } = repository;
  const ref = stateRefs.generated(hash);
  const message = `Made by ${inertLine(by).slice(0, 200)}\n`;
  const seconds = Math.floor(Date.now() / 1000);
  const own = { ref: `refs/coppice-local/making/${hash}`, parents: [], tree, message, identity, seconds };
  const commit = await writeCommit(state, own);
  const outcome = await pusher.push({ ref, commit, lease: null });
  switch (outcome.status) {
    case 'pushed':
      await writeRef(state, localRef(hash), commit);
      return tree;
    case 'refused':
      throw failure('PushRefused', `the state remote refused what a command has made: ${outcome.message}`);
    case 'stale': {
      const theirs = await findGenerated(repository, hash);
      if (theirs === null) throw failure('GitFailed', `${ref} of the state remote keeps moving`);
      return theirs;
    }
  }
}

/** What is here counts: it was there, or was taken from there. */
function localRef(hash: string): string {
  return `refs/coppice-local/generated/${hash}`;
}
