// What the report keeps of an approval that has ended.

import type { ApprovalView } from './approval.ts';
import type { UnitDecision } from './messages.ts';

export function decisionOf(view: ApprovalView, now: number): UnitDecision {
  const vote = view.votes.at(-1);
  return {
    id: view.id,
    kind: view.kind,
    decision: view.status === 'open' ? 'cancelled' : view.status,
    by: vote?.by.name ?? null,
    channel: vote?.by.channel ?? null,
    at: vote?.at ?? new Date(now).toISOString(),
    reason: vote?.reason ?? null,
    ...(view.status === 'approved' && vote?.usd !== undefined ? { usd: vote.usd } : {}),
  };
}
