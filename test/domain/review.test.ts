// A reviewer's verdict on its way from a slice to people, the record and the report.

import { describe, expect, it } from 'vitest';
import type { Review } from '../../contracts/review.ts';
import type { UnitEvent } from '../../domain/unit/state.ts';
import { advanceUnit } from '../../domain/unit/life.ts';
import { approvalDetails } from '../../workflows/pages/approval.ts';
import { approvalsText } from '../../client/cli/present/approvals.ts';
import { aboutUnit } from '../../domain/unit/ask.ts';
import { beginUnit } from '../../domain/unit/state.ts';
import { cardExtent, describeSubject } from '../../people/describe-approval.ts';
import { commentLines, reviewHeadline } from '../../domain/text/review-lines.ts';
import { drawCard } from '../../people/slack/card.ts';
import { noTotals } from '../../domain/money/usage.ts';
import { openView, sha } from './fixtures.ts';
import { recordOf } from '../../domain/unit/record.ts';
import { reviewsText } from '../../client/cli/present/report-facts.ts';
import { riskOf } from '../../domain/approval/risk.ts';

const review: Review = {
  verdict: 'changes',
  rounds: 2,
  summary: `The test tests nothing.\n${'x'.repeat(500)}`,
  comments: [
    { path: 'test/a.ts', line: 3, text: 'It is\nskipped.' },
    { path: 'src/a.ts', text: 'Nobody asked for this.' },
  ],
  model: 'claude-opus-4-1',
  costUsd: 0.312,
};
const { policy } = openView();
const granted: UnitEvent = {
  type: 'granted',
  allowance: { usd: 5, unitUsd: 10, tokens: null, turns: null, seconds: null },
};

function done(of: Review | undefined, verdict: 'ask' | 'allow'): UnitEvent {
  const outcome = {
    status: 'done',
    result: sha(7),
    base: sha(2),
    verdict: verdict === 'ask' ? ({ decide: 'ask', policy } as const) : ({ decide: 'allow' } as const),
    changed: ['src/a.ts'],
    changedCount: 1,
    ...(of === undefined ? {} : { review: of }),
  } as const;
  return { type: 'slice-ended', slice: { outcome, totals: { ...noTotals, costUsd: 1, reviewUsd: 0.312 }, seconds: 1 } };
}

const live = (...events: UnitEvent[]) =>
  events.reduce((life, event, i) => advanceUnit(life, event, (i + 1) * 1000), beginUnit(0));

describe('a review', () => {
  it('goes to the people who are asked, whole, and shortened into the record', () => {
    const life = live(granted, done(review, 'ask'));
    if (life.state.status !== 'asking') throw new Error(life.state.status);
    const place = { repository: '/r.git', branch: 'main', title: 'T', requestedBy: 'dana' };
    expect(aboutUnit(life.state.ask, place, life).about).toMatchObject({ kind: 'merge', subject: { review } });
    const record = recordOf(life);
    expect(record.review).toEqual({
      verdict: 'changes',
      rounds: 2,
      model: 'claude-opus-4-1',
      summary: expect.stringMatching(/^The test tests nothing\. x{175}…$/),
      commentCount: 2,
    });
    expect(record.totals).toMatchObject({ costUsd: 1, reviewUsd: 0.312 });
  });

  it('is that of the newest result: one that was not reviewed has none', () => {
    const returned: UnitEvent = {
      type: 'queue-answered',
      outcome: {
        result: sha(7),
        status: 'returned',
        feedback: { kind: 'conflict', onto: sha(8), result: sha(7), paths: ['a.ts'] },
      },
    };
    const life = live(granted, done(review, 'allow'), returned, granted, done(undefined, 'allow'));
    expect(recordOf(life)).not.toHaveProperty('review');
  });

  it('is shown with its verdict, its words and its places', () => {
    expect(reviewHeadline(review)).toBe('The reviewer (claude-opus-4-1) wants changes, after 2 reviews for $0.31.');
    expect(commentLines(review)).toEqual(['test/a.ts:3: It is skipped.', 'src/a.ts: Nobody asked for this.']);
    const { subject } = openView();
    const view = openView({ subject: { ...subject, review } });
    const parts = describeSubject(view, cardExtent);
    expect(parts).toContainEqual({ kind: 'said', text: reviewHeadline(review) });
    expect(parts).toContainEqual(
      expect.objectContaining({ name: 'The reviewer’s comments', lines: commentLines(review) }),
    );
    expect(riskOf(view)?.reasons).toContain('its reviewer wants changes');
  });

  it('that nobody asked for is said to be missing, and why', () => {
    const event = done(undefined, 'ask');
    if (event.type !== 'slice-ended' || event.slice.outcome.status !== 'done') throw new Error(event.type);
    const outcome = { ...event.slice.outcome, noReview: 'not-asked-for' as const };
    const life = live(granted, { ...event, slice: { ...event.slice, outcome } });
    if (life.state.status !== 'asking') throw new Error(life.state.status);
    const place = { repository: '/r.git', branch: 'main', title: 'T', requestedBy: 'dana' };
    const { about } = aboutUnit(life.state.ask, place, life);
    expect(about).toMatchObject({ kind: 'merge', subject: { noReview: 'not-asked-for' } });
    expect(recordOf(life)).toMatchObject({ noReview: 'not-asked-for' });
    const { subject } = openView();
    const view = openView({ subject: { ...subject, noReview: 'not-asked-for' } });
    expect(describeSubject(view, cardExtent)).toContainEqual({
      kind: 'said',
      text: 'Not reviewed: no review is asked for.',
    });
    expect(approvalsText([view], {}, { user: 'dana' })).toContain('\n  not reviewed: no review is asked for\n');
    expect(approvalDetails(view)).toContain('\n- not reviewed: no review is asked for\n');
  });

  it('cannot speak for us on a card', () => {
    const { subject } = openView();
    const hostile = '*Approved by <@U9>* <https://evil.example|click> \u202e';
    const bad = { ...review, model: hostile, summary: hostile, comments: [{ path: hostile, text: hostile }] };
    const card = JSON.stringify(drawCard(openView({ subject: { ...subject, review: bad } })).blocks);
    expect(card).toContain('The reviewer');
    expect(card).not.toContain('<https://evil.example');
    expect(card).not.toContain('<@U9>');
    expect(card).not.toContain('\u202e');
  });
});

it('a report says how reviews ended, and what they have cost', () => {
  const unit = (id: string, verdict?: Review['verdict']) =>
    ({ id, ...(verdict === undefined ? {} : { review: { verdict } }) }) as never;
  const units = [unit('a', 'approve'), unit('b', 'changes'), unit('c', 'none'), unit('d')];
  expect(reviewsText({ units, reviewUsd: 0.5 })).toBe(
    '1 approved, 1 with changes wanted (b), 1 without a verdict (c): $0.50 of the cost',
  );
  expect(reviewsText({ units: [unit('d')] })).toBeNull();
  const plain = { id: 'e', noReview: 'not-asked-for' } as never;
  expect(reviewsText({ units: [unit('a', 'approve'), plain], reviewUsd: 0.5 })).toBe(
    '1 approved: $0.50 of the cost; not reviewed: e (no review is asked for)',
  );
  expect(reviewsText({ units: [plain] })).toBe('not reviewed: e (no review is asked for)');
  const spent = { id: 'f', review: { verdict: 'none', summary: 'its turns are used up' } } as never;
  expect(reviewsText({ units: [spent], reviewUsd: 0.5 })).toBe(
    '1 without a verdict (f: its turns are used up): $0.50 of the cost',
  );
});
