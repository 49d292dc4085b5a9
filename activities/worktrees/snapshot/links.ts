// How a snapshot meets submodules: their files are another repository's and never part of the tree. Each one's entry becomes
// the commit that its own HEAD is at, as `git add` records it; read as text, because an agent may have written the
// submodule's configuration.

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

export interface SubmoduleLinks {
  /** Paths of submodules, of the base and of the work. */
  readonly all: readonly string[];
  /** Those whose files a worktree has from us, with their git folders below `.git`. */
  readonly filled: readonly { readonly path: string; readonly gitFolder: string }[];
}

export const noLinks: SubmoduleLinks = { all: [], filled: [] };

/** Files with a line for each submodule. Their paths have no line breaks, and neither tabs nor backslashes in git folders. */
export async function writeLinks(out: string, { all, filled }: SubmoduleLinks): Promise<void> {
  await writeFile(join(out, 'links'), all.map((path) => `${path}\n`).join(''));
  await writeFile(join(out, 'filled'), filled.map(({ path }) => `${path}\n`).join(''));
  await writeFile(join(out, 'modules'), filled.map(({ path, gitFolder }) => `${gitFolder}\t${path}\n`).join(''));
}

/** Sets `at` to the git folder that a file `.git` in a folder names. */
const gitFolderOf = `
git_folder_of() {
  at=$1/.git
  [ -f "$at" ] && [ ! -L "$at" ] || return 1
  at=$(head -c 4096 "$at" | sed -n '1s/^gitdir: //p')
  case $at in '') return 1 ;; /*) ;; *) at=$PWD/$1/$at ;; esac
  at=$(realpath -ms -- "$at")
  case $at in "$PWD/.git/"*) at=$GIT_STATE\${at#"$PWD/.git"} ;; esac
}
`;

/**
 * Makes `"$@"` what keeps `find` out of submodules, and `moved` the paths to which they were put (\`git mv\`): where a \`.git\`
 * names the git folder of one that is not in its place any more.
 */
export const pruneLinks = `
${gitFolderOf}
: > "$OUT/moved"
if [ -s "$OUT/modules" ]; then
  find . -path ./.git -prune -o -name .git -type f -print 2>/dev/null | head -n 1000 | while IFS= read -r at; do
    path=\${at#./}
    path=\${path%/.git}
    ! grep -qxF -e "$path" "$OUT/links" && git_folder_of "$path" || continue
    before=$(awk -F '\\t' -v folder="\${at#"$GIT_STATE/"}" '$1 == folder { print $2 }' "$OUT/modules")
    [ -z "$before" ] || [ -e "./$before" ] || printf '%s\\n' "$path"
  done > "$OUT/moved"
fi
cat "$OUT/links" "$OUT/moved" | sed 's/[][\\\\*?]/\\\\&/g' |
  while IFS= read -r path; do printf '%s\\n' -path "./$path" -prune -o; done > "$OUT/prune"
set -f; IFS='
'; set -- $(cat "$OUT/prune"); unset IFS; set +f
`;

/**
 * After the base is in the index: `spec` becomes `pathspec` without the submodules, and `heads` where they are. One that we
 * filled and that has no \`.git\` any more is a folder like others: somebody took its files over.
 */
export const findLinks = `
${gitFolderOf}
head_of() {
  git_folder_of "$1" || at=$1/.git
  [ -f "$at/HEAD" ] && [ ! -L "$at/HEAD" ] || return 1
  head=$(head -c 4096 "$at/HEAD")
  case $head in 'ref: '*)
    ref=\${head#ref: }
    if [ -f "$at/$ref" ]; then head=$(head -c 100 "$at/$ref"); else
      [ -f "$at/packed-refs" ] || return 1
      head=$(awk -v ref="$ref" '$2 == ref { print $1; exit }' "$at/packed-refs")
    fi ;;
  esac
  printf '%s\\n' "$head" | grep -vxE '0{40}' | grep -qxE '[0-9a-f]{40}'
}
cp "$OUT/pathspec" "$OUT/spec"
: > "$OUT/heads"
here=$(realpath -e .)
cat "$OUT/links" "$OUT/moved" > "$OUT/all-links"
while IFS= read -r path; do
  [ -d "./$path" ] && [ "$(realpath -e -- "./$path")" = "$here/$path" ] || continue
  if [ ! -e "./$path/.git" ] && grep -qxF -e "$path" "$OUT/filled" && [ -n "$(ls -A -- "./$path")" ]; then
    git update-index --force-remove -- "$path"
    continue
  fi
  printf ':(exclude,top,literal)%s\\0' "$path" >> "$OUT/spec"
  if head_of "$path"; then printf '160000 %s\\t%s\\0' "$head" "$path" >> "$OUT/heads"; fi
done < "$OUT/all-links"
`;

/** After everything else is added: records where the submodules are. */
export const addLinks = `
[ ! -s "$OUT/heads" ] || git update-index -z --index-info < "$OUT/heads"
`;
