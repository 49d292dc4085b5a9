// What the verdicts mean for a queue as it is now. Pure.

import { type Judgement, judge } from './bisect.ts';
import { keyAt, rowOf } from './train.ts';
import type { QueueState } from './state.ts';

const nothingInFlight: Judgement = { land: 0, fault: null, isBroken: false, verify: [] };

export function judgementOf({ line, verdicts, rules, building, suspect }: QueueState): Judgement {
  if (line === null) return nothingInFlight;
  const asked = new Set(verdicts.asked.map(({ key }) => key));
  return judge(rowOf(line, verdicts, rules), {
    slots: rules.parallel - (suspect === undefined ? 0 : 1),
    isUnderWay: (position) => asked.has(keyAt(line, position) ?? ''),
    isGrowing: building !== null,
  });
}
