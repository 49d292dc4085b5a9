// The `.git` of a worktree, as commands in it see it: an ordinary folder, as in a clone, that they may write and that goes
// with the worktree. It has the target branch, the tags that lead to it, an index, a configuration with an identity, and an
// object store of its own into which the mirror's packs are shown. The host writes it once, before anybody else; after
// that everything that changes it runs in a sandbox, and nothing outside reads it.

import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { OwnedWorktree } from './worktree.ts';
import type { LocalRepository } from '../repository/local-repository.ts';
import type { Mount } from '../sandbox/mount.ts';
import type { Sha } from '../../contracts/ids.ts';
import { discard } from './remove.ts';
import { lfsObjects } from '../repository/lfs.ts';
import { storeInside } from './lfs/write-content.ts';
import { hasCommit } from '../../git/tree-reader.ts';
import { identityConfig, quotedValue } from '../../git/identity.ts';
import { runGit } from '../../git/run-git.ts';
import { tagsOf } from '../repository/tags.ts';

/** Where a `.git` stands. */
export interface GitPosition {
  /** HEAD, the branch and the index. */
  readonly base: Sha;
  /** The target branch, without `refs/heads/`. */
  readonly branch: string;
  /** The commit of the target branch, in the mirror, that `base` continues. */
  readonly upstream: Sha;
}

/**
 * The parts of a worktree below its root. Each part is mounted at the top of the one before, so that no command can put a
 * link or a file where the next sandbox mounts. Without a sandbox nothing is mounted, and they are inside one another.
 */
export function partsOf(root: string, driver: 'bwrap' | 'none') {
  const files = join(root, 'work');
  const git = driver === 'bwrap' ? join(root, 'git') : join(files, '.git');
  const objects = driver === 'bwrap' ? join(root, 'objects') : join(git, 'objects');
  return { files, git, objects };
}

/** The files at `/work`, writable with their `.git`; of the mirror the objects alone, and those of submodules, read-only. */
export function mountsOf({ mirror, modules, sandbox }: LocalRepository, root: string): Mount[] {
  const { files, git, objects } = partsOf(root, sandbox.driver);
  const bind = (source: string, target: string, writable: boolean): Mount => {
    return { type: 'bind', source, target, writable };
  };
  return [
    bind(files, '/work', true),
    bind(git, '/work/.git', true),
    bind(objects, '/work/.git/objects', true),
    bind(join(mirror, 'objects', 'pack'), '/work/.git/objects/pack', false),
    bind(join(mirror, 'objects'), '/git/objects', false),
    bind(modules.folder, '/git/modules', false),
    bind(lfsObjects({ mirror }), storeInside, false),
  ];
}

/** All but the index, which whoever fills the files writes. The folders below `root` are there and empty. */
export async function writeGitFolder(repository: LocalRepository, root: string, at: GitPosition): Promise<void> {
  const { state, mirror, sandbox } = repository;
  const { files, git, objects } = partsOf(root, sandbox.driver);
  for (const folder of [join(files, '.git'), git, objects]) await mkdir(folder, { recursive: true });
  const folders = ['hooks', 'info', 'logs', 'objects', 'refs/heads', 'refs/remotes/origin', 'refs/tags'];
  for (const folder of folders) await mkdir(join(git, folder), { recursive: true });
  for (const folder of ['info', 'pack']) await mkdir(join(objects, folder), { recursive: true });
  const pack = await missingObjects(repository, at);
  const env = { GIT_OBJECT_DIRECTORY: objects };
  if (pack !== null) await runGit(state, ['unpack-objects', '-q'], { env, input: pack });
  const alternate = sandbox.driver === 'bwrap' ? '/git/objects' : join(mirror, 'objects');
  await writeFile(join(objects, 'info', 'alternates'), `${alternate}\n`);
  await writeFile(join(git, 'info', 'exclude'), '');
  await writeFile(join(git, 'description'), 'A worktree of Coppice\n');
  await writeFile(join(git, 'config'), configOf(repository, at.branch));
  await writeFile(join(git, 'packed-refs'), await packedRefs(repository, at));
  await writeFile(join(git, 'HEAD'), headOf(at));
}

/** For scripts that run git in the `.git` of `$WORK`, which anybody may have written: git would wait for ever at a FIFO. */
export const removeSpecialFiles = 'find "$WORK/.git" ! -type f ! -type d ! -type l -delete 2>/dev/null';

