// Puts the content of files in Git LFS in the place of their pointers, in files that no command has touched yet, and gives
// git in the worktree the filter that clones have, which makes one of the other.

import { chmod, constants, copyFile, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { LfsFile } from '../../../git/lfs-files.ts';
import type { LocalRepository } from '../../repository/local-repository.ts';
import { runGit } from '../../../git/run-git.ts';
import { lfsObject, lfsObjects } from '../../repository/lfs.ts';

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

/** Without this, git would take a file for changed because of its size, and not look at what the filter makes of it. */
export async function forgetStat(state: string, files: readonly LfsFile[], index: string): Promise<void> {
  const input = Buffer.from(files.map(({ mode, id, path }) => `${mode} ${id}\t${path}\0`).join(''), 'latin1');
  await runGit(state, ['update-index', '-z', '--index-info'], { env: { GIT_INDEX_FILE: index }, input });
}

/** Where a worktree sees the content. */
export const storeInside = '/git/lfs';
const filterFile = 'lfs/filter.sh';

/** With the standard tools alone; a text that names content which is not here stays as it is. */
const filterScript = (store: string): string => `#!/bin/sh
# What \`git-lfs clean\` and \`git-lfs smudge\` do, with the content that this host has.
set -e
content=$(mktemp -p "$(dirname "$0")")
trap 'rm -f "$content"' EXIT
cat > "$content"
size=$(stat -c %s "$content")
oid=
if [ "$size" -le 1024 ] && head -n 1 "$content" | grep -qx 'version https://git-lfs.github.com/spec/v1'; then
  oid=$(sed -n 's/^oid sha256:\\([0-9a-f]\\{64\\}\\)$/\\1/p' "$content")
fi
object='${store.replaceAll("'", String.raw`'\''`)}'/$(printf %.2s "$oid")/$(printf %s "$oid" | cut -c 3-4)/$oid
if [ "$1" = smudge ] && [ -n "$oid" ] && [ -f "$object" ]; then cat "$object"
elif [ "$1" = smudge ] || [ -n "$oid" ] || [ "$size" = 0 ]; then cat "$content"
else
  printf 'version https://git-lfs.github.com/spec/v1\\noid sha256:%s\\nsize %s\\n' "$(sha256sum < "$content" | cut -c 1-64)" "$size"
fi
`;

/** Writes the filter into a worktree's git folder, and returns its lines of the configuration. */
export async function writeFilter(repository: LocalRepository, git: string): Promise<string> {
  const isInside = repository.sandbox.driver === 'bwrap';
  await mkdir(join(git, 'lfs'), { recursive: true });
  await writeFile(join(git, filterFile), filterScript(isInside ? storeInside : lfsObjects(repository)));
  const script = isInside ? `/work/.git/${filterFile}` : join(git, filterFile);
  return ['clean', 'smudge']
    .map((name) => `\t${name} = "sh '${script.replaceAll(/[\\"]/g, String.raw`\$&`)}' ${name}"\n`)
    .reduce((text, line) => text + line, '[filter "lfs"]\n');
}
