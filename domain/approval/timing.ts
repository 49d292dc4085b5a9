// The clock of an approval: when people are reminded, when others may decide, too, and what happens when the time is over.
// Pure.

import type {
  ApprovalPolicy,
  ApprovalTiming,
  ApprovalView,
  Escalation,
  Requirement,
} from '../../contracts/approval.ts';
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

/** When others may decide, too; null = never, or they may already. */
export function escalationOf({
  policy,
  since,
  escalatedAt,
}: Pick<ApprovalView, 'policy' | 'since' | 'escalatedAt'>): string | null {
  const escalate = policy.timing?.escalate;
  return escalate === undefined || escalatedAt !== undefined ? null : after(since, escalate.afterSeconds);
}

/** What a moment makes of an open approval. `at`: the workflow's clock, ISO 8601. */
export function atMoment(view: ApprovalView, moment: Moment, at: string): ApprovalView {
  if (view.status !== 'open') return view;
  switch (moment) {
    case 'deadline':
      return silenceOf(view.policy) === 'pause' ? { ...view, isOverdue: true } : { ...view, status: 'expired' };
    case 'escalation':
      return { ...view, policy: escalated(view.policy), escalatedAt: at };
    case 'reminder':
      return { ...view, reminders: (view.reminders ?? 0) + 1 };
  }
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

/** The policy once those have joined whom it names for later: each requirement's own. */
export function escalated(policy: ApprovalPolicy): ApprovalPolicy {
  const { timing, required } = policy;
  if (timing?.escalate === undefined) return policy;
  const forAll = required?.some(({ escalate }) => escalate !== undefined) === true ? undefined : timing.escalate;
  return {
    ...joined(policy, timing.escalate),
    ...(required === undefined ? {} : { required: required.map((each) => joined(each, each.escalate ?? forAll)) }),
  };
}

function joined<Asked extends Pick<Requirement, 'by' | 'allowed'>>(asked: Asked, more: Escalation | undefined): Asked {
  // Where it is null, anybody may decide already.
  if (more === undefined || asked.allowed === null) return asked;
  return {
    ...asked,
    by: [...new Set([...asked.by, ...more.to])],
    allowed: togetherOf([asked.allowed, more.people]),
  };
}

function after(since: string, seconds: number): string {
  return new Date(Date.parse(since) + seconds * 1000).toISOString();
}
