// Approvals as data: the question, who may decide, and what they decided. The rules are in domain/approval/decide.ts
// and domain/approval/consent.ts.

import type { ChangePreview } from './change-preview.ts';
import type { ChangeSize } from './change-size.ts';
import type { ConflictBrief } from './conflict.ts';
import type { LargeFile } from './large-file.ts';
import type { Remembering, ToolRequest } from './tool-request.ts';
import type { NoReview, Review } from './review.ts';
import type { RunId, UnitId } from './ids.ts';
import type { CardAddress, CardChannels, ChannelAddress, Medium, People, Person, PostedCard } from './people.ts';

/** The payload of the `decide` signal and update. Other programs send it too, so its fields must not change. */
export interface Decision {
  /** Chosen by the sender. A decision counts once, however often and by whichever way it arrives. */
  readonly decisionId: string;
  /** Must equal the approval's hash: consent is to exactly what was shown. */
  readonly hash: string;
  readonly decision: 'approve' | 'deny' | 'answer';
  readonly by: DecisionMaker;
  readonly reason?: string;
  /** The answer to a question. */
  readonly text?: string;
  /** USD to add to an approved budget; absent = the sum that the approval offers. */
  readonly usd?: number;
  /** Approves a tool call, and the same call again without asking, until the unit or the run ends. */
  readonly remember?: Remembering;
  /** Approves a `conflict` by this commit on the state remote: the person's own result. */
  readonly resolution?: string;
  /** ISO 8601, the sender's clock: what was sent in time counts, also if no worker was there to judge it. */
  readonly at: string;
}

export interface DecisionMaker {
  readonly channel: Medium;
  /** Slack user id, e-mail address or `COPPICE_USER`. */
  readonly id: string;
  readonly name: string;
  readonly proof?: string;
  /** User groups that the person belonged to when they decided, as their medium told the gateway; absent = none. */
  readonly groups?: readonly string[];
  /** User groups that could decide, and of which the medium told nothing; absent = none. */
  readonly unknownGroups?: readonly string[];
}

export interface ApprovalPolicy {
  /** Why a person is asked, in words: the rule that matched. */
  readonly rule: string;
  /** Groups of `people` that may decide, for display; empty = anybody. */
  readonly by: readonly string[];
  /** Those groups resolved; null = anybody. */
  readonly allowed: People | null;
  /** All of these must be met; the fields above sum them up. Absent = the fields above are the only requirement. */
  readonly required?: readonly Requirement[];
  /** Whose ids belong together, where that matters: several people must agree, or not the requester. */
  readonly persons?: readonly Person[];
  readonly timing?: ApprovalTiming;
  /** Decisions need the gateway's proof, and nothing but Slack or the command line will do; absent = they do not. */
  readonly tier?: 'critical';
}

/** How long people have, and what happens meanwhile and then. What is absent is as for its kind of approval. */
export interface ApprovalTiming {
  /** Seconds; null = for ever. */
  readonly withinSeconds?: number | null;
  /** What it means if they do not decide in time: no, or that whoever asks goes on waiting. */
  readonly silence?: Silence;
  /** They are told again, that often. */
  readonly remindSeconds?: number;
  /**
   * Who may decide, too, and when: the next of the requirements' own. If no requirement has one, as in approvals of earlier
   * releases, it is for all of them.
   */
  readonly escalate?: Escalation;
}

export type Silence = 'deny' | 'pause';

export interface Escalation {
  readonly afterSeconds: number;
  /** Groups of `people`, and these groups resolved. */
  readonly to: readonly string[];
  readonly people: People;
}

export type ApprovalStatus = 'open' | 'approved' | 'denied' | 'expired' | 'cancelled';

