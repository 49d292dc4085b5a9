// Reading commits and trees as data, from git objects only.

import { type Sha, asSha, isSha } from '../domain/ids.ts';
import { gitText, runGit } from './run-git.ts';

export interface TreeEntry {
  readonly mode: string;
  readonly type: string;
  readonly id: Sha;
  readonly path: string;
}

export interface Change {
  readonly path: string;
  readonly status: 'added' | 'modified' | 'deleted' | 'type-changed';
  /** git mode of the new side, for example `100644`, `120000`; `000000` when deleted. */
  readonly mode: string;
}

export async function treeOf(gitDir: string, commit: Sha): Promise<Sha> {
  return asSha(await gitText(gitDir, ['rev-parse', '--verify', `${commit}^{tree}`]));
}

export async function parentsOf(gitDir: string, commit: Sha): Promise<Sha[]> {
  const text = await gitText(gitDir, ['rev-list', '--parents', '--max-count=1', commit]);
  return text.split(' ').slice(1).map(asSha);
}

/** Committer date, seconds since the epoch. */
export async function dateOf(gitDir: string, commit: Sha): Promise<number> {
  return Number(await gitText(gitDir, ['show', '--no-patch', '--format=%ct', commit]));
}

export async function messageOf(gitDir: string, commit: Sha): Promise<string> {
  return gitText(gitDir, ['show', '--no-patch', '--format=%B', commit]);
}

/** All files below `path` (literal; null = the whole tree). */
export async function listTree(gitDir: string, tree: Sha, path: string | null = null): Promise<TreeEntry[]> {
  const only = path === null ? [] : ['--', path];
  const { stdout } = await runGit(gitDir, ['ls-tree', '-r', '-z', '--full-tree', tree, ...only]);
  return records(stdout).map(readEntry);
}

function readEntry(record: string): TreeEntry {
  const tab = record.indexOf('\t');
  const [mode = '', type = '', id = ''] = record.slice(0, tab).split(' ');
  return { mode, type, id: asSha(id), path: record.slice(tab + 1) };
}

/** The contents of blobs, in order, in one process. */
export async function readBlobs(gitDir: string, ids: readonly Sha[]): Promise<string[]> {
  if (ids.length === 0) return [];
  const options = { input: `${ids.join('\n')}\n`, maxBytes: 512 * 1024 * 1024 };
  const { stdout } = await runGit(gitDir, ['cat-file', '--batch'], options);
  const contents: string[] = [];
  for (let at = 0; contents.length < ids.length;) {
    const end = stdout.indexOf(10, at);
    const size = Number(stdout.toString('latin1', at, end).split(' ')[2]);
    contents.push(stdout.toString('utf8', end + 1, end + 1 + size));
    at = end + size + 2;
  }
  return contents;
}

/** The same tree without one entry of its top level. */
export async function treeWithout(gitDir: string, tree: Sha, name: string): Promise<Sha> {
  const { stdout } = await runGit(gitDir, ['ls-tree', '-z', '--full-tree', tree]);
  // By bytes: names need not be UTF-8.
  const kept = stdout
    .toString('latin1')
    .split('\0')
    .filter((record) => record !== '' && record.slice(record.indexOf('\t') + 1) !== name);
  const input = Buffer.from(kept.map((record) => `${record}\0`).join(''), 'latin1');
  return asSha(await gitText(gitDir, ['mktree', '-z'], { input }));
}

const statuses: Readonly<Record<string, Change['status']>> = {
  A: 'added',
  M: 'modified',
  D: 'deleted',
  T: 'type-changed',
};

/** What `to` changes against `from`, renames as a deletion and an addition. */
export async function diffTrees(gitDir: string, from: Sha, to: Sha): Promise<Change[]> {
  const { stdout } = await runGit(gitDir, ['diff-tree', '-r', '-z', '--raw', '--no-renames', from, to]);
  const fields = records(stdout);
  const changes: Change[] = [];
  for (let at = 0; at + 1 < fields.length; at += 2) {
    const [, mode = '', , , status = ''] = (fields[at] ?? '').split(' ');
    changes.push({ path: fields[at + 1] ?? '', status: statuses[status] ?? 'modified', mode });
  }
  return changes;
}

export function records(output: Buffer): string[] {
  return output
    .toString('utf8')
    .split('\0')
    .filter((record) => record !== '');
}

/** Null when `commit` has no such entry. */
export async function entryId(gitDir: string, commit: Sha, path: string): Promise<Sha | null> {
  const { stdout } = await runGit(gitDir, ['rev-parse', '--verify', '--quiet', `${commit}:${path}`], {
    accept: [0, 1, 128],
  });
  const id = stdout.toString('utf8').trim();
  return isSha(id) ? id : null;
}
