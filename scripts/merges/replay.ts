// Merges the two parents of a merge again, as the merge queue would, and compares the outcome with git's own and with
// what people committed. The repository is only read: objects go to a temporary one beside it.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Sha, asSha } from '../../contracts/ids.ts';
import { closeReader } from '../../git/object-reader.ts';
import { gitText, runGit } from '../../git/run-git.ts';
import { makeBare } from '../../activities/repository/local-repository.ts';
import { mergeTrees } from '../../activities/landing/merge/merge-trees.ts';
import { readMerge } from '../../activities/landing/merge/read-merge.ts';
import { treeOf } from '../../git/tree-reader.ts';

export interface Outcome {
  readonly tree: Sha;
  /** Paths in conflict, sorted; empty = a clean merge. */
  readonly conflicts: readonly string[];
}

export interface ReplayedMerge {
  readonly merge: Sha;
  readonly subject: string;
  readonly ours: Outcome;
  /** `git merge-tree`, which ignores the attributes of a bare repository. */
  readonly mergeTree: Outcome;
  /** `git merge` in a worktree: only where the two others differ; null = not tried. */
  readonly merged: Outcome | null;
  /** The tree that people committed. */
  readonly people: Sha;
}

/** `skipped`: merges with several merge bases, or none, which the queue never makes. */
export type Replayed = ReplayedMerge | { readonly merge: Sha; readonly skipped: string };

/** Newest first. `gitDir`: a repository with all objects of its history. */
export async function* replayMerges(gitDir: string, limit: number): AsyncGenerator<Replayed> {
  const folder = await mkdtemp(join(tmpdir(), 'coppice-replay-'));
  const state = join(folder, 'state.git');
  try {
    await makeBare(state, null);
    const objects = await gitText(gitDir, ['rev-parse', '--path-format=absolute', '--git-path', 'objects']);
    await writeFile(join(state, 'objects', 'info', 'alternates'), `${objects}\n`);
    const args = ['log', '--all', '--merges', '--min-parents=2', '--max-parents=2', '--format=%H %P %s'];
    const text = await gitText(gitDir, [...args, `--max-count=${limit}`]);
    for (const line of text.split('\n').filter((each) => each !== '')) {
      const [merge = '', first = '', second = '', ...subject] = line.split(' ');
      const sides = { merge: asSha(merge), first: asSha(first), second: asSha(second) };
      yield await replay(state, folder, { ...sides, subject: subject.join(' ') });
    }
  } finally {
    closeReader(state);
    await rm(folder, { recursive: true, force: true });
  }
}

interface Merge {
  readonly merge: Sha;
  readonly first: Sha;
  readonly second: Sha;
  readonly subject: string;
}

async function replay(state: string, folder: string, { merge, first, second, subject }: Merge): Promise<Replayed> {
  const found = await runGit(state, ['merge-base', '--all', first, second], { accept: [0, 1] });
  const [base, ...others] = found.stdout
    .toString('utf8')
    .split('\n')
    .filter((each) => each !== '');
  if (base === undefined) return { merge, skipped: 'the sides have no common commit' };
  if (others.length > 0) return { merge, skipped: 'the sides have several merge bases' };
  const merged = await mergeTrees(state, { base: asSha(base), ours: first, theirs: second });
  const ours = { tree: merged.tree, conflicts: merged.conflicts.map(({ path }) => path).toSorted() };
  const { exitCode, stdout } = await runGit(
    state,
    ['-c', 'merge.directoryRenames=true', 'merge-tree', '--write-tree', '-z', '--messages', first, second],
    { accept: [0, 1] },
  );
  const read = readMerge(stdout, exitCode === 0);
  const mergeTree = { tree: read.tree, conflicts: read.conflicts.map(({ path }) => path).toSorted() };
  const isSame = sameOutcome(ours, mergeTree);
  return {
    merge,
    subject,
    ours,
    mergeTree,
    merged: isSame ? null : await mergeInWorktree(state, folder, { first, second }),
    people: await treeOf(state, merge),
  };
}

/** Trees of merges in conflict differ in the labels of their markers. */
export function sameOutcome(one: Outcome, other: Outcome): boolean {
  if (one.conflicts.length === 0 && other.conflicts.length === 0) return one.tree === other.tree;
  return one.conflicts.join('\0') === other.conflicts.join('\0');
}

/** With the attributes of the first side's files. */
async function mergeInWorktree(
  state: string,
  folder: string,
  { first, second }: Pick<Merge, 'first' | 'second'>,
): Promise<Outcome> {
  const tree = join(folder, 'worktree');
  await runGit(state, ['worktree', 'add', '--quiet', '--detach', '--force', tree, first]);
  try {
    const gitDir = await gitText(null, ['-C', tree, 'rev-parse', '--absolute-git-dir']);
    const inside = { env: { GIT_WORK_TREE: tree } };
    const who = ['-c', 'user.name=replay', '-c', 'user.email=replay@localhost', '-c', 'merge.directoryRenames=true'];
    const args = [...who, 'merge', '--no-ff', '--no-commit', '--quiet', second];
    await runGit(gitDir, args, { ...inside, accept: [0, 1] });
    const unmerged = await gitText(gitDir, ['ls-files', '-z', '--unmerged'], inside);
    const conflicts = [...new Set(unmerged.split('\0').flatMap((record) => record.split('\t').slice(1)))];
    if (conflicts.length > 0) return { tree: await treeOf(state, first), conflicts: conflicts.toSorted() };
    return { tree: asSha(await gitText(gitDir, ['write-tree'], inside)), conflicts: [] };
  } finally {
    await runGit(state, ['worktree', 'remove', '--force', tree]);
  }
}
