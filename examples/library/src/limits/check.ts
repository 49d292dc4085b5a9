import { longest } from './longest.ts';

/** Returns `milliseconds`, or throws a RangeError when it is no duration that the library accepts. */
export function checkDuration(milliseconds: number): number {
  if (!Number.isFinite(milliseconds) || Math.abs(milliseconds) > longest) {
    throw new RangeError(`not a duration: ${milliseconds}`);
  }
  return milliseconds;
}
