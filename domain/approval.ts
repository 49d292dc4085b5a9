// The rules of one approval: who may decide, on what, until when, and what a click means. A pure reducer; the approval
// workflow feeds it decisions from signals and updates, and does what it answers.
//
//   open → open                   by the consent of one group while another's is missing
//   open → approved | denied      by consent that is complete, or by one "no"
//   open → expired                when nobody decided in time; the safe default is "no"
//   open → cancelled              when the unit no longer asks

import type { People, Requirement } from './consent.ts';
import type { LargeFile } from './activity-contracts.ts';
import type { RunId, UnitId } from './ids.ts';
import { agrees, explainProgress, isAmong, mayDecide, missingFrom, namesOf, voters } from './consent.ts';

/** What arrives by the `decide` signal or update. Other programs send it, too: its fields stay as they are. */
export interface Decision {
  /** Chosen by the sender; a decision counts once however often and by whichever way it comes. */
  readonly decisionId: string;
  /** Must equal the approval's hash: consent is to exactly what was shown. */
  readonly hash: string;
  readonly decision: 'approve' | 'deny' | 'answer';
  readonly by: DecisionMaker;
  readonly reason?: string;
  /** The answer to a question. */
  readonly text?: string;
  /** What an approved budget gets on top, in USD; without it, what the approval offers. */
  readonly usd?: number;
  /** ISO 8601, the sender's clock; for display only. */
  readonly at: string;
}

export interface DecisionMaker {
  readonly channel: 'slack' | 'email' | 'cli';
  /** Slack user id, e-mail address or `COPPICE_USER`. */
  readonly id: string;
  readonly name: string;
  readonly proof?: string;
}

export interface ApprovalPolicy {
  /** Why a person is asked, in words: the rule that matched. */
  readonly rule: string;
  /** Groups of `people` that may decide, for display; empty = anybody. */
  readonly by: readonly string[];
  /** Those groups resolved; null = anybody. */
  readonly allowed: People | null;
  /** All of these must be met, and what stands above is their sum. Absent = one, which is what stands above. */
  readonly required?: readonly Requirement[];
}

/** How long an approval stays open when nothing else is said: 7 days. */
export const approvalTtlSeconds = 7 * 24 * 60 * 60;

/** Characters of a reason or an answer. */
const longestWords = 4000;
const largestTopUp = 1_000_000;

export type ApprovalStatus = 'open' | 'approved' | 'denied' | 'expired' | 'cancelled';

export interface Vote {
  readonly decisionId: string;
  readonly decision: Decision['decision'];
  readonly by: DecisionMaker;
  readonly reason: string | null;
  /** Of an answer. */
  readonly text?: string;
  /** Of an approved budget. */
  readonly usd?: number;
  /** ISO 8601, the workflow's clock. */
  readonly at: string;
}

/** Query `view` and the elements of `approvals --json`. */
export type ApprovalView = ApprovalAbout & {
  /** The approval's workflow id. */
  readonly id: string;
  readonly run: RunId;
  /** Null = it concerns the whole run. */
  readonly unit: UnitId | null;
  readonly status: ApprovalStatus;
  /** Binds the consent to what is shown: the result commit of a merge, a number used once otherwise. */
  readonly hash: string;
  /** One line for lists and cards. Text from models or repositories: inert it before showing. */
  readonly summary: string;
  readonly policy: ApprovalPolicy;
  readonly votes: readonly Vote[];
  /** ISO 8601. */
  readonly since: string;
  readonly expiresAt: string;
};

