// A three-way merge in memory: trees in, a tree and the conflicts out; no worktree, no refs of the repository. The merge
// runs in a throw-away GIT_DIR, so that markers carry names and the target's attributes count (a bare repository would
// ignore them, and the queue would merge differently from a worktree).
// Safe to run twice: everything it writes is an object named by its content.

import type { Merged } from './merged.ts';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Sha } from '../../../contracts/ids.ts';
import { compareTrees, editTree } from '../../../git/trees.ts';
import { listTree, readBlobs, treeOf } from '../../../git/tree-reader.ts';
import { readMerge, withMarkers } from './read-merge.ts';
import { runGit } from '../../../git/run-git.ts';
import { resolveLockFiles } from './resolve-lock-files.ts';
import { isFileMode } from '../../../domain/repository/file-modes.ts';

interface Sides {
  readonly base: Sha;
  readonly ours: Sha;
  readonly theirs: Sha;
}

/** Commits or trees. `ours` is labelled `target`, `theirs` is labelled `unit`. */
export async function mergeTrees(state: string, commits: Sides): Promise<Merged> {
  const sides = {
    base: await treeOf(state, commits.base),
    ours: await treeOf(state, commits.ours),
    theirs: await treeOf(state, commits.theirs),
  };
  const tree = await mergeApart(state, sides);
  return tree === null ? mergeByGit(state, sides) : { tree, conflicts: [] };
}

/**
 * The merge of changes that do not meet: theirs put over ours. Null when a path was changed by both, lies in what the other
 * made a file of, or was removed: then git looks for renames, and only git can say.
 */
async function mergeApart(state: string, { base, ours, theirs }: Sides): Promise<Sha | null> {
  const [our, their] = await Promise.all([compareTrees(state, base, ours), compareTrees(state, base, theirs)]);
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
 * The markers are git's default ones, whatever the host's git is configured to write: agents and their scripts know them.
 * (Lock files, whose package managers do worse with them than with diff3's, get none: they are taken from the target.)
 * A file that one side added to a folder that the other has renamed goes along, as git suggests.
 */
const settings = ['-c', 'merge.conflictStyle=merge', '-c', 'merge.directoryRenames=true'];

async function mergeByGit(state: string, { base, ours, theirs }: Sides): Promise<Merged> {
  const gitDir = await mkdtemp(join(dirname(state), 'merge-'));
  try {
    const input = commit('base', base, '') + commit('target', ours, fromBase) + commit('unit', theirs, fromBase);
    const env = { GIT_OBJECT_DIRECTORY: join(state, 'objects') };
    await prepareGitDir(gitDir, await attributesOf(state, ours));
    await runGit(gitDir, ['fast-import', '--quiet', '--date-format=raw', '--force'], { input, env });
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

/** Commits made for the purpose say what the merge base is, whatever the real history looks like. */
function commit(name: string, tree: Sha, from: string): string {
  const header = `commit refs/heads/${name}\ncommitter merge <merge@localhost> 0 +0000\ndata 0\n`;
  return `${header}${from}deleteall\nM 040000 ${tree} ""\n\n`;
}

const fromBase = 'from refs/heads/base\n';

/** Every `.gitattributes` of a tree as one list, patterns of subfolders anchored there, deeper ones later (they win). */
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
