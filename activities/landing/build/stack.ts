// Merges the members of a train one after the other, each onto the one before. One that conflicts, that may not land
// or that has landed is left out, and the others go on.
// Safe to run twice: it only writes objects, and the same members make the same commits.

import type { BuildTrainInput, MemberResult, TrainMember } from '../../../contracts/activities/landing.ts';
import type { Config, VerifyCommand } from '../../../contracts/documents/config.ts';
import type { ChangeSize } from '../../../contracts/change-size.ts';
import type { Conflict } from '../../../contracts/conflict.ts';
import type { HostRepository } from '../../repository/contract.ts';
import type { LocalRepository } from '../../repository/local-repository.ts';
import type { RunContext } from '../../../contracts/documents/plan.ts';
import type { Sha } from '../../../contracts/ids.ts';
import type { Verification, VerificationsOf } from '../verify/wanted-verification.ts';
import type { VerificationSpec } from '../../../formats/state-documents/verification.ts';
import { conflictsShown } from '../../../domain/queue/conflicts.ts';
import { type ReadTree, comparingOnce, readingOnce } from '../../../git/trees.ts';
import { findByPaths } from './find-landed.ts';
import { judgeCandidate } from './judge-candidate.ts';
import { mergeTrees } from '../merge/merge-trees.ts';
import { mergedLocks } from '../verify/merged-locks.ts';
import { isAncestor } from '../../repository/mirror.ts';
import { hasCommit, messageOf, parentsOf, treeOf } from '../../../git/tree-reader.ts';
import { regenerate } from '../generate/regenerate.ts';
import type { BuildWatch } from './build-watch.ts';
import { searchMarkers } from '../merge/search-markers.ts';
import { sizesOfChanges } from '../../../git/count-lines.ts';
import { unitCheck } from '../../checks/unit-check.ts';
import { revertMessage, withTrailers } from './commit-message.ts';
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
  /** For commands that make files again. */
  readonly watch: BuildWatch;
  readonly verification: VerificationsOf;
  /** Of the candidate that the train is built on. */
  readonly below: VerificationSpec | null;
}

export async function stack(
  repository: LocalRepository,
  input: StackInput,
): Promise<{ readonly found: readonly Found[]; readonly stacked: readonly Stacked[] }> {
  const builder = new StackBuilder(repository, input);
  await readAhead(repository.state, input);
  const found: Found[] = [];
  for (const [index, member] of input.members.entries()) found.push(await builder.add(member, index));
  return { found, stacked: builder.stacked };
}

/** Reads the members’ commits at once. Read in turn, each would wait for the one before. */
async function readAhead(state: string, { members, landed }: StackInput): Promise<void> {
  const results = members.flatMap(({ result, leaving, reverts }, index) =>
    landed.has(index) || leaving === true || reverts !== undefined ? [] : [result],
  );
  await Promise.all(results.map((result) => treeOf(state, result)));
}

/** The sizes of all stacked changes, in order, counted by one program. */
export function countSizes({ state }: LocalRepository, found: readonly Found[]): Promise<readonly ChangeSize[]> {
  const changes = found.flatMap((each) => ('change' in each ? [each.change] : []));
  return sizesOfChanges(state, changes);
}

export function withSizes(found: readonly Found[], sizes: readonly ChangeSize[]): MemberResult[] {
  const left = [...sizes];
  return found.map((each): MemberResult => {
    if (!('change' in each)) return each;
    const { change: _, ...stacked } = each;
    return { ...stacked, size: left.shift() ?? none };
  });
}

const none = { files: 0, additions: 0, deletions: 0 };

type StackedMember = Extract<MemberResult, { status: 'stacked' }>;
/** What became of a member, before the size of its change was counted. */
export type Found =
  | Exclude<MemberResult, StackedMember>
  | (Omit<StackedMember, 'size'> & { readonly change: { readonly from: Sha; readonly to: Sha } });