/** What is asked, and what a person needs to see before they decide. */
export type ApprovalAbout =
  | {
      readonly kind: 'merge';
      readonly subject: ApprovalPlace & {
        readonly result: string;
        /** At most 50 of the changed paths, those that made it ask first. */
        readonly paths: readonly string[];
        readonly pathCount: number;
        readonly largeFiles?: readonly LargeFile[];
        /** Paths that were in conflict, and that the agent has left as the merge made them. */
        readonly kept?: readonly string[];
      };
    }
  | {
      readonly kind: 'budget';
      readonly subject: ApprovalPlace & {
        readonly spentUsd: number;
        readonly limitUsd: number;
        /** What "approve" adds to the limit when it names no sum. */
        readonly topUpUsd: number;
      };
    }
  /** Asked by an agent; at most 2,000 characters. */
  | { readonly kind: 'question'; readonly subject: ApprovalPlace & { readonly question: string } }
  /** Whether a setup may have the network although a unit has changed what it reads. */
  | {
      readonly kind: 'egress';
      readonly subject: ApprovalPlace & {
        readonly command: string;
        /** At most 50 of the changed paths that the setup reads. */
        readonly paths: readonly string[];
        readonly pathCount: number;
        /** The end of what the setup said without the network. */
        readonly output: string;
        /** Names the command and the change. */
        readonly key: string;
      };
    }
  /** Whether agents are to work on a target that fails its own verification. */
  | {
      readonly kind: 'red-base';
      readonly subject: ApprovalPlace & {
        readonly problem: string;
        /** The last lines of what the check printed. */
        readonly output: string;
      };
    }
  /** The model's server wants another key, or money. */
  | { readonly kind: 'credential'; readonly subject: ApprovalPlace & { readonly problem: string } };

export type ApprovalKind = ApprovalAbout['kind'];

export interface ApprovalPlace {
  readonly repository: string;
  readonly branch: string;
  readonly title: string;
  readonly requestedBy: string;
}

/** What an approval workflow is started with: how it looks, and where its card goes (null = command line only). */
export interface ApprovalInput {
  readonly approval: ApprovalView;
  readonly slackChannel: string | null;
}

/** The card in Slack is drawn from the view. */
export interface ApprovalCard {
  readonly view: ApprovalView;
  readonly channel: string;
}

export interface PrivateReply {
  /** Slack user id. */
  readonly user: string;
  readonly text: string;
}

/** The answer to one decision. */
export type Ruling =
  | { readonly accepted: true; readonly status: ApprovalStatus; readonly duplicate: boolean }
  | {
      readonly accepted: false;
      readonly status: ApprovalStatus;
      readonly code: 'closed' | 'stale' | 'not-allowed' | 'malformed';
      readonly message: string;
    };

/** The answer to a decision that counts: judged, or recorded until a worker is there to judge it. */
export type DecisionAnswer =
  | Extract<Ruling, { readonly accepted: true }>
  | { readonly accepted: true; readonly status: 'recorded' };

/**
 * Judges one decision. The same `decisionId` again is answered as the first time and changes nothing.
 * `at` is the workflow's clock, ISO 8601. Decisions of one task are ordered by `orderDecisions` first.
 */
export function decide(view: ApprovalView, decision: Decision, at: string): { view: ApprovalView; ruling: Ruling } {
  const refuse = (code: Extract<Ruling, { accepted: false }>['code'], message: string) => ({
    view,
    ruling: { accepted: false, status: view.status, code, message } satisfies Ruling,
  });
  const malformed = explainMalformed(decision);
  if (malformed !== null) return refuse('malformed', malformed);
  if (view.votes.some((vote) => vote.decisionId === decision.decisionId)) {
    return { view, ruling: { accepted: true, status: view.status, duplicate: true } };
  }
  if (view.status !== 'open') return refuse('closed', `This is closed: ${describeEnd(view)}.`);
  if (decision.hash !== view.hash) {
    return refuse('stale', 'What you decided on has changed since; look at the newest card.');
  }
  if (!mayDecide(view.policy, decision.by)) {
    return refuse('not-allowed', `Only ${view.policy.by.join(', ')} may decide this.`);
  }
  const unfit = explainUnfit(view, decision);
  if (unfit !== null) return refuse('malformed', unfit);
  const idle = explainIdle(view, decision);
  if (idle !== null) return refuse('not-allowed', idle);
  const { decisionId, decision: choice, by, reason = null, text, usd } = decision;
  const vote: Vote = {
    ...{ decisionId, decision: choice, by, reason, at },
    ...(choice === 'answer' && text !== undefined ? { text } : {}),
    ...(view.kind === 'budget' && choice === 'approve' ? { usd: usd ?? view.subject.topUpUsd } : {}),
  };
  const votes = [...view.votes, vote];
  const complete = missingFrom({ policy: view.policy, votes }).length === 0;
  const status = choice === 'deny' ? 'denied' : complete ? 'approved' : 'open';
  return { view: { ...view, status, votes }, ruling: { accepted: true, status, duplicate: false } };
}

