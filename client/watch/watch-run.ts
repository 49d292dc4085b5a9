// Follows a run by asking again and again; used by `run`, `status --watch` and `run.events()`. Continues through a
// restart of the server or a moment without workers; ends when the run has ended.

import { setTimeout as sleep } from 'node:timers/promises';
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
export async function* watchStatus(
  read: () => Promise<RunStatusDocument>,
  { intervalMs = 1000, signal, onSilence, onAnswer }: WatchOptions = {},
): AsyncGenerator<RunStatusDocument> {
  let last = '';
  let silent = false;
  while (signal?.aborted !== true) {
    try {
      const document = await read();
      if (silent) onAnswer?.();
      silent = false;
      const text = JSON.stringify(document);
      if (text !== last) yield document;
      last = text;
      if (document.status !== 'running' && document.status !== 'paused') return;
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
