// Makes the result of finished work: one commit on its base, with the details that people and the queue need.

import type { ChangePreview } from '../../../contracts/change-preview.ts';
import type { NoReview, Review } from '../../../contracts/review.ts';
import type { Config } from '../../../contracts/documents/config.ts';
import type { Session } from './session.ts';
import type { SessionJournal } from '../conversation/journal.ts';
import { withUnitCheck } from '../../checks/unit-check.ts';
import type { SliceOutcome } from '../../../contracts/activities/agent.ts';
import { askingFirst, factsOfSize, globsOfMerge, judgeMerge } from '../../../formats/policy/judge.ts';
import { ownersOfTarget } from '../../repository/target-owners.ts';
import { namesOfTarget } from '../../repository/target-rules.ts';
import { textOfAnswer } from '../../../contracts/documents/journal.ts';
import { boundedLines } from '../../repository/patch-text.ts';
import { untouchedConflicts } from './look-at-work.ts';

/** Changed paths listed in a result; `changedCount` counts them all. */
const shownPaths = 50;
const shownLargeFiles = 10;
const longestWords = 1_000;

/** What is known of work that is done. */
export interface FinishedSession extends Pick<Session, 'repository' | 'store' | 'unit' | 'config' | 'conflicts'> {
  readonly input: Pick<Session['input'], 'context'>;
  readonly saver: Pick<Session['saver'], 'makeResult'>;
  readonly journal: Pick<SessionJournal, 'turns' | 'costUsd'>;
  /** What a reviewer said of exactly this work; absent = it was not reviewed. */
  readonly review?: Review | undefined;
  /** Takes the host's secrets out of a text. */
  readonly redact: (text: string) => string;
  /** The person who made it in place of the agent; absent = the agent did. */
  readonly resolvedBy?: string;
}

export async function finishWork({
  repository,
  store,
  saver,
  unit,
  config,
  input,
  conflicts,
  journal,
  review,
  redact,
  resolvedBy,
}: FinishedSession): Promise<SliceOutcome> {
  const { run, requestedBy } = input.context;
  const made = await saver.makeResult({
    subject: unit.title,
    trailers: [
      ['Coppice-Run', run],
      ['Coppice-Unit', unit.id],
      ['Requested-by', requestedBy],
      ...(resolvedBy === undefined ? [] : [['Resolved-by', resolvedBy] as const]),
    ],
  });
  if (made === null) throw new Error('work without a change was judged done');
  const { scope, labels } = unit;
  const target = await namesOfTarget(repository, store.base, globsOfMerge(config, scope));
  const said = review === undefined ? {} : { review: review.verdict };
  const facts = { labels, ...factsOfSize(made.size), usd: journal.costUsd, ...said };
  const owners = await ownersOfTarget(repository, store.base, config);
  const change = { changed: made.changed.map(({ path }) => path), scope, target, facts, ...owners };
  const kept = (await untouchedConflicts(store, conflicts)).slice(0, shownPaths).map(({ path }) => path);
  const largeFiles = (await store.largeFiles()).slice(0, shownLargeFiles);
  const verdict = judgeMerge(config, change);
  const changed = askingFirst(config, change).slice(0, shownPaths);
  const preview = async (): Promise<ChangePreview> => {
    const { files, diff } = await store.preview(made.result, changed);
    const checks = resolvedBy === undefined ? withUnitCheck(config.verify, unit.verify).map(({ name }) => name) : [];
    const words = resolvedBy === undefined ? lastWords(journal) : '';
    return { words: redact(words), files, diff: redact(diff), checks, costUsd: journal.costUsd };
  };
  return {
    status: 'done',
    result: made.result,
    base: store.base,
    verdict,
    changed,
    changedCount: change.changed.length,
    size: made.size,
    ...(kept.length === 0 ? {} : { kept }),
    ...(largeFiles.length === 0 ? {} : { largeFiles }),
    ...(resolvedBy === undefined ? {} : { resolvedBy }),
    ...(review === undefined ? whyNoReview(config, resolvedBy) : { review }),
    ...(verdict.decide === 'ask' ? { preview: await preview() } : {}),
  };
}

/** Why there is no review: said only where the configuration expects one. */
function whyNoReview({ policy, agent }: Config, resolvedBy: string | undefined): { readonly noReview?: NoReview } {
  if (agent.review === undefined && policy.every(({ unless }) => unless !== 'reviewed')) return {};
  return { noReview: resolvedBy === undefined ? 'not-asked-for' : 'by-person' };
}

/** The end of what the agent said last. */
function lastWords({ turns }: Pick<SessionJournal, 'turns'>): string {
  const words = turns.map(({ answer }) => textOfAnswer(answer)).findLast((text) => text !== '') ?? '';
  return boundedLines(words, longestWords);
}