/** Why a consent would add nothing: those who are missing are others. */
function explainIdle(view: ApprovalView, { decision, by }: Decision): string | null {
  const missing = missingFrom(view);
  if (decision === 'deny' || missing.some(({ allowed }) => isAmong(allowed, by))) return null;
  return `This is agreed to already: ${explainProgress(view) ?? `only ${missing.map(namesOf).join(' and ')} is missing`}.`;
}

/** Of decisions that arrive in the same workflow task, a denial is judged first: in doubt, the answer is no. */
export function orderDecisions(decisions: readonly Decision[]): Decision[] {
  return decisions.toSorted((a, b) => Number(b.decision === 'deny') - Number(a.decision === 'deny'));
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
  return `${first.decision === 'answer' ? 'answered' : status} by ${voters(deciding)}`;
}

/** The same of a denial, with the reason that was given. */
export function explainDenial(view: ApprovalView): string {
  const why = view.votes.at(-1)?.reason;
  return describeEnd(view) + (why ? `: ${why}` : '');
}

/** Why time has run out: for whom it was waited. */
export function explainExpiry(view: ApprovalView): string {
  if (view.votes.length === 0) return 'nobody decided in time';
  return `${voters(view.votes)} agreed, ${missingFrom(view).map(namesOf).join(' and ')} did not decide in time`;
}

/** Whether it is a decision on this kind of approval. */
function explainUnfit({ kind, id }: ApprovalView, { decision, usd }: Decision): string | null {
  if (decision === 'deny') return null;
  if (kind === 'question') return decision === 'answer' ? null : `This is a question: coppice answer ${id} TEXT`;
  if (decision === 'answer') return 'This is no question: approve or deny it.';
  return usd !== undefined && kind !== 'budget' ? 'Only a budget takes a sum.' : null;
}

/** Signals come from anyone who can write to the namespace, so their shape is checked here, without zod. */
function explainMalformed(decision: Decision): string | null {
  const isText = (value: unknown, max: number) => typeof value === 'string' && value.length > 0 && value.length <= max;
  if (typeof decision !== 'object' || decision === null) return 'A decision must be an object.';
  if (!isText(decision.decisionId, 200)) return 'decisionId must be a text of at most 200 characters.';
  if (!['approve', 'deny', 'answer'].includes(decision.decision)) return 'decision must be approve, deny or answer.';
  const by: unknown = decision.by;
  if (typeof by !== 'object' || by === null) return 'by must say who decides.';
  if (!['slack', 'email', 'cli'].includes(decision.by.channel)) return 'by.channel must be slack, email or cli.';
  if (!isText(decision.by.id, 200) || !isText(decision.by.name, 200)) return 'by.id and by.name must be texts.';
  if (decision.reason !== undefined && (typeof decision.reason !== 'string' || decision.reason.length > longestWords)) {
    return 'reason must be a text of at most 4,000 characters.';
  }
  if ((decision.decision === 'answer') !== (decision.text !== undefined))
    return 'An answer, and nothing else, has a text.';
  if (decision.text !== undefined && !isText(decision.text, longestWords)) {
    return 'text must be a text of at most 4,000 characters.';
  }
  const { usd } = decision;
  if (usd !== undefined && !(typeof usd === 'number' && usd > 0 && usd <= largestTopUp)) {
    return 'usd must be a number above 0 and at most 1,000,000.';
  }
  return null;
}
