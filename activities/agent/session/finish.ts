// Makes the result of finished work: one commit on its base, with the details that people and the queue need.

import type { Session } from './session.ts';
import type { SliceOutcome } from '../../../contracts/activities/agent.ts';
import { askingFirst, factsOfSize, globsOfMerge, judgeMerge } from '../../../formats/policy/judge.ts';
import { namesOfTarget } from '../../repository/target-rules.ts';
import { untouchedConflicts } from './look-at-work.ts';

/** Changed paths listed in a result; `changedCount` counts them all. */
const shownPaths = 50;
const shownLargeFiles = 10;

/** What is known of work that is done. */
export interface FinishedSession extends Pick<Session, 'repository' | 'store' | 'unit' | 'config' | 'conflicts'> {
  readonly input: Pick<Session['input'], 'context'>;
  readonly saver: Pick<Session['saver'], 'makeResult'>;
  /** What the unit has cost. */
  readonly costUsd: number;
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
  costUsd,
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
  const facts = { labels, ...factsOfSize(made.size), usd: costUsd };
  const change = { changed: made.changed.map(({ path }) => path), scope, target, facts };
  const kept = (await untouchedConflicts(store, conflicts)).slice(0, shownPaths).map(({ path }) => path);
  const largeFiles = (await store.largeFiles()).slice(0, shownLargeFiles);
  return {
    status: 'done',
    result: made.result,
    base: store.base,
    verdict: judgeMerge(config, change),
    changed: askingFirst(config, change).slice(0, shownPaths),
    changedCount: change.changed.length,
    size: made.size,
    ...(kept.length === 0 ? {} : { kept }),
    ...(largeFiles.length === 0 ? {} : { largeFiles }),
    ...(resolvedBy === undefined ? {} : { resolvedBy }),
  };
}
