// What the results of builds and landings mean for a queue. Pure.

import type { BuildTrainResult, LandResult, MemberResult } from '../../contracts/activities/landing.ts';
import type { Conflict } from '../../contracts/conflict.ts';
import type { Feedback } from '../../contracts/activities/agent.ts';
import type { Sha } from '../../contracts/ids.ts';
import { type Entry, nameOf, putBack, titleOf, waitingAgain } from './entry.ts';
import type { Candidate, Line } from './train.ts';
import { type Building, type QueueState, type Step, chain, unchanged, withDecision } from './state.ts';
import { answer } from './answers.ts';
import { pausedByItself } from './failed-jobs.ts';
import { baseAfter, verdictAt, withoutLanded } from './train.ts';
import { cutLine, freeBehindLine, refsToDrop, shortOf, waitAgain, withTrain } from './moves.ts';
import { isFresh, repairOf, waitsFor, without } from './repairs.ts';
import { reason } from '../../contracts/failures.ts';

type Built = Extract<BuildTrainResult, { status: 'built' | 'landed' }>;

export function afterBuild(state: QueueState, building: Building, result: BuildTrainResult, at: string): Step {
  const ended = { ...state, building: null };
  switch (result.status) {
    case 'unchanged':
      // Back to what they waited for: the target is still red.
      return unchanged({ ...ended, waiting: building.entries.reduce(putBack, ended.waiting) });
    case 'refused':
      return chain(waitAgain(ended, building.entries, at, { landed: 'no' }), (s) =>
        unchanged(pausedByRemote(s, result.message, at)),
      );
    case 'built':
    case 'landed':
      return takeTrain({ ...ended, drop: withoutSent(state, building) }, building, result, at);
  }
}

/** What that build has deleted; more may have come meanwhile. */
function withoutSent({ drop }: QueueState, { drop: sent = [] }: Building): QueueState['drop'] {
  const gone = new Set(sent.map(({ ref }) => ref));
  return drop.filter(({ ref }) => !gone.has(ref));
}

function takeTrain(state: QueueState, building: Building, result: Built, at: string): Step {
  const { rules, members, source, targetKey } = result;
  if (building.on !== null && state.line !== null && rules.verify !== state.line.verify) {
    // Verified in another way than what is below: it is built again once that has landed.
    const waits = { ...state, rules, drop: withTrain(state.drop, source) };
    return waitAgain(waits, building.entries, at, { landed: 'no' });
  }
  // All that it was built on has landed meanwhile: that is the tip now.
  const hasLandedBelow = building.on !== null && state.line === null;
  const target = hasLandedBelow && building.on !== null ? building.on : result.target;
  const candidates: Candidate[] = [];
  let step = unchanged(knownTarget({ ...state, rules, batch: clamp(state.batch, rules) }, building, target));
  const later: Entry[] = [];
  for (const [index, entry] of building.entries.entries()) {
    const member = members[index] ?? { status: 'later' };
    if (member.status === 'later') later.push(lookedUp(entry));
    else if (member.status !== 'stacked') step = chain(step, (s) => answerMember(s, { entry, member, target }, at));
    else if (result.status === 'landed') step = chain(step, (s) => answerLanded(s, entry, member, at));
    else {
      const { commit, key, size, solo, locks } = member;
      const optional = { ...(solo === undefined ? {} : { solo }), ...(locks === undefined ? {} : { locks }) };
      candidates.push({ entry: lookedUp(entry), train: building.train, commit, key, size, since: at, ...optional });
    }
  }
  const landed = members.filter(({ status }) => result.status === 'landed' && status === 'stacked').length;
  if (landed > 0) {
    const last = members.findLast((member) => member.status === 'stacked');
    const tip = last?.status === 'stacked' ? { commit: last.commit, base: 'green' as const } : state.tip;
    step = chain(step, (s) => unchanged({ ...freeBehindLine(s), tip, redBase: null, batch: grown(s) }));
  }
  return chain(step, (s) => {
    const { state: waits, actions } = waitAgain(s, later, at, { landed: 'no' });
    if (candidates.length === 0 || source === null) return { state: waits, actions };
    const base = baseAt(waits, target);
    const below: Line = waits.line ?? { target, targetKey, base, verify: rules.verify, candidates: [], sources: {} };
    const sources = { ...below.sources, [building.train]: source };
    const line = { ...below, candidates: [...below.candidates, ...candidates], sources };
    return chain({ state: { ...waits, line }, actions }, (all) => withoutLeaving(all, at));
  });
}