const script = `
${removeSpecialFiles}
set -e
cd "$WORK"
[ ! -s "$INCOMING/pack" ] || git unpack-objects -q < "$INCOMING/pack"
if [ -e "$INCOMING/packed-refs" ]; then
  rm -f -- ".git/refs/heads/$BRANCH" ".git/refs/remotes/origin/$BRANCH"
  cat "$INCOMING/packed-refs" > .git/packed-refs
  git config "branch.$BRANCH.remote" origin
  git config "branch.$BRANCH.merge" "refs/heads/$BRANCH"
else
  git update-ref "refs/heads/$BRANCH" "$BASE"
  git update-ref "refs/remotes/origin/$BRANCH" "$UPSTREAM"
fi
git symbolic-ref HEAD "refs/heads/$BRANCH"
git read-tree --reset "$BASE"
`;

const limits = { timeoutSeconds: 60, memoryMb: 1024, outputBytes: 4096 };
/** Of one pack: more than a snapshot may hold. */
const largestPack = 512 * 1024 * 1024;

/**
 * Brings the `.git` of a worktree in which commands have run to another position; the files stay as they are. `keepRefs`:
 * an agent's own branches and tags stay, and new tags do not come. False when the `.git` is not usable any more, which is
 * up to whoever broke it.
 */
export async function moveGit(
  repository: LocalRepository,
  worktree: OwnedWorktree,
  at: GitPosition,
  { keepRefs = false }: { readonly keepRefs?: boolean } = {},
): Promise<boolean> {
  const incoming = await mkdtemp(join(worktree.folder, 'git-'));
  try {
    await writeFile(join(incoming, 'pack'), (await missingObjects(repository, at)) ?? '');
    if (!keepRefs) await writeFile(join(incoming, 'packed-refs'), await packedRefs(repository, at));
    await repository.sandbox.giveTo(incoming);
    const result = await repository.sandbox.run({
      argv: ['sh', '-c', script],
      mounts: [...worktree.mounts, { type: 'bind', source: incoming, target: '/incoming', writable: false }],
      env: { WORK: '/work', INCOMING: '/incoming', BASE: at.base, BRANCH: at.branch, UPSTREAM: at.upstream },
      limits,
    });
    return result.status === 'exited' && result.exitCode === 0;
  } finally {
    await discard(repository.home, incoming);
  }
}

/** What the mirror lacks of the base, as a pack: a candidate is in the state repository alone, which no sandbox sees. */
async function missingObjects({ mirror, state }: LocalRepository, { base, upstream }: GitPosition) {
  if (await hasCommit(mirror, base)) return null;
  const input = `${base}\n^${upstream}\n`;
  const args = ['pack-objects', '--quiet', '--revs', '--stdout'];
  return (await runGit(state, args, { input, maxBytes: largestPack })).stdout;
}

export function headOf({ branch }: GitPosition): string {
  return `ref: refs/heads/${branch}\n`;
}

/** All refs of a `.git` as it is made, as its `packed-refs` has them. */
export async function packedRefs(
  repository: LocalRepository,
  { base, branch, upstream }: GitPosition,
): Promise<string> {
  const refs = [`${base} refs/heads/${branch}\n`, `${upstream} refs/remotes/origin/${branch}\n`];
  return `${refs.join('')}${await tagsOf(repository, upstream)}`;
}

/** Changes with every branch, commit or tag that a `.git` at a position has. */
export async function refsDigest(repository: LocalRepository, at: GitPosition): Promise<string> {
  return createHash('sha256')
    .update(await packedRefs(repository, at))
    .digest('hex')
    .slice(0, 32);
}

/**
 * Files change owner after the index is written, which must not make git read them all again. The packs that are shown
 * cannot be repacked.
 */
export const ownConfig: readonly string[] = [
  '[core]',
  '\trepositoryformatversion = 0',
  '\tfilemode = true',
  '\tbare = false',
  '\tlogallrefupdates = true',
  '\tcheckStat = minimal',
  '\ttrustctime = false',
  '[gc]',
  '\tauto = 0',
  '[maintenance]',
  '\tauto = false',
];

/** A path of this host means nothing in a sandbox. */
export function isPublicUrl(url: string): boolean {
  return /^(?:https|ssh):\/\/|^[^/:]+@[^/:]+:/.test(url);
}

function configOf({ identity, origin }: LocalRepository, branch: string): string {
  return [
    ...ownConfig,
    `${identityConfig(identity)}[remote "origin"]`,
    ...(isPublicUrl(origin.url) ? [`\turl = ${quotedValue(origin.url)}`] : []),
    '\tfetch = +refs/heads/*:refs/remotes/origin/*',
    `[branch ${quotedValue(branch)}]`,
    '\tremote = origin',
    `\tmerge = ${quotedValue(`refs/heads/${branch}`)}`,
    '',
  ].join('\n');
}
