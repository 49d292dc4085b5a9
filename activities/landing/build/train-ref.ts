// A train on the state remote: one ref, whose commit has the last candidate as its parent and, as files, what is to be
// verified.
// Safe to run twice: the same train makes the same commit.

import type { BuildTrainInput } from '../../../contracts/activities/landing.ts';
import type { LocalRepository } from '../../repository/local-repository.ts';
import type { Verification } from '../verify/wanted-verification.ts';
import type { VerificationSource } from '../../../contracts/activities/verification.ts';
import { type Sha, stateRefs } from '../../../contracts/ids.ts';
import { failure } from '../../../contracts/failures.ts';
import { fetchRefs, listRemote } from '../../../git/remote.ts';
import { dateOf, hasCommit } from '../../../git/tree-reader.ts';
import { verificationCodec, verificationFile } from '../../../formats/state-documents/verification.ts';
import { writeCommit } from '../../../git/write-commit.ts';

/** Not the host's own, so that every host makes the same commit. */
const identity = { name: 'Coppice', email: 'coppice@localhost' };

export async function publishTrain(
  repository: LocalRepository,
  { queue, train, drop }: Pick<BuildTrainInput, 'queue' | 'train' | 'drop'>,
  { tip, verifications }: { readonly tip: Sha; readonly verifications: readonly Verification[] },
): Promise<Pick<VerificationSource, 'ref' | 'commit'>> {
  const { state, whole } = repository;
  const ref = stateRefs.train(queue, train);
  const files = verifications.map(({ key, spec }) => [verificationFile(key), verificationCodec.write(spec)] as const);
  const commit = await writeCommit(state, {
    // The last one is enough: objects stay without a ref (upkeep.ts), and each ref makes fetches slower.
    ref: `refs/coppice-local/trains/${queue.slice(-8)}`,
    parents: [tip],
    tree: null,
    files: Object.fromEntries(files),
    message: 'Train\n',
    identity,
    seconds: await dateOf(state, tip),
  });
  // In the same push.
  dropTrains(repository, drop);
  await pushTrain(repository, { ref, commit, isAlone: drop.length === 0 });
  whole.add(commit).add(tip);
  return { ref, commit };
}

/** Waits for nothing: what cannot be deleted now is deleted when its runs are pruned. */
export function dropTrains({ pusher }: LocalRepository, drop: BuildTrainInput['drop']): void {
  for (const { ref, commit } of drop) void pusher.push({ ref, commit: null, lease: commit }).catch(() => undefined);
}

/** Usually the ref does not exist yet. */
async function pushTrain(
  { pusher, stateRemote }: LocalRepository,
  { ref, commit, isAlone }: { readonly ref: string; readonly commit: Sha; readonly isAlone: boolean },
): Promise<void> {
  let lease: Sha | null = null;
  for (let tries = 1; tries <= 5; tries++) {
    const outcome = await pusher.push({ ref, commit, lease });
    if (outcome.status === 'pushed') return;
    // A hook may have refused what was dropped in the same push, and this with it.
    if (outcome.status === 'refused' && (isAlone || tries > 1)) {
      throw failure('PushRefused', `the state remote refused a train: ${outcome.message}`);
    }
    lease = (await listRemote(stateRemote, [ref])).refs.get(ref) ?? null;
    if (lease === commit) return;
  }
  throw failure('GitFailed', `${ref} keeps moving`);
}

/** Makes a train available that another host may have built. Throws `GitFailed` if the state remote no longer has it. */
export async function fetchTrain(
  { state, stateRemote, whole }: LocalRepository,
  { ref, commit }: Pick<VerificationSource, 'ref' | 'commit'>,
): Promise<void> {
  if (whole.has(commit)) return;
  await fetchRefs(state, stateRemote, [`+${ref}:refs/coppice-local/read/${commit}`]);
  if (!(await hasCommit(state, commit)))
    throw failure('GitFailed', `the state remote does not have ${commit} on ${ref}`);
  whole.add(commit);
}
