import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ApprovalView, Decision } from '../../contracts/approval.ts';
import { closeApproval, decide, describeEnd, orderDecisions } from '../../domain/approval/decide.ts';
import { atMoment } from '../../domain/approval/timing.ts';
import { openView, decision, noon, sha } from './fixtures.ts';

const open = (): ApprovalView => openView();
const place = { repository: '/srv/repository.git', branch: 'main', title: 'T', requestedBy: 'dana' };
const budget = (): ApprovalView => ({
  ...openView(),
  kind: 'budget',
  subject: { ...place, spentUsd: 5.02, limitUsd: 5, topUpUsd: 5 },
});
const question = (): ApprovalView => ({ ...openView(), kind: 'question', subject: { ...place, question: 'Weeks?' } });

describe('an approval', () => {
  it('is approved by somebody who may decide', () => {
    const { view, ruling } = decide(open(), decision(), noon);
    expect(ruling).toEqual({ accepted: true, status: 'approved' });
    expect(view.votes).toEqual([{ decisionId: 'd1', decision: 'approve', by: decision().by, reason: null, at: noon }]);
    expect(describeEnd(view)).toBe('approved by Ulla (slack)');
  });

  it('keeps the reason of a denial', () => {
    const { view } = decide(open(), decision({ decision: 'deny', reason: 'too big' }), noon);
    expect(view).toMatchObject({ status: 'denied', votes: [{ reason: 'too big' }] });
  });

  it('refuses somebody who is in no group that may decide, and stays open', () => {
    const { view, ruling } = decide(open(), decision({ by: { channel: 'slack', id: 'U2', name: 'Eve' } }), noon);
    expect(ruling).toMatchObject({ accepted: false, code: 'not-allowed', status: 'open' });
    expect(view.votes).toEqual([]);
  });

  it('says that nobody may decide where `people` knows none of the owners, and who may later', () => {
    const policy = { rule: 'r', by: ['codeowners'], allowed: { slack: [] } };
    const escalate = { afterSeconds: 3600, to: ['owners'], people: { slack: ['U1'] } };
    const later = openView({ policy: { ...policy, timing: { escalate } } });
    const so =
      'so it cannot be approved: correct people in coppice.yaml, or CODEOWNERS, on the target, and start a new run';
    expect(decide(openView({ policy }), decision(), noon).ruling).toMatchObject({
      code: 'not-allowed',
      message: `Nobody may decide, ${so}.`,
    });
    expect(decide(later, decision(), noon).ruling).toMatchObject({
      code: 'not-allowed',
      message: 'Nobody may decide yet; owners may from 2026-01-01T13:00:00.000Z on.',
    });
    expect(decide(atMoment(later, 'escalation', noon), decision(), noon).ruling.accepted).toBe(true);
  });

  it.each([
    ['cli', 'missing', 'decide in Slack, or where COPPICE_TOKEN_SECRET is set.'],
    ['cli', 'wrong', 'your command line has another COPPICE_TOKEN_SECRET than the workers, or somebody has forged it.'],
    ['slack', 'missing', 'the gateway needs COPPICE_TOKEN_SECRET.'],
    ['slack', 'wrong', 'the gateway has another COPPICE_TOKEN_SECRET than the workers, or somebody has forged it.'],
    ['cli', 'unknown', 'the workers cannot check who decides: they need COPPICE_TOKEN_SECRET.'],
  ] as const)(
    'that is critical refuses %s with a proof that is %s, and says whose secret it is',
    (channel, proof, why) => {
      const critical = openView({ policy: { rule: 'r', by: [], allowed: null, tier: 'critical' } });
      const { ruling } = decide(critical, decision({ by: { channel, id: 'dana', name: 'dana' } }), noon, proof);
      expect(ruling).toMatchObject({ code: 'not-allowed', message: expect.stringMatching(/^This is critical/) });
      expect(ruling).toMatchObject({ message: expect.stringContaining(why) });
    },
  );

  it('does not take a name of one channel for a name of another', () => {
    const { ruling } = decide(open(), decision({ by: { channel: 'cli', id: 'U1', name: 'Eve' } }), noon);
    expect(ruling).toMatchObject({ accepted: false, code: 'not-allowed' });
  });

  it('refuses somebody from a medium that is newer than the approval', () => {
    const view = openView();
    const before = { ...view, policy: { ...view.policy, allowed: { users: ['dana'] } } };
    expect(decide(before, decision(), noon).ruling).toMatchObject({ accepted: false, code: 'not-allowed' });
  });

  it('may be decided by anybody when the policy names no group', () => {
    const anybody = openView({ policy: { rule: 'r', by: [], allowed: null } });
    const { ruling } = decide(anybody, decision({ by: { channel: 'cli', id: 'eve', name: 'eve' } }), noon);
    expect(ruling.accepted).toBe(true);
  });

  it('refuses a decision about something else', () => {
    const { ruling } = decide(open(), decision({ hash: sha(8) }), noon);
    expect(ruling).toMatchObject({ accepted: false, code: 'stale' });
  });

  it('counts a decision once and answers it again in the same way', () => {
    const first = decide(open(), decision(), noon);
    const second = decide(first.view, decision(), noon);
    expect(second.ruling).toEqual({ accepted: true, status: 'approved' });
    expect(second.view).toBe(first.view);
  });

  it('is closed after a decision, an expiry and a cancel, and says how it ended', () => {
    const decided = decide(open(), decision(), noon).view;
    const late = decision({ decisionId: 'd2', decision: 'deny' });
    expect(decide(decided, late, noon).ruling).toMatchObject({
      accepted: false,
      code: 'closed',
      message: 'This is closed: approved by Ulla (slack).',
    });
    expect(decide(closeApproval(open(), 'expired'), late, noon).ruling).toMatchObject({ code: 'closed' });
    expect(decide(closeApproval(open(), 'cancelled'), late, noon).ruling).toMatchObject({ code: 'closed' });
  });

  it('does not expire once it is decided', () => {
    const decided = decide(open(), decision(), noon).view;
    expect(closeApproval(decided, 'expired').status).toBe('approved');
  });

  it.each([
    null,
    {},
    { ...decision(), decisionId: '' },
    { ...decision(), decision: 'maybe' },
    { ...decision(), by: null },
    { ...decision(), by: { channel: 'pigeon', id: 'x', name: 'x' } },
    { ...decision(), by: { channel: 'slack', id: 7, name: 'x' } },
    { ...decision(), reason: 'x'.repeat(5000) },
  ])('refuses a malformed decision without throwing (%#)', (malformed) => {
    const { view, ruling } = decide(open(), malformed as Decision, noon);
    expect(ruling).toMatchObject({ accepted: false, code: 'malformed' });
    expect(view.status).toBe('open');
  });

  it('of a budget gives what is offered, or the sum that the decision names', () => {
    expect(decide(budget(), decision(), noon).view.votes).toMatchObject([{ decision: 'approve', usd: 5 }]);
    expect(decide(budget(), decision({ usd: 0.5 }), noon).view.votes).toMatchObject([{ usd: 0.5 }]);
    expect(decide(budget(), decision({ decision: 'deny', usd: 3 }), noon).view.votes[0]).not.toHaveProperty('usd');
  });

  it('that is a question takes an answer, or the word that there is none', () => {
    const answer = decision({ decision: 'answer', text: 'Yes.' });
    const { view } = decide(question(), answer, noon);
    expect(view).toMatchObject({ status: 'approved', votes: [{ decision: 'answer', text: 'Yes.' }] });
    expect(describeEnd(view)).toBe('answered by Ulla (slack)');
    expect(decide(question(), decision({ decision: 'deny' }), noon).view.status).toBe('denied');
    expect(decide(question(), decision(), noon).ruling).toMatchObject({
      message: expect.stringContaining('coppice answer'),
    });
  });

  it('takes no decision that is about something else', () => {
    const refused = (view: ApprovalView, change: Partial<Decision>) => decide(view, decision(change), noon).ruling;
    expect(refused(open(), { decision: 'answer', text: 'Yes.' })).toMatchObject({ accepted: false, code: 'malformed' });
    expect(refused(open(), { usd: 5 })).toMatchObject({ accepted: false, message: 'Only a budget takes a sum.' });
    for (const usd of [0, -1, Number.NaN, 1e308, '5' as never]) expect(refused(budget(), { usd }).accepted).toBe(false);
    for (const text of ['', '   ', '\n\t']) {
      expect(refused(question(), { decision: 'answer', text })).toEqual({
        accepted: false,
        status: 'open',
        code: 'malformed',
        message: 'An answer must not be blank: write what the agent is to know.',
      });
    }
    for (const text of ['x'.repeat(4001), undefined]) {
      expect(refused(question(), { decision: 'answer', ...(text === undefined ? {} : { text }) }).accepted).toBe(false);
    }
  });

  it('judges a denial first when both arrive at once', () => {
    const clicks = [decision({ decisionId: 'yes' }), decision({ decisionId: 'no', decision: 'deny' })];
    const both = orderDecisions(clicks.map((each) => ({ decision: each })));
    expect(both.map(({ decision: { decisionId } }) => decisionId)).toEqual(['no', 'yes']);
  });

  it('ends the same way whatever is duplicated, and never changes its end', () => {
    const decisions = fc.array(
      fc.record({
        decisionId: fc.constantFrom('a', 'b', 'c'),
        hash: fc.constantFrom(sha(7), sha(8)),
        decision: fc.constantFrom('approve' as const, 'deny' as const),
        by: fc.constantFrom(
          { channel: 'slack' as const, id: 'U1', name: 'Ulla' },
          { channel: 'slack' as const, id: 'U9', name: 'Eve' },
        ),
        at: fc.constant(noon),
      }),
      { maxLength: 12 },
    );
    fc.assert(
      fc.property(decisions, (list) => {
        const once = list.reduce((view, next) => decide(view, next, noon).view, open());
        const twice = list
          .flatMap((next) => [next, next])
          .reduce((view, next) => decide(view, next, noon).view, open());
        expect(twice).toEqual(once);
        expect(once.votes.length).toBeLessThanOrEqual(1);
        expect(once.votes.length === 0).toBe(once.status === 'open');
      }),
    );
  });
});
