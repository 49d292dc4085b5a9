// Checkpoints as commits on a unit's ref. Parents: the unit's base, then the previous checkpoint (and the result, once
// there is one). The tree is the snapshot plus `.coppice/` with journal, usage and the ref's owner. Writing one is
// local; the caller pushes it with a lease.

import { type RunId, type Sha, type UnitId, isSha, stateRefs } from '../../../contracts/ids.ts';
import { type Owner, ownerCodec, ownerFile } from '../../../formats/state-documents/journal.ts';
import { fetchRefs, listRemote } from '../../../git/remote.ts';
import { entryId, parentsOf, readBlobs } from '../../../git/tree-reader.ts';
import type { LocalRepository } from '../../repository/local-repository.ts';
import { type Work, readWork, reserved } from '../../../git/read-checkpoint.ts';
import { writeCommit } from '../../../git/write-commit.ts';

export interface Held extends Work {
  readonly checkpoint: Sha;
  readonly owner: Owner;
}

/** The unit's current checkpoint on the state remote, with its objects fetched; null = none. */
export async function readHeld(repository: LocalRepository, run: RunId, unit: UnitId): Promise<Held | null> {
  const { state, stateRemote } = repository;
  const ref = stateRefs.unit(run, unit);
  const checkpoint = (await listRemote(stateRemote, [ref])).refs.get(ref);
  if (checkpoint === undefined) return null;
  // A local name per id, because two attempts may read at the same time.
  const fetched = await fetchRefs(state, stateRemote, [`+${ref}:refs/coppice-local/read/${checkpoint}`]);
  if (fetched === 'missing') return null;
  return { checkpoint, ...(await readWork(state, checkpoint)), owner: await readOwner(state, checkpoint) };
}

async function readOwner(state: string, checkpoint: Sha): Promise<Owner> {
  const id = await entryId(state, checkpoint, `${reserved}/${ownerFile}`);
  const [text] = id === null ? [] : await readBlobs(state, [id]);
  return text === undefined ? { attempt: 0, host: '' } : ownerCodec.read(text);
}

export interface NewCheckpoint {
  readonly run: RunId;
  readonly unit: UnitId;
  readonly owner: Owner;
  readonly base: Sha;
  readonly previous: Sha | null;
  readonly result: Sha | null;
  readonly tree: Sha;
  /** Added to the files of `previous` under `.coppice/`, unless the unit starts `anew`. */
  readonly files: Readonly<Record<string, string | Uint8Array>>;
  readonly anew: boolean;
}

export async function writeCheckpoint(repository: LocalRepository, checkpoint: NewCheckpoint): Promise<Sha> {
  const { run, unit, owner, base, previous, result, tree, anew } = checkpoint;
  const kept = previous === null || anew ? null : await entryId(repository.state, previous, reserved);
  const files = { ...checkpoint.files, [ownerFile]: ownerCodec.write(owner) };
  return writeCommit(repository.state, {
    // Per attempt, because a superseded one may still be writing.
    ref: `refs/coppice-local/units/${run}/${unit}/${owner.attempt}`,
    parents: [base, previous, result].filter((parent) => parent !== null),
    tree,
    folders: kept === null ? {} : { [reserved]: kept },
    files: Object.fromEntries(Object.entries(files).map(([name, content]) => [`${reserved}/${name}`, content])),
    message: `Checkpoint of ${unit}\n\nAttempt ${owner.attempt} on ${owner.host}\n`,
    identity: repository.identity,
    seconds: Math.floor(Date.now() / 1000),
  });
}

/** True if `checkpoint` already has `result` as a parent. */
export async function holdsResult(state: string, checkpoint: Sha, result: Sha): Promise<boolean> {
  return isSha(checkpoint) && (await parentsOf(state, checkpoint)).slice(1).includes(result);
}
