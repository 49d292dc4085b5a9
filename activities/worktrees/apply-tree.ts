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
import { removeSpecialFiles } from './git-folder.ts';
import { fetchLfs } from '../repository/lfs.ts';
import { writeContent } from './lfs/write-content.ts';
import { findSubmodules } from './submodules/find-submodules.ts';
import { type Difference, compareTrees, textOf } from '../../git/trees.ts';
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
    const differences = await compareTrees(repository.state, from, to);
    if (differences.length === 0) return 0;
    const arriving = { repository, worktree, incoming, differences, to, upstream };
    await writeFiles(arriving);
    if (worktree.lfs) await fillLfs(arriving);
    await fillSubmodules(arriving);
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
    return differences.length;
  } finally {
    await discard(repository.home, incoming);
  }
}

interface Arriving extends Pick<Move, 'to' | 'upstream'> {
  readonly repository: LocalRepository;
  readonly worktree: OwnedWorktree;
  /** The folder that the sandbox is shown. */
  readonly incoming: string;
  readonly differences: readonly Difference[];
}

async function writeFiles({ repository: { state }, incoming, differences, to }: Arriving): Promise<void> {
  await mkdir(join(incoming, 'files'));
  await writeFile(join(incoming, 'changed'), listed(differences));
  const env = { GIT_INDEX_FILE: join(incoming, 'index'), GIT_WORK_TREE: incoming };
  await runGit(state, ['read-tree', to], { env });
  const input = listed(differences.filter((each) => each.to !== null));
  const prefix = `--prefix=${join(incoming, 'files')}/`;
  await runGit(state, ['checkout-index', '-z', '--stdin', '--force', prefix], { env, input });
}

/** The paths, each ended by NUL. */
function listed(differences: readonly Difference[]): Buffer {
  return Buffer.from(differences.map(({ path }) => `${path}\0`).join(''), 'latin1');
}

async function fillLfs({ repository, incoming, differences, to, upstream }: Arriving): Promise<void> {
  const changed = new Set(differences.map(({ path }) => path));
  const files = (await fetchLfs(repository, to, upstream)).filter(({ path }) => changed.has(path));
  await writeContent(repository, files, join(incoming, 'files'));
}

/** Those that move or appear, with all that is in them. */
async function fillSubmodules({ repository, worktree, incoming, differences, to, upstream }: Arriving): Promise<void> {
  const moved = differences.flatMap(({ path, to: entry }) => (entry?.mode === submoduleMode ? [textOf(path)] : []));
  if (moved.length === 0) return;
  const found = await findSubmodules(repository, {
    tree: to,
    upstream,
    wants: (path) => moved.includes(path) && worktree.wantsSubmodule(path),
  });
  if (found.length === 0) return;
  const git = join(incoming, 'git');
  await mkdir(git);
  await writeSubmodules(repository, found, { files: join(incoming, 'files'), git, lowPriority: false });
  await writeFile(join(incoming, 'modules'), found.map(({ gitFolder }) => `${gitFolder}\0`).join(''));
  await writeFile(join(incoming, 'config'), submoduleConfig(found));
}
