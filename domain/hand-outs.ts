// Does a Temporal server hold its tasks back, or is it only slow? For `coppice doctor`, from the steps of a workflow that
// does nothing.
//
// A server that hands out 20 tasks a second makes each of them wait for the rest of its 50 ms: whatever a step costs, most
// of it is that wait. Where machine, disk or network are slow, everything that belongs to a step is slow, and the wait for
// the hand-out is a small part of it. And where a step costs more than 50 ms anyway, the limit holds nothing back. So what
// tells them apart is the share of the wait, whatever the load.

import type { Finding } from './check.ts';
import { dynamicConfig, handOutKey } from './server-settings.ts';
import { ok, warn } from './check.ts';

/** One task, by the server's clock: when it could have been handed out, and when it was. */
export interface HandOut {
  readonly scheduledMs: number;
  readonly startedMs: number;
}

/**
 * A shard may hand out 20 tasks at once, and 20 more in each second. It takes this many until the first 20 are used up by
 * steps that are hardly quicker than the limit.
 */
export const enoughHandOuts = 100;
/** The last ones are judged; those before say nothing about the limit. */
const [burst, judged] = [30, 25];
/** With fewer, nothing is said. */
const fewest = 8;
const heldBackMs = 15;
const heldBackShare = 0.4;

/** Of one workflow, in order. */
export function judgeHandOuts(handOuts: readonly HandOut[]): Finding {
  const steps = handOuts
    .map(({ scheduledMs, startedMs }, i) => ({
      wait: startedMs - scheduledMs,
      // From one hand-out to the next one.
      whole: startedMs - (handOuts[i - 1]?.startedMs ?? Number.NaN),
    }))
    .slice(burst)
    .slice(-judged);
  if (steps.length < fewest) {
    return ok(`not measured: the server took too long for ${enoughHandOuts} steps of a workflow`);
  }
  const wait = median(steps.map((step) => step.wait));
  const whole = median(steps.map((step) => step.whole));
  const share = median(steps.map((step) => step.wait / Math.max(step.whole, 1)));
  const measured = `a task waits ${Math.round(wait)} ms to be handed out, a step of a workflow takes ${Math.round(whole)} ms`;
  if (wait < heldBackMs || share < heldBackShare) return ok(measured);
  return warn(
    `${measured}: the server holds tasks back`,
    `Runs are several times slower than they need be. Set \`${handOutKey}\` to ${dynamicConfig[handOutKey]} in the server's dynamic configuration (its default is 20 a second for each shard); docs/operate.md says how.`,
  );
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
