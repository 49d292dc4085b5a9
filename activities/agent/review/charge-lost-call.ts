// Charges a model call whose host died in the middle of it to the conversation that it was made in.

import type { Session } from '../session/session.ts';
import { lostCallUsd } from '../session/lost-call.ts';

/** Returns the USD that were charged; 0 = no call was lost. */
export function chargeLostCall({
  journal,
  reviews,
  store,
  heartbeats,
}: Pick<Session, 'journal' | 'reviews' | 'store' | 'heartbeats'>): number {
  const { uncharged } = heartbeats;
  if (uncharged === null) return 0;
  // Heartbeats count the turns of all conversations together.
  const total = reviews.totalsWith(journal).turns;
  const review = reviews.about(store);
  const goesOn = review !== null && review.verdict === null && journal.lastNotes.length === 0;
  const asking = goesOn ? review.journal : journal;
  const usd = lostCallUsd(asking, uncharged - (total - asking.turns.length));
  asking.chargeLostCall(usd);
  return usd;
}
