// How long a plan may take, in words.

import type { PlanEstimate } from '../../contracts/approval.ts';
import { count } from './count.ts';

export function estimateText({ chain, makespanSeconds, workSeconds }: PlanEstimate): string {
  const longest = `The longest chain has ${count(chain, 'unit')}.`;
  if (makespanSeconds === undefined || workSeconds === undefined) return longest;
  return `Estimated: ${hoursText(makespanSeconds)} for ${hoursText(workSeconds)} of work. ${longest}`;
}

/** `50 min`, `3 h 20 min`. */
export function hoursText(seconds: number): string {
  const minutes = Math.max(1, Math.round(seconds / 60));
  const [whole, rest] = [Math.floor(minutes / 60), minutes % 60];
  return [...(whole === 0 ? [] : [`${whole} h`]), ...(rest === 0 && whole > 0 ? [] : [`${rest} min`])].join(' ');
}
