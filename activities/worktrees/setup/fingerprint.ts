// The setup fingerprint: two trees with the same fingerprint have the same setup result, so a result made from one is
// valid for the other. It covers everything that a setup can see; if its inputs are unknown, the whole tree.

import { createHash } from 'node:crypto';
import { readFileSync, realpathSync, statSync } from 'node:fs';
import type { Preparation } from './preparation.ts';
import type { Sha } from '../../../contracts/ids.ts';
import type { SetupCommand } from '../../../contracts/documents/config.ts';
import { type Reuse, type SetupInputs, type TextsOf, findInputs, findReuse } from '../../../formats/setup/inputs.ts';
import { listTree, readBlobs } from '../../../git/tree-reader.ts';
import { hasModulesFile, listSubmodules } from '../../../git/submodules.ts';
import { textOf } from '../../../git/trees.ts';
import { withCompileSteps } from '../../../formats/setup/compile-steps.ts';
import { networkFor } from '../../sandbox/policy.ts';
import { submoduleMode } from '../../../domain/repository/file-modes.ts';

/** 32 hexadecimal digits. `gitDir` has the tree's objects; `host` is the result of `hostStamp`. */
export async function setupFingerprint(
  gitDir: string,
  tree: Sha,
  preparation: Preparation,
  host: string,
): Promise<string> {
  const { setup, env, hostAllows, purpose } = preparation;
  const without = await leftOut(gitDir, tree, preparation);
  if (setup === null) return digest(['no setup', ...without]);
  const inputs = await inputsOf(gitDir, tree, setup, purpose);
  return digest([
    withCompileSteps(setup.run),
    networkFor('setup', setup.network ? 'setup' : 'none', hostAllows),
    Object.entries(env).toSorted(([a], [b]) => (a < b ? -1 : 1)),
    host,
    inputs.reads === 'everything' ? tree : inputs.files.map(({ path, id, mode }) => [path, id, mode]),
    ...without,
  ]);
}

/** What a worktree lacks by coppice.yaml. */
async function leftOut(gitDir: string, tree: Sha, { lfs, wantsSubmodule }: Preparation): Promise<readonly string[]> {
  const submodules = (await hasModulesFile(gitDir, tree)) ? await listSubmodules(gitDir, tree) : [];
  return [
    ...(lfs ? [] : ['lfs']),
    ...submodules.map(({ path }) => textOf(path)).filter((path) => !wantsSubmodule(path)),
  ];
}

/**
 * The files of a tree that a setup reads, as far as `purpose` must know, and all submodules. `gitDir` has the tree's objects.
 */
export async function inputsOf(
  gitDir: string,
  tree: Sha,
  setup: SetupCommand,
  purpose: Preparation['purpose'],
): Promise<SetupInputs> {
  const all = await listTree(gitDir, tree);
  const inputs = await findInputs(setup, all, { textsOf: textsIn(gitDir), purpose });
  if (inputs.reads === 'everything') return inputs;
  const submodules = all.filter((entry) => entry.mode === submoduleMode && !inputs.files.includes(entry));
  return { reads: 'files', files: [...inputs.files, ...submodules] };
}

/** The parts of a setup's result that are valid for other trees. */
export async function reuseOf(gitDir: string, tree: Sha, setup: SetupCommand): Promise<Reuse> {
  return findReuse(setup, await listTree(gitDir, tree), textsIn(gitDir));
}

function textsIn(gitDir: string): TextsOf {
  return (files) =>
    readBlobs(
      gitDir,
      files.map(({ id }) => id as Sha),
    );
}

function digest(parts: readonly unknown[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 32);
}

/**
 * What setups see of this host apart from the tree: system, processor and programs. Installing or upgrading a program
 * changes its folder's time.
 */
export function hostStamp(searchPath: string, toolchains: readonly string[]): string {
  const seen = searchPath.split(':').filter((folder) => /^\/(?:usr|bin|sbin)\b/.test(folder));
  const folders = [...seen, ...toolchains, ...toolchains.map((folder) => `${folder}/bin`), '/usr/lib'];
  const system = [process.platform, process.arch, readOr('/etc/os-release', '')];
  return digest([...system, ...[...new Set(folders)].map(stampOf)]);
}

/**
 * What hosts that are set up alike have in common, however each came by its programs: system, processor, distribution and
 * the toolchain folders that sandboxes show.
 */
export function platformOf(toolchains: readonly string[]): string {
  const release = readOr('/etc/os-release', '').split('\n');
  const distribution = release.filter((line) => /^(?:ID|VERSION_ID)=/.test(line)).toSorted();
  return digest([process.platform, process.arch, ...distribution, ...toolchains]);
}

function stampOf(folder: string): readonly [string, number] | string {
  try {
    return [realpathSync(folder), statSync(folder).mtimeMs];
  } catch {
    return folder;
  }
}

function readOr(path: string, fallback: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return fallback;
  }
}
