// If a setup fails because a change took its network away, people may be asked for it. Determines what they are asked
// to allow: the setup command, and its inputs that changed. Consent is bound to exactly that.

import { createHash } from 'node:crypto';
import type { EgressNeed } from '../../../contracts/activities/agent.ts';
import type { Preparation } from './preparation.ts';
import type { Sha } from '../../../contracts/ids.ts';
import { inputsOf } from './fingerprint.ts';
import { setupInputMatcher } from '../../../formats/setup/inputs.ts';
import { networkFor } from '../../sandbox/policy.ts';
import { compareTrees, textOf } from '../../../git/trees.ts';

/** Most paths shown to people. */
const shownPaths = 50;

/** Says if a setup may have the network despite a change to its inputs, and what to ask people if not. */
export interface EgressConsent {
  readonly allowed: boolean;
  /** Computed on demand, because it lists two trees. */
  need(): Promise<EgressNeed | null>;
}

/** `granted`: keys of the needs that people have allowed. */
export async function egressConsent(
  gitDir: string,
  trees: { readonly tree: Sha; readonly target: Sha },
  { preparation, granted }: { readonly preparation: Preparation; readonly granted: readonly string[] },
): Promise<EgressConsent> {
  let known: Promise<EgressNeed | null> | undefined;
  const need = (): Promise<EgressNeed | null> => (known ??= egressNeed(gitDir, trees, preparation));
  if (preparation.egress || granted.length === 0) return { allowed: preparation.egress, need };
  const key = (await need())?.key;
  return { allowed: key !== undefined && granted.includes(key), need };
}

/**
 * Null if there is nothing to ask: the setup needs no network, the host allows none, policy allows it anyway, or none
 * of the setup's inputs changed. `tree` is compared with `target`, the tree of its target branch.
 */
async function egressNeed(
  gitDir: string,
  { tree, target }: { readonly tree: Sha; readonly target: Sha },
  { setup, hostAllows, egress }: Preparation,
): Promise<EgressNeed | null> {
  if (setup === null || egress || !networkFor('setup', setup.network ? 'setup' : 'none', hostAllows)) return null;
  const [mine, before] = [await inputsOf(gitDir, tree, setup, 'agent'), await inputsOf(gitDir, target, setup, 'agent')];
  const readsAll = mine.reads === 'everything' || before.reads === 'everything';
  const isInput = readsAll ? () => true : setupInputMatcher(setup.inputs ?? []);
  const changed = (await compareTrees(gitDir, target, tree))
    .map(({ path, to }) => ({ path: textOf(path), to }))
    .filter(({ path }) => isInput(path));
  if (changed.length === 0) return null;
  const what = [setup.run, changed.map(({ path, to }) => [path, to?.mode ?? null, to?.id ?? null])];
  const key = createHash('sha256').update(JSON.stringify(what)).digest('hex').slice(0, 32);
  const paths = changed.map(({ path }) => path);
  return { key, command: setup.run, paths: paths.slice(0, shownPaths), pathCount: paths.length };
}
