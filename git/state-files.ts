// Files on the state remote for processes without a host's home (the client): it writes a run's plan and configuration,
// and reads its report. Works in a temporary bare repository, which is removed afterwards.

import { mkdtemp, rename, rm } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomUUID } from 'node:crypto';
import type { Identity } from './identity.ts';
import { type Remote, fetchRefs, listRemote, pushRefs } from './remote.ts';
import type { Sha } from '../contracts/ids.ts';
import { failure } from '../contracts/failures.ts';
import { closeReader } from './object-reader.ts';
import { commitAt, listTree, readBlob } from './tree-reader.ts';
import { runGit } from './run-git.ts';
import { writeCommit } from './write-commit.ts';

export interface StateFiles {
  readonly remote: Remote;
  readonly ref: string;
  readonly files: Readonly<Record<string, string>>;
  readonly message: string;
  readonly identity: Identity;
  /** The ref's previous commit becomes the parent of the new one; absent = the new one has none. */
  readonly keepsHistory?: boolean;
}

/**
 * Writes `files` as one commit without parents on `ref`, replacing its previous commit. Returns the commit. Safe to run
 * twice: a ref that has the same files already is left unchanged.
 */
export async function writeStateFiles(state: StateFiles): Promise<Sha> {
  return withTemporaryRepository((gitDir) => writeStateFrom(gitDir, state));
}

/** The same from the caller's own repository. */
export async function writeStateFrom(gitDir: string, state: StateFiles): Promise<Sha> {
  const { remote, ref, files, message, identity, keepsHistory = false } = state;
  const seconds = Math.floor(Date.now() / 1000);
  for (let attempt = 1; ; attempt++) {
    const lease = (await listRemote(remote, [ref])).refs.get(ref) ?? null;
    if (lease !== null && (await hasFiles(gitDir, { remote, ref, commit: lease, files }))) return lease;
    const commit = await writeCommit(gitDir, {
      ref: temporaryRef(),
      // `hasFiles` has fetched it.
      parents: keepsHistory && lease !== null ? [lease] : [],
      tree: null,
      files,
      message,
      identity,
      seconds,
    });
    const outcome = (await pushRefs(gitDir, remote, [{ ref, commit, lease }])).get(ref);
    if (outcome?.status === 'pushed') return commit;
    if (outcome?.status === 'refused')
      throw failure('PushRefused', `the state remote refused ${ref}: ${outcome.message}`);
    if (attempt === 5) throw failure('GitFailed', `${ref} of the state remote keeps moving`);
  }
}

/** Writes `files` as one commit on a ref that must not exist; null if it does, and then the ref is left unchanged. */
export async function createStateFiles({ remote, ref, files, message, identity }: StateFiles): Promise<Sha | null> {
  return withTemporaryRepository(async (gitDir) => {
    const seconds = Math.floor(Date.now() / 1000);
    // Two writers of the same files in the same second would make the same commit, and git would report success to
    // both.
    const own = `${message}\n\nWritten-as: ${randomUUID()}\n`;
    const made = { ref: temporaryRef(), parents: [], tree: null, files, message: own, identity, seconds };
    const commit = await writeCommit(gitDir, made);
    const outcome = (await pushRefs(gitDir, remote, [{ ref, commit, lease: null }])).get(ref);
    switch (outcome?.status) {
      case 'pushed':
        return commit;
      case 'stale':
        return null;
      case 'refused':
        throw failure('PushRefused', `the state remote refused ${ref}: ${outcome.message}`);
      case undefined:
        throw failure('GitFailed', `the state remote gave no answer for ${ref}`);
    }
  });
}

/** A local ref for a commit on its way to or from a remote. */
function temporaryRef(): string {
  return `refs/coppice-local/${randomUUID()}`;
}

async function hasFiles(
  gitDir: string,
  { remote, ref, commit, files }: { remote: Remote; ref: string; commit: Sha; files: Readonly<Record<string, string>> },
): Promise<boolean> {
  if ((await fetchRefs(gitDir, remote, [`+${ref}:${temporaryRef()}`])) === 'missing') return false;
  if ((await listTree(gitDir, commit)).length !== Object.keys(files).length) return false;
  for (const [path, content] of Object.entries(files)) {
    if ((await readBlob(gitDir, commit, path)) !== content) return false;
  }
  return true;
}

/** The text of one file on a ref of the state remote; null if the ref or the file does not exist. */
export async function readStateFile(remote: Remote, ref: string, path: string): Promise<string | null> {
  return (await readStateCommit(remote, ref, [path]))?.files[path] ?? null;
}

/**
 * A ref's commit, or with `at` one of its earlier ones, and the texts of those `paths` that exist; null if there is no such
 * ref or commit.
 */
export async function readStateCommit(
  remote: Remote,
  ref: string,
  paths: readonly string[],
  at?: Sha,
): Promise<{ readonly commit: Sha; readonly files: Readonly<Record<string, string>> } | null> {
  return withTemporaryRepository(async (gitDir) => {
    const local = temporaryRef();
    const depth = at === undefined ? { depth: 1 } : {};
    if ((await fetchRefs(gitDir, remote, [`+${ref}:${local}`], depth)) === 'missing') return null;
    const commit = await commitAt(gitDir, at ?? local);
    if (commit === null) return null;
    const files: Record<string, string> = {};
    for (const path of paths) {
      const text = await readBlob(gitDir, commit, path);
      if (text !== null) files[path] = text;
    }
    return { commit, files };
  });
}

/** Creates a bare repository at a local path if it is missing; for `coppice dev`, whose state remote is in its home. */
export async function ensureBareRepository(path: string): Promise<void> {
  if (existsSync(path)) return;
  const fresh = `${path}.${randomUUID()}`;
  await runGit(null, ['init', '--quiet', '--bare', fresh]);
  try {
    await rename(fresh, path);
  } catch (error) {
    await rm(fresh, { recursive: true, force: true });
    // Another process was first.
    if (!existsSync(path)) throw error;
  }
}

export async function withTemporaryRepository<Result>(use: (gitDir: string) => Promise<Result>): Promise<Result> {
  const { gitDir, remove } = await makeTemporaryRepository();
  try {
    return await use(gitDir);
  } finally {
    await remove();
  }
}

export interface TemporaryRepository {
  readonly gitDir: string;
  remove(): Promise<void>;
}

/** For uses that do not fit into one function, such as a generator. */
export async function makeTemporaryRepository(): Promise<TemporaryRepository> {
  const gitDir = await mkdtemp(join(tmpdir(), 'coppice-git-'));
  const remove = (): Promise<void> => {
    closeReader(gitDir);
    return rm(gitDir, { recursive: true, force: true });
  };
  try {
    await runGit(null, ['init', '--quiet', '--bare', gitDir]);
  } catch (error) {
    await remove();
    throw error;
  }
  return { gitDir, remove };
}
