// Tells the channels of a run how it ended, after it has. A workflow of its own, because a run must not wait for Slack; it gives up
// by itself.

import { log, sleep } from '@temporalio/workflow';
import type { NoticeChannel } from '../../contracts/people.ts';
import type { Told } from '../../domain/run/told.ts';
import { describeFailure } from '../failure-text.ts';
import { lastTry } from './run-thread.ts';
import { tellPeople } from '../activities.ts';

export interface LastNotices {
  readonly threads: readonly { readonly channel: NoticeChannel; readonly told: Told }[];
}

export async function noticeWorkflow({ threads }: LastNotices): Promise<void> {
  await Promise.all(threads.map(({ channel, told }) => tellRest(channel, told)));
}

async function tellRest({ medium, channel }: NoticeChannel, { posted, pending }: Told): Promise<void> {
  // More than the end: one of the others was in flight, and may arrive by itself.
  if (pending.length > 1) await sleep(lastTry);
  let thread = posted;
  for (const notice of pending) {
    try {
      thread = (await tellPeople({ medium, channel, notice, thread, mayBeThere: pending.length > 1 })) ?? thread;
    } catch (error) {
      log.warn('a channel was not told how a run ended', { reason: describeFailure(error) });
    }
  }
}