export interface Vote {
  readonly decisionId: string;
  readonly decision: Decision['decision'];
  readonly by: DecisionMaker;
  readonly reason: string | null;
  /** Of an answer. */
  readonly text?: string;
  /** USD added by approving a budget. */
  readonly usd?: number;
  /** The person's own result of a conflict. */
  readonly resolution?: string;
  /** Of an approved tool call: it may run again without asking, until then. */
  readonly remember?: Remembering;
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
  /** Binds the consent to what is shown: the result commit of a merge, otherwise a nonce. */
  readonly hash: string;
  /** One line for lists and cards. Text from models or repositories: make it inert before showing it. */
  readonly summary: string;
  readonly policy: ApprovalPolicy;
  readonly votes: readonly Vote[];
  /** ISO 8601. */
  readonly since: string;
  /** Null = never. */
  readonly expiresAt: string | null;
  /** The time is over, and it stays open: whoever asks waits. */
  readonly isOverdue?: true;
  /** Since when others may decide, too: the last time that some joined. */
  readonly escalatedAt?: string;
  /** How often people were reminded; absent = never. */
  readonly reminders?: number;
};

/** What is asked, and what a person needs to see before they decide. */
export type ApprovalAbout =
  | {
      readonly kind: 'merge';
      readonly subject: ApprovalPlace & {
        readonly result: string;
        /** At most 50 of the changed paths; those that triggered the question come first. */
        readonly paths: readonly string[];
        readonly pathCount: number;
        /** Absent in approvals of earlier releases. */
        readonly size?: ChangeSize;
        readonly largeFiles?: readonly LargeFile[];
        /** What a reviewer said of this result; absent = it was not reviewed. */
        readonly review?: Review;
        /** Why there is no review, where the configuration expects one. */
        readonly noReview?: NoReview;
        /** Paths in conflict that the agent left as the merge made them. */
        readonly kept?: readonly string[];
        /** Absent in approvals of earlier releases. */
        readonly preview?: ChangePreview;
        /** How often the merge queue has returned the unit's work, and why; absent = never. */
        readonly returned?: { readonly conflicts: number; readonly red: number };
        /** Set if the repository is the state remote, too, so that the result can be seen there. */
        readonly isOnRepository?: true;
      };
    }
  | {
      readonly kind: 'budget';
      readonly subject: ApprovalPlace & {
        readonly spentUsd: number;
        readonly limitUsd: number;
        /** USD that "approve" adds to the limit when the decision names no sum. */
        readonly topUpUsd: number;
      };
    }
  /** Asked by an agent; at most 2,000 characters. */
  | { readonly kind: 'question'; readonly subject: ApprovalPlace & { readonly question: string } }
  /** May a setup use the network although a unit has changed its inputs? */
  | {
      readonly kind: 'egress';
      readonly subject: ApprovalPlace & {
        readonly command: string;
        /** At most 50 of the changed paths that the setup reads. */
        readonly paths: readonly string[];
        readonly pathCount: number;
        /** The end of the setup's output without the network. */
        readonly output: string;
        /** Names the command and the change. */
        readonly key: string;
      };
    }
  /** May an agent run this? */
  | { readonly kind: 'tool'; readonly subject: ApprovalPlace & Omit<ToolRequest, 'call'> }
  /** May the run begin with this plan? */
  | { readonly kind: 'plan'; readonly subject: ApprovalPlace & PlanRequest }
  /** Should agents work on a target that fails its own verification? */
  | {
      readonly kind: 'red-base';
      readonly subject: ApprovalPlace & {
        readonly problem: string;
        /** The last lines of the check's output. */
        readonly output: string;
      };
    }
  /** What now? A unit's agent makes no progress with a conflict, or with a red verification on the target. */
  | {
      readonly kind: 'conflict';
      readonly subject: ApprovalPlace & {
        readonly trouble: 'conflict' | 'verification';
        /** What the unit fails with if people say no. */
        readonly problem: string;
        /** The unit's result, and the commit of the target that it does not fit. */
        readonly result: string;
        readonly onto: string;
        /** How often the merge queue has returned the unit's work. */
        readonly returns: number;
        /** A person's resolution that was not taken, and why; absent = there was none. */
        readonly refused?: string;
        readonly brief: ConflictBrief;
      };
    }
  /** The model's server demands another key, or payment. */
  | { readonly kind: 'credential'; readonly subject: ApprovalPlace & { readonly problem: string } };

