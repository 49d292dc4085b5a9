// Runs a reviewer's session in the unit's worktree, read-only, until it has a verdict or cannot have one. It shares nothing
// with the agent but the files: its shell, its /tmp and its outputs are its own.

import type { AgentSession, AgentStop } from '../drivers/contract.ts';
import type { HeldReview } from './reviews.ts';
import type { ReviewConfig } from '../../../contracts/documents/config.ts';
import type { Session } from '../session/session.ts';
import type { SliceOutcome } from '../../../contracts/activities/agent.ts';
import { type SubmittedReview, refusedReview } from '../tools/submit-review.ts';
import { toolCalls } from '../../../contracts/documents/journal.ts';
import { Progress } from '../conversation/progress.ts';
import { beginCall, endTurn, readOnly } from '../session/run-driver.ts';
import { bytesOf } from '../../../git/trees.ts';
import { changeFile, noReview } from '../prompts/review.ts';
import { configOfReview } from './settings.ts';
import { failureType } from '../../../contracts/failures.ts';
import { limitsAfter } from './limits.ts';
import { makeSessionFolder } from '../session/session-folder.ts';
import { makeTools } from '../tools/make-tools.ts';
import { reviewerRules } from './reviewer-rules.ts';
import { toolRules } from '../tools/tool-rules.ts';
import { toolsOf } from '../tools/list.ts';

/** How a review ends. `stopped`: the slice ends first, and the next one continues the review. */
export type ReviewEnd =
  | { readonly type: 'verdict'; readonly review: SubmittedReview }
  | { readonly type: 'none'; readonly why: string }
  | { readonly type: 'stopped'; readonly outcome: SliceOutcome };

interface Reviewing {
  readonly review: HeldReview;
  readonly settings: ReviewConfig;
  readonly patch: string;
}

/** A reviewer that ends its turn without a verdict is told, that often. */
const toldAgain = 2;

export async function runReviewer(session: Session, reviewing: Reviewing): Promise<ReviewEnd> {
  const { host } = session;
  const folder = await makeSessionFolder(host.home, host.sandbox);
  try {
    folder.outputs.put(changeFile, reviewing.patch);
    return await converse(session, reviewing, reviewerSession(session, reviewing, folder));
  } finally {
    await folder.remove();
  }
}

async function converse(session: Session, reviewing: Reviewing, reviewer: AgentSession): Promise<ReviewEnd> {
  const { host, config, saver, stop } = session;
  try {
    for (;;) {
      const why = await host.drivers[config.agent.driver].converse(reviewer);
      const end = endOf(why, session, reviewing);
      if (end !== null) return end;
    }
  } catch (error) {
    const type = failureType(error) ?? '';
    if (!ownFailures.has(type)) throw error;
    return { type: 'none', why: `the reviewer’s model cannot be used (${type})` };
  } finally {
    if (stop.cancelled.aborted) await saver.settled();
    else await saver.save();
  }
}

/** They concern the reviewer alone, so the work is not lost because of them. */
const ownFailures: ReadonlySet<string> = new Set(['ModelUnpriced', 'ModelRequestRejected']);

/** Null = the reviewer goes on. */
function endOf(why: AgentStop, session: Session, { review, settings }: Reviewing): ReviewEnd | null {
  const { verdict, journal } = review;
  if (verdict !== null) return { type: 'verdict', review: verdict };
  const none = (text: string): ReviewEnd => {
    const refused = refusedReview(journal.turns.flatMap(({ answer }) => toolCalls(answer)));
    return refused === null ? { type: 'none', why: text } : { type: 'verdict', review: refused };
  };
  switch (why.type) {
    case 'drained':
      return { type: 'stopped', outcome: { status: 'drained' } };
    case 'budget':
      return isOver(session, settings)
        ? none('the money, or the time, for the review is used up')
        : { type: 'stopped', outcome: { status: 'budget' } };
    case 'question':
      journal.answerCall(why.call, 'There is no such tool: a reviewer asks nobody.', { isError: true });
      return null;
    case 'ended':
      if (journal.turns.at(-1)?.stopReason === 'refusal') return none('the reviewer’s model refused');
      return goOn(review) ? null : none('the reviewer ended without a verdict');
    case 'refused':
      return none('the reviewer’s model refused');
    case 'turn-limit':
    case 'token-limit':
    case 'time-limit':
      return none('the reviewer used all that it had (turns, tokens or time)');
    case 'stuck':
      return none('the reviewer went in circles');
    case 'too-long':
      return none('the review grew longer than its model takes');
    case 'tool':
    case 'blocked':
    case 'bad-plan':
      return none('the reviewer gave up');
  }
}

