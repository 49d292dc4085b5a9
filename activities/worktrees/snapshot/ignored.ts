// Files of a worktree that git ignores and that appeared since a moment, with the line that ignores each. Looked for in a
// sandbox, by the ignore files of the tree alone.

import { mkdtemp, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { OwnedWorktree } from '../worktree.ts';
import type { IgnoredFile } from '../../repository/contract.ts';
import type { LocalRepository } from '../../repository/local-repository.ts';
import type { Sha } from '../../../contracts/ids.ts';
import { compareText } from '../../../domain/text/compare.ts';
import { discard } from '../remove.ts';
import { inertText } from '../../../git/inert-text.ts';
import { prepareQuarantine, runScript } from './snapshot.ts';
import { readProduct } from './product.ts';

/** Folders of tools, which hold nothing that anybody has written. */
const ofTools = ['node_modules', '__pycache__', '.venv', 'venv', 'target', '.gradle', '.tox', '.mypy_cache'];
const listedBytes = 1024 * 1024;

const script = `
cd "$GIT_WORK_TREE" || exit 1
find . -name .git -prune -o ! -type f ! -type d ! -type l -name '.git*' -print -quit | grep -q . && exit 1
git read-tree "$BASE" || exit 1
git ls-files -z --others --ignored --exclude-standard --directory |
  grep -zvE '(^|/)(${ofTools.map((name) => name.replaceAll('.', String.raw`\.`)).join('|')})/$' > "$OUT/top"
GIT_LITERAL_PATHSPECS=1 xargs -0 -r git ls-files -z --others --ignored --exclude-standard -- < "$OUT/top" 2>/dev/null |
  head -c ${listedBytes} | sed -z 's|^|./|' |
  xargs -0 -r sh -c 'exec find "$@" -maxdepth 0 -type f -cnewer "$OUT/since" -print0' sh 2>/dev/null |
  sed -z 's|^\\./||' > "$OUT/fresh"
git check-ignore -v -z --stdin < "$OUT/fresh" > "$OUT/hidden" 2>/dev/null
exit 0
`;

/** By path. `sinceMs`: milliseconds since the epoch. */
export async function findIgnored(
  repository: LocalRepository,
  worktree: OwnedWorktree,
  {
    base,
    sinceMs,
    signal,
  }: { readonly base: Sha; readonly sinceMs: number; readonly signal?: AbortSignal | undefined },
): Promise<readonly IgnoredFile[]> {
  const out = await mkdtemp(join(worktree.folder, 'snapshot-'));
  try {
    await prepareQuarantine(out, new Map());
    await writeFile(join(out, 'since'), '');
    await utimes(join(out, 'since'), sinceMs / 1000, sinceMs / 1000);
    await repository.sandbox.giveTo(out);
    const result = await runScript(repository, worktree, { base, out, script, masks: [], signal });
    signal?.throwIfAborted();
    if (result.status !== 'exited' || result.exitCode !== 0) return [];
    return readHidden((await readProduct(join(out, 'hidden'))).toString('utf8'));
  } finally {
    await discard(repository.home, out);
  }
}

/** Records of four fields: ignore file, line, pattern, path. */
function readHidden(text: string): IgnoredFile[] {
  const fields = text.split('\0');
  const found = new Map<string, IgnoredFile>();
  for (let at = 0; at + 3 < fields.length; at += 4) {
    const [source = '', line = '', pattern = '', path = ''] = fields.slice(at, at + 4).map((field) => inertText(field));
    found.set(path, { path, source, line: Number(line), pattern });
  }
  return [...found.values()].toSorted((a, b) => compareText(a.path, b.path));
}
