// Follows a run or a merge queue by asking again and again; used by `run`, `status --watch`, `queue list --watch` and
// `run.events()`. Continues through a restart of the server or a moment without workers; ends when the run has ended.

import { setTimeout as sleep } from 'node:timers/promises';
import { isOpenStatus } from '../../contracts/documents/report.ts';
import type { RunEvent } from './events.ts';
import type { RunStatusDocument } from './status.ts';
import { diffStatus } from './events.ts';
import { isUnanswered } from '../with-worker.ts';

export interface WatchOptions {
  readonly intervalMs?: number;
  readonly signal?: AbortSignal;
  /**
   * At most this many units at work are asked what they do, those first that have worked for longest; the others have no
   * host, turn and activity. Absent = all of them.
   */
  readonly looks?: number;
  /** Called once each time answers stop. */
  readonly onSilence?: (error: unknown) => void;
  /** Called when answers come again. */
  readonly onAnswer?: () => void;
}

/** A document at every change; the last one shows the ended run. */
export function watchStatus(
  read: () => Promise<RunStatusDocument>,
  options?: WatchOptions,
): AsyncGenerator<RunStatusDocument> {
  const isLast = ({ status }: RunStatusDocument): boolean => !isOpenStatus(status);
  return watchChanges({ read, isLast, textOf: (document) => JSON.stringify(document) }, options);
}

export interface Watched<Document> {
  readonly read: () => Promise<Document>;
  /** Whether nothing can come after it. */
  readonly isLast: (document: Document) => boolean;
  /** Differs if the document has changed. */
  readonly textOf: (document: Document) => string;
}

/** A document at every change, until the last one or the signal. */
export async function* watchChanges<Document>(
  { read, isLast, textOf }: Watched<Document>,
  { intervalMs = 1000, signal, onSilence, onAnswer }: WatchOptions = {},
): AsyncGenerator<Document> {
  let last = '';
  let silent = false;
  while (signal?.aborted !== true) {
    try {
      const document = await read();
      if (silent) onAnswer?.();
      silent = false;
      const text = textOf(document);
      if (text !== last) yield document;
      last = text;
      if (isLast(document)) return;
    } catch (error) {
      if (!isUnanswered(error)) throw error;
      if (!silent) onSilence?.(error);
      silent = true;
    }
    await sleep(intervalMs, undefined, signal === undefined ? {} : { signal }).catch(() => undefined);
  }
}

/** The changes from one document to the next, as events; a latecomer gets them from the beginning of the run. */
export async function* eventsOf(documents: AsyncIterable<RunStatusDocument>): AsyncGenerator<RunEvent> {
  let before: RunStatusDocument | null = null;
  for await (const document of documents) {
    yield* diffStatus(before, document);
    before = document;
  }
}
