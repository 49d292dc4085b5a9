// What runs inside the snapshot's sandbox, where an agent's tree is at `$GIT_WORK_TREE`, read-only, and `$OUT` is the only
// place to write. Fixed text: nothing of the tree is ever put into it.

/** Exit codes of the second script for what is refused by size. */
export const refusals: Readonly<Record<number, string>> = {
  91: 'it has more than 50,000 new files',
  92: 'it has more than 100 MB of new content',
  93: 'its .gitattributes files have more than 10,000 lines',
  94: 'it has folders more than 256 levels deep',
};

/** The ones among them that leaving files out can help. */
export const tooMuch: readonly number[] = [91, 92];

/**
 * First lists, by lstat alone, what git must not meet: `<kind> <type> <path>` records ended by NUL. Kinds: `git` (a nested
 * repository's `.git`), `special` (FIFO, socket, device), `unreadable`. `asked` has a path a record to ask git about; for
 * `git` it is the folder that the repository is in.
 */
const scan = `
cd "$GIT_WORK_TREE" || exit 1
find . -mindepth 257 -maxdepth 257 -print -quit 2>/dev/null | grep -q . && exit 94
find . -mindepth 1 -path ./.git -prune \\
  -o -iname .git -printf 'git %y %P\\0' -fprintf "$OUT/asked" '%h\\0' -prune \\
  -o ! -type f ! -type d ! -type l -printf 'special %y %P\\0' -fprintf "$OUT/asked" '%P\\0' \\
  -o ! -type l ! -readable -printf 'unreadable %y %P\\0' -fprintf "$OUT/asked" '%P\\0' -prune \\
  -o -type d ! -executable -printf 'unreadable %y %P\\0' -fprintf "$OUT/asked" '%P\\0' -prune > "$OUT/scan" 2>/dev/null
`;

/**
 * Findings that git ignores are nobody's work: their paths go to `ignored`. A path that git does not answer, such as
 * one inside a submodule, ends it: the rest then counts as not ignored.
 */
const askGit = `
git read-tree "$BASE" || exit 1
git check-ignore -z --stdin < "$OUT/asked" > "$OUT/ignored" 2>/dev/null || true
`;

/** For the caller to run again once it has covered what git would open by name. */
export const ignoredScript = `cd "$GIT_WORK_TREE" || exit 1
${askGit}`;

/**
 * Index, tree and one pack of everything that the base does not have. The index is made anew each time, so that no trick
 * with file times hides a change; the refresh then compares by content, where `add` would write every object again. Each
 * file of `left-out` names a folder of which only what has changed since that file's time is added: nobody can set a ctime.
 */
export const addScript = `
set -e
cd "$GIT_WORK_TREE"
bytes() { awk '{ sum += $1 } END { printf "%.0f", sum }'; }
lines=$(find . -name .gitattributes -type f -readable -exec cat {} + 2>/dev/null | wc -l)
[ "$lines" -le 10000 ] || exit 93
git read-tree "$BASE"
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
git add -A --pathspec-from-file="$OUT/pathspec" --pathspec-file-nul
[ ! -s "$OUT/late" ] || GIT_LITERAL_PATHSPECS=1 git add -f --pathspec-from-file="$OUT/late" --pathspec-file-nul
tree=$(git write-tree)
git rev-list --objects --no-object-names "$tree" --not "$BASE^{tree}" > "$OUT/objects"
[ "$(git cat-file --batch-check='%(objectsize)' < "$OUT/objects" | bytes)" -le 104857600 ] || exit 92
git pack-objects --quiet --stdout < "$OUT/objects" > "$OUT/pack"
printf %s "$tree" > "$OUT/tree"
`;

/**
 * Mostly there is nothing that git must not meet, or git ignores it, and one sandbox does everything. Else the other
 * scripts are for the caller. A special file by one of git's own names would hang git, which opens those by name; a folder
 * that cannot be read may hide tracked files.
 */
export const snapshotScript = `${scan}
if [ -s "$OUT/scan" ]; then
  find . -mindepth 1 -iname .git -prune -o ! -type f ! -type d ! -type l -name '.git*' -print -quit 2>/dev/null | grep -q . && exit 0
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
