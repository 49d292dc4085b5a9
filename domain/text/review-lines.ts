// A review as people read it, wherever it is shown. The words of the reviewer are foreign text: the medium makes them inert.

import type { NoReview, Review } from '../../contracts/review.ts';
import { count } from './count.ts';
import { dollars } from '../money/dollars.ts';

/** `The reviewer (MODEL) wants changes, after 2 reviews for $0.31.` The model is foreign text, too. */
export function reviewHeadline({ verdict, rounds, model, costUsd }: Omit<Review, 'summary' | 'comments'>): string {
  const says = {
    approve: 'approves it',
    changes: 'wants changes',
    none: 'gave no verdict',
  }[verdict];
  return `The reviewer (${model}) ${says}, after ${count(rounds, 'review')} for ${dollars(costUsd)}.`;
}

/** Why there is no verdict, after "Not reviewed: ". */
export const noReviewText: Readonly<Record<NoReview, string>> = {
  'not-asked-for': 'no review is asked for',
  'by-person': 'a person made the result',
};

/** `src/a.ts:12: …`, one line each. */
export function commentLines({ comments }: Pick<Review, 'comments'>): string[] {
  return comments.map(({ path, line, text }) => {
    const place = line === undefined ? path : `${path}:${line}`;
    return `${place}: ${text.replaceAll(/\s+/g, ' ')}`;
  });
}