/** A plan that people must agree to before anything begins. */
export interface PlanRequest {
  /** The commit on the state remote with the plan and the run's configuration. */
  readonly plan: string;
  /** The first 20 of its units, in the order of the plan. */
  readonly units: readonly { readonly id: string; readonly title: string }[];
  readonly unitCount: number;
  readonly parallel: number;
  readonly model: string;
  /** What the run may cost at most, by its own budget and those of its units; null = no limit. */
  readonly budgetUsd: number | null;
  /** Set if a session has made it, which people may send back with what should change; absent = people wrote it. */
  readonly made?: {
    /** Why the work is cut in this way, in the words of the session; at most 2,000 characters. */
    readonly why: string;
    readonly costUsd: number;
  };
  /** What it changes in the plan that people knew; absent = it is the first. */
  readonly change?: PlanDifference;
  /** What people should know before they agree; at most 20. Absent = nothing. */
  readonly warnings?: readonly string[];
  /** Absent in requests of earlier releases. */
  readonly estimate?: PlanEstimate;
}

/** Ids and titles, at most 20 of each. */
export interface PlanDifference {
  /** A person, or the agent of a unit. */
  readonly by: string;
  /** In the words of an agent; absent = a person has edited the plan. */
  readonly why?: string;
  readonly added: readonly string[];
  readonly changed: readonly string[];
  readonly removed: readonly string[];
}

/** How long a plan may take, against the work that is in it. */
export interface PlanEstimate {
  /** Units in the longest chain of units that wait for each other. */
  readonly chain: number;
  /** In seconds; absent if no unit says how long it takes. */
  readonly makespanSeconds?: number;
  readonly workSeconds?: number;
}

export type ApprovalKind = ApprovalAbout['kind'];

export interface ApprovalPlace {
  readonly repository: string;
  readonly branch: string;
  readonly title: string;
  readonly requestedBy: string;
}

/** Input of an approval workflow: the approval, and where its card goes (null = command line only). */
export interface ApprovalInput extends CardChannels {
  readonly approval: ApprovalView;
  /** Set by continue-as-new: where the card of each channel is; null = nowhere. */
  readonly cards?: readonly { readonly address: ChannelAddress; readonly posted: PostedCard | null }[];
}

/** A card is drawn from the view. */
export interface ApprovalCard extends CardAddress {
  readonly view: ApprovalView;
}

export interface PrivateReply {
  /** The person's id in the medium, such as a Slack user id. */
  readonly user: string;
  readonly text: string;
}

/** What is known of the gateway's signature under a decision; `unknown` = this worker cannot check it. */
export type Proof = 'valid' | 'missing' | 'wrong' | 'unknown';

/** The answer to one decision. */
export type Ruling =
  | { readonly accepted: true; readonly status: ApprovalStatus }
  | {
      readonly accepted: false;
      readonly status: ApprovalStatus;
      readonly code: 'closed' | 'stale' | 'not-allowed' | 'malformed';
      readonly message: string;
    };

/** The answer to an accepted decision: judged, or recorded until a worker can judge it. */
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
  /** How many different people must agree; absent = one. */
  readonly count?: number;
  /** The consent of whoever asked for the run does not count. */
  readonly notRequester?: true;
  /** Who may answer it, too, after some time; absent = nobody else. */
  readonly escalate?: Escalation;
  /** Its paths are among those that `landing.protect` names. */
  readonly guarded?: true;
  /** Its paths are lock files that neither a rule nor the unit's scope names. */
  readonly lockFiles?: true;
  /** A rule about what the setup reads asks. */
  readonly setup?: true;
  /** A few of the changed paths that it concerns. */
  readonly paths: readonly string[];
  readonly pathCount: number;
}

/** One person's agreement to a result. */
export interface Consent extends Pick<DecisionMaker, 'channel' | 'id' | 'groups'> {
  /**
   * Set if they were also shown these paths, which the merge changes but the result does not; absent = the result
   * alone.
   */
  readonly covers?: string;
}

/** Whether to ask a person or to deny. */
export type AskVerdict =
  | { readonly decide: 'ask'; readonly policy: ApprovalPolicy }
  | { readonly decide: 'deny'; readonly rule: string };

export type MergeVerdict = { readonly decide: 'allow' } | AskVerdict;
