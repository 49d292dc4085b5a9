// How a snapshot meets submodules: their files are another repository's and never part of the tree. Each one's entry becomes
// the commit that its own HEAD is at, as `git add` records it; read as text, because an agent may have written the
// submodule's configuration.

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

export interface SubmoduleLinks {
  /** Paths of the base's submodules. */
  readonly all: readonly string[];
  /** Those whose files a worktree has from us. */
  readonly filled: readonly string[];
}

export const noLinks: SubmoduleLinks = { all: [], filled: [] };

/** Files of one path or `find` argument per line; a path with a line break is no submodule that anybody has. */
export async function writeLinks(out: string, { all, filled }: SubmoduleLinks): Promise<void> {
  const lines = (texts: readonly string[]): string => texts.map((text) => `${text}\n`).join('');
  const paths = all.filter((path) => !path.includes('\n'));
  const pruned = paths.flatMap((path) => [
    '-path',
    `./${path.replaceAll(/[\\*?[\]]/g, String.raw`\$&`)}`,
    '-prune',
    '-o',
  ]);
  await writeFile(join(out, 'links'), lines(paths));
  await writeFile(join(out, 'filled'), lines(filled));
  await writeFile(join(out, 'prune'), lines(pruned));
}

/** Makes `"$@"` what keeps `find` out of submodules. */
export const pruneLinks = `
set -f; IFS='
'; set -- $(cat "$OUT/prune"); unset IFS; set +f
`;

/**
 * After the base is in the index: `spec` becomes `pathspec` without the submodules, and `heads` where they are. One that we
 * filled and that has no \`.git\` any more is a folder like others: somebody took its files over.
 */
export const findLinks = `
head_of() {
  at=$1/.git
  if [ -f "$at" ] && [ ! -L "$at" ]; then
    at=$(head -c 4096 "$at" | sed -n '1s/^gitdir: //p')
    case $at in '') return 1 ;; /*) ;; *) at=$PWD/$1/$at ;; esac
    at=$(realpath -ms -- "$at")
    case $at in "$PWD/.git/"*) at=$GIT_STATE\${at#"$PWD/.git"} ;; esac
  fi
  [ -f "$at/HEAD" ] && [ ! -L "$at/HEAD" ] || return 1
  head=$(head -c 4096 "$at/HEAD")
  case $head in 'ref: '*)
    ref=\${head#ref: }
    if [ -f "$at/$ref" ]; then head=$(head -c 100 "$at/$ref"); else
      [ -f "$at/packed-refs" ] || return 1
      head=$(awk -v ref="$ref" '$2 == ref { print $1; exit }' "$at/packed-refs")
    fi ;;
  esac
  printf '%s\\n' "$head" | grep -qxE '[0-9a-f]{40}'
}
cp "$OUT/pathspec" "$OUT/spec"
: > "$OUT/heads"
while IFS= read -r path; do
  [ -d "./$path" ] && [ ! -L "./$path" ] || continue
  if [ ! -e "./$path/.git" ] && grep -qxF -e "$path" "$OUT/filled" && [ -n "$(ls -A -- "./$path")" ]; then
    git update-index --force-remove -- "$path"
    continue
  fi
  printf ':(exclude,top,literal)%s\\0' "$path" >> "$OUT/spec"
  if head_of "$path"; then printf '160000 %s\\t%s\\0' "$head" "$path" >> "$OUT/heads"; fi
done < "$OUT/links"
`;

/** After everything else is added: records where the submodules are. */
export const addLinks = `
[ ! -s "$OUT/heads" ] || git update-index -z --index-info < "$OUT/heads"
`;
