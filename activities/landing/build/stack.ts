// Merges the members of a train one after the other, each onto the one before. One that conflicts, that may not land
// or that has landed is left out, and the others go on.
// Safe to run twice: it only writes objects and one local ref, and the same members make the same commits.

import type { BuildTrainInput, MemberResult, TrainMember } from '../../../contracts/activities/landing.ts';
import type { Config, VerifyCommand } from '../../../contracts/documents/config.ts';
import type { Conflict } from '../../../contracts/conflict.ts';
import type { HostRepository } from '../../repository/contract.ts';
import type { LocalRepository } from '../../repository/local-repository.ts';
import type { RunContext } from '../../../contracts/documents/plan.ts';
import type { Sha } from '../../../contracts/ids.ts';
import type { Verification, WantedVerification } from '../verify/verification-key.ts';
import type { VerificationSpec } from '../../../formats/state-documents/verification.ts';
import { conflictsShown } from '../../../domain/queue/conflicts.ts';
import { diffTrees, hasCommit, messageOf, treeOf } from '../../../git/tree-reader.ts';
import { gitText } from '../../../git/run-git.ts';
import { asSha } from '../../../contracts/ids.ts';
import { judgeCandidate } from './judge-candidate.ts';
import { mergeTrees } from '../merge/merge-trees.ts';
import { mergedLocks } from '../verify/merged-locks.ts';
import { searchMarkers } from '../merge/search-markers.ts';
import { sizeOfChange } from '../../../git/count-lines.ts';
import { unitCheck } from '../../checks/unit-check.ts';
import { withTrailers } from './commit-message.ts';
import { writeCommit } from '../../../git/write-commit.ts';

export interface Stacked {
  readonly commit: Sha;
  /** Null = nothing is to be verified. */
  readonly verification: Verification | null;
}

interface StackInput extends BuildTrainInput {
  /** The tip of the branch, whose rules count. */
  readonly target: Sha;
  readonly config: Config;
  readonly landed: ReadonlyMap<number, Sha>;
  readonly repositories: readonly HostRepository[];
  readonly verification: (wanted: WantedVerification) => Verification | null;
  /** Of the candidate that the train is built on. */
  readonly below: VerificationSpec | null;
}

export async function stack(
  repository: LocalRepository,
  input: StackInput,
): Promise<{ readonly members: readonly MemberResult[]; readonly stacked: readonly Stacked[] }> {
  const builder = new StackBuilder(repository, input);
  const members: MemberResult[] = [];
  for (const [index, member] of input.members.entries()) members.push(await builder.add(member, index));
  return { members, stacked: builder.stacked };
}

class StackBuilder {
  readonly stacked: Stacked[] = [];
  private parent: Sha;
  private own: readonly VerifyCommand[];
  private egress: readonly string[];
  private isFull = false;
  private readonly repository: LocalRepository;
  private readonly input: StackInput;

  constructor(repository: LocalRepository, input: StackInput) {
    this.repository = repository;
    this.input = input;
    this.parent = input.on?.commit ?? input.target;
    this.own = input.below?.own ?? [];
    this.egress = input.below?.egress ?? [];
  }

  async add(member: TrainMember, index: number): Promise<MemberResult> {
    const { landed, config, target } = this.input;
    const { state } = this.repository;
    const commit = landed.get(index);
    if (commit !== undefined) return { status: 'already-landed', commit };
    if (member.leaving === true) return { status: 'gone' };
    if (this.isFull) return { status: 'later' };
    const merged = await this.merge(member, this.parent);
    if (merged.conflicts.length > 0) return this.explainConflict(member, merged.conflicts);
    const { tree } = merged;
    if (tree === (await treeOf(state, this.parent))) {
      // What is in flight below has the change; whether it lands is not known yet.
      if (!this.isOnTarget()) return { status: 'behind' };
      return { status: 'already-landed', commit: await this.findByPaths(member) };
    }
    const { context, reader } = this.contextOf(member);
    const judged = await judgeCandidate({ state, reader }, { ...member, context }, { rules: target, on: this.parent, tree });
    if (judged.refused !== null) {
      const { refused } = judged;
      return refused.status === 'conflict' ? this.explainConflict(member, refused.conflicts) : refused;
    }
    if (judged.isProtected && !this.isOnTarget()) {
      this.isFull = true;
      return { status: 'solo' };
    }
    const stacked = await this.write(member, context, tree);
    if (judged.isProtected || this.stacked.length >= config.queue.batch.max) this.isFull = true;
    return judged.isProtected ? { ...stacked, solo: true } : stacked;
  }

