// The setup fingerprint: two trees with the same one have the same setup result, so that a result made of one is good for
// the other. Everything that a setup can see goes in; where what it reads is not known, the whole tree does.

import { createHash } from 'node:crypto';
import { readFileSync, realpathSync, statSync } from 'node:fs';
import type { Preparation } from './preparation.ts';
import type { Sha } from '../../../contracts/ids.ts';
import type { SetupCommand } from '../../../contracts/documents/config.ts';
import { type Reuse, type SetupInputs, type TextsOf, findInputs, findReuse } from '../../../formats/setup/inputs.ts';
import { listTree, readBlobs } from '../../../git/tree-reader.ts';
import { networkFor } from '../../sandbox/policy.ts';

/** 32 hexadecimal digits. `gitDir` has the tree's objects, `host` is what `hostStamp` says. */
export async function setupFingerprint(
  gitDir: string,
  tree: Sha,
  { setup, env, hostAllows }: Preparation,
  host: string,
): Promise<string> {
  if (setup === null) return digest(['no setup']);
  const inputs = await inputsOf(gitDir, tree, setup);
  return digest([
    setup.run,
    networkFor('setup', setup.network ? 'setup' : 'none', hostAllows),
    Object.entries(env).toSorted(([a], [b]) => (a < b ? -1 : 1)),
    host,
    inputs.reads === 'everything' ? tree : inputs.files.map(({ path, id, mode }) => [path, id, mode]),
  ]);
}

/** What a setup reads of a tree. `gitDir` has the tree's objects. */
export async function inputsOf(gitDir: string, tree: Sha, setup: SetupCommand): Promise<SetupInputs> {
  return findInputs(setup, await listTree(gitDir, tree), textsIn(gitDir));
}

/** What of a setup's result is good for other trees than this one. */
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
 * What setups find on this host beside the tree: system, processor, and the programs. A package manager that installs or
 * upgrades a program changes the time of the folder that it is in.
 */
export function hostStamp(searchPath: string, toolchains: readonly string[]): string {
  const seen = searchPath.split(':').filter((folder) => /^\/(?:usr|bin|sbin)\b/.test(folder));
  const folders = [...seen, ...toolchains, ...toolchains.map((folder) => `${folder}/bin`), '/usr/lib'];
  const system = [process.platform, process.arch, readOr('/etc/os-release', '')];
  return digest([...system, ...[...new Set(folders)].map(stampOf)]);
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
