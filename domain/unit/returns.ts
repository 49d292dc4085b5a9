// What the merge queue returns, and when that has no end. Being overtaken is no failure: if a unit has settled its
// conflict and meets another because somebody else has landed, it continues. If it meets the same problem unchanged, it
// does not.

import type { Feedback } from '../../contracts/activities/agent.ts';
import { conflictsOf } from '../queue/conflicts.ts';

/** Far more than being overtaken needs; the unit's budget is the nearer limit. */
export const returnsAtMost = 25;

const remembered = 400;

/** Equal for two returns if nothing was gained between them. */
export function traceOf(feedback: Feedback): string {
  switch (feedback.kind) {
    case 'conflict': {
      const met = conflictsOf(feedback).map(({ path, kind }) => `${kind} ${path}`);
      return `conflict ${feedback.onto} ${met.toSorted().join('\n')}`.slice(0, remembered);
    }
    case 'verification': {
      // Times, ports, ids and the like differ from run to run.
      const said = feedback.output.replaceAll(/\b(?=[0-9a-f-]*\d)[0-9a-f-]+/gi, '#').replaceAll(/[\d.]+|\s+/g, ' ');
      return `verification ${feedback.command} ${said.slice(-remembered)}`;
    }
  }
}

/** `earlier`: the traces of earlier returns, in order; `returns`: how many there were. */
export function hasNoEnd(earlier: readonly string[], returns: number, next: string): boolean {
  if (returns >= returnsAtMost) return true;
  return earlier.at(-1) === next || earlier.filter((trace) => trace === next).length >= 2;
}
