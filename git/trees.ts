// Trees as data: reads, lists, compares and edits them through their objects alone. Names are kept as bytes (in latin1
// text), because git does not guarantee UTF-8.

import { type Sha, asSha } from '../contracts/ids.ts';
import { failure } from '../contracts/failures.ts';
import { readObject } from './object-reader.ts';
import { writeObject } from './object-writer.ts';
import { compareText } from '../domain/text/compare.ts';
import { canonicalMode, folderMode } from '../domain/repository/file-modes.ts';

export interface Entry {
  /** The mode as git writes it today, also where the tree has another: `40000`, `100644`, `120000`, … */
  readonly mode: string;
  readonly id: Sha;
}

export function sameEntry(a: Entry | null, b: Entry | null): boolean {
  return a?.id === b?.id && a?.mode === b?.mode;
}

/** By name, in the order of the tree. */
export type Tree = ReadonlyMap<string, Entry>;

const emptyTree: Tree = new Map();

/** Throws `GitFailed` if the repository has no such tree. */
export async function readTree(gitDir: string, id: Sha): Promise<Tree> {
  const object = await readObject(gitDir, id);
  if (object?.type !== 'tree') throw failure('GitFailed', `${id} is not a tree that is here`);
  const entries = new Map<string, Entry>();
  const { content } = object;
  for (let at = 0; at < content.length;) {
    const nul = content.indexOf(0, at);
    const record = content.toString('latin1', at, nul);
    const space = record.indexOf(' ');
    const entry = {
      mode: canonicalMode(record.slice(0, space)),
      id: asSha(content.toString('hex', nul + 1, nul + 21)),
    };
    entries.set(record.slice(space + 1), entry);
    at = nul + 21;
  }
  return entries;
}

/** The entry at a path, names joined by `/`; null if there is none. */
export async function entryAt(gitDir: string, tree: Sha, path: string): Promise<Entry | null> {
  let entry: Entry = { mode: folderMode, id: tree };
  for (const name of path.split('/')) {
    if (entry.mode !== folderMode) return null;
    const next = (await readTree(gitDir, entry.id)).get(name);
    if (next === undefined) return null;
    entry = next;
  }
  return entry;
}

/** The same for many paths, reading each folder once; paths without an entry are left out. */
export async function entriesAt(
  gitDir: string,
  tree: Sha,
  paths: Iterable<string>,
  prefix = '',
): Promise<Map<string, Entry>> {
  const entries = await readTree(gitDir, tree);
  const found = new Map<string, Entry>();
  const below = new Map<string, string[]>();
  for (const path of paths) {
    const slash = path.indexOf('/');
    const name = slash === -1 ? path : path.slice(0, slash);
    const entry = entries.get(name);
    if (entry === undefined) continue;
    if (slash === -1) found.set(`${prefix}${path}`, entry);
    else if (entry.mode === folderMode) {
      const inside = below.get(name) ?? [];
      inside.push(path.slice(slash + 1));
      below.set(name, inside);
    }
  }
  for (const [name, inside] of below) {
    const folder = folderOf(entries.get(name) ?? null);
    if (folder === null) continue;
    for (const each of await entriesAt(gitDir, folder, inside, `${prefix}${name}/`)) found.set(...each);
  }
  return found;
}

export interface PlacedEntry extends Entry {
  readonly path: string;
}

/** All entries below a tree except folders, in git's order. */
export async function listFiles(gitDir: string, tree: Sha, prefix = ''): Promise<PlacedEntry[]> {
  const parts = await Promise.all(
    [...(await readTree(gitDir, tree))].map(async ([name, entry]): Promise<PlacedEntry[]> => {
      const path = `${prefix}${name}`;
      return entry.mode === folderMode ? listFiles(gitDir, entry.id, `${path}/`) : [{ ...entry, path }];
    }),
  );
  return parts.flat();
}

/** One path that differs; null = that side has nothing there. */
export interface Difference {
  readonly path: string;
  readonly from: Entry | null;
  readonly to: Entry | null;
}

/** Reads trees of one repository, as `readTree` does. */
export type ReadTree = (id: Sha) => Promise<Tree>;

/** Reads each tree once, for as long as the function is kept. */
export function readingOnce(gitDir: string): ReadTree {
  const known = new Map<Sha, Promise<Tree>>();
  return (id) => {
    const tree = known.get(id) ?? readTree(gitDir, id);
    known.set(id, tree);
    return tree;
  };
}

/** The differences between two trees, in git's order; identical folders are skipped. */
export function compareTrees(gitDir: string, from: Sha | null, to: Sha | null): Promise<Difference[]> {
  return compareBelow((id) => readTree(gitDir, id), { from, to, prefix: '' });
}

