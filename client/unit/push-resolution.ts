// Takes the files of a folder that `coppice checkout` has made as a person's result for a unit, and pushes them to the
// state remote as one commit on their base. A host judges them and makes the result of them. What a person would have
// to correct anyway is refused here, before anything is pushed. Git reads the folder with a repository of ours: nothing
// in its configuration counts, and it stays as it is.

import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Env } from '../../domain/environment.ts';
import type { FetchedBrief } from './unit-brief.ts';
import type { PlanUnit } from '../../contracts/documents/plan.ts';
import type { UnitPlace } from './unit-work.ts';
import { type Sha, asSha, isSha, stateRefs } from '../../contracts/ids.ts';
import { ambiguousNames, areAmbiguous } from '../../formats/globs/path-globs.ts';
import { andMore } from '../../domain/text/shown-paths.ts';
import { byteExact } from '../../git/byte-exact.ts';
import { checkoutConfig } from './unit-checkout.ts';
import { type Change, dateOf, diffTrees, listTree, readBlob } from '../../git/tree-reader.ts';
import { submoduleMode } from '../../domain/repository/file-modes.ts';
import { closeReader } from '../../git/object-reader.ts';
import { failure } from '../../contracts/failures.ts';
import { fetchBrief } from './unit-brief.ts';
import { gitText, runGit } from '../../git/run-git.ts';
import { identityOf } from '../../git/identity.ts';
import { listRemote, pushRefs } from '../../git/remote.ts';
import { outOfScope } from '../../formats/policy/judge.ts';
import { reserved } from '../../git/read-checkpoint.ts';
import { withUnitWork } from './unit-work.ts';
import { writeCommit } from '../../git/write-commit.ts';

export interface PushedResolution {
  readonly base: Sha;
  readonly commit: Sha;
  /** How many files it changes against its base. */
  readonly files: number;
}

interface Resolving {
  /** Absolute. */
  readonly directory: string;
  /** The run's target branch. */
  readonly branch: string;
  readonly scope: PlanUnit['scope'];
  readonly env: Env;
}

/**
 * Safe to run twice: the newest resolution replaces the one on the ref. Throws `BadInput` with what is wrong with the
 * files, and `NotFound` if work on the unit has not begun.
 */
export async function pushResolution(place: UnitPlace, resolving: Resolving): Promise<PushedResolution> {
  const { directory, branch, env } = resolving;
  await assertCheckout(place, directory);
  const base = await baseOf(directory, branch);
  return withUnitWork(place, async (work) => {
    const { gitDir, checkpoint } = work;
    const brief = await fetchBrief(place, work);
    const given = brief?.tree ?? work.tree;
    const tree = await snapshot(gitDir, directory, given);
    const files = await judge(gitDir, { base, given, tree, brief }, resolving);
    const commit = await writeCommit(gitDir, {
      ref: 'refs/coppice-local/resolution',
      parents: [base, checkpoint],
      tree,
      message: `Resolution of ${place.unit}\n`,
      identity: identityOf(env),
      // The same files are the same resolution, however often they are handed in.
      seconds: await dateOf(gitDir, checkpoint),
    });
    await push(place, gitDir, commit);
    return { base, commit, files };
  });
}

async function assertCheckout({ run, unit }: UnitPlace, directory: string): Promise<void> {
  const hint = `Make a folder with: coppice checkout ${run} ${unit} DIR`;
  const of = await readConfig(directory, checkoutConfig.unit);
  if (of === null) throw failure('BadInput', `${directory} is not a folder that coppice checkout has made`, { hint });
  if (of !== `${run}/${unit}`) {
    throw failure('BadInput', `${directory} has the work on ${of}, not on ${run}/${unit}`, { hint });
  }
}

async function readConfig(directory: string, key: string): Promise<string | null> {
  const gitDir = join(directory, '.git');
  if (!existsSync(gitDir)) return null;
  const text = await gitText(gitDir, ['config', '--get', key], { accept: [0, 1] }).catch(() => '');
  return text === '' ? null : text;
}

/** The newest commit of the target that the person has in their work: they may have merged it, or rebased onto it. */
async function baseOf(directory: string, branch: string): Promise<Sha> {
  const gitDir = join(directory, '.git');
  const args = ['merge-base', 'HEAD', `refs/remotes/origin/${branch}`];
  const merged = (await gitText(gitDir, args, { accept: [0, 1, 128] })).trim();
  const first = await readConfig(directory, checkoutConfig.base);
  if (isSha(merged)) return merged;
  // The target's history was rewritten, so that only the commit itself is here.
  if (first !== null) return asSha(first);
  throw failure('BadInput', `${directory} has no commit of ${branch}`);
}

