// The rules of one approval: who may decide, on what, until when, and what a click means. A pure reducer; the approval
// workflow feeds it decisions from signals and updates, and does what it answers.
//
//   open → open                   one group agreed, another's consent is missing
//   open → approved | denied      consent is complete, or one person said "no"
//   open → expired                nobody decided in time; the safe default is "no"
//   open → cancelled              the unit no longer asks

import type { ApprovalView, Decision, Proof, Ruling, Vote } from '../../contracts/approval.ts';
import { isSha } from '../../contracts/ids.ts';
import { rememberings } from '../../contracts/tool-request.ts';
import { media } from '../../contracts/people.ts';
import { explainUnproven, mayRemember } from './tier.ts';
import { silenceOf } from './timing.ts';
import {
  agrees,
  askedBy,
  couldAgree,
  explainProgress,
  mayAgree,
  mayDeny,
  missingFrom,
  stillMissing,
  voters,
} from './consent.ts';
import { explainNobody, mayNobodyDecide } from './nobody.ts';
import { explainUnknown, isUserGroup, mostGroupsOfDecision } from './user-groups.ts';

/** How long an approval stays open by default: 7 days. */
export const approvalTtlSeconds = 7 * 24 * 60 * 60;

/** Maximum characters of a reason or an answer. */
const longestWords = 4000;
const largestTopUp = 1_000_000;

/**
 * Judges one decision. A repeated `decisionId` is accepted again and changes nothing. `at` is the workflow's clock, ISO
 * 8601. If one task has several decisions, `orderDecisions` must order them first. `proof`: only where the policy needs
 * one (`needsProof`).
 */
export function decide(
  view: ApprovalView,
  decision: Decision,
  at: string,
  proof: Proof = 'missing',
): { view: ApprovalView; ruling: Ruling } {
  const refuse = (code: Extract<Ruling, { accepted: false }>['code'], message: string) => ({
    view,
    ruling: { accepted: false, status: view.status, code, message } satisfies Ruling,
  });
  const malformed = explainMalformed(decision);
  if (malformed !== null) return refuse('malformed', malformed);
  if (view.votes.some((vote) => vote.decisionId === decision.decisionId)) {
    return { view, ruling: { accepted: true, status: view.status } };
  }
  if (view.status !== 'open') return refuse('closed', `This is closed: ${describeEnd(view)}.`);
  if (isLate(view, decision, at)) return refuse('closed', `This is closed: its time was over at ${view.expiresAt}.`);
  if (decision.hash !== view.hash) {
    return refuse('stale', 'What you decided on has changed since; look at the newest card.');
  }
  if (!mayDeny(view.policy, decision.by)) {
    const nobody = mayNobodyDecide(view.policy) ? explainNobody(view, (when) => `from ${when} on`) : null;
    if (nobody !== null) return refuse('not-allowed', nobody);
    const unknown = explainUnknown(view.policy, decision.by.unknownGroups);
    return refuse('not-allowed', `Only ${view.policy.by.join(', ')} may decide this.${unknown}`);
  }
  const unproven = explainUnproven(view.policy, decision, proof);
  if (unproven !== null) return refuse('not-allowed', unproven);
  const unfit = explainUnfit(view, decision);
  if (unfit !== null) return refuse('malformed', unfit);
  const idle = explainIdle(view, decision);
  if (idle !== null) {
    return refuse('not-allowed', `${idle}${explainUnknown(view.policy, decision.by.unknownGroups)}`);
  }
  const { decisionId, decision: choice, by, reason = null, text, usd, resolution, remember } = decision;
  const vote: Vote = {
    decisionId,
    decision: choice,
    by,
    reason,
    at,
    ...(choice === 'answer' && text !== undefined ? { text } : {}),
    ...(view.kind === 'budget' && choice === 'approve' ? { usd: usd ?? view.subject.topUpUsd } : {}),
    ...(resolution === undefined ? {} : { resolution }),
    ...(remember === undefined ? {} : { remember }),
  };
  const votes = [...view.votes, vote];
  const complete = missingFrom({ ...view, votes }).length === 0;
  const isNo = choice === 'deny' || (choice === 'answer' && mayBeSentBack(view));
  const status = isNo ? 'denied' : complete ? 'approved' : 'open';
  return { view: { ...view, status, votes }, ruling: { accepted: true, status } };
}

/**
 * Whether it was made when silence had come to mean no, although nobody could say so then: no worker was running. `at`:
 * the workflow's clock. What was sent in time counts, however late it is judged.
 */
function isLate({ expiresAt, policy }: ApprovalView, decision: Decision, at: string): boolean {
  if (expiresAt === null || silenceOf(policy) === 'pause') return false;
  const end = Date.parse(expiresAt);
  return Date.parse(at) > end && Date.parse(decision.at) > end;
}

/** Why a consent would add nothing: it is not this person's that is missing. */
function explainIdle(view: ApprovalView, { decision, by }: Decision): string | null {
  if (decision === 'deny' || (decision === 'answer' && mayBeSentBack(view)) || couldAgree(view, by)) return null;
  const asked = askedBy(view);
  const answers = missingFrom(view).map((each) => mayAgree(each, asked, by));
  const { requestedBy } = view.subject;
  if (answers.includes('requester')) return `${requestedBy} has asked for this, so somebody else must agree.`;
  if (answers.includes('perhaps-requester'))
    return `${requestedBy} has asked for this, so somebody else must agree, and nobody knows whether that is you: \`people\` in coppice.yaml can say who ${requestedBy} is here (person: true).`;
  const so = explainProgress(view) ?? `only ${stillMissing(view)} may decide`;
  return answers.includes(true) ? `You have agreed already: ${so}.` : `This is agreed to already: ${so}.`;
}

