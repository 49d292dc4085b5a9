// A setup that needs the network, in a tree that is not the target's. An agent's changes never run with the network:
// the setup runs with it on the target's files, the agent's files are put on top, and if the agent has changed the
// setup's inputs, the setup runs again without it. Policy may allow more. A verification uses a result made from the
// target's files only if its inputs are the same; otherwise everything is made from the candidate's own files.

import { errorText } from '../../../domain/errors.ts';
import { type OwnedWorktree, type WorktreePlace } from '../worktree.ts';
import type { Sandbox } from '../../sandbox/contract.ts';
import type { Sha } from '../../../contracts/ids.ts';
import { makeWorktree } from '../make.ts';
import { moveGit } from '../git-folder.ts';
import { type Preparation, type Watch, prepare } from './preparation.ts';
import { applyTree } from '../apply-tree.ts';
import { failure, failureType } from '../../../contracts/failures.ts';
import { SetupHomes } from './downloads.ts';
import { inputsOf } from './fingerprint.ts';
import { networkFor } from '../../sandbox/policy.ts';
import { type Leavings, lookAtResult } from '../pool/make-template.ts';
import { lacksNetwork, retold } from './setup-failure.ts';
import { sameFiles } from '../../../formats/setup/inputs.ts';
import { meetsMade } from '../../../domain/worktrees/pool-room.ts';
import { diffTrees, treeOf } from '../../../git/tree-reader.ts';

/** A worktree with the files of `place.tree`, after setup. Throws `SetupFailed`; then there is no worktree. */
export async function makePrepared(
  sandbox: Sandbox,
  place: WorktreePlace,
  preparation: Preparation,
  watch: Watch,
): Promise<OwnedWorktree> {
  const trusted = await trustedTree(place, preparation);
  if (trusted === null) return make(place, (worktree) => prepare(sandbox, worktree, preparation, watch));
  const own = () => makeOfOwnFiles(sandbox, place, { preparation, target: trusted.tree, watch });
  if (preparation.purpose === 'verification' && trusted.changed !== 'nothing') return own();
  const mixed = await make(
    { ...place, base: preparation.target, upstream: preparation.target, tree: trusted.tree },
    async (worktree) => {
      const homes = trusted.changed === 'inputs' ? await SetupHomes.make(place.repository, worktree) : null;
      await prepare(sandbox, worktree, preparation, { ...watch, home: homes?.first });
      if (
        !(await canPutOnTop(
          place,
          trusted.tree,
          await lookAtResult(place.repository, worktree, { base: preparation.target, signal: watch.signal }),
        ))
      )
        return false;
      await putOnTop(place, worktree, trusted.tree);
      await moveGit(place.repository, worktree, place);
      if (trusted.changed !== 'inputs') return true;
      await homes?.keepDownloads(worktree, worktree, watch.signal);
      await prepareWithoutNetwork(sandbox, worktree, preparation, { ...watch, home: homes?.second });
      await homes?.remove();
      return true;
    },
  );
  // Otherwise the unit's changes would overwrite what the setup made.
  return mixed ?? own();
}

/** Makes everything from the unit's files, without the network, in a fresh checkout. */
function makeOfOwnFiles(
  sandbox: Sandbox,
  place: WorktreePlace,
  { preparation, target, watch }: { readonly preparation: Preparation; readonly target: Sha; readonly watch: Watch },
): Promise<OwnedWorktree> {
  return make(place, async (worktree) => {
    const homes = await SetupHomes.make(place.repository, worktree);
    const first = await makeWorktree({
      ...place,
      base: preparation.target,
      upstream: preparation.target,
      tree: target,
    });
    try {
      await prepare(sandbox, first, preparation, { ...watch, home: homes?.first });
      await homes?.keepDownloads(first, worktree, watch.signal);
    } catch (error) {
      // A setup that fails on the target says nothing about the unit: the unit's may succeed.
      if (failureType(error) !== 'SetupFailed') throw error;
    } finally {
      await first.remove();
    }
    await prepareWithoutNetwork(sandbox, worktree, preparation, { ...watch, home: homes?.second });
    await homes?.remove();
  });
}