/** Tells the reviewer that its verdict is missing; false = it was told often enough. */
function goOn({ journal }: HeldReview): boolean {
  const keys = Array.from({ length: toldAgain }, (_, i) => `no-review:${i + 1}`);
  const next = keys.find((key) => !journal.has(key));
  if (next !== undefined) journal.addUserMessage(noReview(), next);
  return next !== undefined;
}

/**
 * Whether what is used up is the money of the reviews, that of the whole unit, or the run's time: then waiting for more
 * would only keep finished work from landing. Otherwise it is the slice's share, and the run grants another.
 */
function isOver({ reviews, journal, input, openedAt }: Session, { budgetUsd }: ReviewConfig): boolean {
  const total = reviews.totalsWith(journal);
  return (
    (total.reviewUsd ?? 0) >= (budgetUsd ?? Infinity) ||
    total.costUsd >= (input.limitUsd ?? Infinity) ||
    (input.seconds !== null && Date.now() >= openedAt + input.seconds * 1000)
  );
}

function reviewerSession(
  session: Session,
  { review, settings }: Reviewing,
  folder: Awaited<ReturnType<typeof makeSessionFolder>>,
): AgentSession {
  const { host, input, heartbeats, stop, config, workspace, names, saver, store } = session;
  const { journal } = review;
  const { maxSeconds } = config.agent;
  const progress = new Progress(journal.turns);
  const parts = { saver, journal, heartbeats, progress };
  const say = (text: string): void => heartbeats.showActivity(`review: ${text}`);
  const { worktree } = workspace;
  const place = {
    ...workspace.agentPlace(names.env),
    // Not the session's own, which counts every command as a change of the work.
    sandbox: host.guard.over(host.sandbox, [worktree.root, folder.path]),
    mounts: [...worktree.mounts.map(readOnly), ...folder.mounts],
  };
  const unit = { ...session.unit, reviewer: { number: review.number } };
  const unknownOf = async (paths: readonly string[]): Promise<readonly string[]> => {
    const changed = new Set((await store.changes()).map(({ path }) => path));
    const entries = await store.entriesAt(paths.map(bytesOf));
    return paths.filter((path, i) => entries[i] === null && !changed.has(path));
  };
  const tools = toolsOf({ unit, config, hasBoard: false });
  return {
    context: input.context,
    unit,
    config: configOfReview(config, settings),
    host: host.hostId,
    journal,
    tools: makeTools(
      { ...place, outputs: folder.outputs, plans: null, proposals: null, board: null, reviewed: { unknownOf } },
      tools,
    ),
    hasBoard: false,
    rules: reviewerRules(toolRules(config)),
    isAllowed: () => false,
    letGo: () => Promise.resolve(false),
    place: { ...place, folder: folder.path },
    ...limitsOf(session, review, settings),
    maxTurns: settings.maxTurns,
    until: input.seconds === null ? null : session.openedAt + input.seconds * 1000,
    workDeadline: maxSeconds === null ? null : session.openedAt + (maxSeconds - input.workedSeconds) * 1000,
    signal: stop.cancelled,
    leaveNow: stop.commands,
    draining: () => host.draining() || stop.leaving,
    showActivity: say,
    hear: () => Promise.resolve(),
    modelCallBegins: async () => {
      await beginCall(parts);
      say('thinking');
    },
    modelCallFailed: () => heartbeats.modelCall('failed'),
    idleTurns: () => progress.idle,
    turnEnded: () => endTurn(parts),
  };
}

/** Its own money, and what is left of the slice's limits. */
function limitsOf({ input, journal, reviews }: Session, review: HeldReview, { budgetUsd }: ReviewConfig) {
  const ofSlice = limitsAfter(input, reviews.totalsWith(journal, review));
  const ownUsd = budgetUsd === null ? null : budgetUsd - reviews.totals(review).costUsd;
  const least = Math.min(ofSlice.spendUpToUsd ?? Infinity, ownUsd ?? Infinity);
  return { ...ofSlice, spendUpToUsd: least === Infinity ? null : least, limitUsd: ownUsd };
}
