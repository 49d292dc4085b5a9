// A model call whose host died in the middle of it: the vendor charges for it, but its cost is unknown. The last
// heartbeat names the turn before the call. We charge the most that it can have cost.

import type { SessionJournal } from '../conversation/journal.ts';
import { longestAnswerTokens } from '../drivers/anthropic/ask-model.ts';
import { contextTokens, costWith } from '../../../domain/money/prices.ts';

/** Deliberately low, so that tokens are not undercounted: a token is about four bytes in practice. */
const bytesPerToken = 2;

/** In USD; 0 = no call was cut off, or its price is unknown. */
export function lostCallUsd(journal: SessionJournal, afterTurn: number | null): number {
  // An answer in the checkpoint was not lost, whatever came after it.
  if (afterTurn !== journal.turns.length) return 0;
  const transcript = journal.transcript();
  const said = transcript === '' ? JSON.stringify(journal.messages()) : transcript;
  const bytes = Buffer.byteLength(journal.fixed.system) + Buffer.byteLength(said);
  const usage = {
    inputTokens: 0,
    cacheReadTokens: 0,
    cacheWriteTokens: Math.min(Math.ceil(bytes / bytesPerToken), contextTokens),
  };
  return costWith(journal.fixed.model, { ...usage, outputTokens: longestAnswerTokens });
}
