// A unit's checkpoint ref, as one attempt owns it. Each push carries a lease on the last checkpoint that the remote
// acknowledged, so whoever has lost the ref changes nothing. Safe to run twice: if the remote took a push but we got no
// answer, it is found there and built upon.

import { type Held, type NewCheckpoint, readHeld, writeCheckpoint } from './checkpoint.ts';
import type { ClaimInput } from '../../repository/contract.ts';
import type { LocalRepository } from '../../repository/local-repository.ts';
import type { PushOutcome } from '../../../git/remote.ts';
import { type Sha, stateRefs } from '../../../contracts/ids.ts';
import { failure } from '../../../contracts/failures.ts';

export const triesAtMost = 10;

/** What a checkpoint is made of, apart from its place on the ref. */
type Content = Pick<NewCheckpoint, 'base' | 'tree' | 'files' | 'result'>;

export class UnitRef {
  /** The last checkpoint that the remote acknowledged; null = the first push claims the ref, which must not exist. */
  checkpoint: Sha | null;
  private readonly repository: LocalRepository;
  private readonly input: ClaimInput;
  /** Checkpoints that this object has pushed, with or without an answer. */
  private readonly sent = new Set<Sha>();

  constructor(repository: LocalRepository, input: ClaimInput, checkpoint: Sha | null) {
    this.repository = repository;
    this.input = input;
    this.checkpoint = checkpoint;
  }

  /** Pushes a checkpoint that names this attempt. False if the ref has moved meanwhile. */
  async claim({ base, tree }: Pick<Content, 'base' | 'tree'>, { anew }: { anew: boolean }): Promise<boolean> {
    const commit = await this.write({ base, tree, files: {}, result: null }, anew);
    const { status } = await this.send(commit);
    if (status === 'pushed') this.checkpoint = commit;
    return status === 'pushed';
  }

  /** Pushes a checkpoint until the remote has it, or another attempt owns the ref (`LeaseLost`). */
  async push(content: Content): Promise<Sha> {
    for (let tries = 1; tries <= triesAtMost; tries++) {
      const commit = await this.write(content, false);
      if ((await this.send(commit)).status === 'pushed') return (this.checkpoint = commit);
      const held = await readHeld(this.repository, this.input.context.run, this.input.unit);
      if (held?.checkpoint === commit) return (this.checkpoint = commit);
      if (held === null) throw failure('LeaseLost', `the checkpoints of ${this.input.unit} were deleted`);
      if (!this.isOurs(held)) throw this.lost(held);
      // An earlier push of ours that got no answer: continue from it.
      this.checkpoint = held.checkpoint;
    }
    throw failure('GitFailed', `the checkpoint ref of ${this.input.unit} keeps moving`);
  }

  /** Before the ref is claimed, the same attempt may have had another life: a workflow that was reset counts from one. */
  private isOurs(held: Held): boolean {
    return isOwner(held, this.input) && (this.checkpoint !== null || this.sent.has(held.checkpoint));
  }

  private lost(held: Held): Error {
    const { unit, attempt } = this.input;
    if (this.checkpoint !== null || held.owner.attempt > attempt) return superseded(this.input, held);
    return failure('GitFailed', `${unit} has checkpoints from before its first attempt; the next one continues them`);
  }

  private write(content: Content, anew: boolean): Promise<Sha> {
    const { context, unit, attempt, host } = this.input;
    const place = { run: context.run, unit, owner: { attempt, host }, previous: this.checkpoint };
    return writeCheckpoint(this.repository, { ...content, ...place, anew });
  }

  /** Throws `PushRefused` if the state remote rejects the push. */
  private async send(commit: Sha): Promise<PushOutcome> {
    const ref = stateRefs.unit(this.input.context.run, this.input.unit);
    this.sent.add(commit);
    const outcome = await this.repository.pusher.push({ ref, commit, lease: this.checkpoint });
    if (outcome.status === 'refused') {
      throw failure('PushRefused', `the state remote refused a checkpoint: ${outcome.message}`);
    }
    return outcome;
  }
}

export function isOwner(held: Held, { attempt, host }: ClaimInput): boolean {
  return held.owner.attempt === attempt && held.owner.host === host;
}

export function superseded({ unit, attempt }: ClaimInput, { owner }: Held): Error {
  return failure(
    'LeaseLost',
    `attempt ${attempt} at ${unit} was superseded by attempt ${owner.attempt} on ${owner.host}`,
  );
}
