import { describe, expect, it } from 'vitest';
import type { ApprovalTiming, ApprovalView } from '../../contracts/approval.ts';
import {
  atMoment,
  deadlineOf,
  escalationOf,
  joinedSince,
  nextReminder,
  silenceOf,
} from '../../domain/approval/timing.ts';
import { approvalTtlSeconds, decide } from '../../domain/approval/decide.ts';
import { strictest } from '../../formats/policy/timing.ts';
import { decision, noon, openView } from './fixtures.ts';

const owners = { slack: ['UO'], users: ['olga'], email: [] };
const timed = (timing: ApprovalTiming): ApprovalView => {
  const view = openView();
  return { ...view, since: noon, policy: { ...view.policy, timing } };
};
const hours = (n: number) => new Date(Date.parse(noon) + n * 3_600_000).toISOString();

describe('the clock of an approval', () => {
  it('ends after the usual time, after the rule’s, or never', () => {
    expect(deadlineOf(timed({}).policy, noon, 7200)).toBe(hours(2));
    expect(deadlineOf(timed({ withinSeconds: 3600 }).policy, noon, 7200)).toBe(hours(1));
    expect(deadlineOf(timed({ withinSeconds: null }).policy, noon, 7200)).toBeNull();
  });

  it('takes silence as a no, or goes on waiting', () => {
    expect(atMoment(timed({}), 'deadline', noon)).toMatchObject({ status: 'expired' });
    const overdue = atMoment(timed({ silence: 'pause' }), 'deadline', noon);
    expect(overdue).toMatchObject({ status: 'open', isOverdue: true });
    expect(decide(overdue, decision(), noon).ruling).toEqual({ accepted: true, status: 'approved' });
  });

  it('reminds again and again', () => {
    let view = timed({ remindSeconds: 3600 });
    for (const hour of [1, 2, 3]) {
      expect(nextReminder(view)).toBe(hours(hour));
      view = atMoment(view, 'reminder', hours(hour));
    }
    expect(nextReminder(timed({}))).toBeNull();
  });

  it('lets others decide after a while, once, and only then', () => {
    const view = timed({ escalate: { afterSeconds: 3600, to: ['owners'], people: owners } });
    const olga = decision({ by: { channel: 'cli', id: 'olga', name: 'Olga' } });
    expect(decide(view, olga, noon).ruling).toMatchObject({ accepted: false, code: 'not-allowed' });
    expect(escalationOf(view)).toBe(hours(1));
    const later = atMoment(view, 'escalation', hours(1));
    expect(escalationOf(later)).toBeNull();
    expect(later.policy.by).toContain('owners');
    expect(decide(later, olga, noon).ruling).toMatchObject({ accepted: true, status: 'approved' });
    expect(decide(later, decision(), noon).ruling).toMatchObject({ accepted: true });
  });

  it('lets others decide in place of each group that was asked', () => {
    const view = timed({ escalate: { afterSeconds: 1, to: ['owners'], people: owners } });
    const one = { rule: 'r', by: ['a'], allowed: { slack: ['UA'] }, paths: [], pathCount: 0 };
    const many = {
      ...view,
      policy: { ...view.policy, required: [one, { ...one, by: ['b'], allowed: { slack: ['UB'] } }] },
    };
    const olga = decision({ by: { channel: 'cli', id: 'olga', name: 'Olga' } });
    expect(decide(atMoment(many, 'escalation', noon), olga, noon).ruling).toMatchObject({ status: 'approved' });
  });

  it('lets others decide in place of those alone whose rule says so', () => {
    const escalate = { afterSeconds: 1, to: ['owners'], people: owners };
    const view = timed({ escalate });
    const one = { rule: 'r', by: ['a'], allowed: { slack: ['UA'] }, paths: [], pathCount: 0 };
    const security = { ...one, by: ['security'], allowed: { users: ['sam'] } };
    const required = [{ ...one, escalate }, security];
    const later = atMoment({ ...view, policy: { ...view.policy, required } }, 'escalation', noon);
    expect(later.policy.required?.map(({ by }) => by)).toEqual([['a', 'owners'], ['security']]);
    const olga = decision({ by: { channel: 'cli', id: 'olga', name: 'Olga' } });
    expect(decide(later, olga, noon).ruling).toMatchObject({ accepted: true, status: 'open' });
  });

  it('lets each rule’s others decide in their own time, the late ones together', () => {
    const hour = { afterSeconds: 3600, to: ['owners'], people: owners };
    const day = { afterSeconds: 24 * 3600, to: ['chief'], people: { users: ['cleo'] } };
    const one = { rule: 'r', by: ['a'], allowed: { slack: ['UA'] }, paths: [], pathCount: 0 };
    const required = [
      { ...one, escalate: hour },
      { ...one, by: ['security'], allowed: { users: ['sam'] }, escalate: day },
    ];
    const plain = timed({ escalate: hour });
    const view: ApprovalView = { ...plain, policy: { ...plain.policy, required } };
    const groups = ({ policy }: ApprovalView) => policy.required?.map(({ by }) => by);
    const first = atMoment(view, 'escalation', hours(1));
    expect(groups(first)).toEqual([['a', 'owners'], ['security']]);
    expect(joinedSince(view.policy, first.policy)).toEqual(['owners']);
    expect(escalationOf(first)).toBe(hours(24));
    const second = atMoment(first, 'escalation', hours(24));
    expect(groups(second)).toEqual([
      ['a', 'owners'],
      ['security', 'chief'],
    ]);
    expect(joinedSince(first.policy, second.policy)).toEqual(['chief']);
    expect(escalationOf(second)).toBeNull();
    const late = atMoment(view, 'escalation', hours(30));
    expect(groups(late)).toEqual(groups(second));
    expect(escalationOf(late)).toBeNull();
    const together = atMoment(view, 'escalation', hours(1), true);
    expect(groups(together)).toEqual(groups(second));
    expect(escalationOf(together)).toBeNull();
  });

  it('is one reminder, however many could not be sent in time', () => {
    const view = timed({ remindSeconds: 3600 });
    const late = atMoment(view, 'reminder', hours(5));
    expect(late.reminders).toBe(5);
    expect(nextReminder(late)).toBe(hours(6));
    expect(atMoment(late, 'reminder', hours(6)).reminders).toBe(6);
    expect(atMoment(view, 'reminder', hours(5), true).reminders).toBe(1);
  });

  it('counts what was decided in time, also when it is judged later, and nothing else', () => {
    const view = { ...timed({}), expiresAt: hours(1) };
    const sent = (at: string) => decision({ at });
    expect(decide(view, sent(hours(0.5)), hours(2)).ruling).toMatchObject({ accepted: true });
    expect(decide(view, sent(hours(1.5)), hours(2)).ruling).toEqual({
      accepted: false,
      status: 'open',
      code: 'closed',
      message: `This is closed: its time was over at ${hours(1)}.`,
    });
    // The sender's clock is wrong, and it is in time.
    expect(decide(view, sent(hours(3)), hours(1)).ruling).toMatchObject({ accepted: true });
    const patient = { ...timed({ silence: 'pause' }), expiresAt: hours(1) };
    expect(decide(patient, sent(hours(1.5)), hours(2)).ruling).toMatchObject({ accepted: true });
  });

  it('changes nothing once it is closed', () => {
    const closed: ApprovalView = { ...timed({ silence: 'pause' }), status: 'denied' };
    for (const moment of ['deadline', 'escalation', 'reminder'] as const)
      expect(atMoment(closed, moment, noon)).toBe(closed);
  });
});

