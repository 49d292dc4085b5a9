// Brings an agent's worktree from one tree to another. The new files are written from git objects into a fresh folder
// outside; copying them over the worktree happens in a sandbox, because the worktree is the agent's.
// Safe to run twice: it replaces the same files with the same contents.

import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { OwnedWorktree } from './worktree.ts';
import type { LocalRepository } from '../repository/local-repository.ts';
import type { Sha } from '../../contracts/ids.ts';
import { failure } from '../../contracts/failures.ts';
import { inertText } from '../../git/inert-text.ts';
import { diskFull, runGit } from '../../git/run-git.ts';
import { discard } from './remove.ts';

const script = `
set -e
cd "$WORK"
xargs -0 -r rm -rf -- < "$INCOMING/changed"
cp -a "$INCOMING/files/." .
`;

const limits = { timeoutSeconds: 300, memoryMb: 1024, outputBytes: 8192 };

/**
 * The worktree must hold `from` now (apart from ignored files). Returns how many paths differ. Throws `GitFailed` if
 * something is in the way.
 */
export async function applyTree(
  repository: LocalRepository,
  worktree: OwnedWorktree,
  { from, to }: { from: Sha; to: Sha },
): Promise<number> {
  const incoming = await mkdtemp(join(worktree.folder, 'incoming-'));
  try {
    await mkdir(join(incoming, 'files'));
    const changed = await writeIncoming(repository.state, incoming, { from, to });
    if (changed === 0) return 0;
    await repository.sandbox.giveTo(incoming);
    const result = await repository.sandbox.run({
      argv: ['sh', '-c', script],
      mounts: [
        { type: 'bind', source: worktree.path, target: '/work', writable: true },
        { type: 'bind', source: incoming, target: '/incoming', writable: false },
      ],
      env: { WORK: '/work', INCOMING: '/incoming' },
      limits,
    });
    if (result.status !== 'exited' || result.exitCode !== 0) {
      const said = inertText(Buffer.from(result.output).toString('utf8'));
      throw (
        diskFull(said) ??
        failure('GitFailed', `the worktree could not be brought to tree ${to}: ${result.status} ${said}`)
      );
    }
    return changed;
  } finally {
    await discard(repository.home, incoming);
  }
}

async function writeIncoming(state: string, incoming: string, { from, to }: { from: Sha; to: Sha }): Promise<number> {
  const changedNames = async (filter: string) =>
    (
      await runGit(state, [
        'diff-tree',
        '-r',
        '-z',
        '--name-only',
        '--no-renames',
        ...(filter ? [filter] : []),
        from,
        to,
      ])
    ).stdout;
  const changed = await changedNames('');
  await writeFile(join(incoming, 'changed'), changed);
  const env = { GIT_INDEX_FILE: join(incoming, 'index'), GIT_WORK_TREE: incoming };
  await runGit(state, ['read-tree', to], { env });
  const input = await changedNames('--diff-filter=d');
  const prefix = `--prefix=${join(incoming, 'files')}/`;
  await runGit(state, ['checkout-index', '-z', '--stdin', '--force', prefix], { env, input });
  return changed.reduce((count, byte) => count + (byte === 0 ? 1 : 0), 0);
}
