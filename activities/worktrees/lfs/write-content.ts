// Puts the content of files in Git LFS in the place of their pointers, in files that no command has touched yet.

import { chmod, constants, copyFile } from 'node:fs/promises';
import type { LfsFile } from '../../../git/lfs-files.ts';
import type { LocalRepository } from '../../repository/local-repository.ts';
import { lfsObject } from '../../repository/lfs.ts';
import { runGit } from '../../../git/run-git.ts';

/** `folder`: where the tree is checked out. */
export async function writeContent(
  repository: LocalRepository,
  files: readonly LfsFile[],
  folder: string,
): Promise<void> {
  for (const { path, mode, oid } of files) {
    const target = Buffer.concat([Buffer.from(`${folder}/`), Buffer.from(path, 'latin1')]);
    await copyFile(lfsObject(repository, oid), target, constants.COPYFILE_FICLONE);
    await chmod(target, mode === '100755' ? 0o755 : 0o644);
  }
}

/** git has no filter in a worktree, and would take the content for a change of the pointer. */
export async function assumeUnchanged(
  { state }: LocalRepository,
  files: readonly LfsFile[],
  at: { readonly files: string; readonly index: string },
): Promise<void> {
  await runGit(state, ['update-index', '-z', '--assume-unchanged', '--stdin'], {
    env: { GIT_WORK_TREE: at.files, GIT_INDEX_FILE: at.index },
    input: Buffer.from(files.map(({ path }) => `${path}\0`).join(''), 'latin1'),
  });
}
