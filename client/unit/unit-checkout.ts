// Puts a unit's files into a folder of the user's, to take the work over by hand: a repository of its own with the
// run's repository as `origin`, a branch at the unit's base, and the work as uncommitted changes. Journal and
// checkpoints stay where they are. A failure leaves nothing behind.

import { codeOf } from '../../domain/errors.ts';
import { fileProblem } from '../file-problem.ts';
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { FetchedWork, UnitPlace } from './unit-work.ts';
import type { Remote } from '../../git/remote.ts';
import type { Sha } from '../../contracts/ids.ts';
import { byteExact } from '../../git/byte-exact.ts';
import { failure } from '../../contracts/failures.ts';
import { fetchRefs } from '../../git/remote.ts';
import { runGit } from '../../git/run-git.ts';
import { fetchBrief, layOutBrief } from './unit-brief.ts';
import { withUnitWork } from './unit-work.ts';

export interface UnitCheckout {
  readonly run: string;
  readonly unit: string;
  /** Absolute. */
  readonly directory: string;
  readonly branch: string;
  readonly base: string;
  /** If people were asked about a conflict: the absolute path of the brief, and the conflicts; absent = there is none. */
  readonly brief?: string;
  readonly conflicts?: readonly { readonly path: string; readonly kind: string }[];
}

/** Keys of git's configuration there, by which `coppice resolve` knows the folder again. */
export const checkoutConfig = { unit: 'coppice.unit', base: 'coppice.base' } as const;

export interface CheckoutTarget {
  /** Absolute; must not exist, or be empty. */
  readonly directory: string;
  readonly origin: Remote;
  /** The run's target branch. */
  readonly branch: string;
}

/** Throws `BadInput` if the folder is not empty, `NotFound`, `RepositoryUnreachable`. */
export async function checkoutUnit(place: UnitPlace, target: CheckoutTarget): Promise<UnitCheckout> {
  const { directory } = target;
  const undo = await takeFolder(directory);
  try {
    return await withUnitWork(place, async (saved) => {
      const brief = await fetchBrief(place, saved);
      // With a brief, the files are on the newest target, with markers.
      const work = brief === null ? saved : { ...saved, base: brief.base, tree: brief.tree };
      const branch = `coppice/${place.run}/${place.unit}`;
      const gitDir = await makeRepository(target, branch);
      await fetchBase(gitDir, target, work);
      await runGit(gitDir, ['update-ref', `refs/heads/${branch}`, work.base]);
      await fillFolder(directory, work);
      await runGit(gitDir, ['read-tree', work.base], { env: { GIT_WORK_TREE: directory } });
      const made = { run: place.run, unit: place.unit, directory, branch, base: work.base };
      await runGit(gitDir, ['config', checkoutConfig.unit, `${place.run}/${place.unit}`]);
      await runGit(gitDir, ['config', checkoutConfig.base, work.base]);
      if (brief === null) return made;
      const conflicts = brief.conflicts.map(({ path, kind }) => ({ path, kind }));
      return { ...made, brief: await layOutBrief(directory, work, brief), conflicts };
    });
  } catch (error) {
    await undo();
    throw error;
  }
}

/** Returns a function that restores the place. */
async function takeFolder(directory: string): Promise<() => Promise<void>> {
  const hint = 'Name a new or an empty folder.';
  let made: string | undefined;
  let names: string[];
  try {
    made = await mkdir(directory, { recursive: true });
    names = await readdir(directory);
  } catch (cause) {
    const isFile = codeOf(cause) === 'EEXIST' || codeOf(cause) === 'ENOTDIR';
    const why = isFile ? 'is a file, or below one' : `cannot be used: ${fileProblem(cause)}`;
    throw failure('BadInput', `${directory} ${why}`, { cause, hint });
  }
  if (names.length > 0) throw failure('BadInput', `${directory} is not empty`, { hint });
  return async () => {
    const all = made === undefined ? (await readdir(directory)).map((name) => join(directory, name)) : [made];
    for (const path of all) await rm(path, { recursive: true, force: true });
  };
}

async function makeRepository({ directory, origin }: CheckoutTarget, branch: string): Promise<string> {
  const gitDir = join(directory, '.git');
  await runGit(null, ['init', '--quiet', '--template=', directory]);
  await runGit(gitDir, ['symbolic-ref', 'HEAD', `refs/heads/${branch}`]);
  await runGit(gitDir, ['config', 'remote.origin.url', origin.url]);
  await runGit(gitDir, ['config', 'remote.origin.fetch', '+refs/heads/*:refs/remotes/origin/*']);
  return gitDir;
}

/** With its history, if the target branch still has it; otherwise alone. */
async function fetchBase(gitDir: string, { origin, branch }: CheckoutTarget, work: FetchedWork): Promise<void> {
  await fetchRefs(gitDir, origin, [`+refs/heads/${branch}:refs/remotes/origin/${branch}`]);
  if (await hasCommit(gitDir, work.base)) return;
  const ref = 'refs/coppice-local/base';
  await runGit(work.gitDir, ['update-ref', ref, work.base]);
  await fetchRefs(gitDir, { url: work.gitDir, credentials: null }, [`+${ref}:${ref}`], { depth: 1 });
  await runGit(gitDir, ['update-ref', '-d', ref]);
}

async function hasCommit(gitDir: string, commit: Sha): Promise<boolean> {
  return (await runGit(gitDir, ['cat-file', '-e', commit], { accept: [0, 1, 128] })).exitCode === 0;
}

/** From the temporary repository's objects, with an index of its own. */
async function fillFolder(directory: string, { gitDir, tree }: FetchedWork): Promise<void> {
  await mkdir(join(gitDir, 'info'), { recursive: true });
  await writeFile(join(gitDir, 'info', 'attributes'), byteExact);
  const env = { GIT_WORK_TREE: directory, GIT_INDEX_FILE: join(gitDir, 'checkout-index') };
  await runGit(gitDir, ['read-tree', '--reset', '-u', tree], { env });
}
