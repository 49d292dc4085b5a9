// How a slice reacts to Temporal's cancel. Its unit knows the reason: the unit is cancelled, or it must leave this
// host, after the turn in flight or at once. Keeps asking the unit until the slice ends, because the reason may change
// and a cancel comes only once.

import { CancelledFailure } from '@temporalio/activity';
import { WorkflowNotFoundError } from '@temporalio/client';
import type { StopRequest } from '../../../contracts/activities/agent.ts';

/** Interval between questions. */
const askEveryMs = 2_000;
/** The message if a workflow cancels. Any other (the worker shuts down, the activity is gone) is final. */
const byWorkflow = 'CANCELLED';

export class SliceStop {
  private readonly ended = new AbortController();
  private readonly leaveNow = new AbortController();
  private leaves = false;
  private closed = false;
  private timer: NodeJS.Timeout | undefined;
  private readonly ask: () => Promise<StopRequest>;

  constructor(signal: AbortSignal, ask: () => Promise<StopRequest>) {
    this.ask = ask;
    if (signal.aborted) void this.follow(signal);
    else signal.addEventListener('abort', () => void this.follow(signal), { once: true });
  }

  /** Aborted when the session is over, including everything that it waits for. */
  get cancelled(): AbortSignal {
    return this.ended.signal;
  }

  /** Aborted when its commands must end at once. */
  get commands(): AbortSignal {
    return this.leaveNow.signal;
  }

  /** True if no new turn may begin. */
  get leaving(): boolean {
    return this.leaves;
  }

  close(): void {
    clearTimeout(this.timer);
    this.closed = true;
  }

  private async follow(signal: AbortSignal): Promise<void> {
    const reason: unknown = signal.reason;
    const order = reason instanceof CancelledFailure && reason.message === byWorkflow ? await this.order() : 'cancel';
    switch (order) {
      case 'cancel':
        this.ended.abort(reason);
        this.leaveNow.abort(reason);
        return;
      case 'now':
        this.leaves = true;
        this.leaveNow.abort(reason);
        break;
      case 'after-turn':
      case 'go-on':
        this.leaves = true;
    }
    if (!this.closed) this.timer = setTimeout(() => void this.follow(signal), askEveryMs);
  }

  /** A unit that no longer exists means cancel. If a unit does not answer now, it is asked again. */
  private order(): Promise<StopRequest> {
    return this.ask().catch((error: unknown) => (error instanceof WorkflowNotFoundError ? 'cancel' : 'after-turn'));
  }
}
