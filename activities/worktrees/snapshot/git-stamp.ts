// A short text that changes whenever a commit, a branch, a tag or a stash is made in a worktree's `.git`, or goes. Made in a
// sandbox, by names, sizes and times alone: no git runs there, and the host follows nothing that a command has made.

import { createHash } from 'node:crypto';
import type { OwnedWorktree } from '../worktree.ts';
import type { LocalRepository } from '../../repository/local-repository.ts';
import type { Mount } from '../../sandbox/mount.ts';
import { partsOf } from '../git-folder.ts';

/** Of names, and of what is in them: an agent with more refs than that may find the last of them forgotten. */
const mostBytes = 1024 * 1024;

/** Prints the stamp: HEAD, the packed refs, and names and contents of the loose ones. */
export const stampScript = `
cd "$GIT_STATE" 2>/dev/null && timeout 30 sh -c '
  for name in HEAD packed-refs; do [ -f "$name" ] && [ ! -L "$name" ] && cat "$name"; done
  names=$(find refs logs/refs/stash -type f 2>/dev/null | sort | head -c ${mostBytes})
  printf "%s\\n" "$names"
  printf "%s\\n" "$names" | tr "\\n" "\\0" | xargs -0 -r cat 2>/dev/null | head -c ${mostBytes}
' | sha256sum
`;

/** What the script prints of a `.git` in which nobody has made a ref. */
export function stampOfFresh(head: string, packedRefs: string): string {
  return `${createHash('sha256').update(`${head}${packedRefs}\n`).digest('hex')}  -`;
}

export const gitStampEnvironment: Readonly<Record<string, string>> = { GIT_STATE: '/git-state' };

export function gitStampMounts({ sandbox }: LocalRepository, { root }: Pick<OwnedWorktree, 'root'>): Mount[] {
  return [{ type: 'bind', source: partsOf(root, sandbox.driver).git, target: '/git-state', writable: false }];
}
