// An approval in other places: in lists, which the server answers from memos, and in the report.

import type { UnitDecision } from '../../contracts/documents/records.ts';
import { agreedUsd } from './consent.ts';
import type { ApprovalView } from '../../contracts/approval.ts';
import { rememberedOf } from './remembering.ts';

/** The report's entry for an approval that has ended. */
export function decisionOf(view: ApprovalView, now: number): UnitDecision {
  // While one group's consent is missing, the consent of the others decides nothing.
  const decided = view.status === 'approved' || view.status === 'denied';
  const vote = decided ? view.votes.at(-1) : undefined;
  const usd = agreedUsd(view.votes);
  const rule = rememberedOf(view);
  const deciding = view.status === 'approved' ? view.votes : view.votes.slice(-1);
  return {
    id: view.id,
    kind: view.kind,
    decision: view.status === 'open' ? 'cancelled' : view.status,
    by: vote === undefined ? null : [...new Set(deciding.map(({ by }) => by.name))].join(', '),
    channel: vote?.by.channel ?? null,
    at: vote?.at ?? new Date(now).toISOString(),
    reason: vote?.reason ?? (view.status === 'denied' ? (vote?.text ?? null) : null),
    ...(view.kind === 'plan' && view.status === 'denied' && vote?.text !== undefined ? { sentBack: true } : {}),
    ...(rule === null ? {} : { remember: rule.remember }),
    ...(view.status === 'approved' && usd !== null ? { usd } : {}),
  };
}

/** Characters of a command in lists. */
const commandInLists = 1_000;

/** Without the patch, or the end of a long command: the server sends lists of many memos at once. */
export function inLists(view: ApprovalView): ApprovalView {
  if (view.kind === 'tool') {
    const { text } = view.subject;
    const shown = text.length <= commandInLists ? text : `${text.slice(0, commandInLists)}…`;
    return { ...view, subject: { ...view.subject, text: shown } };
  }
  if (view.kind !== 'merge' || view.subject.preview === undefined) return view;
  return { ...view, subject: { ...view.subject, preview: { ...view.subject.preview, diff: '' } } };
}
