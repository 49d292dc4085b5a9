// What the verdicts mean for a queue as it is now. Pure.

import { type Judgement, judge } from './bisect.ts';
import { keyAt, rowOf } from './train.ts';
import type { QueueState } from './state.ts';

const nothingInFlight: Judgement = { land: 0, fault: null, isBroken: false, verify: [] };

export function judgementOf(state: QueueState): Judgement {
  const { line, verdicts, rules, suspect } = state;
  if (line === null) return nothingInFlight;
  const asked = new Set(verdicts.asked.map(({ key }) => key));
  return judge(rowOf(line, verdicts, rules), {
    slots: rules.parallel - (suspect === undefined ? 0 : 1),
    isUnderWay: (position) => asked.has(keyAt(line, position) ?? ''),
    beginsInside: beginsInside(state),
  });
}

/** A verification shorter than this costs less to repeat than to stop. */
const quickSeconds = 3;

/**
 * While the next train is being built, slots are kept for its tip: a slot whose verification is given up is not free at
 * once.
 */
function beginsInside({ building, pace }: QueueState): boolean {
  const average = pace.reduce((sum, each) => sum + each, 0) / pace.length;
  return building === null && (pace.length === 0 || average >= quickSeconds);
}