/** The build has checked that it has not landed, and it waits for nothing any longer. */
function lookedUp(entry: Entry): Entry {
  const { uncertain: _, hold: __, ...rest } = entry;
  return rest;
}

/** Units that gave up while their results were being built. */
function withoutLeaving(state: QueueState, at: string): Step {
  // What is landing is answered when the push is.
  const landing = state.landing?.count ?? 0;
  const index =
    state.line?.candidates.findIndex(({ entry }, place) => place >= landing && entry.leaving !== undefined) ?? -1;
  const entry = state.line?.candidates[index]?.entry;
  if (entry === undefined) return unchanged(state);
  const step = chain(cutLine(state, index + 1, at, { keep: false }), (s) => answer(s, entry, { status: 'withdrawn' }));
  return chain(step, (s) => withoutLeaving(s, at));
}

/** The branch may have moved since its tip was found red. */
function knownTarget(state: QueueState, { on }: Building, target: Sha): QueueState {
  if (on !== null || state.redBase === null || state.redBase.target === target) return state;
  return { ...state, redBase: null };
}

function baseAt({ tip }: QueueState, target: Sha): Line['base'] {
  return tip?.commit === target ? tip.base : 'unknown';
}

interface Met {
  readonly entry: Entry;
  readonly member: Exclude<MemberResult, { status: 'stacked' | 'later' }>;
  /** The tip of the branch. */
  readonly target: Sha;
}

function answerMember(state: QueueState, { entry, member, target }: Met, at: string): Step {
  switch (member.status) {
    case 'conflict':
      return afterConflict(state, { entry, target, conflicts: member.conflicts }, at);
    case 'behind':
    case 'solo': {
      // The build has looked: it has not landed.
      if (entry.leaving !== undefined) return answer(state, entry, { status: 'withdrawn' });
      const why = member.status === 'solo' ? 'solo' : 'line';
      return unchanged({ ...state, waiting: putBack(state.waiting, waitingAgain(lookedUp(entry), at, { why })) });
    }
    case 'consent-missing': {
      const ends = entry.reverts === undefined ? 'waits for people' : 'leaves the queue';
      const text = `${titleOf(entry)} ${ends}: policy asks (${member.policy.rule})`;
      return answer(withDecision(state, at, text), entry, member);
    }
    case 'denied': {
      const rule =
        entry.reverts === undefined ? `policy of the target does not allow it (${member.rule})` : member.rule;
      const why = reason('denied', rule);
      return answer(withDecision(state, at, `${titleOf(entry)} is refused: ${why}`), entry, {
        status: 'refused',
        reason: why,
      });
    }
    case 'already-landed': {
      const { commit } = member;
      // A push of the queue's own that nobody had heard of.
      if (entry.uncertain === true) return answerLanded(state, entry, { commit }, at);
      const text = `${titleOf(entry)} is on the branch already, as ${shortOf(commit)}`;
      return answer(withDecision(state, at, text), entry, { status: 'landed', commit });
    }
    case 'gone':
      return answer(state, entry, { status: 'withdrawn' });
  }
}

