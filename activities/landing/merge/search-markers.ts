// Searches the text files that differ between two trees for new conflict markers. Markers that were there before are
// ignored. `conflict-marker-size` of .gitattributes applies, so that a document about merging can land.
// Safe to run twice: it only reads.

import { mkdtemp, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type NewMarker, findMarkers, newMarkers } from '../../../domain/queue/conflict-markers.ts';
import type { MarkerPlace } from '../../../domain/queue/conflict-markers.ts';
import { type CompareTrees, type Difference, type Entry, comparingOnce, textOf } from '../../../git/trees.ts';
import { attributesOf } from './attributes.ts';
import { prepareGitDir } from './merge-trees.ts';
import { lookUp, readObject } from '../../../git/object-reader.ts';
import { records, treeOf } from '../../../git/tree-reader.ts';
import { runGit } from '../../../git/run-git.ts';
import type { Sha } from '../../../contracts/ids.ts';
import { isFileMode } from '../../../domain/repository/file-modes.ts';

/** Larger files are not searched. */
const largest = 50_000_000;
/** Bytes in which git looks for a NUL to detect binary files. */
const judgedBytes = 8000;

/** Takes commits or trees. */
export async function searchMarkers(
  state: string,
  { from, to }: { readonly from: Sha; readonly to: Sha },
  compare: CompareTrees = comparingOnce(state),
): Promise<NewMarker[]> {
  const differences = await compare(await treeOf(state, from), await treeOf(state, to));
  const files = [];
  for (const { path, from: old, to: now } of differences) {
    const after = await markersIn(state, now);
    const before = await markersIn(state, old);
    if (after.length + before.length > 0) files.push({ path: textOf(path), before, after });
  }
  const found = newMarkers(files);
  if (found.length === 0) return [];
  const sizes = await markerSizes(state, to, [...new Set(found.map(({ path }) => path))]);
  return found.filter(({ path, size }) => size === (sizes.get(path) ?? 7));
}

async function markersIn(state: string, entry: Difference['to']): Promise<MarkerPlace[]> {
  return entry === null ? [] : findMarkers((await readText(state, entry)) ?? '');
}

/** Null for a binary, irregular or too large file. */
async function readText(state: string, { mode, id }: Entry): Promise<string | null> {
  if (!isFileMode(mode) || ((await lookUp(state, id))?.size ?? 0) > largest) return null;
  const content = (await readObject(state, id))?.content;
  if (content === undefined || content.subarray(0, judgedBytes).includes(0)) return null;
  return content.toString('latin1');
}

/** Marker sizes from the tree's .gitattributes; all other paths use git's default of 7. */
async function markerSizes(state: string, tree: Sha, paths: readonly string[]): Promise<Map<string, number>> {
  const attributes = await attributesOf(state, await treeOf(state, tree));
  const sizes = new Map<string, number>();
  if (!attributes.includes('conflict-marker-size')) return sizes;
  const gitDir = await mkdtemp(join(dirname(state), 'attributes-'));
  try {
    await prepareGitDir(gitDir, attributes);
    const input = paths.map((path) => `${path}\0`).join('');
    const args = ['check-attr', '-z', '--stdin', 'conflict-marker-size'];
    const fields = records((await runGit(gitDir, args, { input })).stdout);
    for (let at = 0; at + 2 < fields.length; at += 3) {
      const size = Number(fields[at + 2]);
      if (Number.isInteger(size) && size > 0) sizes.set(fields[at] ?? '', size);
    }
    return sizes;
  } finally {
    await rm(gitDir, { recursive: true, force: true });
  }
}
