// The tree of an agent's worktree as a git tree, taken in a sandbox of its own after the session's processes are gone:
// git runs there over hostile files with a private index and object directory, and only a pack comes out.
// Safe to run twice: it depends on the files alone and adds objects by their content.

import { constants } from 'node:fs';
import { mkdir, mkdtemp, open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Sha, asSha } from '../../domain/ids.ts';
import { addScript, foldersScript, refusals, snapshotScript, tooMuch } from './snapshot-script.ts';
import type { LocalRepository } from './local-repository.ts';
import type { Mount, SandboxResult } from '../sandbox/contract.ts';
import { byteExact } from '../../git/byte-exact.ts';
import { GitError, diskFull, runGit } from '../../git/run-git.ts';
import { readTree } from '../../git/trees.ts';
import type { OwnedWorktree } from './worktrees.ts';
import { discard } from './remove-tree.ts';
import { failure, failureDetails, failureType } from '../../domain/failures.ts';
import { gitEnvironment } from '../../git/git-environment.ts';
import { inertText } from '../../git/inert-text.ts';

export interface Snapshot {
  readonly tree: Sha;
  readonly skipped: readonly string[];
}

const limits = { timeoutSeconds: 300, memoryMb: 2048, outputBytes: 16_384, fileMb: 1024 };
const mostExceptions = 200;

/**
 * `base` says what is tracked already; untracked files in the folders of `leftOut` are not looked at. Throws
 * `SnapshotRefused`, with `{ tooMuch: true }` when it is only a matter of size, and `DiskFull`.
 */
export async function takeSnapshot(
  repository: LocalRepository,
  worktree: OwnedWorktree,
  base: Sha,
  leftOut: readonly string[] = [],
): Promise<Snapshot> {
  const out = await mkdtemp(join(worktree.folder, 'snapshot-'));
  try {
    await prepareQuarantine(out, leftOut);
    await repository.sandbox.giveTo(out);
    const run = (script: string, masks: readonly Mount[]) =>
      runScript(repository, worktree, { base, out, script, masks });
    accept(await run(snapshotScript, []));
    const found = readScan(await readProduct(join(out, 'scan')));
    const { masks, skipped } = planExceptions(found, out, repository.sandbox.driver);
    if (found.length > 0) {
      await writeFile(join(out, 'pathspec'), pathspecs(skipped));
      await repository.sandbox.giveTo(join(out, 'pathspec'));
      accept(await run(addScript, masks));
    }
    const tree = asSha((await readProduct(join(out, 'tree'))).toString('latin1'));
    await takeObjects(repository.state, await readProduct(join(out, 'pack')), tree);
    return { tree, skipped: skipped.map((path) => inertText(path.toString('utf8'))) };
  } finally {
    await discard(repository.home, out);
  }
}

interface Script {
  readonly base: Sha;
  readonly out: string;
  readonly script: string;
  readonly masks: readonly Mount[];
}

function runScript(
  repository: LocalRepository,
  worktree: OwnedWorktree,
  { base, out, script, masks }: Script,
): Promise<SandboxResult> {
  return repository.sandbox.run({
    argv: ['sh', '-c', script],
    mounts: [...mountsOf(repository, worktree, out), ...masks],
    env: { ...environment(), BASE: base },
    limits,
  });
}

/**
 * Untracked folders with so many files or bytes that a snapshot of them would be refused, or slow; paths end with `/`.
 * A package manager's store inside the worktree, for example.
 */
export async function findBulkyFolders(
  repository: LocalRepository,
  worktree: OwnedWorktree,
  base: Sha,
): Promise<string[]> {
  const out = await mkdtemp(join(worktree.folder, 'snapshot-'));
  try {
    await prepareQuarantine(out, []);
    await repository.sandbox.giveTo(out);
    accept(await runScript(repository, worktree, { base, out, script: foldersScript, masks: [] }));
    const names = (await readProduct(join(out, 'bulky'))).toString('utf8').split('\0');
    return names.filter((name) => name.endsWith('/') && !name.includes('\n'));
  } finally {
    await discard(repository.home, out);
  }
}

/** A GIT_DIR that only the snapshot uses, with objects of its own. */
async function prepareQuarantine(out: string, leftOut: readonly string[]): Promise<void> {
  const repo = join(out, 'repo');
  for (const folder of ['objects/info', 'objects/pack', 'refs', 'info'])
    await mkdir(join(repo, folder), { recursive: true });
  await writeFile(join(repo, 'HEAD'), 'ref: refs/heads/none\n');
  await writeFile(join(repo, 'info', 'attributes'), byteExact);
  await writeFile(join(repo, 'info', 'exclude'), leftOut.map((folder) => `/${literalPattern(folder)}\n`).join(''));
  await writeFile(join(out, 'empty'), '');
  await writeFile(join(out, 'pathspec'), pathspecs([]));
}