/** What merging a member onto a commit makes. */
type Merged =
  | { readonly status: 'fits'; readonly tree: Sha; readonly isProtected: boolean; readonly locks: readonly string[] }
  /** The commit has the change already. */
  | { readonly status: 'same' }
  | Extract<MemberResult, { status: 'conflict' | 'consent-missing' | 'denied' }>;

class StackBuilder {
  readonly stacked: Stacked[] = [];
  private parent: Sha;
  private own: readonly VerifyCommand[];
  private egress: readonly string[];
  private isFull = false;
  private readonly repository: LocalRepository;
  /** Most members leave most folders alone. */
  private readonly read: ReadTree;
  private readonly input: StackInput;

  constructor(repository: LocalRepository, input: StackInput) {
    this.repository = repository;
    this.read = readingOnce(repository.state);
    this.input = input;
    this.parent = input.on?.commit ?? input.target;
    this.own = input.below?.own ?? [];
    this.egress = input.below?.egress ?? [];
  }

  async add(member: TrainMember, index: number): Promise<Found> {
    const commit = this.input.landed.get(index);
    if (commit !== undefined) return { status: 'already-landed', commit };
    if (member.leaving === true) return { status: 'gone' };
    const rule = member.reverts === undefined ? null : await this.whyNotRevert(member, member.reverts);
    if (rule !== null) return { status: 'denied', rule };
    if (this.isFull) return { status: 'later' };
    const merged = await this.merge(member, this.parent);
    if (merged.status !== 'fits') return this.explain(member, merged);
    const { isProtected } = merged;
    if (isProtected && !this.isOnTarget()) {
      this.isFull = true;
      return { status: 'solo' };
    }
    const stacked = await this.write(member, merged);
    if (isProtected || this.stacked.length >= this.input.config.queue.batch.max) this.isFull = true;
    return isProtected ? { ...stacked, solo: true } : stacked;
  }

  /** A unit whose change somebody else had pushed has no commit of its own: theirs may have more in it. */
  private async whyNotRevert(member: TrainMember, commit: Sha): Promise<string | null> {
    if (!(await this.isOnBranch(commit))) return `${commit} is not on the branch`;
    const { run } = this.contextOf(member).context;
    const message = await messageOf(this.repository.state, commit);
    const isIts = message.includes(`Coppice-Run: ${run}`) && message.includes(`Coppice-Unit: ${member.unit}`);
    return isIts ? null : `${commit} is somebody else's commit, which had the unit's change: revert it with git`;
  }

  private isOnBranch(commit: Sha): Promise<boolean> {
    const { state } = this.repository;
    return hasCommit(state, commit).then((is) => is && isAncestor(state, commit, this.input.target));
  }

  private isOnTarget(): boolean {
    return this.parent === this.input.target;
  }

  /** Only what the target makes of a member is its own fault: what is in flight below may not land. */
  private async explain(member: TrainMember, met: Exclude<Merged, { status: 'fits' }>): Promise<Found> {
    const merged = this.isOnTarget() ? met : await this.merge(member, this.input.target);
    switch (merged.status) {
      case 'fits':
        return { status: 'behind' };
      case 'same':
        return { status: 'already-landed', commit: await this.findByPaths(member) };
      default:
        return merged;
    }
  }

