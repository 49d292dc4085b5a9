// How a snapshot meets files in Git LFS whose content is in the worktree: one that is as it was filled stays the pointer that
// it is in the tree, without being read.

import { utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { LfsFile } from '../../../git/lfs-files.ts';

export interface FilledLfs {
  readonly files: readonly LfsFile[];
  /** When they were filled, in milliseconds since the epoch: only what changed since is read. */
  readonly sinceMs: number;
}

export const noLfs: FilledLfs = { files: [], sinceMs: 0 };

/** A line for each file; a path with a line break counts as changed. */
export async function writeLfs(out: string, { files, sinceMs }: FilledLfs): Promise<void> {
  const lines = files.filter(({ path }) => !path.includes('\n'));
  const text = lines.map(({ mode, id, oid, path }) => `${mode} ${id} ${oid} ${path}\n`).join('');
  await writeFile(join(out, 'lfs'), Buffer.from(text, 'latin1'));
  await writeFile(join(out, 'lfs-since'), '');
  await utimes(join(out, 'lfs-since'), sinceMs / 1000, sinceMs / 1000);
}

/** A ctime cannot be forged. What changed since is compared by its content. */
export const keepPointers = `
if [ -s "$OUT/lfs" ]; then
  cut -d ' ' -f 4- "$OUT/lfs" | sed 's|^|./|' | tr '\\n' '\\0' > "$OUT/lfs-paths"
  xargs -0 -r sh -c 'exec find "$@" -maxdepth 0 -type f' sh < "$OUT/lfs-paths" > "$OUT/lfs-there" 2>/dev/null || true
  xargs -0 -r sh -c 'exec find "$@" -maxdepth 0 -type f -cnewer "$OUT/lfs-since"' sh < "$OUT/lfs-paths" \\
    > "$OUT/lfs-newer" 2>/dev/null || true
  : > "$OUT/lfs-same"
  : > "$OUT/lfs-doubt"
  awk -v out="$OUT" '
    BEGIN {
      while ((getline line < (out "/lfs-there")) > 0) there[line] = 1
      while ((getline line < (out "/lfs-newer")) > 0) newer[line] = 1
    }
    { path = $0; sub(/^[^ ]* [^ ]* [^ ]* /, "", path); path = "./" path }
    path in there { print > (out (path in newer ? "/lfs-doubt" : "/lfs-same")) }
  ' "$OUT/lfs"
  while IFS=' ' read -r mode blob oid path; do
    [ "$(sha256sum < "./$path" | cut -c 1-64)" != "$oid" ] || printf '%s %s %s %s\\n' "$mode" "$blob" "$oid" "$path" >> "$OUT/lfs-same"
  done < "$OUT/lfs-doubt"
  sed 's/^\\([^ ]*\\) \\([^ ]*\\) [^ ]* /\\1 \\2\\t/' "$OUT/lfs-same" | tr '\\n' '\\0' | git update-index -z --index-info
  cut -d ' ' -f 4- "$OUT/lfs-same" | tr '\\n' '\\0' | git update-index -z --assume-unchanged --stdin
fi
`;
