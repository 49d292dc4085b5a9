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
import { discard } from './remove.ts';

/** Copies the ignored files and prints their paths. A link in the worktree is replaced, not followed. */
const script = `
set -e
cd "$WORK"
git check-ignore -z --stdin < "$INCOMING/list" > /tmp/ignored || [ $? -eq 1 ]
cd "$INCOMING/files"
xargs -0 -r cp -a --parents --remove-destination -t "$WORK" -- < /tmp/ignored
cat /tmp/ignored
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
  globs: readonly string[],
): Promise<string[]> {
  if (globs.length === 0) return [];
  const folder = operatorFolder(repository);
  const there = await filesBelow(folder);
  const wanted = there.filter(readGlobs(globs, ambiguousNames(there)).surely);
  if (wanted.length === 0) return [`nothing in ${folder} matches worktree.copy`];
  const incoming = await mkdtemp(join(worktree.folder, 'copy-'));
  try {
    for (const path of wanted) {
      await mkdir(join(incoming, 'files', dirname(path)), { recursive: true });
      await copyFile(join(folder, path), join(incoming, 'files', path));
    }
    await writeFile(join(incoming, 'list'), wanted.map((path) => `${path}\0`).join(''));
    await repository.sandbox.giveTo(incoming);
    const result = await repository.sandbox.run({
      argv: ['sh', '-c', script],
      mounts: [...worktree.mounts, { type: 'bind', source: incoming, target: '/incoming', writable: false }],
      env: { ...worktree.env, WORK: '/work', INCOMING: '/incoming' },
      limits,
    });
    const output = Buffer.from(result.output);
    if (result.status !== 'exited' || result.exitCode !== 0) {
      return [`the files of ${folder} could not be copied: ${result.status} ${inertText(output.toString('utf8'))}`];
    }
    const copied = new Set(records(output));
    const refused = wanted.filter((path) => !copied.has(path));
    return refused.map((path) => `${inertText(path)} was not copied: git does not ignore it in the worktree`);
  } finally {
    await discard(repository.home, incoming);
  }
}

/** Plain files below a folder, by relative path; links are not followed. */
async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isFile()).map((entry) => relative(folder, join(entry.parentPath, entry.name)));
}
