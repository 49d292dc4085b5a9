// The versions of conflicting files that are not in the worktree, as files that can be read, but not written, in the
// sandbox. Every slice writes them again from git objects, so they exist on every host that continues.

import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join, posix } from 'node:path';
import type { MetConflict } from '../../landing/merge/read-merge.ts';
import type { UnitStore } from '../../repository/contract.ts';
import type { ShownConflict } from '../prompts/conflicts.ts';
import { remakeCommand } from '../../../domain/queue/lock-files.ts';
import { sameEntry } from '../../../git/trees.ts';
import { isFileMode } from '../../../domain/repository/file-modes.ts';

/** Their folder inside the sandbox. */
export const conflictsFolder = '/run/coppice-conflicts';
/** Maximum total bytes. */
const maxTotalBytes = 200_000_000;

const sides = [
  ['target', 'ours'],
  ['unit', 'theirs'],
  ['base', 'base'],
] as const;

/** `folder` belongs to the worker, and is empty. */
export async function offerSides(
  store: Pick<UnitStore, 'readSide'>,
  conflicts: readonly MetConflict[],
  folder: string,
): Promise<ShownConflict[]> {
  let room = maxTotalBytes;
  const shown: ShownConflict[] = [];
  for (const conflict of conflicts) {
    const offered: ShownConflict['offered'][number][] = [];
    for (const [side, name] of conflict.marked ? [] : sides) {
      const entry = conflict[name];
      // The version in the worktree can be read there.
      if (entry === null || !isFileMode(entry.mode) || entry.id === conflict.merged?.id) continue;
      const content = await store.readSide(entry);
      if (content === null || content.length > room) continue;
      const file = `${conflict.path}.${side}`;
      if (!(await write(folder, file, content))) continue;
      room -= content.length;
      offered.push({ side, file: posix.join(conflictsFolder, file) });
    }
    shown.push(shownConflict(conflict, offered));
  }
  return shown;
}

export function shownConflict(conflict: MetConflict, offered: ShownConflict['offered'] = []): ShownConflict {
  const { path, kind, marked, ours, theirs, madeBy } = conflict;
  const facts = { path, kind, marked, onTarget: ours !== null, onUnit: theirs !== null };
  const more = madeBy === undefined ? {} : { madeBy };
  return { ...facts, ...shownSide(conflict), offered, remake: remakeCommand(path), ...more };
}

function shownSide({ marked, merged, ours, theirs }: MetConflict): Pick<ShownConflict, 'shows'> {
  if (marked || merged === null) return {};
  if (sameEntry(merged, ours)) return { shows: 'target' };
  return sameEntry(merged, theirs) ? { shows: 'unit' } : {};
}

/** False if the disk does not accept the name; the file is then not offered. */
async function write(folder: string, file: string, content: Uint8Array): Promise<boolean> {
  const path = join(folder, file);
  if (!path.startsWith(`${folder}/`)) return false;
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o755 });
    await writeFile(path, content, { flag: 'wx', mode: 0o644 });
    return true;
  } catch {
    return false;
  }
}
