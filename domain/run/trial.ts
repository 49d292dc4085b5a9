// Decides about a run whose target was tried before its first unit. If the target is red, nothing that agents do there
// can pass, so they do not start unless a person says so.

import type { TryOutcome } from '../../contracts/activities/trial.ts';
import type { TryVerdict } from './state.ts';
import type { RunId } from '../../contracts/ids.ts';
import { excerpt } from '../text/excerpt.ts';
import { reason } from '../../contracts/failures.ts';

/** Maximum characters of output: a run's state holds them for each unit. */
const shownOutput = 1_200;

export function judgeTry(run: RunId, result: TryOutcome, allowRed: boolean): TryVerdict {
  if (result.status === 'green') return { type: 'start' };
  const output = excerpt(result.output, shownOutput);
  if (result.status === 'setup-failed') {
    // There is nothing to allow here: no agent would get a worktree.
    return { type: 'fail', reason: reason('setup-failed', `on the target: ${output}${wayToLog(run)}`) };
  }
  const problem = `${result.command} ${result.status === 'red' ? 'fails' : 'takes too long'}`;
  if (allowRed) return { type: 'start-red', note: redNote(problem, output) };
  return { type: 'ask', ask: { kind: 'red-base', problem, output } };
}

/** For agents, who would otherwise take the failure for their own. */
export function redNote(problem: string, output: string): string {
  return `${problem}\n${output}`.trim();
}

function wayToLog(run: RunId): string {
  return `\nthe whole log: coppice logs ${run} --setup`;
}
