// Between green checks and the result: if the unit is reviewed, an independent reviewer looks at the work. It may send the
// agent back to it, a few times; its last verdict goes with the result. What a reviewer does never changes the work, and
// a review that fails is a review without a verdict.

import type { HeldReview } from './reviews.ts';
import type { Review } from '../../../contracts/review.ts';
import type { ReviewConfig } from '../../../contracts/documents/config.ts';
import type { Session } from '../session/session.ts';
import type { SliceOutcome } from '../../../contracts/activities/agent.ts';
import type { SubmittedReview } from '../tools/submit-review.ts';
import { type ReviewEnd, runReviewer } from './run-reviewer.ts';
import { changesWanted, reviewMessage, reviewerPrompt } from '../prompts/review.ts';
import { escapeControls } from '../../../domain/text/inert.ts';
import { nearlySpentShare } from '../../../domain/money/budget.ts';
import { finishWork } from '../session/finish.ts';
import { reason } from '../../../contracts/failures.ts';
import { reviewFor } from '../../../domain/plan/review-for.ts';
import { textOfAnswer } from '../../../contracts/documents/journal.ts';
import { withUnitCheck } from '../../checks/unit-check.ts';

/** Of what people and rules get; the reviewer's own conversation has all of it. */
const [commentsShown, longestComment, longestSummary, longestPath] = [10, 300, 1_000, 300];
/** Turns that an agent must have left to be sent back. */
const leastTurns = 5;
/** Earlier reviews that a reviewer reads. */
const earlierShown = 2;

/** Null = the agent was told what the reviewer wants changed. */
export async function finishOrReview(session: Session): Promise<SliceOutcome | null> {
  const settings = reviewFor(session.unit, session.config);
  if (settings === null) return finish(session);
  const { reviews, store, remarks } = session;
  const told = remarks.timesTold('review');
  const known = reviews.about(store);
  const review = known ?? reviews.begin({ base: store.base, tree: store.tree, round: told + 1 });
  const end = await untilVerdict(session, review, settings);
  if (end.type === 'stopped')
    return end.outcome.status === 'budget' ? await withFinished(session, review) : end.outcome;
  // An agent that changes nothing after a review has answered it.
  const isAnswered = told >= review.subject.round;
  const goesBack = !isAnswered && told + 1 < settings.rounds && hasRoom(session);
  if (end.type === 'verdict' && end.review.verdict === 'changes' && goesBack) {
    const why = reason('error', 'the reviewer wants changes');
    await remarks.tell({ kind: 'review', message: changesWanted(end.review), reason: why });
    return null;
  }
  return finish(session, reviewOf(session, review, end));
}

/** The next slice goes on with the review; if there is none, what is finished is not lost. */
async function withFinished(session: Session, review: HeldReview): Promise<SliceOutcome> {
  const why = 'nothing was left to spend on the review';
  const finished = await finish(session, reviewOf(session, review, { type: 'none', why }));
  return finished.status === 'done' ? { status: 'budget', finished } : { status: 'budget' };
}

/** An agent that could not end what it begins again would lose work that is finished. */
function hasRoom({ journal, reviews, unit, config, input }: Session): boolean {
  const turnsLeft = (unit.maxTurns ?? config.agent.maxTurns) - journal.turns.length;
  const { costUsd } = reviews.totalsWith(journal);
  return turnsLeft >= leastTurns && costUsd < nearlySpentShare * (input.limitUsd ?? Infinity);
}

function finish(session: Session, review?: Review): Promise<SliceOutcome> {
  const { journal, reviews, host } = session;
  const costUsd = reviews.totalsWith(journal).costUsd;
  const redact = (text: string): string => host.sandbox.redact(text);
  return finishWork({ ...session, journal: { turns: journal.turns, costUsd }, review, redact });
}

/** What a review came to, on this host or, if it has a verdict already, on an earlier one. */
async function untilVerdict(session: Session, review: HeldReview, settings: ReviewConfig): Promise<ReviewEnd> {
  if (review.verdict !== null) return { type: 'verdict', review: review.verdict };
  const { saver, stop, heartbeats, store } = session;
  heartbeats.showActivity('review: begins');
  const patch = await store.patch();
  begin(session, review, { settings, patch });
  await saver.save();
  // What checks have left is not the work.
  await saver.undoCommand();
  const end = await runReviewer(session, { review, settings, patch });
  // A host without a sandbox cannot keep a reviewer from writing.
  if (!stop.cancelled.aborted) await saver.undoCommand();
  return end;
}

function begin(
  session: Session,
  review: HeldReview,
  { settings, patch }: { readonly settings: ReviewConfig; readonly patch: string },
): void {
  const { unit, config, store, journal, reviews } = session;
  const before = reviews.all.filter(({ number }) => number < review.number);
  const words = journal.turns.map(({ answer }) => textOfAnswer(answer)).findLast((text) => text !== '') ?? '';
  review.journal.begin({
    model: settings.model ?? config.agent.model,
    system: reviewerPrompt(config),
    firstMessage: reviewMessage({
      unit,
      base: store.base,
      patch,
      checks: withUnitCheck(config.verify, unit.verify).map(({ name }) => name),
      earlier: before.flatMap(({ verdict }) => verdict ?? []).slice(-earlierShown),
      words,
    }),
  });
}

/** As people and rules get it. */
function reviewOf(
  { host, reviews }: Session,
  { subject, journal }: HeldReview,
  end: Exclude<ReviewEnd, { type: 'stopped' }>,
): Review {
  const safe = (text: string, most: number): string => {
    const lines = host.sandbox.redact(text).split('\n').map(escapeControls).join('\n');
    return lines.length > most ? `${lines.slice(0, most - 1)}…` : lines;
  };
  const { verdict, summary, comments }: SubmittedReview | NoVerdict =
    end.type === 'verdict' ? end.review : { verdict: 'none', summary: end.why, comments: [] };
  return {
    verdict,
    rounds: subject.round,
    summary: safe(summary, longestSummary),
    comments: comments.slice(0, commentsShown).map(({ path, line, text }) => ({
      path: safe(path, longestPath),
      ...(typeof line === 'number' ? { line } : {}),
      text: safe(text, longestComment),
    })),
    model: journal.fixed.model,
    costUsd: reviews.totals().costUsd,
  };
}

interface NoVerdict extends Omit<SubmittedReview, 'verdict'> {
  readonly verdict: 'none';
}
