// What an agent has made of its worktree's `.git`: commits, stashes, branches, but not those of submodules. It travels in checkpoints as one file that
// only a sandbox packs and unpacks, so that it survives the loss of a host. It is never part of the result.
// Safe to run twice: packing changes nothing, and unpacking replaces the same files.

import { mkdtemp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { OwnedWorktree } from './worktree.ts';
import type { LocalRepository } from '../repository/local-repository.ts';
import { type GitPosition, moveGit, removeSpecialFiles } from './git-folder.ts';
import { gitStampEnvironment, gitStampMounts, stampScript } from './snapshot/git-stamp.ts';
import { discard } from './remove.ts';
import { readProduct } from './snapshot/product.ts';

/** Its name below `.coppice/`. */
export const gitStateFile = 'git.tar.gz';

const largestBytes = 20 * 1024 * 1024;
/** KiB of everything in it, before it is packed. */
const largestContent = 200 * 1024;
const limits = { timeoutSeconds: 120, memoryMb: 1024, outputBytes: 4096, fileMb: 64 };

/** What the `.git` of a worktree has now, for comparison with what a snapshot says of it later. */
export async function stampOfGit(repository: LocalRepository, worktree: OwnedWorktree): Promise<string | null> {
  const result = await repository.sandbox.run({
    argv: ['sh', '-c', stampScript],
    mounts: gitStampMounts(repository, worktree),
    env: gitStampEnvironment,
    cwd: '/',
    limits,
  });
  if (result.status !== 'exited' || result.exitCode !== 0) return null;
  return Buffer.from(result.output).toString('latin1').trim();
}

const packScript = `
${removeSpecialFiles}
cd "$WORK" || exit 1
git rev-parse -q --verify 'HEAD^{commit}' > /dev/null || exit 1
cd .git
[ "$(du -sk --apparent-size --exclude=./objects/pack --exclude=./modules . | cut -f 1)" -le "$CONTENT" ] || exit 1
tar -cf - --exclude=./modules --exclude=./objects/pack --exclude=./objects/info --exclude='*.lock' . | gzip -1 | head -c "$LIMIT" > "$OUT/packed"
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
      env: { WORK: '/work', OUT: '/out', LIMIT: String(largestBytes + 1), CONTENT: String(largestContent) },
      limits,
      ...(signal === undefined ? {} : { signal }),
    });
    signal?.throwIfAborted();
    if (result.status !== 'exited' || result.exitCode !== 0) return null;
    const packed = await readProduct(join(out, 'packed')).catch(() => null);
    return packed === null || packed.length > largestBytes ? null : packed;
  } finally {
    await discard(repository.home, out);
  }
}

const unpackScript = `
set -e
cd "$WORK/.git"
tar -xzf "$INCOMING/packed"
cd "$WORK"
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
      env: { WORK: '/work', INCOMING: '/incoming', BASE: at.base },
      limits,
    });
    if (result.status !== 'exited' || result.exitCode !== 0)
      await moveGit(repository, worktree, at, { keepRefs: true });
  } finally {
    await discard(repository.home, incoming);
  }
}
