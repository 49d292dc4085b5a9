// The search attributes that every Coppice workflow carries. Only these four: PostgreSQL visibility has ten Keyword
// columns per namespace, shared with other applications. Everything else goes into details and memo.

import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';

export const coppiceRun = defineSearchAttributeKey('CoppiceRun', SearchAttributeType.KEYWORD);
/** The repository's slug, not its URL. */
export const coppiceRepository = defineSearchAttributeKey('CoppiceRepository', SearchAttributeType.KEYWORD);
/** A run's status, a unit's phase, an approval's status, `queue`, `verification` or `board`. */
export const coppicePhase = defineSearchAttributeKey('CoppicePhase', SearchAttributeType.KEYWORD);
/** What kind of decision an approval is about. */
export const coppiceRisk = defineSearchAttributeKey('CoppiceRisk', SearchAttributeType.KEYWORD);

export const searchAttributes = [coppiceRun, coppiceRepository, coppicePhase, coppiceRisk];
