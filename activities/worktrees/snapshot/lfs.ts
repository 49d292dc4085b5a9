// How a snapshot meets files in Git LFS whose content is in the worktree: content that the base has a pointer to is stored as
// that pointer, wherever it is now, as long as the attributes want it. What has not changed since it was looked at is not read.

import { utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { LfsFile } from '../../../git/lfs-files.ts';

export interface FilledLfs {
  readonly files: readonly LfsFile[];
  /** Since when (in milliseconds since the epoch) they are known to be as they were filled. */
  readonly sinceMs: number;
  /** Paths (as `LfsFile.path`) of which that is not known. */
  readonly changed: readonly string[];
}

export const noLfs: FilledLfs = { files: [], sinceMs: 0, changed: [] };

/** A line for each file; a path with a line break counts as changed content. */
export async function writeLfs(out: string, { files, sinceMs, changed }: FilledLfs): Promise<void> {
  const write = (name: string, lines: readonly string[]): Promise<void> =>
    writeFile(join(out, name), Buffer.from(lines.map((line) => `${line}\n`).join(''), 'latin1'));
  const named = files.filter(({ path }) => !path.includes('\n'));
  await write(
    'lfs',
    named.map(({ id, oid, path }) => `${id} ${oid} ${path}`),
  );
  await write(
    'lfs-changed',
    changed.filter((path) => !path.includes('\n')),
  );
  await write('lfs-since', []);
  await utimes(join(out, 'lfs-since'), sinceMs / 1000, sinceMs / 1000);
}

/**
 * A ctime cannot be forged; that of a folder says that what is in it may have come from elsewhere. Leaves the paths of
 * unchanged files in `lfs-kept`.
 */
export const keepPointers = `
if [ -s "$OUT/lfs" ]; then
  mkdir -p "$OUT/plain/objects" "$OUT/plain/refs"
  echo 'ref: refs/heads/none' > "$OUT/plain/HEAD"
  for name in same doubt newer folders sums; do : > "$OUT/lfs-$name"; done
  cut -d ' ' -f 3- "$OUT/lfs" > "$OUT/lfs-paths"
  { tr '\\n' '\\0' < "$OUT/lfs-paths"; git ls-files -z --others --exclude-standard; } |
    GIT_DIR=$OUT/plain GIT_INDEX_FILE=$OUT/plain/index git check-attr -z --stdin filter | tr '\\n\\0' '\\001\\n' |
    awk 'NR % 3 == 1 { path = $0 } NR % 3 == 0 && $0 == "lfs" && path !~ /\\001/ { print "./" path }' |
    sort -u > "$OUT/lfs-wanted"
  awk '{ at = $0; while (match(at, /\\/[^\\/]*$/) && RSTART > 1) { at = substr(at, 1, RSTART - 1); if (at != "." && !(at in seen)) { seen[at] = 1; print at } } }' \\
    "$OUT/lfs-wanted" | tr '\\n' '\\0' |
    { xargs -0 -r sh -c 'exec find "$@" -maxdepth 0 -type d -cnewer "$OUT/lfs-since"' sh 2>/dev/null || true; } > "$OUT/lfs-folders"
  files() { tr '\\n' '\\0' < "$OUT/lfs-wanted" | { xargs -0 -r sh -c "exec find \\"\\$@\\" -maxdepth 0 -type f $1" sh 2>/dev/null || true; }; }
  files '' > "$OUT/lfs-there"
  files '-cnewer "$OUT/lfs-since"' > "$OUT/lfs-newer"
  files '-perm -u+x' > "$OUT/lfs-programs"
  awk -v out="$OUT" '
    function load(name, into,  line) { while ((getline line < (out "/" name)) > 0) into[line] = 1 }
    BEGIN {
      load("lfs-newer", newer); load("lfs-folders", folders); load("lfs-changed", changed)
      while ((getline line < (out "/lfs")) > 0) { path = line; sub(/^[^ ]* [^ ]* /, "", path); blob["./" path] = substr(line, 1, 40) }
    }
    {
      doubt = !($0 in blob) || ($0 in newer) || (substr($0, 3) in changed)
      at = $0
      while (match(at, /\\/[^\\/]*$/) && RSTART > 1) { at = substr(at, 1, RSTART - 1); if (at in folders) doubt = 1 }
      if (doubt) print > (out "/lfs-doubt"); else print blob[$0] " " $0 > (out "/lfs-same")
    }' "$OUT/lfs-there"
  tr '\\n' '\\0' < "$OUT/lfs-doubt" | { xargs -0 -r sha256sum -z -- 2>/dev/null || true; } | tr '\\0' '\\n' > "$OUT/lfs-sums"
  awk -v out="$OUT" '
    BEGIN { while ((getline line < (out "/lfs")) > 0) blob[substr(line, 42, 64)] = substr(line, 1, 40) }
    substr($0, 1, 64) in blob { print blob[substr($0, 1, 64)] " " substr($0, 67) }
  ' "$OUT/lfs-sums" >> "$OUT/lfs-same"
  awk -v out="$OUT" '
    BEGIN { while ((getline line < (out "/lfs-programs")) > 0) program[line] = 1 }
    { path = substr($0, 42); print (path in program ? "100755 " : "100644 ") substr($0, 1, 40) "\\t" substr(path, 3) }
  ' "$OUT/lfs-same" | tr '\\n' '\\0' | git update-index -z --index-info
  cut -c 44- "$OUT/lfs-same" > "$OUT/lfs-kept"
  tr '\\n' '\\0' < "$OUT/lfs-kept" | git update-index -z --assume-unchanged --stdin
fi
`;
