// Prepares a worktree for a verification: of earlier setups' results, it uses only what contains none of the
// repository's own files. If a setup starts with such installs and then builds, the installs are reused and the rest
// runs on the candidate.

import type { OwnedWorktree, WorktreePlace } from '../worktree.ts';
import { type Preparation, type Watch, prepare } from './preparation.ts';
import type { Sandbox } from '../../sandbox/contract.ts';
import { lacksNetwork } from './setup-failure.ts';
import { isCompileOnly } from '../../../formats/setup/steps.ts';
import { reuseOf } from './fingerprint.ts';
import { treeOf } from '../../../git/tree-reader.ts';

/** `open` returns a worktree for a preparation, from the pool or made on the spot. Throws `SetupFailed`. */
export async function openForVerification(
  sandbox: Sandbox,
  place: WorktreePlace,
  { preparation, watch }: { readonly preparation: Preparation; readonly watch: Watch },
  open: (preparation: Preparation) => Promise<OwnedWorktree>,
): Promise<OwnedWorktree> {
  const { setup } = preparation;
  const { state } = place.repository;
  if (setup === null) return open(preparation);
  const reuse = await reuseOf(state, place.tree, setup);
  if (reuse.of !== 'installs') return open(preparation);
  const worktree = await open({ ...preparation, setup: { ...setup, run: reuse.head } });
  // The checks compile the candidate themselves.
  if (isCompileOnly(reuse.rest)) return worktree;
  const trusted = preparation.egress || place.tree === (await treeOf(state, preparation.target));
  const hostAllows = trusted ? preparation.hostAllows : 'none';
  try {
    await prepare(sandbox, worktree, { ...preparation, hostAllows, setup: { ...setup, run: reuse.rest } }, watch);
    return { ...worktree, isExact: false };
  } catch (error) {
    await worktree.remove();
    if (!lacksNetwork(error)) throw error;
  }
  // The rest may need what the installs leave in the home folder: run everything as one command, from the beginning.
  return open(preparation);
}
