// Watches what waits for people: a live page on a terminal, which rings when something new waits for whoever looks;
// otherwise a block for each new approval, or a document at every change. Ctrl-C ends it.

import type { ApprovalView } from '../../contracts/approval.ts';
import type { Output } from './output.ts';
import type { WatchOptions } from '../types.ts';
import { approvalsText, asksAnew } from './present/approvals.ts';
import { drawLive } from './draw-live.ts';
import { saySilence, untilInterrupted } from './interrupt.ts';

export interface FollowedApprovals {
  readonly watch: (options: WatchOptions) => AsyncIterable<readonly ApprovalView[]>;
  readonly output: Output;
  /** The viewer. */
  readonly user: string;
}

/** Ends with an error only: on Ctrl-C with an `Exit` with code 130. */
export async function followApprovals({ watch, output, user }: FollowedApprovals): Promise<void> {
  await untilInterrupted(
    async (signal) => {
      if (output.json || !process.stdout.isTTY) return print({ watch, output, user }, signal);
      await drawLive({
        watch,
        render: (approvals, { now }) => approvalsText(approvals, process.stdout, { user, now }).split('\n'),
        output,
        signal,
        ringsFor: (approvals, before) => asksAnew(approvals, before ?? [], user),
      });
    },
    () => output.note('\nstopped watching'),
  );
}

async function print({ watch, output, user }: FollowedApprovals, signal: AbortSignal): Promise<void> {
  const known = new Set<string>();
  for await (const approvals of watch({ signal, onSilence: saySilence(output) })) {
    const fresh = approvals.filter(({ id }) => !known.has(id));
    for (const { id } of fresh) known.add(id);
    if (output.json) output.document('approvals', { approvals });
    else if (fresh.length > 0) output.text(`${approvalsText(fresh, process.stdout, { user })}\n`);
  }
}
