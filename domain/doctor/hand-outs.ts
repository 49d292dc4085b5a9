// Does a Temporal server hold its tasks back, or is it only slow? For `coppice doctor`, measured on the steps of a
// workflow that does nothing.
//
// A server that hands out 20 tasks a second makes each task wait for the rest of its 50 ms: whatever a step costs, most
// of it is that wait. On a slow machine, disk or network, every part of a step is slow, and the wait for the hand-out
// is a small part. If a step costs more than 50 ms anyway, the limit holds nothing back. So the share of the wait tells
// the two apart, whatever the load.

import type { Finding } from './finding.ts';
import { dynamicConfig, handOutKey } from '../server-settings.ts';
import { ok, warn } from './finding.ts';

/** One task, by the server's clock: when it could have been handed out, and when it was. */
export interface HandOut {
  readonly scheduledMs: number;
  readonly startedMs: number;
}

/** The server's default: tasks per second, and the size of a burst. */
const defaultRate = 20;
/** Steps that are hardly quicker than the limit need this many to use up the burst. */
const enough = 100;
/** Only the last ones are judged: those in the burst say nothing about the limit. */
const [burst, judged] = [30, 25];
/** With fewer, there is no verdict. */
const fewest = 8;
const heldBackMs = 15;
const heldBackShare = 0.4;

/** Takes the hand-outs of one workflow, in order. */
export function judgeHandOuts(handOuts: readonly HandOut[]): Finding {
  const { wait, whole, share, count } = lastSteps(handOuts);
  if (count < fewest) return ok('not measured: the server took too long for a few steps of a workflow');
  const measured = `a task waits ${Math.round(wait)} ms to be handed out, a step of a workflow takes ${Math.round(whole)} ms`;
  if (wait < heldBackMs || share < heldBackShare) return ok(measured);
  return warn(
    `${measured}: the server holds tasks back`,
    `Runs are several times slower than they need be. Set \`${handOutKey}\` to ${dynamicConfig[handOutKey]} in the server's dynamic configuration (its default is ${defaultRate} a second for each shard); docs/operate.md says how.`,
  );
}

/** Whether more hand-outs could not change the verdict. */
export function areEnough(handOuts: readonly HandOut[]): boolean {
  const known = handOuts.length >= burst + judged;
  return handOuts.length >= enough || (known && (outrunDefault(handOuts) || judgeHandOuts(handOuts).status === 'warn'));
}

/** Whether there were more hand-outs than a server with the default limit allows in that time. */
export function outrunDefault(handOuts: readonly HandOut[]): boolean {
  const seconds = ((handOuts.at(-1)?.startedMs ?? 0) - (handOuts[0]?.scheduledMs ?? 0)) / 1000;
  return handOuts.length > defaultRate + defaultRate * seconds + 1;
}

function lastSteps(handOuts: readonly HandOut[]) {
  const steps = handOuts
    .map(({ scheduledMs, startedMs }, i) => {
      // From one hand-out to the next one.
      const whole = startedMs - (handOuts[i - 1]?.startedMs ?? Number.NaN);
      const wait = startedMs - scheduledMs;
      return { wait, whole, share: wait / Math.max(whole, 1) };
    })
    .slice(burst)
    .slice(-judged);
  const middle = (of: 'wait' | 'whole' | 'share'): number => median(steps.map((step) => step[of]));
  return { wait: middle('wait'), whole: middle('whole'), share: middle('share'), count: steps.length };
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
