// What an agent has made of its worktree's `.git`: commits, stashes, branches. It travels in checkpoints as one file that
// only a sandbox packs and unpacks, so that it survives the loss of a host. It is never part of the result.
// Safe to run twice: packing changes nothing, and unpacking replaces the same files.

import { lstat, mkdtemp, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { OwnedWorktree } from './worktree.ts';
import type { LocalRepository } from '../repository/local-repository.ts';
import { type GitPosition, moveGit, partsOf, refuseSpecialFiles } from './git-folder.ts';
import { discard } from './remove.ts';
import { readProduct } from './snapshot/product.ts';

/** Its name below `.coppice/`. */
export const gitStateFile = 'git.tar.gz';

const largestBytes = 20 * 1024 * 1024;
const limits = { timeoutSeconds: 120, memoryMb: 1024, outputBytes: 4096, fileMb: 64 };
/** An agent that makes more refs than this keeps none of them. */
const mostRefs = 2_000;

/** Changes whenever a commit, a branch, a tag or a stash is made or goes; null = there is too much to look through. */
export async function gitFingerprint({ sandbox }: LocalRepository, { root }: OwnedWorktree): Promise<string | null> {
  const { git } = partsOf(root, sandbox.driver);
  const found: string[] = [];
  const folders = ['refs'];
  for (const name of ['HEAD', 'packed-refs', 'logs/refs/stash']) found.push(await stampOf(git, name));
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    const entries = await readdir(join(git, folder), { withFileTypes: true }).catch(() => []);
    for (const entry of entries) {
      if (entry.isDirectory()) folders.push(`${folder}/${entry.name}`);
      else found.push(await stampOf(git, `${folder}/${entry.name}`));
    }
    if (found.length + folders.length > mostRefs) return null;
  }
  return found.toSorted().join('\n');
}

/** Without following links: a command may have put anything there. */
async function stampOf(git: string, name: string): Promise<string> {
  const stat = await lstat(join(git, name), { bigint: true }).catch(() => null);
  return stat === null ? `${name} -` : `${name} ${stat.ino} ${stat.size} ${stat.mtimeNs}`;
}

const packScript = `
${refuseSpecialFiles}
cd /work || exit 1
git rev-parse -q --verify 'HEAD^{commit}' > /dev/null || exit 1
cd .git
tar -cf - --exclude=./objects/pack --exclude=./objects/info --exclude='*.lock' . | gzip -1 | head -c "$LIMIT" > /out/packed
`;

/** Null if it is too large, or git cannot use it. */
export async function packGitState(
  repository: LocalRepository,
  worktree: OwnedWorktree,
  signal?: AbortSignal,
): Promise<Buffer | null> {
  const out = await mkdtemp(join(worktree.folder, 'git-'));
  try {
    await repository.sandbox.giveTo(out);
    const result = await repository.sandbox.run({
      argv: ['sh', '-c', packScript],
      mounts: [...worktree.mounts, { type: 'bind', source: out, target: '/out', writable: true }],
      env: { LIMIT: String(largestBytes + 1) },
      limits,
      ...(signal === undefined ? {} : { signal }),
    });
    signal?.throwIfAborted();
    if (result.status !== 'exited' || result.exitCode !== 0) return null;
    const packed = await readProduct(join(out, 'packed'));
    return packed.length > largestBytes ? null : packed;
  } finally {
    await discard(repository.home, out);
  }
}

const unpackScript = `
set -e
cd /work/.git
tar -xzf /incoming/packed
cd /work
git merge-base --is-ancestor "$BASE" HEAD
`;

/** Where the packed commits are of another base, HEAD and the target branch go to the new one; the rest stays. */
export async function unpackGitState(
  repository: LocalRepository,
  worktree: OwnedWorktree,
  { packed, at }: { readonly packed: Uint8Array; readonly at: GitPosition },
): Promise<void> {
  const incoming = await mkdtemp(join(worktree.folder, 'git-'));
  try {
    await writeFile(join(incoming, 'packed'), packed);
    await repository.sandbox.giveTo(incoming);
    const result = await repository.sandbox.run({
      argv: ['sh', '-c', unpackScript],
      mounts: [...worktree.mounts, { type: 'bind', source: incoming, target: '/incoming', writable: false }],
      env: { BASE: at.base },
      limits,
    });
    if (result.status !== 'exited' || result.exitCode !== 0)
      await moveGit(repository, worktree, at, { keepRefs: true });
  } finally {
    await discard(repository.home, incoming);
  }
}
