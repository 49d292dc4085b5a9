// The clock of an approval: when people are reminded, when others may decide, too, and what happens when the time is over.
// Pure.

import type {
  ApprovalPolicy,
  ApprovalTiming,
  ApprovalView,
  Escalation,
  Requirement,
} from '../../contracts/approval.ts';
import { requirementsOf } from './consent.ts';
import { togetherOf } from '../../contracts/people.ts';

export type Moment = 'deadline' | 'escalation' | 'reminder';

/** ISO 8601; null = never. */
export function deadlineOf({ timing }: ApprovalPolicy, since: string, usualSeconds: number): string | null {
  const { withinSeconds = usualSeconds } = timing ?? {};
  return withinSeconds === null ? null : after(since, withinSeconds);
}

/** When the next reminder is due; null = none is. */
export function nextReminder({ policy, since, reminders = 0 }: ApprovalView): string | null {
  const seconds = policy.timing?.remindSeconds;
  return seconds === undefined ? null : after(since, seconds * (reminders + 1));
}

/** When others may decide, too; null = never, or all of them may already. */
export function escalationOf({ policy, since, escalatedAt }: ApprovalView): string | null {
  const escalate = policy.timing?.escalate;
  if (escalate === undefined) return null;
  const at = after(since, escalate.afterSeconds);
  return escalatedAt !== undefined && Date.parse(at) <= Date.parse(escalatedAt) ? null : at;
}

/**
 * What a moment makes of an open approval. `at`: the workflow's clock, ISO 8601. `asBefore`: as in earlier releases,
 * where everybody joined with the first, and each reminder that was missed was made up for.
 */
export function atMoment(view: ApprovalView, moment: Moment, at: string, asBefore = false): ApprovalView {
  if (view.status !== 'open') return view;
  switch (moment) {
    case 'deadline':
      return silenceOf(view.policy) === 'pause' ? { ...view, isOverdue: true } : { ...view, status: 'expired' };
    case 'escalation':
      return {
        ...view,
        policy: escalated(view.policy, asBefore ? undefined : secondsBetween(view.since, at)),
        escalatedAt: at,
      };
    case 'reminder':
      return { ...view, reminders: asBefore ? (view.reminders ?? 0) + 1 : remindersBy(view, at) };
  }
}

/** Of the reminders that are due, those that nobody could send in time are not made up for. */
function remindersBy({ policy, since, reminders = 0 }: ApprovalView, at: string): number {
  const seconds = policy.timing?.remindSeconds ?? Number.POSITIVE_INFINITY;
  return Math.max(reminders + 1, Math.floor(secondsBetween(since, at) / seconds));
}

/** Until when people may decide, in words. `when`: a time, or how long it is until then. */
export function describeDeadline(
  { expiresAt, isOverdue, policy }: Pick<ApprovalView, 'expiresAt' | 'isOverdue' | 'policy'>,
  when: (at: string) => string,
): string {
  if (isOverdue === true) return 'overdue: it waits until somebody decides';
  if (expiresAt === null) return 'waits until somebody decides';
  return silenceOf(policy) === 'pause' ? `due ${when(expiresAt)}, and waits after that` : `expires ${when(expiresAt)}`;
}

export function silenceOf({ timing }: ApprovalPolicy): NonNullable<ApprovalTiming['silence']> {
  return timing?.silence ?? 'deny';
}

/** The policy so long after it was asked, once those have joined whom it names for then: each requirement's own. */
export function escalated(policy: ApprovalPolicy, seconds = Number.POSITIVE_INFINITY): ApprovalPolicy {
  const { timing, required } = policy;
  if (timing?.escalate === undefined) return policy;
  const escalations = required?.flatMap(({ escalate }) => escalate ?? []) ?? [];
  if (required === undefined || escalations.length === 0) {
    const { escalate } = timing;
    const all = required?.map((each) => joined(each, escalate));
    return { ...joined(policy, escalate), ...(all === undefined ? {} : { required: all }) };
  }
  // The next one is due whenever somebody asks.
  const until = Math.max(seconds, timing.escalate.afterSeconds);
  const isDue = ({ afterSeconds }: Escalation): boolean => afterSeconds <= until;
  const later = escalations.filter((escalate) => !isDue(escalate));
  return {
    ...escalations.filter(isDue).reduce<ApprovalPolicy>(joined, policy),
    required: required.map((each) =>
      each.escalate !== undefined && isDue(each.escalate) ? joined(each, each.escalate) : each,
    ),
    ...(later.length === 0 ? {} : { timing: { ...timing, ...earliest(later) } }),
  };
}

/** The next one, and whom it lets decide. */
export function earliest(escalations: readonly Escalation[]): Pick<ApprovalTiming, 'escalate'> {
  if (escalations.length === 0) return {};
  const afterSeconds = Math.min(...escalations.map((each) => each.afterSeconds));
  const first = escalations.filter((each) => each.afterSeconds === afterSeconds);
  return {
    escalate: {
      afterSeconds,
      to: [...new Set(first.flatMap(({ to }) => to))],
      people: togetherOf(first.map(({ people }) => people)),
    },
  };
}

/** The groups that an escalation has added. */
export function joinedSince(before: ApprovalPolicy, now: ApprovalPolicy): string[] {
  const earlier = requirementsOf(before);
  const added = requirementsOf(now).flatMap(({ by }, at) =>
    by.filter((group) => earlier[at]?.by.includes(group) !== true),
  );
  return [...new Set(added)];
}

function joined<Asked extends Pick<Requirement, 'by' | 'allowed'>>(asked: Asked, more: Escalation): Asked {
  // Where it is null, anybody may decide already.
  if (asked.allowed === null) return asked;
  return {
    ...asked,
    by: [...new Set([...asked.by, ...more.to])],
    allowed: togetherOf([asked.allowed, more.people]),
  };
}

/** ISO 8601. */
export function after(since: string, seconds: number): string {
  return new Date(Date.parse(since) + seconds * 1000).toISOString();
}

function secondsBetween(since: string, at: string): number {
  return (Date.parse(at) - Date.parse(since)) / 1000;
}
