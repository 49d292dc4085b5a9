// Makes a template: a commit of the target branch, checked out, and written to only by the setup command. It starts as
// an ordinary worktree, so that a half-made one is swept with those of dead processes.

import { setTimeout as sleep } from 'node:timers/promises';
import { diskUse } from '../../host/disk.ts';
import { type OwnedWorktree } from '../worktree.ts';
import type { LocalRepository } from '../../repository/local-repository.ts';
import type { Sandbox } from '../../sandbox/contract.ts';
import type { Sha } from '../../../contracts/ids.ts';
import { makeWorktree } from '../make.ts';
import { type Preparation, type Watch, prepare } from '../setup/preparation.ts';
import { lowPriorityCommand } from '../../sandbox/low-priority.ts';
import { runGit } from '../../../git/run-git.ts';
import { records, treeOf } from '../../../git/tree-reader.ts';

export interface MadeTemplate {
  readonly worktree: OwnedWorktree;
  readonly commit: Sha;
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
  const worktree = await makeWorktree({ repository, label: 'template', base: commit, tree }, { lowPriority });
  try {
    await settleIndex(worktree, signal);
    await prepare(sandbox, worktree, preparation, { ...watch, onStart });
    const left = preparation.setup === null ? nothing : await lookAtResult(sandbox, worktree, signal);
    return { worktree, commit, tree, ...left, bytes: await diskUse(worktree.path) };
  } catch (error) {
    await worktree.remove();
    throw error;
  }
}

/**
 * git rereads files written in the same second as the index, because it cannot tell if they changed since. An index
 * written later saves that in every `git status` of every copy. No command has run in the tree yet.
 */
async function settleIndex({ gitDir, path }: OwnedWorktree, signal: AbortSignal): Promise<void> {
  await sleep(1100, undefined, { signal });
  const lenient = ['-c', 'core.checkStat=minimal', '-c', 'core.trustctime=false'];
  await runGit(gitDir, [...lenient, 'update-index', '--force-write-index'], { env: { GIT_WORK_TREE: path } });
}

/** What a setup left: paths that git ignores (folders end with `/`), and whether there is anything else. */
export type Leavings = Pick<MadeTemplate, 'exact' | 'made'>;
const nothing: Leavings = { exact: false, made: [] };
/** If a setup leaves more names than fit here, they are not examined. */
const longestList = 256 * 1024;

export async function lookAtResult(sandbox: Sandbox, worktree: OwnedWorktree, signal: AbortSignal): Promise<Leavings> {
  const result = await sandbox.run({
    argv: lowPriorityCommand(['git', 'status', '--porcelain', '-z', '--ignored', '--untracked-files=normal']),
    mounts: worktree.mounts,
    env: worktree.env,
    limits: { timeoutSeconds: 300, memoryMb: 1024, outputBytes: longestList },
    signal,
  });
  const wasRead = result.status === 'exited' && result.exitCode === 0 && result.outputSize < longestList;
  if (!wasRead) return { exact: true, made: [] };
  const entries = records(Buffer.from(result.output));
  const ignored = entries.filter((entry) => entry.startsWith('!! '));
  return { exact: ignored.length < entries.length, made: ignored.map((entry) => entry.slice(3)) };
}
