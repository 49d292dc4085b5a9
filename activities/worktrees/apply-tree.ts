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
import type { WantsSubmodule } from '../../formats/setup/submodules.ts';
import { removeSpecialFiles } from './git-folder.ts';
import { fetchLfs } from '../repository/lfs.ts';
import { writeContent } from './lfs/write-content.ts';
import { findSubmodules } from './submodules/find-submodules.ts';
import { compareTrees, textOf } from '../../git/trees.ts';
import { submoduleConfig, writeSubmodules } from './submodules/write-submodules.ts';
import { submoduleMode } from '../../domain/repository/file-modes.ts';

const script = `
set -e
cd "$WORK"
xargs -0 -r rm -rf -- < "$INCOMING/changed"
cp -a "$INCOMING/files/." .
[ -d "$INCOMING/git" ] || exit 0
${removeSpecialFiles}
cd .git
[ -d modules ] && [ ! -L modules ] || rm -rf modules
[ -f config ] && [ ! -L config ] || rm -rf config
xargs -0 -r rm -rf -- < "$INCOMING/modules"
cp -a "$INCOMING/git/." .
cat "$INCOMING/config" >> config
`;

const limits = { timeoutSeconds: 300, memoryMb: 1024, outputBytes: 8192 };

interface Move {
  readonly from: Sha;
  readonly to: Sha;
  /** A commit of the target branch, for the URLs of submodules. */
  readonly upstream: Sha;
}

/**
 * The worktree must hold `from` now (apart from ignored files). Returns how many paths differ. Throws `GitFailed` if
 * something is in the way, and what submodules throw (find-submodules.ts).
 */
export async function applyTree(
  repository: LocalRepository,
  worktree: OwnedWorktree,
  { from, to, upstream }: Move,
): Promise<number> {
  const incoming = await mkdtemp(join(worktree.folder, 'incoming-'));
  try {
    await mkdir(join(incoming, 'files'));
    const changed = await writeIncoming(repository.state, incoming, { from, to });
    if (changed === 0) return 0;
    if (worktree.lfs) await fillIncomingLfs(repository, incoming, { from, to, upstream });
    await writeIncomingSubmodules(repository, incoming, { from, to, upstream, wants: worktree.wantsSubmodule });
    await repository.sandbox.giveTo(incoming);
    const result = await repository.sandbox.run({
      argv: ['sh', '-c', script],
      mounts: [...worktree.mounts, { type: 'bind', source: incoming, target: '/incoming', writable: false }],
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

async function fillIncomingLfs(
  repository: LocalRepository,
  incoming: string,
  { from, to, upstream }: Move,
): Promise<void> {
  const changed = new Set((await compareTrees(repository.state, from, to)).map(({ path }) => path));
  const files = (await fetchLfs(repository, to, upstream)).filter(({ path }) => changed.has(path));
  await writeContent(repository, files, join(incoming, 'files'));
}

/** Those that move or appear, with all that is in them. */
async function writeIncomingSubmodules(
  repository: LocalRepository,
  incoming: string,
  { from, to, upstream, wants }: Move & { readonly wants: WantsSubmodule },
): Promise<void> {
  const differences = await compareTrees(repository.state, from, to);
  const moved = differences.flatMap(({ path, to: entry }) => (entry?.mode === submoduleMode ? [textOf(path)] : []));
  if (moved.length === 0) return;
  const arriving = await findSubmodules(repository, {
    tree: to,
    upstream,
    wants: (path) => moved.includes(path) && wants(path),
  });
  if (arriving.length === 0) return;
  const git = join(incoming, 'git');
  await mkdir(git);
  await writeSubmodules(repository, arriving, { files: join(incoming, 'files'), git, lowPriority: false });
  await writeFile(join(incoming, 'modules'), arriving.map(({ gitFolder }) => `${gitFolder}\0`).join(''));
  await writeFile(join(incoming, 'config'), submoduleConfig(arriving));
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
