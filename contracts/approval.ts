// Approvals as they travel: what people are asked, who may decide, and what they said. Data only; the rules are in
// domain/approval/decide.ts and domain/approval/consent.ts.

import type { LargeFile } from './large-file.ts';
import type { RunId, UnitId } from './ids.ts';
import type { CardAddress, CardChannels, Medium, People } from './people.ts';

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
  readonly channel: Medium;
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
export interface ApprovalInput extends CardChannels {
  readonly approval: ApprovalView;
}

/** A card is drawn from the view. */
export interface ApprovalCard extends CardAddress {
  readonly view: ApprovalView;
}

export interface PrivateReply {
  /** As the medium names them: a Slack user id, say. */
  readonly user: string;
  readonly text: string;
}

/** The answer to one decision. */
export type Ruling =
  | { readonly accepted: true; readonly status: ApprovalStatus }
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

/** One reason to ask, and who can answer it. */
export interface Requirement {
  readonly rule: string;
  /** Groups of `people`; empty = anybody. */
  readonly by: readonly string[];
  /** Those groups resolved; null = anybody. */
  readonly allowed: People | null;
  /** A few of the changed paths that it is about. */
  readonly paths: readonly string[];
  readonly pathCount: number;
}

/** One person's agreement to a result. */
export interface Consent extends Pick<DecisionMaker, 'channel' | 'id'> {
  /** They were shown the merge with these paths, too, which the result itself does not change; absent = the result alone. */
  readonly covers?: string;
}

/** Whether a person may be asked. */
export type AskVerdict =
  | { readonly decide: 'ask'; readonly policy: ApprovalPolicy }
  | { readonly decide: 'deny'; readonly rule: string };

export type MergeVerdict = { readonly decide: 'allow' } | AskVerdict;