/** Of decisions that arrive in the same workflow task, a denial is judged first: in doubt, the answer is no. */
export function orderDecisions<Click extends { readonly decision: Decision }>(clicks: readonly Click[]): Click[] {
  const isDenial = ({ decision }: Click): number => Number(decision.decision === 'deny');
  return clicks.toSorted((a, b) => isDenial(b) - isDenial(a));
}

export function closeApproval(view: ApprovalView, status: 'expired' | 'cancelled'): ApprovalView {
  return view.status === 'open' ? { ...view, status } : view;
}

/** `approved by Dana (slack)`, for cards, refusals and trailers. */
export function describeEnd(view: ApprovalView): string {
  const { status, votes } = view;
  const deciding = status === 'approved' ? votes.filter(agrees) : status === 'denied' ? votes.slice(-1) : [];
  const [first] = deciding;
  if (first === undefined) return status;
  const back = status === 'denied' ? 'sent back' : 'answered';
  const how = first.decision === 'answer' ? back : first.resolution === undefined ? status : 'resolved';
  return `${how} by ${voters(deciding)}`;
}

/** The same for a denial, with its reason. */
export function explainDenial(view: ApprovalView): string {
  const why = view.votes.at(-1)?.reason;
  return describeEnd(view) + (why ? `: ${why}` : '');
}

/** Why an approval expired: whose decision was missing. */
export function explainExpiry(view: ApprovalView): string {
  if (view.votes.length === 0) return 'nobody decided in time';
  return `${voters(view.votes)} agreed, ${stillMissing(view)} did not decide in time`;
}

/** Why a decision does not fit this kind of approval; null = it fits. */
function explainUnfit(view: ApprovalView, { decision, usd, resolution, remember }: Decision): string | null {
  const { kind, id, policy } = view;
  if (remember !== undefined && kind !== 'tool') return 'Only a tool call can be allowed for good.';
  if (remember !== undefined && !mayRemember(policy))
    return 'A critical call is asked about each time: approve it once.';
  if (resolution !== undefined && kind !== 'conflict') return 'Only a conflict takes a resolution.';
  if (decision === 'deny') return null;
  if (kind === 'question') return decision === 'answer' ? null : `This is a question: coppice answer ${id} TEXT`;
  if (decision === 'answer') return takesWords(view) ? null : 'This is no question: approve or deny it.';
  return usd !== undefined && kind !== 'budget' ? 'Only a budget takes a sum.' : null;
}

/** Whether it can be answered with words for an agent: how to resolve a conflict, or what should change in a plan. */
export function takesWords(view: ApprovalView): boolean {
  return view.kind === 'question' || view.kind === 'conflict' || mayBeSentBack(view);
}

/** A plan goes back to the session that made it. It is no consent, so one person's word is enough. */
function mayBeSentBack(view: ApprovalView): boolean {
  return view.kind === 'plan' && view.subject.made !== undefined;
}

/** Another person's id is no group. */
function areGroups(value: unknown): boolean {
  return (
    Array.isArray(value) &&
    value.length <= mostGroupsOfDecision &&
    value.every((each) => typeof each === 'string' && isUserGroup(each))
  );
}

/** Of words to an agent. */
export function isBlank(text: string): boolean {
  return text.trim() === '';
}

/** Anyone who can write to the namespace can send signals, so their shape is checked here, without zod. */
function explainMalformed(decision: Decision): string | null {
  const isText = (value: unknown, max: number) => typeof value === 'string' && value.length > 0 && value.length <= max;
  if (typeof decision !== 'object' || decision === null) return 'A decision must be an object.';
  if (!isText(decision.decisionId, 200)) return 'decisionId must be a text of at most 200 characters.';
  if (!['approve', 'deny', 'answer'].includes(decision.decision)) return 'decision must be approve, deny or answer.';
  const by: unknown = decision.by;
  if (typeof by !== 'object' || by === null) return 'by must say who decides.';
  if (!media.includes(decision.by.channel)) return `by.channel must be one of ${media.join(', ')}.`;
  if (!isText(decision.by.id, 200) || !isText(decision.by.name, 200)) return 'by.id and by.name must be texts.';
  const { groups = [], unknownGroups = [] } = decision.by;
  if (!areGroups(groups) || !areGroups(unknownGroups)) return 'by.groups must be a list of ids of user groups.';
  if (decision.reason !== undefined && (typeof decision.reason !== 'string' || decision.reason.length > longestWords)) {
    return 'reason must be a text of at most 4,000 characters.';
  }
  if ((decision.decision === 'answer') !== (decision.text !== undefined))
    return 'An answer, and nothing else, has a text.';
  if (typeof decision.text === 'string' && isBlank(decision.text))
    return 'An answer must not be blank: write what the agent is to know.';
  if (decision.text !== undefined && !isText(decision.text, longestWords)) {
    return 'text must be a text of at most 4,000 characters.';
  }
  const { usd, resolution, remember } = decision;
  if (remember !== undefined && !(decision.decision === 'approve' && rememberings.includes(remember))) {
    return `remember must be ${rememberings.join(' or ')}, and approves.`;
  }
  if (resolution !== undefined && !(decision.decision === 'approve' && isText(resolution, 64) && isSha(resolution))) {
    return 'resolution must be the id of a commit, and approves.';
  }
  if (usd !== undefined && !(typeof usd === 'number' && usd > 0 && usd <= largestTopUp)) {
    return 'usd must be a number above 0 and at most 1,000,000.';
  }
  return null;
}