function afterConflict(
  state: QueueState,
  { entry, conflicts, target }: Pick<Met, 'entry' | 'target'> & { readonly conflicts: readonly Conflict[] },
  at: string,
): Step {
  const paths = conflicts.map(({ path }) => path);
  const feedback: Feedback = { kind: 'conflict', onto: target, result: entry.result, paths, conflicts };
  // Nobody repairs a revert, or what a unit has given up.
  if (entry.reverts !== undefined || entry.leaving !== undefined) {
    const why = `it conflicts with ${shortOf(target)} in ${paths.slice(0, 3).join(', ')}`;
    return answer(withDecision(state, at, `${titleOf(entry)} leaves the queue: ${why}`), entry, {
      status: 'returned',
      feedback,
    });
  }
  const repairs = state.repairs.filter((each) => !waitsFor(state.waiting, each, entry));
  const first = repairOf(repairs, entry, conflicts, at);
  if (first !== undefined) {
    const hold = { why: 'repair', run: first.run, unit: first.unit } as const;
    return unchanged({ ...state, waiting: putBack(state.waiting, waitingAgain(lookedUp(entry), at, hold)) });
  }
  const step = answer(state, entry, { status: 'returned', feedback });
  const repair = { run: entry.run, unit: entry.unit, paths, since: at };
  const fresh = [...without(step.state.repairs, entry).filter((each) => isFresh(each, at)), repair];
  const text = `${nameOf(entry)} goes back to its agent: it conflicts with ${shortOf(target)} in ${paths.slice(0, 3).join(', ')}`;
  return { ...step, state: withDecision({ ...step.state, repairs: fresh }, at, text) };
}

interface LandedCandidate extends Pick<Candidate, 'commit'> {
  /** Absent = not known: it was found on the branch. */
  readonly size?: Candidate['size'];
  /** Commands that fail in it and on the branch below; absent = it is green. */
  readonly redBefore?: readonly string[] | undefined;
}

function answerLanded(state: QueueState, entry: Entry, { commit, size, redBefore }: LandedCandidate, at: string): Step {
  const counted = withDecision(
    { ...state, landed: state.landed + 1 },
    at,
    `${titleOf(entry)} landed as ${shortOf(commit)}${redBefore === undefined ? '' : `; red before it, too: ${redBefore.join(', ')}`}`,
  );
  const landed = { status: 'landed', commit, ...(size === undefined ? {} : { size }) } as const;
  return answer(counted, entry, redBefore === undefined ? landed : { ...landed, redBefore });
}

export function afterLanding(state: QueueState, count: number, result: LandResult, at: string): Step {
  const { line } = state;
  const ended = { ...state, landing: null };
  if (line === null) return unchanged(ended);
  switch (result.status) {
    case 'landed':
      return landCandidates(ended, line, count, at);
    case 'moved':
      return chain(cutLine({ ...ended, tip: null }, 1, at, { keep: true }), (s) =>
        unchanged(
          withDecision(
            { ...s, tip: null },
            at,
            'somebody else pushed to the branch: what was in flight is built again',
          ),
        ),
      );
    case 'refused':
      return withoutLeaving(pausedByRemote(ended, result.message, at), at);
  }
}

function landCandidates(state: QueueState, line: Line, count: number, at: string): Step {
  const landed = line.candidates.slice(0, count);
  const last = landed.at(-1);
  if (last === undefined) return unchanged(state);
  const rest = withoutLanded(line, count, state.verdicts);
  const base = baseAfter(line, count, state.verdicts);
  const isWhole = line.candidates[count]?.train !== last.train;
  const moved: QueueState = {
    ...freeBehindLine(state),
    line: rest,
    drop: refsToDrop(state, rest),
    tip: { commit: last.commit, base },
    redBase: base === 'green' ? null : state.redBase === null ? null : { ...state.redBase, target: last.commit },
    batch: isWhole ? grown(state) : state.batch,
  };
  const redBefore = verdictAt(line, count, state.verdicts)?.failed;
  return landed.reduce<Step>(
    (step, candidate) => chain(step, (s) => answerLanded(s, candidate.entry, { ...candidate, redBefore }, at)),
    unchanged(moved),
  );
}

function grown({ batch, rules }: QueueState): number {
  return Math.min(rules.batch.max, batch * 2);
}

function clamp(batch: number, { batch: { min, max } }: QueueState['rules']): number {
  return Math.min(max, Math.max(min, batch));
}

/** No loop: people have to look first. */
function pausedByRemote(state: QueueState, message: string, at: string): QueueState {
  return pausedByItself(state, `the remote refused the push: ${message}`, at);
}
