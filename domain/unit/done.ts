// What becomes of finished work, an agent's or a person's: policy decides; part of life.ts.

import { ask, fail } from './transitions.ts';
import type { DoneOutcome } from '../../contracts/activities/agent.ts';
import type { Review, ReviewRecord } from '../../contracts/review.ts';
import type { UnitLife } from './state.ts';
import { reason } from '../../contracts/failures.ts';

/** Most paths to list that were left as a merge made them. */
const keptAtMost = 50;
const longestSummary = 200;

export function afterDone(charged: UnitLife, done: DoneOutcome): UnitLife {
  const { status: _, verdict, ...work } = done;
  const {
    size: _size,
    largeFiles: _before,
    review: _review,
    noReview: _no,
    kept: keptBefore = [],
    ...before
  } = charged;
  const kept = [...new Set([...(work.kept ?? []), ...keptBefore.filter((path) => !work.changed.includes(path))])];
  const life = {
    ...before,
    ...(work.size === undefined ? {} : { size: work.size }),
    ...(work.largeFiles === undefined ? {} : { largeFiles: work.largeFiles }),
    ...(work.review === undefined ? {} : { review: recordOf(work.review) }),
    ...(work.noReview === undefined ? {} : { noReview: work.noReview }),
    ...(kept.length === 0 ? {} : { kept: kept.slice(0, keptAtMost) }),
  };
  switch (verdict.decide) {
    case 'allow':
      return { ...life, state: { status: 'queued', work, approvedBy: [], consents: [] } };
    case 'ask':
      return ask(life, { kind: 'merge', work }, verdict.policy);
    case 'deny':
      return fail(life, reason('denied', `policy does not allow it (${verdict.rule})`));
  }
}

function recordOf({ verdict, rounds, model, summary, comments }: Review): ReviewRecord {
  return { verdict, rounds, model, summary: shortened(summary), commentCount: comments.length };
}

function shortened(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ').trim();
  return line.length > longestSummary ? `${line.slice(0, longestSummary - 1)}…` : line;
}
