// What a queue knows of verifications, by their keys. Only green is remembered; a verdict that is not is kept for as
// long as a candidate in flight has it. Pure.

import type { Verdict } from '../../contracts/activities/verification.ts';

export type BadVerdict = Exclude<Verdict, { status: 'green' }>;

export interface Verdicts {
  /** The newest last. */
  readonly green: readonly string[];
  /** With the number of verifications that said so: a flaky command fails once. */
  readonly bad: Readonly<Record<string, BadVerdict & { readonly times: number }>>;
  /** Verifications that were asked for and have not answered. */
  readonly asked: readonly Asked[];
  /** How often commands failed and then passed on the same tree. */
  readonly flakes: Readonly<Record<string, { readonly times: number; readonly lastAt: string }>>;
}

export interface Asked {
  readonly key: string;
  /** ISO 8601. */
  readonly since: string;
  /** The train that it was asked with. */
  readonly ref?: string;
}

/** Green keys that are remembered. */
const rememberedKeys = 256;
/** Commands whose flakes are counted. */
const countedCommands = 50;

export const noVerdicts: Verdicts = { green: [], bad: {}, asked: [], flakes: {} };

export function takeVerdict(verdicts: Verdicts, key: string, verdict: Verdict, at: string): Verdicts {
  const asked = verdicts.asked.filter((each) => each.key !== key);
  const { [key]: before, ...bad } = verdicts.bad;
  if (verdict.status !== 'green') {
    return { ...verdicts, asked, bad: { ...bad, [key]: { ...verdict, times: (before?.times ?? 0) + 1 } } };
  }
  const green = [...verdicts.green.filter((each) => each !== key), key].slice(-rememberedKeys);
  const flakes = before === undefined ? verdicts.flakes : countFlakes(verdicts.flakes, before, at);
  return { ...verdicts, asked, bad, green, flakes };
}

/** What failed has passed now, in the same tree. A host's own trouble is no flake. */
function countFlakes(
  flakes: Verdicts['flakes'],
  { status, command, failed }: BadVerdict,
  at: string,
): Verdicts['flakes'] {
  if (status === 'failed' || status === 'overdue') return flakes;
  const counted = { ...flakes };
  for (const name of failed ?? [command]) counted[name] = { times: (counted[name]?.times ?? 0) + 1, lastAt: at };
  const newest = Object.entries(counted).toSorted(([, a], [, b]) => (a.lastAt < b.lastAt ? 1 : -1));
  return Object.fromEntries(newest.slice(0, countedCommands));
}

/** Whether a bad verdict counts: it was repeated often enough, or repeating it cannot help. */
export function isSure({ status, times }: Verdicts['bad'][string], retries: number): boolean {
  return status === 'not-verified' || times > retries;
}

/** Forgets bad verdicts that no candidate in flight has. */
export function forgetBad(verdicts: Verdicts, kept: ReadonlySet<string>): Verdicts {
  const bad = Object.entries(verdicts.bad).filter(([key]) => kept.has(key));
  return bad.length === Object.keys(verdicts.bad).length ? verdicts : { ...verdicts, bad: Object.fromEntries(bad) };
}

/** Whether a tree may land although it is not green: everything that fails in it fails in the base as well. */
export function isExcused({ failed }: BadVerdict, base: readonly string[]): boolean {
  return failed !== undefined && failed.every((command) => base.includes(command));
}
