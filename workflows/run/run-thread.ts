// Tells one channel of a run while it runs: a first message when it starts, then news in its thread, as far as the channel wants
// them. Beside the run's main loop, which it neither holds up nor fails: what cannot be told within the hour is left out. Of
// what happens meanwhile it keeps nothing but numbers, and finds the rest in the run's state.

import { CancellationScope, condition, isCancellation, log, sleep, workflowInfo } from '@temporalio/workflow';
import type { Notice, NoticeBody } from '../../contracts/notices.ts';
import type { NoticeChannel } from '../../contracts/people.ts';
import type { RunGraph } from '../../domain/plan/graph.ts';
import type { RunInput } from '../../domain/run/input.ts';
import type { RunState } from '../../domain/run/state.ts';
import { type Knows, type News, afterTelling, changesOf, endNotice, headOf, newsOf } from '../../domain/run/notices.ts';
import { type Told, nothingTold } from '../../domain/run/told.ts';
import { describeFailure } from '../failure-text.ts';
import { tellPeople } from '../activities.ts';

/** Landings are told in digests, at most one in this time. */
const digestMs = 3 * 60_000;
/** The pause after other news: the more of them come one after the other, the longer, so that those that follow are told together. */
const firstPauseMs = 2_000;
const longestPauseMs = 60_000;
/** Longer than a try of a notice may take that was in flight when the run continued as new. */
export const lastTry = '40s';

/** The run, as a thread sees it. */
export interface Watched {
  readonly input: RunInput;
  readonly graph: RunGraph;
  state(): RunState;
}

export class RunThread {
  readonly channel: NoticeChannel;
  private readonly run: Watched;
  /** Lives as long as the run, also when that is cancelled. */
  private readonly scope = new CancellationScope({
    cancellable: true,
    parent: new CancellationScope({ cancellable: false }),
  });
  private told: Told;
  /** The newest changes that were looked at. */
  private seen = -1;
  private news: News = { urgent: [], landed: null };
  /** An earlier execution of the run may have sent what is pending, or the first message. */
  private isUnsure: boolean;
  private digestDue: number | null = null;
  private lastNews = 0;
  private inARow = 0;
  private readonly ended: Promise<void>;

  constructor(run: Watched, channel: NoticeChannel, told: Told = nothingTold) {
    this.run = run;
    this.channel = channel;
    this.told = told;
    this.isUnsure = run.input.told !== undefined || run.input.resumed !== undefined;
    this.ended = this.scope.run(() => this.tellAll()).catch((error: unknown) => this.explain(error));
  }

  /** Something that the run's state does not have. */
  add(body: NoticeBody): void {
    this.write([body], 'nothing more');
  }

  wasToldOfFullHosts(): boolean {
    return this.told.full >= this.run.state().version;
  }

  /** What is known and what is owed, which its caller passes on. */
  async stop(): Promise<Told> {
    this.scope.cancel();
    await this.ended;
    return this.told;
  }

  /** The end of the run, for whoever tells it; at least the first message shows it. */
  endOf(told: Told, now: number): Told {
    const state = this.run.state();
    const body: NoticeBody = this.channel.tell.includes('end')
      ? endNotice(this.run.graph, state, now)
      : { kind: 'progress' };
    const notice = { ...this.head(told.count + 1, now), ...body };
    return afterTelling(told, state, [notice], 'everything');
  }

  private async tellAll(): Promise<never> {
    if (this.told.pending.length > 0) await sleep(lastTry);
    else if (this.told.count === 0) this.write([{ kind: 'run-started' }], 'everything');
    for (;;) {
      await this.sendPending();
      await condition(() => this.hasNews());
      const due = this.digestDue ?? 0;
      if (this.news.urgent.length === 0) {
        await condition(() => this.hasUrgent(), Math.max(1, due - Date.now()));
      }
      this.look();
      const { urgent, landed } = this.news;
      const isDigest = landed !== null && Date.now() >= due;
      if (isDigest) this.digestDue = null;
      this.write([...urgent, ...(isDigest ? [landed] : [])], isDigest ? 'everything' : 'what is urgent');
      await this.sendPending();
      await sleep(this.pauseMs());
    }
  }

  private pauseMs(): number {
    const now = Date.now();
    const isQuiet = now - this.lastNews > 2 * longestPauseMs;
    this.inARow = isQuiet ? 0 : this.inARow + 1;
    this.lastNews = now;
    return Math.min(firstPauseMs * 2 ** Math.min(this.inARow, 10), longestPauseMs);
  }

  private hasNews(): boolean {
    if (this.told.pending.length > 0) return true;
    if (this.seen < changesOf(this.run.state())) this.look();
    return this.news.urgent.length > 0 || this.news.landed !== null;
  }

  private hasUrgent(): boolean {
    if (this.seen < changesOf(this.run.state())) this.look();
    return this.news.urgent.length > 0 || this.told.pending.length > 0;
  }

  private look(): void {
    const state = this.run.state();
    this.seen = changesOf(state);
    this.news = newsOf(this.run.graph, state, this.told, this.channel.tell);
    if (this.news.landed !== null) this.digestDue ??= Date.now() + digestMs;
  }

  private write(bodies: readonly NoticeBody[], knows: Knows): void {
    const now = Date.now();
    const notices = bodies.map((body, at): Notice => ({ ...this.head(this.told.count + 1 + at, now), ...body }));
    this.told = afterTelling(this.told, this.run.state(), notices, knows);
    if (knows !== 'nothing more') this.news = { urgent: [], landed: knows === 'everything' ? null : this.news.landed };
  }

  private head(number: number, now: number) {
    const execution = workflowInfo().firstExecutionRunId;
    return headOf(this.run.input, this.run.state(), { execution, number, now });
  }

  private async sendPending(): Promise<void> {
    for (let [notice] = this.told.pending; notice !== undefined; [notice] = this.told.pending) {
      const { posted } = this.told;
      const thread = await this.send(notice).catch((error: unknown) => {
        if (isCancellation(error)) throw error;
        this.explain(error);
        return posted;
      });
      this.told = { ...this.told, posted: thread ?? posted, pending: this.told.pending.slice(1) };
    }
    this.isUnsure = false;
  }

  private send(notice: Notice) {
    const { medium, channel } = this.channel;
    const { posted: thread } = this.told;
    return tellPeople.executeWithOptions({ summary: `tell ${medium}: ${notice.kind}` }, [
      { medium, channel, notice, thread, mayBeThere: this.isUnsure },
    ]);
  }

  private explain(error: unknown): void {
    if (!isCancellation(error)) log.warn('a channel was not told of a run', { reason: describeFailure(error) });
  }
}
