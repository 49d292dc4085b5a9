// `worktree.copy`: files outside any commit (test settings, licences) that a worktree gets copies of. They come from a
// folder that the host's operator fills, never from another worktree. Only files that git ignores in the worktree are
// copied: any other would become part of the change.
// Safe to run twice: it replaces the same files with the same contents.

import { copyFile, mkdir, mkdtemp, readdir, writeFile } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import type { OwnedWorktree } from './worktree.ts';
import type { LocalRepository } from '../repository/local-repository.ts';
import { inertText } from '../../git/inert-text.ts';
import { ambiguousNames, readGlobs } from '../../formats/globs/path-globs.ts';
import { records } from '../../git/tree-reader.ts';
import type { Sha } from '../../contracts/ids.ts';
import { discard } from './remove.ts';
import { prepareQuarantine, runScript } from './snapshot/snapshot.ts';
import { readProduct } from './snapshot/product.ts';

/** By the tree's own ignore files: a setup may have written what it likes into the worktree's `.git`. */
const checkScript = `
cd "$GIT_WORK_TREE" || exit 2
git read-tree "$BASE" || exit 2
git check-ignore -z --stdin < "$OUT/list" > "$OUT/ignored" || [ $? -eq 1 ] || exit 2
`;

/** A link in the worktree is replaced, not followed. */
const copyScript = `
cd "$INCOMING/files" || exit 2
xargs -0 -r cp -a --parents --remove-destination -t "$WORK" -- < "$INCOMING/list"
`;

const limits = { timeoutSeconds: 300, memoryMb: 1024, outputBytes: 256 * 1024 };

/** `$COPPICE_HOME/files/<slug>-<hash>`: the operator's files for worktrees of this repository. */
function operatorFolder({ home, mirror }: Pick<LocalRepository, 'home' | 'mirror'>): string {
  return join(home, 'files', basename(dirname(mirror)));
}

/** Returns what was not copied and why, in words for the log. */
export async function copyFiles(
  repository: LocalRepository,
  worktree: OwnedWorktree,
  { base, globs }: { readonly base: Sha; readonly globs: readonly string[] },
): Promise<string[]> {
  if (globs.length === 0) return [];
  const folder = operatorFolder(repository);
  const there = await filesBelow(folder);
  const wanted = there.filter(readGlobs(globs, ambiguousNames(there)).surely);
  if (wanted.length === 0) return [`nothing in ${folder} matches worktree.copy`];
  const ignored = await ignoredOf(repository, worktree, base, wanted);
  if (ignored === null) return [`the files of ${folder} could not be copied: git does not say which it ignores`];
  const refused = wanted.filter((path) => !ignored.includes(path));
  const problems = refused.map((path) => `${inertText(path)} was not copied: git does not ignore it in the worktree`);
  const incoming = await mkdtemp(join(worktree.folder, 'copy-'));
  try {
    for (const path of ignored) {
      await mkdir(join(incoming, 'files', dirname(path)), { recursive: true });
      await copyFile(join(folder, path), join(incoming, 'files', path));
    }
    await mkdir(join(incoming, 'files'), { recursive: true });
    await writeFile(join(incoming, 'list'), terminated(ignored));
    await repository.sandbox.giveTo(incoming);
    const result = await repository.sandbox.run({
      argv: ['sh', '-c', copyScript],
      mounts: [...worktree.mounts, { type: 'bind', source: incoming, target: '/incoming', writable: false }],
      env: { WORK: '/work', INCOMING: '/incoming' },
      limits,
    });
    if (result.status === 'exited' && result.exitCode === 0) return problems;
    const said = inertText(Buffer.from(result.output).toString('utf8'));
    return [...problems, `the files of ${folder} could not be copied: ${result.status} ${said}`];
  } finally {
    await discard(repository.home, incoming);
  }
}

/** Null if git does not say. */
async function ignoredOf(
  repository: LocalRepository,
  worktree: OwnedWorktree,
  base: Sha,
  paths: readonly string[],
): Promise<string[] | null> {
  const out = await mkdtemp(join(worktree.folder, 'copy-'));
  try {
    await prepareQuarantine(out, new Map());
    await writeFile(join(out, 'list'), terminated(paths));
    await repository.sandbox.giveTo(out);
    const result = await runScript(repository, worktree, { base, out, script: checkScript, masks: [] });
    if (result.status !== 'exited' || result.exitCode !== 0) return null;
    return records(await readProduct(join(out, 'ignored')));
  } finally {
    await discard(repository.home, out);
  }
}

function terminated(paths: readonly string[]): string {
  return paths.map((path) => `${path}\0`).join('');
}

/** Plain files below a folder, by relative path; links are not followed. */
async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isFile()).map((entry) => relative(folder, join(entry.parentPath, entry.name)));
}