/** Returns null if `fill` returns false. Removes the worktree then, and if `fill` throws. */
async function make(place: WorktreePlace, fill: (worktree: OwnedWorktree) => Promise<void>): Promise<OwnedWorktree>;
async function make(
  place: WorktreePlace,
  fill: (worktree: OwnedWorktree) => Promise<boolean>,
): Promise<OwnedWorktree | null>;
async function make(place: WorktreePlace, fill: (worktree: OwnedWorktree) => Promise<boolean | void>) {
  const worktree = await makeWorktree(place);
  try {
    if ((await fill(worktree)) !== false) return worktree;
  } catch (error) {
    await worktree.remove();
    throw error;
  }
  await worktree.remove();
  return null;
}

/** The target's tree if the setup must run there, and what the unit has changed of its inputs; null = it need not. */
async function trustedTree(
  { repository, tree }: WorktreePlace,
  { setup, hostAllows, egress, target, purpose }: Preparation,
): Promise<{ readonly tree: Sha; readonly changed: 'nothing' | 'inputs' | 'unknown' } | null> {
  if (setup === null || egress || !networkFor('setup', setup.network ? 'setup' : 'none', hostAllows)) return null;
  const ofTarget = await treeOf(repository.state, target);
  if (tree === ofTarget) return null;
  const [changed, before] = [
    await inputsOf(repository.state, tree, setup, purpose),
    await inputsOf(repository.state, ofTarget, setup, purpose),
  ];
  if (changed.reads === 'everything' || before.reads === 'everything') {
    // The inputs are unknown: for an agent, the result on the target is the best available.
    return { tree: ofTarget, changed: 'unknown' };
  }
  const same = sameFiles(changed.files, before.files);
  return { tree: ofTarget, changed: same ? 'nothing' : 'inputs' };
}

async function canPutOnTop(
  { repository, tree }: WorktreePlace,
  from: Sha,
  { exact, made }: Leavings,
): Promise<boolean> {
  const changes = await diffTrees(repository.state, from, tree);
  const paths = changes.map(({ path }) => path);
  return paths.length === 0 || (!exact && !meetsMade(paths, made));
}

/** If a file is in the way, the change is at fault, and a retry does not help. */
async function putOnTop(
  { repository, tree, upstream }: WorktreePlace,
  worktree: OwnedWorktree,
  from: Sha,
): Promise<void> {
  await applyTree(repository, worktree, { from, to: tree, upstream }).catch((error: unknown) => {
    if (failureType(error) !== 'GitFailed') throw error;
    const why = errorText(error);
    throw failure('SetupFailed', `the change cannot be put over what the setup made: ${why}`);
  });
}

/**
 * npm would wait more than two minutes for an audit that it cannot get. It still tries to fetch what it needs, so that
 * is noticed.
 */
const withoutPatience = {
  npm_config_audit: 'false',
  npm_config_fetch_retries: '0',
  npm_config_prefer_offline: 'true',
  UV_HTTP_RETRIES: '0',
};
/** With these, cached registry answers are valid whatever their age; some managers otherwise ask again and fail. */
const offline = { UV_OFFLINE: '1', CARGO_NET_OFFLINE: 'true' };

async function prepareWithoutNetwork(
  sandbox: Sandbox,
  worktree: OwnedWorktree,
  preparation: Preparation,
  watch: Parameters<typeof prepare>[3],
): Promise<void> {
  const env = { ...withoutPatience, ...preparation.env };
  const run = (more: Readonly<Record<string, string>>) =>
    prepare(sandbox, worktree, { ...preparation, env: { ...env, ...more }, hostAllows: 'none' }, watch);
  try {
    await run({});
  } catch (error) {
    if (failureType(error) !== 'SetupFailed') throw error;
    // Only as a second try: an offline manager does not try the network, so a missing download would look like an error
    // of the change.
    if (lacksNetwork(error) && (await succeeds(run(offline)))) return;
    const why =
      'what the setup reads or makes was changed, so it ran without the network (a rule of coppice.yaml can allow it: `policy: [{ action: egress, decide: allow }]`), and';
    throw retold(error, { message: (message) => `${why} ${message}` });
  }
}

async function succeeds(setup: Promise<void>): Promise<boolean> {
  try {
    await setup;
    return true;
  } catch (error) {
    if (failureType(error) !== 'SetupFailed') throw error;
    return false;
  }
}
