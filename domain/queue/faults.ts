// Who is at fault when a candidate is not green, and what becomes of it. Pure.
//
// A candidate that is red for the first time may be flaky. While others wait for it, it becomes the suspect: it is
// verified again beside the line, and the line goes on without it.

import type { BadVerdict } from './verdicts.ts';
import type { Line } from './train.ts';
import { type Answer, answer } from './answers.ts';
import { nameOf, putBack, titleOf, waitingAgain } from './entry.ts';
import { type QueueState, type Step, type Suspect, chain, unchanged, withDecision } from './state.ts';
import { cutLine, waitAgain, withoutSuspect } from './moves.ts';
import { failingBelow, rowOf, verdictAt } from './train.ts';
import { isExcused, isSure } from './verdicts.ts';
import { isReady } from './holds.ts';
import { judgementOf } from './judgement.ts';
import { reason } from '../../contracts/failures.ts';

/** Acts on the verdicts: settles the suspect, then the first candidate, then sets a doubtful first candidate apart. */
export function settleFaults(state: QueueState, at: string): Step {
  return chain(
    chain(settleSuspect(state, at), (s) => settleFirst(s, at)),
    (s) => setApart(s, at),
  );
}

function settleSuspect(state: QueueState, at: string): Step {
  const { suspect, verdicts, rules } = state;
  const key = suspect?.candidate.key ?? null;
  if (suspect === undefined || key === null) return unchanged(state);
  const { entry } = suspect.candidate;
  if (verdicts.green.includes(key)) return waitAgain(withoutSuspect(state), [entry], at, { taken: true, landed: 'no' });
  const verdict = verdicts.bad[key];
  if (verdict === undefined || !isSure(verdict, rules.retries)) return unchanged(state);
  return eject(withoutSuspect(state), { ...suspect, verdict }, at);
}

/** A first candidate that is not green leaves: to its unit if it is at fault, or to wait for a better target. */
function settleFirst(state: QueueState, at: string): Step {
  const { line, landing } = state;
  const { fault: blamed } = judgementOf(state);
  const [first] = line?.candidates ?? [];
  if (line === null || first === undefined || landing !== null || blamed === null) return unchanged(state);
  const verdict = verdictAt(line, 1, state.verdicts);
  if (verdict === undefined) return unchanged(state);
  const batch = state.rules.batch.min;
  const smaller = { ...state, batch };
  if (blamed === 'base' && !isWorse(state, line, verdict)) {
    const hold = { why: 'red-base', target: line.target } as const;
    const command = verdictAt(line, 0, state.verdicts)?.command ?? verdict.command;
    const since = state.redBase?.target === line.target ? state.redBase.since : at;
    const redBase = { target: line.target, command, since };
    const text = `the target ${line.target.slice(0, 12)} is red by itself (${command}): ${nameOf(first.entry)} waits until it is not`;
    return chain(cutLine(withDecision({ ...smaller, redBase }, at, text), 1, at, { keep: false }), (s) =>
      unchanged({ ...s, waiting: putBack(s.waiting, waitingAgain(first.entry, at, hold)) }),
    );
  }
  const fault = {
    candidate: first,
    target: line.target,
    verdict: withoutTargets(verdict, failingBelow(line, state.verdicts)),
  };
  return chain(cutLine(smaller, 1, at, { keep: false }), (s) => eject(s, fault, at));
}

/** What fails on the target, too, explains nothing: names the first command that does not. */
function withoutTargets(verdict: BadVerdict, failing: readonly string[] | null): BadVerdict {
  const { failed = [], outputs = [], ...rest } = verdict;
  const own = failed.findIndex((command) => failing?.includes(command) !== true);
  const command = failed[own];
  return command === undefined ? verdict : { ...rest, command, output: outputs[own] ?? rest.output };
}

/**
 * Makes the first candidate the suspect if its bad verdict is not confirmed yet, the branch is green and others can go
 * on.
 */
function setApart(state: QueueState, at: string): Step {
  const { line, landing, suspect, rules, verdicts, paused } = state;
  const [first] = line?.candidates ?? [];
  if (line === null || first === undefined || landing !== null) return unchanged(state);
  if (suspect !== undefined || paused !== null) return unchanged(state);
  const source = line.sources[first.train];
  const { base, candidates, mode } = rowOf(line, verdicts, rules);
  const isDoubtful = candidates[0]?.standing === 'bad' && !candidates[0].isSure;
  // A green one above carries it, and lands with it.
  const isCarried = mode === 'tip' && candidates.some(({ standing }) => standing === 'green');
  const canGoOn =
    rules.parallel > 1 && (candidates.length > 1 || state.waiting.some((each) => isReady(state, each, at)));
  if (!isDoubtful || base.standing !== 'green' || isCarried || !canGoOn || source === undefined) {
    return unchanged(state);
  }
  const { status = 'red', command = '' } = verdictAt(line, 1, verdicts) ?? {};
  const text = `${nameOf(first.entry)} is verified again (${command}: ${status}); the others go on without it`;
  const apart = { ...state, suspect: { candidate: first, target: line.target, source }, batch: rules.batch.min };
  return cutLine(withDecision(apart, at, text), 1, at, { keep: false });
}

/** A verification that a host could not make, or that people cancelled, names no command. */
function whatFailed({ command, status, output }: BadVerdict): string {
  return command === '' ? output.slice(0, 200) : `${command}: ${status}`;
}

interface Fault extends Pick<Suspect, 'candidate' | 'target'> {
  readonly verdict: BadVerdict;
}

function eject(state: QueueState, { candidate, target, verdict }: Fault, at: string): Step {
  const { entry } = candidate;
  const given = blame({ candidate, target, verdict });
  const goes = given.status === 'returned' && entry.reverts === undefined ? 'goes back to its agent' : 'is ejected';
  return answer(withDecision(state, at, `${titleOf(entry)} ${goes}: ${whatFailed(verdict)}`), entry, given);
}

/**
 * With `delta`, on a red target: the candidate fails in more than the target does. So does one that does not get as far
 * as the target, whose commands have all run.
 */
function isWorse({ rules, verdicts }: QueueState, line: Line, verdict: BadVerdict): boolean {
  const failing = failingBelow(line, verdicts);
  return rules.onRedBase === 'delta' && failing !== null && !isExcused(verdict, failing);
}

function blame({ candidate, target, verdict }: Fault): Answer {
  const { entry, locks } = candidate;
  const { status, command, output, egress } = verdict;
  switch (status) {
    case 'red':
    case 'timed-out': {
      const said = status === 'red' ? output : `${output}\n(timed out)`;
      const feedback = { kind: 'verification', onto: target, result: entry.result, command, output: said } as const;
      return { status: 'returned', feedback: locks === undefined ? feedback : { ...feedback, locks } };
    }
    case 'overdue':
      return { status: 'refused', reason: reason('timed-out', output.slice(0, 2000)) };
    case 'not-verified':
      return { status: 'not-verified', output, ...(egress === undefined ? {} : { egress }) };
    case 'failed':
      return { status: 'refused', reason: reason('error', output.slice(0, 2000)) };
  }
}
