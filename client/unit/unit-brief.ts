// The brief about a conflict that a unit's agent could not resolve: read from the state remote, and laid out for people
// beside the files of a checkout, inside its `.git`, so that it is never part of the work.

import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { FetchedWork, UnitPlace } from './unit-work.ts';
import {
  type Brief,
  type BriefConflict,
  type BriefSide,
  briefCodec,
  briefFile,
  briefSides,
  briefTextFile,
  versionsFolder,
} from '../../formats/state-documents/brief.ts';
import { type Sha, asSha, stateRefs } from '../../contracts/ids.ts';
import { commitAt, readBlob } from '../../git/tree-reader.ts';
import { fetchRefs } from '../../git/remote.ts';
import { isFileMode } from '../../domain/repository/file-modes.ts';
import { readObject } from '../../git/object-reader.ts';
import { readWork, reserved } from '../../git/read-checkpoint.ts';
import { runGit } from '../../git/run-git.ts';
import { writeObject } from '../../git/object-writer.ts';

export interface FetchedBrief extends Pick<Brief, 'conflicts'> {
  readonly text: string;
  /** The files to continue from, on the target's commit. */
  readonly base: Sha;
  readonly tree: Sha;
}

/** Null if there is none, or if the unit has continued since. Fetches into the work's own repository. */
export async function fetchBrief(
  { run, unit, remote }: UnitPlace,
  { gitDir, base, tree }: FetchedWork,
): Promise<FetchedBrief | null> {
  const local = 'refs/coppice-local/brief';
  const refspec = `+${stateRefs.brief(run, unit)}:${local}`;
  if ((await fetchRefs(gitDir, remote, [refspec], { depth: 2 })) === 'missing') return null;
  const commit = await commitAt(gitDir, local);
  const read = (name: string) => (commit === null ? null : readBlob(gitDir, commit, `${reserved}/${name}`));
  const [facts, text] = [await read(briefFile), await read(briefTextFile)];
  if (commit === null || facts === null || text === null) return null;
  const { work, conflicts } = briefCodec.read(facts);
  if (work.base !== base || work.tree !== tree) return null;
  return { text, conflicts, ...(await readWork(gitDir, commit)) };
}

/** Returns the path of the text. `directory` is a repository whose index holds the base. */
export async function layOutBrief(directory: string, work: FetchedWork, brief: FetchedBrief): Promise<string> {
  const folder = join(directory, '.git', 'coppice');
  await mkdir(folder, { recursive: true });
  for (const conflict of brief.conflicts) await layOutVersions(join(folder, versionsFolder), work.gitDir, conflict);
  await markUnmerged(directory, work.gitDir, brief.conflicts);
  const path = join(folder, briefTextFile);
  await writeFile(path, brief.text);
  return path;
}

const sides = Object.entries(briefSides) as [BriefSide, number][];

async function layOutVersions(folder: string, gitDir: string, { path, versions }: BriefConflict): Promise<void> {
  for (const [side] of sides) {
    const content = await contentOf(gitDir, versions[side]);
    const file = join(folder, side, path);
    if (content === null || !file.startsWith(`${join(folder, side)}/`)) continue;
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, content);
  }
}

/** As after a merge, so that `git status` names the files, and `git mergetool` and `git checkout --theirs` work. */
async function markUnmerged(directory: string, from: string, conflicts: readonly BriefConflict[]): Promise<void> {
  const gitDir = join(directory, '.git');
  const lines: string[] = [];
  for (const { path, versions } of conflicts) {
    const stages: string[] = [];
    for (const [side, stage] of sides) {
      const entry = versions[side];
      const content = await contentOf(from, entry);
      if (entry === null || content === null) continue;
      await writeObject(gitDir, 'blob', content);
      stages.push(`${entry.mode} ${entry.id} ${stage}\t${path}`);
    }
    if (stages.length > 0) lines.push(`0 ${'0'.repeat(40)}\t${path}`, ...stages);
  }
  if (lines.length === 0) return;
  await runGit(gitDir, ['update-index', '-z', '--index-info'], {
    input: lines.map((line) => `${line}\0`).join(''),
    env: { GIT_WORK_TREE: directory },
  });
}

/** Null for what is no file. */
async function contentOf(gitDir: string, entry: BriefConflict['versions'][BriefSide]): Promise<Buffer | null> {
  if (entry === null || !isFileMode(entry.mode)) return null;
  return (await readObject(gitDir, asSha(entry.id)))?.content ?? null;
}
