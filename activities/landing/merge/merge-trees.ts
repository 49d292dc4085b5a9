// A three-way merge in memory: trees in, a tree and the conflicts out, without a worktree or refs of the repository. It
// runs in a temporary GIT_DIR, so that markers carry names and the target's attributes apply (a bare repository would
// ignore them, and the queue would merge differently from a worktree).
// Safe to run twice: it only writes objects, which are named by their content.

import type { Merged } from './merged.ts';
import { attributesOf } from './attributes.ts';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Sha } from '../../../contracts/ids.ts';
import { type CompareTrees, comparingOnce, editTree } from '../../../git/trees.ts';
import { treeOf } from '../../../git/tree-reader.ts';
import { readMerge, withMarkers } from './read-merge.ts';
import { GitError, type GitOutput, runGit } from '../../../git/run-git.ts';
import { writeCommit } from '../../../git/write-commit.ts';
import { writeRef } from '../../../git/object-writer.ts';
import { resolveLockFiles } from './resolve-lock-files.ts';

interface Sides {
  readonly base: Sha;
  readonly ours: Sha;
  readonly theirs: Sha;
}

/** Takes commits or trees. `ours` is labelled `target`, `theirs` is labelled `unit`. */
export async function mergeTrees(
  state: string,
  commits: Sides,
  compare: CompareTrees = comparingOnce(state),
): Promise<Merged> {
  const sides = {
    base: await treeOf(state, commits.base),
    ours: await treeOf(state, commits.ours),
    theirs: await treeOf(state, commits.theirs),
  };
  const tree = await mergeApart(state, sides, compare);
  return tree === null ? mergeByGit(state, sides) : { tree, conflicts: [] };
}

/**
 * Merges changes that do not meet, by applying theirs to ours. Null if both sides changed a path, if one side made a
 * file of a folder that the other changes, or if paths were removed: git then looks for renames, and only git can
 * decide.
 */
async function mergeApart(state: string, { base, ours, theirs }: Sides, compare: CompareTrees): Promise<Sha | null> {
  const [our, their] = await Promise.all([compare(base, ours), compare(base, theirs)]);
  if (our.length > 0 && [...our, ...their].some(({ to }) => to === null)) return null;
  const ourPaths = new Set(our.flatMap(({ path }) => [path, ...foldersOf(path)]));
  const ourFiles = new Set(our.map(({ path }) => path));
  const meets = (path: string): boolean => ourPaths.has(path) || foldersOf(path).some((folder) => ourFiles.has(folder));
  if (their.some(({ path }) => meets(path))) return null;
  return editTree(state, ours, new Map(their.map(({ path, to }) => [path, to])));
}

/** `a/b/c` is in `a` and `a/b`. */
function foldersOf(path: string): string[] {
  const names = path.split('/').slice(0, -1);
  return names.map((_, index) => names.slice(0, index + 1).join('/'));
}

/**
 * git's default markers, however the host's git is configured, because agents and their scripts know them. (Lock files
 * get no markers, because package managers handle them badly: the target's version is used.) A file that one side added
 * to a folder that the other has renamed moves along, as git suggests.
 */
const settings = ['-c', 'merge.conflictStyle=merge'];

/** What git is asked to follow, the first with which it comes to an end: on some renames it aborts. */
const followed = [
  ['-c', 'merge.directoryRenames=true'],
  ['-c', 'merge.directoryRenames=false'],
  ['-c', 'merge.renames=false'],
];

async function mergeByGit(state: string, { base, ours, theirs }: Sides): Promise<Merged> {
  const gitDir = await mkdtemp(join(dirname(state), 'merge-'));
  try {
    const env = { GIT_OBJECT_DIRECTORY: join(state, 'objects') };
    await prepareGitDir(gitDir, await attributesOf(state, ours));
    const parent = await writeSide(state, base, []);
    const named = [['target', ours] as const, ['unit', theirs] as const];
    for (const [name, tree] of named) {
      await writeRef(gitDir, `refs/heads/${name}`, await writeSide(state, tree, [parent]));
    }
    const { exitCode, stdout } = await runMerge(gitDir, env);
    const { tree, conflicts } = readMerge(stdout, exitCode === 0);
    return await resolveLockFiles(state, tree, await withMarkers(state, tree, conflicts));
  } finally {
    await rm(gitDir, { recursive: true, force: true });
  }
}

async function runMerge(gitDir: string, env: Readonly<Record<string, string>>): Promise<GitOutput> {
  let aborted: unknown;
  for (const renames of followed) {
    const args = [...settings, ...renames, 'merge-tree', '--write-tree', '-z', '--messages', 'target', 'unit'];
    try {
      return await runGit(gitDir, args, { env, accept: [0, 1] });
    } catch (error) {
      if (!(error instanceof GitError) || error.signal !== 'SIGABRT') throw error;
      aborted = error;
    }
  }
  throw aborted;
}

export async function prepareGitDir(gitDir: string, attributes: string): Promise<void> {
  for (const folder of ['objects', 'refs', 'info']) await mkdir(join(gitDir, folder));
  await writeFile(join(gitDir, 'HEAD'), 'ref: refs/heads/none\n');
  await writeFile(join(gitDir, 'info', 'attributes'), attributes);
}

/** Commits made only for this merge define the merge base, whatever the real history looks like. */
function writeSide(state: string, tree: Sha, parents: readonly Sha[]): Promise<Sha> {
  return writeCommit(state, { ref: null, parents, tree, message: '', identity: merger, seconds: 0 });
}

const merger = { name: 'merge', email: 'merge@localhost' };
