// A short text that changes whenever a commit, a branch, a tag or a stash is made in a worktree's `.git`, or goes. Made in a
// sandbox, by names, sizes and times alone: no git runs there, and the host follows nothing that a command has made.

import type { OwnedWorktree } from '../worktree.ts';
import type { LocalRepository } from '../../repository/local-repository.ts';
import type { Mount } from '../../sandbox/mount.ts';
import { partsOf } from '../git-folder.ts';

/** Names that are looked at, in bytes: an agent with more refs than that may find the last of them forgotten. */
const mostNames = 1024 * 1024;

/** Prints the stamp. */
export const stampScript = `
cd "$GIT_STATE" 2>/dev/null && timeout 30 find HEAD packed-refs refs logs/refs/stash -printf '%p %y %i %s %T@\\n' 2>/dev/null |
  head -c ${mostNames} | cksum
`;

export const gitStampEnvironment: Readonly<Record<string, string>> = { GIT_STATE: '/git-state' };

export function gitStampMounts({ sandbox }: LocalRepository, { root }: Pick<OwnedWorktree, 'root'>): Mount[] {
  return [{ type: 'bind', source: partsOf(root, sandbox.driver).git, target: '/git-state', writable: false }];
}
