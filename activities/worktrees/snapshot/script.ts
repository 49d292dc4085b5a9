// Scripts that run inside the snapshot's sandbox, where an agent's tree is at `$GIT_WORK_TREE`, read-only, and only
// `$OUT` is writable. Fixed text: nothing from the tree is ever inserted.

import { addLinks, findLinks, pruneLinks } from './links.ts';
import { keepPointers } from './lfs.ts';
import { stampScript } from './git-stamp.ts';

/** Exit codes of the scripts for trees that exceed a limit. */
export const refusals: Readonly<Record<number, string>> = {
  91: 'it has more than 50,000 new files',
  92: 'it has more than 100 MB of new content',
  93: 'its .gitattributes files have more than 10,000 lines',
  94: 'it has folders more than 256 levels deep',
};

/** Those that leaving files out can fix. */
export const tooMuch: readonly number[] = [91, 92];

/**
 * First lists, by lstat alone, what git must not meet, as `<kind> <type> <path>` records ended by NUL. Kinds: `git` (a
 * nested repository's `.git`), `special` (FIFO, socket, device), `unreadable`. `asked` has a path for each record, to
 * ask git about; for `git` it is the folder that contains the repository's `.git`.
 */
const scan = `
cd "$GIT_WORK_TREE" || exit 1
${pruneLinks}
find . -mindepth 257 -maxdepth 257 -print -quit 2>/dev/null | grep -q . && exit 94
find . -mindepth 1 "$@" -path ./.git -prune \\
  -o -iname .git -printf 'git %y %P\\0' -fprintf "$OUT/asked" '%h\\0' -prune \\
  -o ! -type f ! -type d ! -type l -printf 'special %y %P\\0' -fprintf "$OUT/asked" '%P\\0' \\
  -o ! -type l ! -readable -printf 'unreadable %y %P\\0' -fprintf "$OUT/asked" '%P\\0' -prune \\
  -o -type d ! -executable -printf 'unreadable %y %P\\0' -fprintf "$OUT/asked" '%P\\0' -prune > "$OUT/scan" 2>/dev/null
`;

/**
 * Ignored findings are not work: their paths go to `ignored`. A path for which git fails, such as one inside a
 * submodule, ends the check: the rest counts as not ignored.
 */
const askGit = `
git read-tree "$BASE" || exit 1
git check-ignore -z --stdin < "$OUT/asked" > "$OUT/ignored" 2>/dev/null || true
`;

/** The caller runs this again once it has covered what git would open by name. */
export const ignoredScript = `cd "$GIT_WORK_TREE" || exit 1
${askGit}`;

/**
 * Writes index, tree, and one pack of everything that the base does not have. The index is rebuilt each time, so that
 * no trick with file times hides a change; the refresh then compares by content, while `add` would rewrite every
 * object. Each file of `left-out` names a folder, of which only what changed after that file's time is added: a ctime
 * cannot be forged.
 */
export const addScript = `
set -e
cd "$GIT_WORK_TREE"
bytes() { awk '{ sum += $1 } END { printf "%.0f", sum }'; }
lines=$(find . -name .gitattributes -type f -readable -exec cat {} + 2>/dev/null | wc -l)
[ "$lines" -le 10000 ] || exit 93
git read-tree "$BASE"
${findLinks}
${keepPointers}
git update-index -q --refresh > "$OUT/stale" || [ $? -eq 1 ]
git ls-files -z --others --exclude-standard > "$OUT/new"
: > "$OUT/late"
for folder in "$OUT"/left-out/*; do
  [ -e "$folder" ] || continue
  xargs -0 env GIT_LITERAL_PATHSPECS=1 git ls-files -z --others --exclude-per-directory=.gitignore -- < "$folder" |
    sed -z 's|^|./|' | SINCE=$folder xargs -0 -r sh -c 'exec find "$@" -maxdepth 0 -cnewer "$SINCE" -print0' sh >> "$OUT/late"
done
cat "$OUT/late" >> "$OUT/new"
[ "$(tr -cd '\\000' < "$OUT/new" | wc -c)" -le 50000 ] || exit 91
[ "$(xargs -0 -r stat -c %s -- < "$OUT/new" | bytes)" -le 104857600 ] || exit 92
git add -A --pathspec-from-file="$OUT/spec" --pathspec-file-nul
[ ! -s "$OUT/late" ] || GIT_LITERAL_PATHSPECS=1 git add -f --pathspec-from-file="$OUT/late" --pathspec-file-nul
${addLinks}
tree=$(git write-tree)
git rev-list --objects --no-object-names "$tree" --not "$BASE^{tree}" > "$OUT/objects"
[ "$(git cat-file --batch-check='%(objectsize)' < "$OUT/objects" | bytes)" -le 104857600 ] || exit 92
git pack-objects --quiet --stdout < "$OUT/objects" > "$OUT/pack"
printf %s "$tree" > "$OUT/tree"
`;

/**
 * Usually there is nothing that git must not meet, or git ignores it, and one sandbox does everything. Otherwise the
 * caller runs the other scripts. A special file with one of git's own names would hang git, which opens those by name;
 * an unreadable folder may hide tracked files.
 */
export const snapshotScript = `(${stampScript.trim()}) > "$OUT/git-stamp"
${scan}
if [ -s "$OUT/scan" ]; then
  find . -mindepth 1 "$@" -iname .git -prune -o ! -type f ! -type d ! -type l -name '.git*' -print -quit 2>/dev/null | grep -q . && exit 0
  grep -qa 'unreadable d ' "$OUT/scan" && exit 0
  ${askGit}
  count() { tr -cd '\\000' < "$1" | wc -c; }
  [ "$(count "$OUT/scan")" -eq "$(count "$OUT/ignored")" ] || exit 0
fi
${addScript}`;

/** Lists untracked folders of more than 5,000 files or 20 MB to `$OUT/bulky`, names ended by NUL. */
export const foldersScript = `
cd "$GIT_WORK_TREE" || exit 1
git read-tree "$BASE"
git ls-files -z --others --exclude-standard --directory | xargs -0 -r -n 1 sh -c '
  case $1 in */) ;; *) exit 0 ;; esac
  if [ "$(find "./$1" -type f | head -n 5001 | wc -l)" -gt 5000 ] ||
     [ "$(du -sk -- "./$1" | cut -f 1)" -gt 20480 ]; then printf "%s\\0" "$1"; fi
' sh > "$OUT/bulky"
`;