  private async merge(member: TrainMember, onto: Sha): Promise<Merged> {
    const { state } = this.repository;
    const compare = comparingOnce(state, this.read);
    const undone = member.reverts === undefined ? undefined : (await parentsOf(state, member.reverts))[0];
    const sides = [member.base, undone ?? member.result, onto];
    const [base, result, on] = await Promise.all(sides.map((each) => treeOf(state, each)));
    if (base === undefined || result === undefined || on === undefined) throw new Error('three trees');
    const trees = { base, ours: on, theirs: result };
    const { target, config, watch } = this.input;
    const merge = { target, config, sides: trees, merged: await mergeTrees(state, trees, compare) };
    const { tree, conflicts, regenerated } = await regenerate(this.repository, merge, watch);
    if (conflicts.length > 0) return conflictOf(conflicts);
    // Trees that git wrote long ago may have modes that it writes differently now.
    if ((await compare(on, tree)).length === 0) return { status: 'same' };
    // Markers that nobody has removed count as conflicts.
    const marked = new Set((await searchMarkers(state, { from: on, to: tree }, compare)).map(({ path }) => path));
    if (marked.size > 0) return conflictOf([...marked].map((path) => ({ path, kind: 'markers' })));
    const { context, reader } = this.contextOf(member);
    const judged = await judgeCandidate(
      { state, reader, compare },
      { ...member, context },
      { rules: { target, config }, trees: { base, result, on, tree }, regenerated },
    );
    if (judged.refused !== null) return judged.refused;
    const locks = await mergedLocks(compare, { base, target: on, candidate: tree, config });
    return { status: 'fits', tree, isProtected: judged.isProtected, locks };
  }

  private contextOf({ context: index }: TrainMember): { context: RunContext; reader: HostRepository } {
    const { contexts, repositories } = this.input;
    const [context, reader] = [contexts[index], repositories[index]];
    if (context === undefined || reader === undefined) throw new Error(`a train without its run ${index}`);
    return { context, reader };
  }

  private async write(member: TrainMember, { tree, locks }: Extract<Merged, { status: 'fits' }>) {
    const { state, identity } = this.repository;
    const { enqueuedAt } = member;
    const { config } = this.input;
    const own = await this.checkOf(member);
    const isEach = config.queue.verify === 'each';
    this.own = isEach ? own : [...this.own, ...own];
    this.egress = isEach ? (member.egress ?? []) : [...this.egress, ...(member.egress ?? [])];
    const commit = await writeCommit(state, {
      // The train's ref keeps it, or the branch.
      ref: null,
      parents: [this.parent],
      tree,
      message: await this.messageOf(member),
      identity,
      seconds: Math.floor(Date.parse(enqueuedAt) / 1000),
    });
    const all = config.queue.onRedBase === 'delta';
    const verification = this.input.verification({ tree, own: this.own, egress: this.egress, all });
    const change = { from: await treeOf(state, this.parent), to: tree };
    this.stacked.push({ commit, verification });
    this.parent = commit;
    const stacked = { status: 'stacked', commit, key: verification?.key ?? null, change } as const;
    return locks.length === 0 ? stacked : { ...stacked, locks };
  }

  private async messageOf({ result, approvedBy, attempt, reverts, requestedBy }: TrainMember): Promise<string> {
    const { state } = this.repository;
    if (reverts !== undefined) return revertMessage(await messageOf(state, reverts), reverts, requestedBy ?? '');
    return withTrailers(await messageOf(state, result), [
      ...(attempt === undefined ? [] : [['Coppice-Attempt', `${attempt}`] as const]),
      ...approvedBy.map((who) => ['Approved-by', who] as const),
    ]);
  }

  /** What takes a unit back need not pass the unit's own command. */
  private async checkOf(member: TrainMember): Promise<VerifyCommand[]> {
    if (member.reverts !== undefined) return [];
    const { context, reader } = this.contextOf(member);
    const { plan } = await reader.readPlan(context);
    const command = plan.units.find(({ id }) => id === member.unit)?.verify ?? null;
    return command === null ? [] : [unitCheck(command)];
  }

  private findByPaths(member: TrainMember): Promise<Sha> {
    const { target } = this.input;
    return findByPaths(this.repository, { ...member, from: this.contextOf(member).context.base }, target);
  }
}

function conflictOf(conflicts: readonly Conflict[]): Extract<MemberResult, { status: 'conflict' }> {
  return {
    status: 'conflict',
    conflicts: conflicts
      .slice(0, conflictsShown)
      .map(({ path, kind, said }): Conflict => (said === undefined ? { path, kind } : { path, kind, said })),
  };
}
