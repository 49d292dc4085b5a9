// Makes a template: a commit of the target branch, checked out, and written to only by the setup command. It starts as
// an ordinary worktree, so that a half-made one is swept with those of dead processes.

import { copyFile, mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { diskUse } from '../../host/disk.ts';
import { type OwnedWorktree } from '../worktree.ts';
import type { LocalRepository } from '../../repository/local-repository.ts';
import type { Sha } from '../../../contracts/ids.ts';
import { copyIndex, hostIndex, indexOf, makeWorktree } from '../make.ts';
import { discard } from '../remove.ts';
import { refsDigest } from '../git-folder.ts';
import { prepareQuarantine, runScript } from '../snapshot/snapshot.ts';
import { readProduct } from '../snapshot/product.ts';
import { type Preparation, type Watch, prepare } from '../setup/preparation.ts';
import { runGit } from '../../../git/run-git.ts';
import { records, treeOf } from '../../../git/tree-reader.ts';

export interface MadeTemplate {
  readonly worktree: OwnedWorktree;
  readonly commit: Sha;
  readonly refs: string;
  readonly tree: Sha;
  readonly exact: boolean;
  readonly made: readonly string[];
  readonly bytes: number;
}

/** Throws what setup throws. The caller removes the returned worktree. */
export async function makeTemplate(
  repository: LocalRepository,
  commit: Sha,
  preparation: Preparation,
  watch: Pick<Watch, 'signal' | 'onLog' | 'onOutput' | 'onCommand'> &
    Partial<Pick<Watch, 'onStart'>> & { readonly lowPriority: boolean },
): Promise<MadeTemplate> {
  const { signal, lowPriority, onStart = () => undefined } = watch;
  const { sandbox } = repository;
  const tree = await treeOf(repository.state, commit);
  const { branch, lfs, wantsSubmodule } = preparation;
  const place = { repository, label: 'template', base: commit, upstream: commit, branch, tree, lfs, wantsSubmodule };
  // Before it is made: a tag that comes meanwhile makes the template older than it is, and not newer.
  const refs = await refsDigest(repository, place);
  const worktree = await makeWorktree(place, { lowPriority });
  try {
    await settleIndex(repository, worktree, signal);
    await prepare(sandbox, worktree, preparation, { ...watch, onStart });
    const left =
      preparation.setup === null ? nothing : await lookAtResult(repository, worktree, { base: commit, signal });
    return { worktree, commit, refs, tree, ...left, bytes: await diskUse(worktree.root) };
  } catch (error) {
    await worktree.remove();
    throw error;
  }
}

/**
 * git rereads files written in the same second as the index, because it cannot tell if they changed since. An index
 * written later saves that in every `git status` of every copy. No command has run in the tree yet.
 */
async function settleIndex(repository: LocalRepository, worktree: OwnedWorktree, signal: AbortSignal): Promise<void> {
  await sleep(1100, undefined, { signal });
  const index = indexOf(repository, worktree);
  const lenient = ['-c', 'core.checkStat=minimal', '-c', 'core.trustctime=false'];
  const env = { GIT_WORK_TREE: worktree.path, GIT_INDEX_FILE: index };
  await runGit(repository.state, [...lenient, 'update-index', '--force-write-index'], { env });
  await repository.sandbox.giveTo(index);
  await copyIndex(index, worktree);
}

/** What a setup left: paths that git ignores (folders end with `/`), and whether there is anything else. */
export type Leavings = Pick<MadeTemplate, 'exact' | 'made'>;
const nothing: Leavings = { exact: false, made: [] };
/** If a setup leaves more names than fit here, they are not examined. */
const longestList = 256 * 1024;

const statusScript = `
cd "$GIT_WORK_TREE" || exit 1
[ -s "$OUT/index" ] || git read-tree "$BASE" || exit 1
git update-ref --no-deref HEAD "$BASE" || exit 1
git -c core.checkStat=minimal -c core.trustctime=false status --porcelain -z --ignored --untracked-files=normal --ignore-submodules=all |
  head -c ${longestList} > "$OUT/status"
`;

/**
 * By the tree's own ignore files and an index that no command can have changed: a setup may have written what it likes into
 * the worktree's `.git`.
 */
export async function lookAtResult(
  repository: LocalRepository,
  worktree: OwnedWorktree,
  { base, signal }: { readonly base: Sha; readonly signal: AbortSignal },
): Promise<Leavings> {
  const out = await mkdtemp(join(worktree.folder, 'status-'));
  try {
    await prepareQuarantine(out, new Map());
    await copyFile(join(worktree.folder, hostIndex), join(out, 'index')).catch(() => undefined);
    await repository.sandbox.giveTo(out);
    const result = await runScript(repository, worktree, { base, out, script: statusScript, masks: [], signal });
    if (result.status !== 'exited' || result.exitCode !== 0) return { exact: true, made: [] };
    const product = await readProduct(join(out, 'status'));
    if (product.length >= longestList) return { exact: true, made: [] };
    const entries = records(product);
    const ignored = entries.filter((entry) => entry.startsWith('!! '));
    return { exact: ignored.length < entries.length, made: ignored.map((entry) => entry.slice(3)) };
  } finally {
    await discard(repository.home, out);
  }
}
