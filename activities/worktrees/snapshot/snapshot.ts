// Stores an agent's worktree as a git tree. The snapshot is taken in its own sandbox after the session's processes are
// gone: git runs there over untrusted files with a private index and object directory, and only a pack comes out.
// Safe to run twice: it depends only on the files, and adds objects by their content.

import { lstat, mkdir, mkdtemp, writeFile, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import type { OwnedWorktree } from '../worktree.ts';
import type { Mount } from '../../sandbox/mount.ts';
import { type Sha, asSha } from '../../../contracts/ids.ts';
import { addScript, foldersScript, ignoredScript, refusals, snapshotScript, tooMuch } from './script.ts';
import { masksOfNames, planExceptions, readScan, withoutIgnored } from './exceptions.ts';
import type { LocalRepository } from '../../repository/local-repository.ts';
import type { SandboxResult } from '../../sandbox/contract.ts';
import { byteExact } from '../../../git/byte-exact.ts';
import { GitError, diskFull, runGit } from '../../../git/run-git.ts';
import { entryAt, readTree } from '../../../git/trees.ts';
import { treeOf } from '../../../git/tree-reader.ts';
import { discard } from '../remove.ts';
import { type FilledLfs, noLfs, writeLfs } from './lfs.ts';
import { type SubmoduleLinks, noLinks, writeLinks } from './links.ts';
import { gitStampEnvironment, gitStampMounts } from './git-stamp.ts';
import { readProduct } from './product.ts';
import { failure, failureDetails, failureType } from '../../../contracts/failures.ts';
import { gitEnvironment } from '../../../git/git-environment.ts';
import { inertText } from '../../../git/inert-text.ts';

export interface Snapshot {
  readonly tree: Sha;
  /** Of the worktree's `.git` (git-stamp.ts). */
  readonly gitStamp: string;
  /** Special files (FIFOs, sockets, devices) that git cannot store and does not ignore; safe text. */
  readonly skipped: readonly string[];
  /** Files in Git LFS that are as they were filled; paths as `LfsFile` has them. */
  readonly lfsKept: readonly string[];
}

const limits = { timeoutSeconds: 300, memoryMb: 2048, outputBytes: 16_384, fileMb: 1024 };

/** Folders (ending with `/`) whose untracked files are stored only if they have changed since; ms since the epoch. */
export type LeftOut = ReadonlyMap<string, number>;

export interface SnapshotRequest {
  /** The commit that defines which files are tracked. */
  readonly base: Sha;
  readonly leftOut?: LeftOut;
  readonly links?: SubmoduleLinks;
  readonly lfs?: FilledLfs;
  /** Aborting ends the snapshot, which then rejects with the reason. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Throws `SnapshotRefused`, with `{ tooMuch: true }` if only the size is the problem, and `DiskFull`. Special files
 * that git does not ignore are left out and reported. Unreadable files and folders are refused, because git would treat
 * them as deleted.
 */
export async function takeSnapshot(
  repository: LocalRepository,
  worktree: OwnedWorktree,
  { base, leftOut = new Map(), links = noLinks, lfs = noLfs, signal }: SnapshotRequest,
): Promise<Snapshot> {
  const out = await mkdtemp(join(worktree.folder, 'snapshot-'));
  try {
    await prepareQuarantine(out, leftOut);
    await writeLinks(out, links);
    await writeLfs(out, lfs);
    await repository.sandbox.giveTo(out);
    const run = async (script: string, masks: readonly Mount[]): Promise<void> => {
      const result = await runScript(repository, worktree, { base, out, script, masks, signal });
      signal?.throwIfAborted();
      accept(result);
    };
    await run(snapshotScript, []);
    const skipped = await meetExceptions(repository, { base, out, run });
    const tree = asSha((await readProduct(join(out, 'tree'))).toString('latin1'));
    await takeObjects(repository.state, { pack: await readProduct(join(out, 'pack')), tree, signal });
    const gitStamp = (await readProduct(join(out, 'git-stamp'))).toString('latin1').trim();
    const lfsKept = lfs.files.length === 0 ? [] : linesOf(await readProduct(join(out, 'lfs-kept')));
    return { tree, gitStamp, lfsKept, skipped: skipped.map((path) => inertText(path.toString('utf8'))) };
  } finally {
    await discard(repository.home, out);
  }
}

function linesOf(product: Buffer): readonly string[] {
  return product
    .toString('latin1')
    .split('\n')
    .filter((line) => line !== '');
}

/** Makes the tree if the first script has found something that git must not meet. Returns the paths left out of it. */
async function meetExceptions(
  { sandbox, state }: LocalRepository,
  { base, out, run }: { base: Sha; out: string; run: (script: string, masks: readonly Mount[]) => Promise<void> },
): Promise<readonly Buffer[]> {
  const found = readScan(await readProduct(join(out, 'scan')));
  if (found.length === 0) return [];
  const cover = { empty: join(out, 'empty'), driver: sandbox.driver };
  if (!(await isThere(join(out, 'ignored')))) await run(ignoredScript, masksOfNames(found, cover));
  const ignored = (await readProduct(join(out, 'ignored'))).toString('latin1').split('\0');
  const work = await withoutIgnored(found, new Set(ignored), (folder) => isTracked(state, base, folder));
  if (work.length === 0 && (await isThere(join(out, 'tree')))) return [];
  const { masks, skipped } = planExceptions(work, cover);
  await writeFile(join(out, 'pathspec'), pathspecs(skipped));
  await sandbox.giveTo(join(out, 'pathspec'));
  await run(addScript, [...masks, ...masksOfNames(found, cover)]);
  return skipped;
}

async function isTracked(state: string, base: Sha, path: Buffer): Promise<boolean> {
  return (await entryAt(state, await treeOf(state, base), path.toString('latin1'))) !== null;
}

function isThere(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}

interface Script {
  readonly base: Sha;
  readonly out: string;
  readonly script: string;
  readonly masks: readonly Mount[];
  readonly signal?: AbortSignal | undefined;
}

export function runScript(
  repository: LocalRepository,
  worktree: Pick<OwnedWorktree, 'path'> & Partial<Pick<OwnedWorktree, 'root'>>,
  { base, out, script, masks, signal }: Script,
): Promise<SandboxResult> {
  const { root } = worktree;
  const stampMounts = root === undefined ? [] : gitStampMounts(repository, { root });
  return repository.sandbox.run({
    argv: ['sh', '-c', script],
    mounts: [...mountsOf(repository, worktree, out), ...stampMounts, ...masks],
    env: { ...environment(), ...gitStampEnvironment, BASE: base },
    limits,
    ...(signal === undefined ? {} : { signal }),
  });
}

/**
 * Untracked folders with so many files or bytes that a snapshot of them would be refused, or slow, such as a package
 * manager's store inside the worktree. Paths end with `/`.
 */
export async function findBulkyFolders(
  repository: LocalRepository,
  worktree: OwnedWorktree,
  { base, signal }: Pick<SnapshotRequest, 'base' | 'signal'>,
): Promise<string[]> {
  const out = await mkdtemp(join(worktree.folder, 'snapshot-'));
  try {
    await prepareQuarantine(out, new Map());
    await repository.sandbox.giveTo(out);
    const result = await runScript(repository, worktree, { base, out, script: foldersScript, masks: [], signal });
    signal?.throwIfAborted();
    accept(result);
    const names = (await readProduct(join(out, 'bulky'))).toString('utf8').split('\0');
    return names.filter((name) => name.endsWith('/') && !name.includes('\n'));
  } finally {
    await discard(repository.home, out);
  }
}

/** A GIT_DIR used only by the snapshot, with its own objects. */
export async function prepareQuarantine(out: string, leftOut: LeftOut, attributes = byteExact): Promise<void> {
  const repo = join(out, 'repo');
  for (const folder of ['objects/info', 'objects/pack', 'refs', 'info'])
    await mkdir(join(repo, folder), { recursive: true });
  await writeFile(join(repo, 'HEAD'), 'ref: refs/heads/none\n');
  await writeFile(join(repo, 'info', 'attributes'), attributes);
  await writeFile(
    join(repo, 'info', 'exclude'),
    [...leftOut.keys()].map((folder) => `/${literalPattern(folder)}\n`).join(''),
  );
  await mkdir(join(out, 'left-out'));
  for (const [at, [folder, since]] of [...leftOut].entries()) {
    await writeFile(join(out, 'left-out', `${at}`), `${folder}\0`);
    await utimes(join(out, 'left-out', `${at}`), since / 1000, since / 1000);
  }
  await writeFile(join(out, 'empty'), '');
  await writeFile(join(out, 'pathspec'), pathspecs([]));
}

function literalPattern(path: string): string {
  return path.replaceAll(/[\\*?[\] ]/g, String.raw`\$&`);
}

function mountsOf(repository: LocalRepository, worktree: Pick<OwnedWorktree, 'path'>, out: string): Mount[] {
  return [
    { type: 'bind', source: worktree.path, target: '/work', writable: false },
    { type: 'bind', source: repository.mirror, target: '/git', writable: false },
    { type: 'bind', source: repository.modules.folder, target: '/modules', writable: false },
    { type: 'bind', source: out, target: '/snapshot', writable: true },
  ];
}

function environment(): Record<string, string> {
  return {
    ...gitEnvironment({}),
    OUT: '/snapshot',
    GIT_DIR: '/snapshot/repo',
    GIT_INDEX_FILE: '/snapshot/index',
    GIT_WORK_TREE: '/work',
    GIT_ALTERNATE_OBJECT_DIRECTORIES: '/git/objects',
    MODULES: '/modules',
  };
}

function accept(result: SandboxResult): void {
  if (result.status === 'exited' && result.exitCode === 0) return;
  const said = inertText(Buffer.from(result.output).toString('utf8'));
  const why =
    result.status === 'exited'
      ? (refusals[result.exitCode] ?? said)
      : `it ${result.status === 'killed' ? `was ended by ${result.signal}` : result.status}: ${said}`;
  const isOnlySize = result.status === 'exited' && tooMuch.includes(result.exitCode);
  throw (
    diskFull(said) ??
    failure(
      'SnapshotRefused',
      `the worktree cannot be stored: ${why}`,
      isOnlySize ? { details: { tooMuch: true } } : {},
    )
  );
}

/** True if a `SnapshotRefused` means that there is more than can be stored. */
export function isTooMuch(error: unknown): boolean {
  const details = failureType(error) === 'SnapshotRefused' ? failureDetails(error) : null;
  return typeof details === 'object' && details !== null && 'tooMuch' in details;
}

/** `.coppice` at the top is reserved. */
function pathspecs(skipped: readonly Buffer[]): Buffer {
  const exclude = (path: Buffer) => Buffer.concat([Buffer.from(':(exclude,top,literal)'), path]);
  const all = [Buffer.from('.'), ...[Buffer.from('.coppice'), ...skipped].map(exclude)];
  return Buffer.concat(all.flatMap((each) => [each, Buffer.from([0])]));
}

/** `--strict` checks every object, and requires everything that a tree refers to. */
async function takeObjects(
  state: string,
  { pack, tree, signal }: { pack: Buffer; tree: Sha; signal?: AbortSignal | undefined },
): Promise<void> {
  const options = { input: pack, ...(signal === undefined ? {} : { signal }) };
  await runGit(state, ['unpack-objects', '-q', '--strict'], options).catch((error: unknown) => {
    if (!(error instanceof GitError)) throw error;
    throw failure(
      'SnapshotRefused',
      `the worktree cannot be stored: git refuses it: ${inertText(error.message).slice(0, 500)}`,
    );
  });
  await readTree(state, tree);
}
