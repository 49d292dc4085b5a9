// Links from cards to the threads of their runs. A card is a message of its own, because a decision must be seen; what else the
// run does is a click away. Looked up once for each run and process; without an answer, the card has no link.

import type { webApi } from '@slack/bolt';
import pTimeout from 'p-timeout';
import { findMarked } from './messages.ts';
import { markOfRun } from './run-thread.ts';

/** How long nobody asks again where the thread of a run is that has none. */
const unknownMs = 5 * 60_000;
/** How long a card waits for its link. */
const patienceMs = 3_000;
/** Runs that are remembered. */
const most = 1_000;

interface Known {
  readonly link: Promise<string | null>;
  readonly until: number;
}

export class ThreadLinks {
  private readonly slack: webApi.WebClient;
  private readonly known = new Map<string, Known>();
  private readonly learned = new Map<string, string>();

  constructor(slack: webApi.WebClient) {
    this.slack = slack;
  }

  /** Null if it is unknown. Never rejects. */
  of(channel: string, run: string): Promise<string | null> {
    const known = this.known.get(run);
    if (known !== undefined && Date.now() < known.until) return known.link;
    const ts = this.learned.get(run);
    return this.remember(run, ts === undefined ? this.find(channel, run) : this.linkTo(channel, ts));
  }

  /** The run's first message has just been posted or found. */
  learn(run: string, ts: string): void {
    if (this.learned.get(run) === ts) return;
    this.known.delete(run);
    this.learned.set(run, ts);
    forgetOldest(this.learned);
  }

  private remember(run: string, finding: Promise<string | null>): Promise<string | null> {
    const link = pTimeout(finding, { milliseconds: patienceMs, fallback: () => null }).catch(() => null);
    this.known.delete(run);
    this.known.set(run, { link, until: Date.now() + unknownMs });
    void link.then((found) => {
      if (found !== null) this.known.set(run, { link, until: Infinity });
    });
    forgetOldest(this.known);
    return link;
  }

  private async find(channel: string, run: string): Promise<string | null> {
    const found = await findMarked(this.slack, { channel, mark: markOfRun(run), pages: 1 });
    return found === null ? null : this.linkTo(channel, found.ts);
  }

  private async linkTo(channel: string, ts: string): Promise<string | null> {
    const { permalink = null } = await this.slack.chat.getPermalink({ channel, message_ts: ts });
    return permalink;
  }
}

function forgetOldest(runs: Map<string, unknown>): void {
  for (const oldest of runs.keys()) {
    if (runs.size <= most) return;
    runs.delete(oldest);
  }
}