interface Compared {
  readonly from: Sha | null;
  readonly to: Sha | null;
  readonly prefix: string;
}

async function compareBelow(readOne: ReadTree, { from, to, prefix }: Compared): Promise<Difference[]> {
  if (from === to) return [];
  const read = async (tree: Sha | null): Promise<Tree> => (tree === null ? emptyTree : readOne(tree));
  const [before, after] = await Promise.all([read(from), read(to)]);
  const names = [...new Set([...before.keys(), ...after.keys()])];
  const parts = await Promise.all(
    names.map(async (name): Promise<Difference[]> => {
      const [a, b] = [before.get(name) ?? null, after.get(name) ?? null];
      if (a?.id === b?.id && a?.mode === b?.mode) return [];
      const path = `${prefix}${name}`;
      const [folderA, folderB] = [folderOf(a), folderOf(b)];
      const [fileA, fileB] = [folderA === null ? a : null, folderB === null ? b : null];
      const own = fileA === null && fileB === null ? [] : [{ path, from: fileA, to: fileB }];
      return [...own, ...(await compareBelow(readOne, { from: folderA, to: folderB, prefix: `${path}/` }))];
    }),
  );
  return parts.flat().toSorted((a, b) => compareText(a.path, b.path));
}

/** Compares trees of one repository, as `compareTrees` does. */
export type CompareTrees = (from: Sha, to: Sha) => Promise<readonly Difference[]>;

/** Compares each pair once, for as long as the function is kept. */
export function comparingOnce(gitDir: string, read: ReadTree = readingOnce(gitDir)): CompareTrees {
  const known = new Map<string, Promise<Difference[]>>();
  return (from, to) => {
    const pair = `${from} ${to}`;
    const differences = known.get(pair) ?? compareBelow(read, { from, to, prefix: '' });
    known.set(pair, differences);
    return differences;
  };
}

function folderOf(entry: Entry | null): Sha | null {
  return entry?.mode === folderMode ? entry.id : null;
}

/**
 * Applies `edits` to a tree; null removes the entry at a path. Folders that become empty are removed. Like git, keeps the
 * trees in which nothing changes, whatever modes they have.
 */
export async function editTree(
  gitDir: string,
  tree: Sha | null,
  edits: ReadonlyMap<string, Entry | null>,
): Promise<Sha> {
  const entries = new Map(tree === null ? emptyTree : await readTree(gitDir, tree));
  const below = new Map<string, Map<string, Entry | null>>();
  let isChanged = false;
  const put = (name: string, entry: Entry | null): void => {
    if (sameEntry(entries.get(name) ?? null, entry)) return;
    isChanged = true;
    if (entry === null) entries.delete(name);
    else entries.set(name, entry);
  };
  for (const [path, entry] of edits) {
    const slash = path.indexOf('/');
    const name = slash === -1 ? path : path.slice(0, slash);
    if (slash !== -1)
      below.set(name, (below.get(name) ?? new Map<string, Entry | null>()).set(path.slice(slash + 1), entry));
    else put(name, entry);
  }
  for (const [name, inside] of below) {
    const folder = folderOf(entries.get(name) ?? null);
    // There is nothing to remove below a path that is not a folder, or no longer one.
    if (folder === null && [...inside.values()].every((entry) => entry === null)) continue;
    const id = await editTree(gitDir, folder, inside);
    put(name, id === emptyTreeId ? null : { mode: folderMode, id });
  }
  return isChanged || tree === null ? writeTree(gitDir, entries) : tree;
}

const emptyTreeId = '4b825dc642cb6eb9a060e54bf8d69288fbee4904';

function writeTree(gitDir: string, tree: Tree): Promise<Sha> {
  const sorted = [...tree].toSorted(([a, x], [b, y]) => compareText(sortName(a, x), sortName(b, y)));
  const records = sorted.flatMap(([name, { mode, id }]) => [
    Buffer.from(`${mode} ${name}\0`, 'latin1'),
    Buffer.from(id, 'hex'),
  ]);
  return writeObject(gitDir, 'tree', Buffer.concat(records));
}

/** git sorts a folder as if its name ended with a slash. */
function sortName(name: string, { mode }: Entry): string {
  return mode === folderMode ? `${name}/` : name;
}

/** A path in the encoding of trees. */
export function bytesOf(path: string): string {
  return Buffer.from(path, 'utf8').toString('latin1');
}

/** A path of a tree as text, as people and plans write it. */
export function textOf(path: string): string {
  return Buffer.from(path, 'latin1').toString('utf8');
}