/**
 * The folder's files as a tree, without those that git ignores. `given`: what the checkout put there, so that submodules
 * that nobody has checked out stay as they were.
 */
async function snapshot(gitDir: string, directory: string, given: Sha): Promise<Sha> {
  await mkdir(join(gitDir, 'info'), { recursive: true });
  await writeFile(join(gitDir, 'info', 'attributes'), byteExact);
  // The base may be newer than anything on the state remote.
  await writeFile(join(gitDir, 'objects', 'info', 'alternates'), `${join(directory, '.git', 'objects')}\n`);
  // It has begun without them.
  closeReader(gitDir);
  const env = { GIT_WORK_TREE: directory, GIT_INDEX_FILE: join(gitDir, 'resolution-index') };
  await runGit(gitDir, ['read-tree', given], { env });
  await runGit(gitDir, ['add', '--all', '--', ':/'], { env });
  return asSha(await gitText(gitDir, ['write-tree'], { env }));
}

interface Result {
  readonly base: Sha;
  readonly given: Sha;
  readonly tree: Sha;
  readonly brief: FetchedBrief | null;
}

/** Returns the number of changed files. A host judges more, and finally. */
async function judge(
  gitDir: string,
  { base, given, tree, brief }: Result,
  { scope, directory }: Resolving,
): Promise<number> {
  const refuse = (why: string): Error => failure('BadInput', `${directory} ${why}`);
  if ((await listTree(gitDir, tree, reserved)).length > 0) throw refuse(`has ${reserved}, a name that is reserved`);
  const changes = await diffTrees(gitDir, base, tree);
  const changed = changes.map(({ path }) => path);
  const added = new Set((await diffTrees(gitDir, given, tree)).filter(isNewRepository).map(({ path }) => path));
  const nested = changes.filter((change) => isNewRepository(change) && added.has(change.path)).map(({ path }) => path);
  if (nested.length > 0) throw refuse(`has repositories of their own inside: ${andMore(nested, 5)}`);
  if (changed.length === 0) throw refuse('changes nothing against its base');
  const marked: string[] = [];
  for (const { path, marked: had } of brief?.conflicts ?? []) {
    if (had && leftMarker.test((await readBlob(gitDir, tree, path)) ?? '')) marked.push(path);
  }
  if (marked.length > 0) throw refuse(`still has conflict markers: ${andMore(marked, 5)}`);
  const unsettled = await unsettledIn(gitDir, { given, tree, directory });
  if (unsettled.length > 0) {
    const hint = 'Settle each of them; `git add` one that is right as it is.';
    const why = `${directory} has files in conflict that nobody has settled: ${andMore(unsettled, 5)}`;
    throw failure('BadInput', why, { hint });
  }
  const target = areAmbiguous(scope ?? [])
    ? ambiguousNames((await listTree(gitDir, base)).map(({ path }) => path))
    : [];
  const outside = outOfScope({ changed, scope, target });
  if (outside.length > 0) throw refuse(`changes what this unit may not: ${andMore(outside, 5)}`);
  return changed.length;
}

/** Files that git still shows as in conflict, and that are as the checkout has put them there. */
async function unsettledIn(
  gitDir: string,
  { given, tree, directory }: Pick<Result, 'given' | 'tree'> & Pick<Resolving, 'directory'>,
): Promise<string[]> {
  const listed = await gitText(join(directory, '.git'), ['ls-files', '--unmerged', '-z']);
  const unmerged = new Set(listed.split('\0').flatMap((line) => line.split('\t')[1] ?? []));
  const changed = new Set((await diffTrees(gitDir, given, tree)).map(({ path }) => path));
  return [...unmerged].filter((path) => !changed.has(path));
}

/** git would store a folder that is a repository as a submodule, and nobody could fetch it. */
function isNewRepository({ mode, status }: Change): boolean {
  return mode === submoduleMode && status !== 'modified';
}

/** As our merges label the sides. */
const leftMarker = /^(?:<{7} target|>{7} unit)\b/m;

async function push({ run, unit, remote }: UnitPlace, gitDir: string, commit: Sha): Promise<void> {
  const ref = stateRefs.resolution(run, unit);
  const lease = (await listRemote(remote, [ref])).refs.get(ref) ?? null;
  const outcome = (await pushRefs(gitDir, remote, [{ ref, commit, lease }])).get(ref);
  if (outcome?.status === 'pushed') return;
  if (outcome?.status === 'refused')
    throw failure('PushRefused', `the state remote refused ${ref}: ${outcome.message}`);
  throw failure('Refused', `somebody else resolves ${unit} at this moment`);
}
