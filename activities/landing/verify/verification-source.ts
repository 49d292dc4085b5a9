// What a verification takes from git: its description on the state remote, and the commit that is checked out.
// Safe to run twice: local refs follow the remote's, and the commit depends on its input alone.

import type { LocalRepository } from '../../repository/local-repository.ts';
import type { Sha } from '../../../contracts/ids.ts';
import type { VerificationSource } from '../../../contracts/activities/verification.ts';
import { dateOf, hasCommit, readBlob } from '../../../git/tree-reader.ts';
import { fetchRefs } from '../../../git/remote.ts';
import {
  type VerificationSpec,
  verificationCodec,
  verificationFile,
} from '../../../formats/state-documents/verification.ts';
import { writeCommit } from '../../../git/write-commit.ts';

/** See `Verifications` in the contract. */
export async function readVerification(
  { state, stateRemote, whole }: LocalRepository,
  { ref, commit }: VerificationSource,
  key: string,
): Promise<VerificationSpec | null> {
  if (!whole.has(commit)) {
    const fetched = await fetchRefs(state, stateRemote, [`+${ref}:refs/coppice-local/read/${commit}`]);
    if (fetched === 'missing' || !(await hasCommit(state, commit))) return null;
    whole.add(commit);
  }
  const text = await readBlob(state, commit, verificationFile(key));
  return text === null ? null : verificationCodec.read(text);
}

/** Not the host's own, which would make another commit of the same tree. */
const identity = { name: 'Coppice', email: 'coppice@localhost' };

/** See `Verifications` in the contract. */
export async function commitToVerify(
  { state }: LocalRepository,
  key: string,
  { tree, target }: Pick<VerificationSpec, 'tree' | 'target'>,
): Promise<Sha> {
  return writeCommit(state, {
    ref: `refs/coppice-local/verifications/${key}`,
    parents: [target],
    tree,
    message: 'Verify\n',
    identity,
    // Dates far from the others' are more than some build tools can take.
    seconds: await dateOf(state, target),
  });
}