it('of several rules, the shortest time counts, and a no that one of them wants', () => {
  expect(strictest([])).toEqual({});
  expect(strictest([{ withinSeconds: null, silence: 'pause' }]).timing).toEqual({
    withinSeconds: null,
    silence: 'pause',
  });
  // A rule that says nothing has 7 days, and silence is a no.
  expect(strictest([{ withinSeconds: null, silence: 'pause' }, {}]).timing).toEqual({
    withinSeconds: approvalTtlSeconds,
    silence: 'deny',
  });
  expect(strictest([{ withinSeconds: 60 }, { remindSeconds: 5 }]).timing).toEqual({
    withinSeconds: 60,
    remindSeconds: 5,
  });
  const timings: ApprovalTiming[] = [
    {
      withinSeconds: null,
      silence: 'pause',
      remindSeconds: 60,
      escalate: { afterSeconds: 9, to: ['a'], people: owners },
    },
    { withinSeconds: 50, silence: 'deny', escalate: { afterSeconds: 5, to: ['a', 'b'], people: { slack: ['UB'] } } },
  ];
  const timing = strictest(timings).timing ?? {};
  expect(timing).toEqual({
    withinSeconds: 50,
    silence: 'deny',
    remindSeconds: 60,
    escalate: { afterSeconds: 5, to: ['a', 'b'], people: { slack: ['UB'], users: [], email: [] } },
  });
  expect(silenceOf({ rule: 'r', by: [], allowed: null, timing })).toBe('deny');
});
