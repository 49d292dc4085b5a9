// Reads commits and files as data, from git objects only.

import { type Sha, asSha, isSha } from '../contracts/ids.ts';
import { type Difference, type Entry, bytesOf, compareTrees, editTree, entryAt, listFiles, textOf } from './trees.ts';
import { failure } from '../contracts/failures.ts';
import { lookUp, readObject } from './object-reader.ts';
import { folderMode } from '../domain/repository/file-modes.ts';

export interface TreeEntry {
  readonly mode: string;
  readonly id: Sha;
  readonly path: string;
}

export interface Change {
  readonly path: string;
  readonly status: 'added' | 'modified' | 'deleted' | 'type-changed';
  /** git mode of the new side, for example `100644`, `120000`; `000000` if deleted. */
  readonly mode: string;
}

interface Commit {
  readonly tree: Sha;
  readonly parents: readonly Sha[];
  /** Committer date, seconds since the epoch; 0 if the commit has none that git takes. */
  readonly seconds: number;
  readonly message: string;
}

/** A train reads the same few commits for each of its members. */
const known = new Map<string, Commit>();
const remembered = { commits: 2000, bytes: 4000 } as const;

/** Throws `GitFailed` if the repository has no such commit. */
async function readCommit(gitDir: string, commit: string): Promise<Commit> {
  const key = keyOf(gitDir, commit);
  const cached = known.get(key);
  if (cached !== undefined) return cached;
  const object = await readObject(gitDir, commit);
  if (object?.type !== 'commit') throw failure('GitFailed', `${commit} is not a commit that is here`);
  const parsed = parseCommit(object.content.toString('utf8'));
  // A ref may move, so only ids are remembered.
  if (!isSha(commit) || object.content.length > remembered.bytes) return parsed;
  if (known.size >= remembered.commits) known.clear();
  known.set(key, parsed);
  return parsed;
}

function keyOf(gitDir: string, commit: string): string {
  return `${commit} ${gitDir}`;
}

function parseCommit(text: string): Commit {
  const body = text.indexOf('\n\n');
  const headers = text.slice(0, body).split('\n');
  const values = (name: string) =>
    headers.filter((line) => line.startsWith(`${name} `)).map((line) => line.slice(name.length + 1));
  const [tree = ''] = values('tree');
  const [committer = ''] = values('committer');
  return {
    tree: asSha(tree),
    parents: values('parent').map(asSha),
    seconds: secondsOf(committer),
    message: text.slice(body + 2),
  };
}

function secondsOf(committer: string): number {
  const seconds = Number(/> *(\d+) [+-]\d+$/.exec(committer)?.[1]);
  return Number.isSafeInteger(seconds) ? seconds : 0;
}

/** The tree of a commit, named by its id or a ref's full name; a tree's id is also accepted. */
export async function treeOf(gitDir: string, commit: string): Promise<Sha> {
  const cached = known.get(keyOf(gitDir, commit));
  if (cached !== undefined) return cached.tree;
  const found = await lookUp(gitDir, commit);
  return found?.type === 'tree' ? found.id : (await readCommit(gitDir, commit)).tree;
}

export async function parentsOf(gitDir: string, commit: Sha): Promise<readonly Sha[]> {
  return (await readCommit(gitDir, commit)).parents;
}

/** Committer date, seconds since the epoch. */
export async function dateOf(gitDir: string, commit: Sha): Promise<number> {
  return (await readCommit(gitDir, commit)).seconds;
}

export async function messageOf(gitDir: string, commit: Sha): Promise<string> {
  return (await readCommit(gitDir, commit)).message;
}

/** The commit that a ref points at, by its full name; null if there is none. */
export async function commitAt(gitDir: string, ref: string): Promise<Sha | null> {
  const found = await lookUp(gitDir, ref);
  return found?.type === 'commit' ? found.id : null;
}

export async function hasCommit(gitDir: string, commit: Sha): Promise<boolean> {
  return (await lookUp(gitDir, commit))?.type === 'commit';
}

/** All files below `path` of a commit or tree (null = everything); for a file, just itself. */
export async function listTree(gitDir: string, commit: Sha, path: string | null = null): Promise<TreeEntry[]> {
  const tree = await treeOf(gitDir, commit);
  if (path === null) return (await listFiles(gitDir, tree)).map(readable);
  const entry = await entryAt(gitDir, tree, bytesOf(path));
  if (entry === null) return [];
  if (entry.mode !== folderMode) return [{ ...entry, path }];
  return (await listFiles(gitDir, entry.id, `${bytesOf(path)}/`)).map(readable);
}

/** The contents of blobs, in order. */
export async function readBlobs(gitDir: string, ids: readonly Sha[]): Promise<string[]> {
  return Promise.all(
    ids.map(async (id) => {
      const object = await readObject(gitDir, id);
      if (object === null) throw failure('GitFailed', `there is no object ${id}`);
      return object.content.toString('utf8');
    }),
  );
}

/**
 * The text of a file; null if `commit` (an id, or a ref's full name) has none at this path, or it exceeds `mostBytes`.
 */
export async function readBlob(
  gitDir: string,
  commit: string,
  path: string,
  mostBytes = Number.POSITIVE_INFINITY,
): Promise<string | null> {
  const entry = await entryAt(gitDir, await treeOf(gitDir, commit), bytesOf(path));
  if (entry === null) return null;
  const found = await lookUp(gitDir, entry.id);
  if (found?.type !== 'blob' || found.size > mostBytes) return null;
  return (await readBlobs(gitDir, [entry.id]))[0] ?? null;
}

/** The same tree without one of its top-level entries. */
export async function treeWithout(gitDir: string, tree: Sha, name: string): Promise<Sha> {
  return editTree(gitDir, tree, new Map([[bytesOf(name), null]]));
}

/** The changes from `from` to `to`, commits or trees; a rename is a deletion and an addition. */
export async function diffTrees(gitDir: string, from: Sha, to: Sha): Promise<Change[]> {
  const differences = await compareTrees(gitDir, await treeOf(gitDir, from), await treeOf(gitDir, to));
  return differences.map((difference) => ({
    path: textOf(difference.path),
    status: statusOf(difference),
    mode: difference.to?.mode ?? '000000',
  }));
}

function statusOf({ from, to }: Difference): Change['status'] {
  if (from === null) return 'added';
  if (to === null) return 'deleted';
  return kindOf(from) === kindOf(to) ? 'modified' : 'type-changed';
}

/** File, symbolic link or submodule. */
function kindOf({ mode }: Entry): string {
  return mode.slice(0, 3);
}

/** Splits NUL-terminated records, as printed by git's `-z`. */
export function records(output: Buffer): string[] {
  return output
    .toString('utf8')
    .split('\0')
    .filter((record) => record !== '');
}

/** Null if `commit` has no such entry. */
export async function entryId(gitDir: string, commit: string, path: string): Promise<Sha | null> {
  return (await entryAt(gitDir, await treeOf(gitDir, commit), bytesOf(path)))?.id ?? null;
}

function readable(entry: TreeEntry): TreeEntry {
  return { ...entry, path: textOf(entry.path) };
}
