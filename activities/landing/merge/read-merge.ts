// Parses the output of `git merge-tree -z --messages`: the tree, and each conflict with its kind and the entries of
// both sides. Whether a file has markers is read from the file, not derived from the kind.

import type { Conflict, ConflictKind } from '../../../contracts/conflict.ts';
import { type Sha, asSha } from '../../../contracts/ids.ts';
import { type Entry, entryAt, textOf } from '../../../git/trees.ts';
import { lookUp, readObject } from '../../../git/object-reader.ts';
import { isFileMode, submoduleMode } from '../../../domain/repository/file-modes.ts';

export interface MetConflict extends Conflict {
  /** The path in the encoding of trees. */
  readonly place: string;
  /** Each side's entry at the path; null = nothing. `ours` is the target, `theirs` the unit. */
  readonly base: Entry | null;
  readonly ours: Entry | null;
  readonly theirs: Entry | null;
  /** The merged tree's entry; null = nothing. */
  readonly merged: Entry | null;
  /** True if the file in the merged tree has markers. */
  readonly marked: boolean;
  /** The command of `queue.regenerate` that makes the file again once the files that it reads are settled. */
  readonly madeBy?: string;
}

type Sides = Pick<MetConflict, 'base' | 'ours' | 'theirs'>;

interface Found extends Sides, Pick<MetConflict, 'path' | 'place'> {
  /** git's word for the kind. */
  readonly word: string;
}

/** `tree NUL (mode id stage TAB path NUL)* NUL (count NUL path… NUL type NUL message NUL)*` */
export function readMerge(output: Buffer, clean: boolean): { tree: Sha; conflicts: Found[] } {
  const fields = output.toString('latin1').split('\0');
  const tree = asSha(fields[0] ?? '');
  if (clean) return { tree, conflicts: [] };
  const words = new Map<string, string>();
  const sides = new Map<string, Sides>();
  let at = 1;
  for (; fields[at] !== '' && at < fields.length; at++) {
    const [, mode = '', id = '', stage, place = ''] = /^(\d+) ([0-9a-f]+) (\d)\t(.*)$/s.exec(fields[at] ?? '') ?? [];
    const side = { '1': 'base', '2': 'ours', '3': 'theirs' }[stage ?? ''] ?? 'base';
    const known = sides.get(place) ?? { base: null, ours: null, theirs: null };
    sides.set(place, { ...known, [side]: { mode, id: asSha(id) } });
    words.set(place, 'contents');
  }
  for (at++; at + 2 < fields.length;) {
    const count = Number(fields[at]);
    const [first, ...others] = fields.slice(at + 1, at + 1 + count);
    const word = /^CONFLICT ?\((.*)\)$/.exec(fields[at + 1 + count] ?? '')?.[1];
    if (word !== undefined && word !== 'contents') {
      // The first path is where the conflict is; the others are where the sides moved it.
      if (first !== undefined) words.set(first, word);
      for (const other of others) if (words.get(other) === 'contents') words.set(other, word);
    }
    at += count + 3;
  }
  const none = { base: null, ours: null, theirs: null };
  const conflicts = [...words].map(([place, word]) => {
    return { path: textOf(place), place, word, ...(sides.get(place) ?? none) };
  });
  return { tree, conflicts: conflicts.toSorted((a, b) => (a.place < b.place ? -1 : 1)) };
}

/** Larger files are not searched for markers; git does not merge them by line either. */
const largest = 512 * 1024 * 1024;

export async function withMarkers(state: string, tree: Sha, found: readonly Found[]): Promise<MetConflict[]> {
  const met: MetConflict[] = [];
  for (const { word, ...conflict } of found) {
    const merged = await entryAt(state, tree, conflict.place);
    const marked = merged !== null && (await isMarked(state, merged));
    met.push({ ...conflict, merged, marked, kind: kindOf(word, conflict, marked) });
  }
  return met;
}

async function isMarked(state: string, { mode, id }: Entry): Promise<boolean> {
  if (!isFileMode(mode)) return false;
  if (((await lookUp(state, id))?.size ?? 0) > largest) return false;
  const text = (await readObject(state, id))?.content.toString('latin1') ?? '';
  return /^<{3,} target/m.test(text) && /^>{3,} unit/m.test(text);
}

function kindOf(word: string, { base, ours, theirs }: Sides, marked: boolean): ConflictKind {
  if (word.startsWith('submodule') || [base, ours, theirs].some((side) => side?.mode === submoduleMode))
    return 'submodule';
  switch (word) {
    case 'binary':
    case 'modify/delete':
    case 'rename/delete':
    case 'rename/rename':
    case 'file/directory':
    case 'distinct modes':
      return word;
    case 'contents':
      if (!marked && ours !== null && theirs !== null && ours.mode !== theirs.mode) return 'mode';
      return base === null && ours !== null && theirs !== null ? 'add/add' : 'contents';
    default:
      // Rare kinds, such as renamed folders and colliding files: git's own word is the clearest.
      return word;
  }
}
