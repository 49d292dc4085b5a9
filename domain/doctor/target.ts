// The finding of `coppice doctor --try` about a target whose setup and verification it has tried.

import type { TryOutcome } from '../../contracts/activities/trial.ts';
import type { Config } from '../../contracts/documents/config.ts';
import type { Finding } from './finding.ts';
import type { Sha } from '../../contracts/ids.ts';
import { excerpt } from '../text/excerpt.ts';
import { fail, ok, warn } from './finding.ts';

export interface TriedTarget {
  readonly branch: string;
  readonly commit: Sha;
  readonly outcome: TryOutcome;
  /** What a worktree of the target lacks. */
  readonly notes: readonly string[];
  readonly seconds: number;
}

const shownCharacters = 4_000;

export function judgeTried(
  { branch, commit, outcome, notes, seconds }: TriedTarget,
  { setup, verify }: Pick<Config, 'setup' | 'verify'>,
): Finding {
  const where = `${branch} at ${commit.slice(0, 8)}`;
  const lacks = notes.map((note) => `\nnote: ${note}`).join('');
  if (outcome.status === 'green') {
    const what = [...(setup === null ? [] : ['setup']), ...verify.map(({ name }) => name)].join(', ');
    const detail = `${what} pass on ${where}, in ${seconds.toFixed(1)} s${lacks}`;
    return notes.length === 0 ? ok(detail) : warn(detail, 'Make sure that nothing in setup and verify needs them.');
  }
  const { status, command } = outcome;
  const output = excerpt(outcome.output, shownCharacters);
  if (status === 'setup-failed') {
    const hint = `Correct \`setup\` in coppice.yaml, or the sources, on ${branch}: no unit could begin.`;
    return fail(`the setup fails on ${where}\n${output}${lacks}`, hint);
  }
  const run = verify.find(({ name }) => name === command)?.run ?? command;
  const how = status === 'red' ? 'fails' : 'takes too long';
  return fail(
    `the check ${command} ${how} on ${where}\n$ ${run}\n${output}${lacks}`,
    `Correct it on ${branch}; until then a run asks people, or starts with --allow-red-base.`,
  );
}
