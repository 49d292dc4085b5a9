// A three-way merge in memory: trees in, a tree and the conflicts out, without a worktree or refs of the repository. It
// runs in a temporary GIT_DIR, so that markers carry names and the target's attributes apply (a bare repository would
// ignore them, and the queue would merge differently from a worktree).
// Safe to run twice: it only writes objects, which are named by their content.

import type { Merged } from './merged.ts';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Sha } from '../../../contracts/ids.ts';
import { type CompareTrees, comparingOnce, editTree } from '../../../git/trees.ts';
import { listTree, readBlobs, treeOf } from '../../../git/tree-reader.ts';
import { readMerge, withMarkers } from './read-merge.ts';
import { runGit } from '../../../git/run-git.ts';
import { writeCommit } from '../../../git/write-commit.ts';
import { writeRef } from '../../../git/object-writer.ts';
import { resolveLockFiles } from './resolve-lock-files.ts';
import { isFileMode } from '../../../domain/repository/file-modes.ts';

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
const settings = ['-c', 'merge.conflictStyle=merge', '-c', 'merge.directoryRenames=true'];

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
    const args = [...settings, 'merge-tree', '--write-tree', '-z', '--messages', 'target', 'unit'];
    const { exitCode, stdout } = await runGit(gitDir, args, { env, accept: [0, 1] });
    const { tree, conflicts } = readMerge(stdout, exitCode === 0);
    return await resolveLockFiles(state, tree, await withMarkers(state, tree, conflicts));
  } finally {
    await rm(gitDir, { recursive: true, force: true });
  }
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

/**
 * Every `.gitattributes` of a tree as one list: patterns of subfolders are anchored there, deeper ones come later (they
 * win).
 */
export async function attributesOf(gitDir: string, tree: Sha): Promise<string> {
  const files = (await listTree(gitDir, tree))
    .filter(({ path, mode }) => basename(path) === '.gitattributes' && isFileMode(mode))
    .toSorted((a, b) => a.path.split('/').length - b.path.split('/').length);
  const contents = await readBlobs(
    gitDir,
    files.map(({ id }) => id),
  );
  return files
    .flatMap(({ path }, index) => (contents[index] ?? '').split('\n').map((line) => anchor(line, dirname(path))))
    .join('\n');
}

function anchor(line: string, folder: string): string {
  const rule = line.trim();
  if (folder === '.' || rule === '' || rule.startsWith('#')) return rule;
  const quote = rule.startsWith('"') ? '"' : '';
  const pattern = rule.slice(quote.length);
  const end = quote === '"' ? pattern.indexOf('"') : pattern.search(/\s|$/);
  const anchored = pattern.slice(0, end).includes('/');
  return `${quote}${folder}/${anchored ? '' : '**/'}${pattern.replace(/^\//, '')}`;
}