function literalPattern(path: string): string {
  return path.replaceAll(/[\\*?[\] ]/g, String.raw`\$&`);
}

function mountsOf(repository: LocalRepository, worktree: OwnedWorktree, out: string): Mount[] {
  return [
    { type: 'bind', source: worktree.path, target: '/work', writable: false },
    { type: 'bind', source: repository.mirror, target: '/git', writable: false },
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

/** Whether a `SnapshotRefused` says that there is more than can be stored. */
export function isTooMuch(error: unknown): boolean {
  const details = failureType(error) === 'SnapshotRefused' ? failureDetails(error) : null;
  return typeof details === 'object' && details !== null && 'tooMuch' in details;
}

interface Found {
  readonly kind: string;
  readonly type: string;
  readonly path: Buffer;
}

function readScan(scan: Buffer): Found[] {
  const found: Found[] = [];
  for (let at = 0, end = scan.indexOf(0); end !== -1; at = end + 1, end = scan.indexOf(0, at)) {
    const record = scan.subarray(at, end);
    const first = record.indexOf(32);
    const kind = record.subarray(0, first).toString('latin1');
    found.push({
      kind,
      type: record.subarray(first + 1, first + 2).toString('latin1'),
      path: record.subarray(first + 3),
    });
  }
  return found;
}

/**
 * A nested repository's `.git` is covered, so that git takes the files around it for plain ones. What cannot be covered or
 * stored is left out by path, and named.
 */
function planExceptions(found: readonly Found[], out: string, driver: 'bwrap' | 'none') {
  if (found.length > mostExceptions) {
    throw failure('SnapshotRefused', `the worktree has ${found.length} special files and nested repositories`);
  }
  const masks: Mount[] = [];
  const skipped: Buffer[] = [];
  for (const { kind, type, path } of found) {
    const target = `/work/${path.toString('utf8')}`;
    const nameable = Buffer.from(target).equals(Buffer.concat([Buffer.from('/work/'), path]));
    if (kind !== 'git') skipped.push(path);
    else if (type === 'd' && nameable && driver === 'bwrap') masks.push({ type: 'tmpfs', target });
    else if (type === 'f' && nameable && driver === 'bwrap') {
      masks.push({ type: 'bind', source: join(out, 'empty'), target, writable: false });
    } else skipped.push(parentOf(path));
    // FIFOs that git opens by name would hang it, excluded or not.
    if (kind === 'special' && nameable && driver === 'bwrap') {
      masks.push({ type: 'bind', source: join(out, 'empty'), target, writable: false });
    }
  }
  return { masks, skipped };
}

function parentOf(path: Buffer): Buffer {
  const slash = path.lastIndexOf(47);
  return slash === -1 ? path : path.subarray(0, slash);
}

/** `.coppice` at the top is reserved. */
function pathspecs(skipped: readonly Buffer[]): Buffer {
  const exclude = (path: Buffer) => Buffer.concat([Buffer.from(':(exclude,top,literal)'), path]);
  const all = [Buffer.from('.'), ...[Buffer.from('.coppice'), ...skipped].map(exclude)];
  return Buffer.concat(all.flatMap((each) => [each, Buffer.from([0])]));
}

/** A file that the sandbox made: a regular one, never through a link, and not larger than it may be. */
async function readProduct(path: string): Promise<Buffer> {
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const stat = await file.stat();
    if (!stat.isFile() || stat.size > 256 * 1024 * 1024) throw failure('SnapshotRefused', 'the snapshot is not usable');
    return await file.readFile();
  } finally {
    await file.close();
  }
}

/** `--strict`: every object is checked, and nothing that a tree names may be missing. */
async function takeObjects(state: string, pack: Buffer, tree: Sha): Promise<void> {
  await runGit(state, ['unpack-objects', '-q', '--strict'], { input: pack }).catch((error: unknown) => {
    if (!(error instanceof GitError)) throw error;
    throw failure(
      'SnapshotRefused',
      `the worktree cannot be stored: git refuses it: ${inertText(error.message).slice(0, 500)}`,
    );
  });
  await readTree(state, tree);
}
