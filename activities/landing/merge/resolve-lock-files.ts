// Conflicting lock files get no markers, because package managers misread those (npm drops every pin and exits with 0).
// The target's version is used whole, and the agent regenerates it. Checksum lists of both sides are united.
// Safe to run twice: it only writes objects, which are named by their content.

import type { Merged } from './merged.ts';
import { isChecksumFile, remakeCommand, uniteChecksums } from '../../../domain/queue/lock-files.ts';
import { type Entry, editTree } from '../../../git/trees.ts';
import type { MetConflict } from './read-merge.ts';
import type { Sha } from '../../../contracts/ids.ts';
import { readBlobs } from '../../../git/tree-reader.ts';
import { writeObject } from '../../../git/object-writer.ts';
import { isFile } from '../../../domain/repository/file-modes.ts';

export async function resolveLockFiles(state: string, tree: Sha, met: readonly MetConflict[]): Promise<Merged> {
  const edits = new Map<string, Entry>();
  const conflicts: MetConflict[] = [];
  for (const conflict of met) {
    const { path, place, ours, theirs } = conflict;
    if (!isFile(ours) || !isFile(theirs)) {
      conflicts.push(conflict);
    } else if (isChecksumFile(path)) {
      const [mine = '', other = ''] = await readBlobs(state, [ours.id, theirs.id]);
      const id = await writeObject(state, 'blob', uniteChecksums(mine, other));
      edits.set(place, { mode: ours.mode, id });
    } else if (remakeCommand(path) === null) {
      conflicts.push(conflict);
    } else {
      edits.set(place, ours);
      conflicts.push({ ...conflict, kind: 'lock', merged: ours, marked: false });
    }
  }
  return { tree: edits.size === 0 ? tree : await editTree(state, tree, edits), conflicts };
}
