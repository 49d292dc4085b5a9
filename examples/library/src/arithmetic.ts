import { checkDuration } from './limits/check.ts';

/** The sum of two durations in milliseconds. */
export function add(a: number, b: number): number {
  return checkDuration(a + b);
}

/** The difference of two durations in milliseconds. */
export function subtract(a: number, b: number): number {
  return checkDuration(a - b);
}