  private isOnTarget(): boolean {
    return this.parent === this.input.target;
  }

  private contextOf({ context: index }: TrainMember): { context: RunContext; reader: HostRepository } {
    const { contexts, repositories } = this.input;
    const [context, reader] = [contexts[index], repositories[index]];
    if (context === undefined || reader === undefined) throw new Error(`a train without its run ${index}`);
    return { context, reader };
  }

  /** Conflict markers that nobody has removed count as conflicts. */
  private async merge({ base, result }: TrainMember, onto: Sha): Promise<{ tree: Sha; conflicts: readonly Conflict[] }> {
    const { state } = this.repository;
    const { tree, conflicts } = await mergeTrees(state, { base, ours: onto, theirs: result });
    if (conflicts.length > 0) return { tree, conflicts };
    const marked = new Set((await searchMarkers(state, onto, tree)).map(({ path }) => path));
    return { tree, conflicts: [...marked].map((path) => ({ path, kind: 'markers' })) };
  }

  /** Only a conflict with the target is for the unit to repair: what is in flight below may not land. */
  private async explainConflict(member: TrainMember, met: readonly Conflict[]): Promise<MemberResult> {
    const conflicts = this.isOnTarget() ? met : (await this.merge(member, this.input.target)).conflicts;
    if (conflicts.length === 0) return { status: 'behind' };
    return { status: 'conflict', conflicts: conflicts.slice(0, conflictsShown).map(({ path, kind }) => ({ path, kind })) };
  }

  private async write(member: TrainMember, context: RunContext, tree: Sha) {
    const { state, identity } = this.repository;
    const { unit, result, base, enqueuedAt, approvedBy, attempt } = member;
    const { config } = this.input;
    const own = await this.checkOf(member);
    const isEach = config.queue.verify === 'each';
    this.own = isEach ? own : [...this.own, ...own];
    this.egress = isEach ? (member.egress ?? []) : [...this.egress, ...(member.egress ?? [])];
    const trailers = [
      ...(attempt === undefined ? [] : [['Coppice-Attempt', `${attempt}`] as const]),
      ...approvedBy.map((who) => ['Approved-by', who] as const),
    ];
    const commit = await writeCommit(state, {
      ref: `refs/coppice-local/candidates/${context.run}/${unit}`,
      parents: [this.parent],
      tree,
      message: withTrailers(await messageOf(state, result), trailers),
      identity,
      seconds: Math.floor(Date.parse(enqueuedAt) / 1000),
    });
    const all = config.queue.onRedBase === 'delta';
    const verification = this.input.verification({ tree, own: this.own, egress: this.egress, all });
    const size = await sizeOfChange(state, this.parent, commit);
    const locks = await mergedLocks(state, { base, target: this.parent, candidate: commit });
    this.stacked.push({ commit, verification });
    this.parent = commit;
    const stacked = { status: 'stacked', commit, key: verification?.key ?? null, size } as const;
    return locks.length === 0 ? stacked : { ...stacked, locks };
  }

  private async checkOf(member: TrainMember): Promise<VerifyCommand[]> {
    const { context, reader } = this.contextOf(member);
    const { plan } = await reader.readPlan(context);
    const command = plan.units.find(({ id }) => id === member.unit)?.verify ?? null;
    return command === null ? [] : [unitCheck(command)];
  }

  /** The latest commit that touched the result's paths; the tip if there is none. */
  private async findByPaths(member: TrainMember): Promise<Sha> {
    const { state } = this.repository;
    const { target } = this.input;
    const { base, result } = member;
    const from = this.contextOf(member).context.base;
    const paths = (await diffTrees(state, base, result)).slice(0, 100).map(({ path }) => path);
    const since = (await hasCommit(state, from)) ? [`^${from}`] : [];
    const args = ['log', '--max-count=1', '--format=%H', target, ...since, '--', ...paths];
    const found = await gitText(state, ['--literal-pathspecs', ...args]);
    return found === '' ? target : asSha(found);
  }
}
