// Where a path of a tree leads when symbolic links are followed, as they would be in a checkout. Reads git objects only.

import { posix } from 'node:path';
import type { Sha } from '../contracts/ids.ts';
import { folderMode, linkMode } from '../domain/repository/file-modes.ts';
import { type Entry, bytesOf, entryAt } from './trees.ts';
import { readBlob } from './tree-reader.ts';

/** As many as the kernel follows. */
const linksAtMost = 40;
const longestTarget = 4096;

export interface Resolved {
  /** Relative to the tree, without links. */
  readonly path: string;
  readonly entry: Entry;
}

/** Null if nothing is there, or a link leads out of the tree or in a circle. `path` is relative, with `/`. */
export async function resolvePath(gitDir: string, commit: Sha, tree: Sha, path: string): Promise<Resolved | null> {
  let rest = path.split('/');
  let done: string[] = [];
  for (let links = 0; links <= linksAtMost;) {
    const [name, ...more] = rest;
    if (name === undefined) return null;
    const here = [...done, name].join('/');
    const entry = await entryAt(gitDir, tree, bytesOf(here));
    if (entry === null) return null;
    if (entry.mode === linkMode) {
      links += 1;
      const target = await readBlob(gitDir, commit, here, longestTarget);
      const next = target === null || target.startsWith('/') ? null : posix.normalize([...done, target].join('/'));
      if (next === null || next === '..' || next.startsWith('../')) return null;
      [done, rest] = [[], [...next.split('/').filter((each) => each !== '' && each !== '.'), ...more]];
    } else if (more.length === 0) return { path: here, entry };
    else if (entry.mode === folderMode) [done, rest] = [[...done, name], more];
    else return null;
  }
  return null;
}
