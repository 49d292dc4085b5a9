// A medium: a way to reach people. Each has a folder here and a row in media.ts; code outside this folder uses only these
// contracts.

import type { Logger } from 'pino';
import type { Env } from '../domain/environment.ts';
import type { Finding } from '../domain/doctor/finding.ts';
import type { WebUi } from '../domain/web-ui.ts';
import type { ApprovalCard, ApprovalView, Decision, PrivateReply } from '../contracts/approval.ts';
import type { PostedCard } from '../contracts/people.ts';
import type { Telling } from '../contracts/activities/people.ts';
import type { RunAccess } from '../contracts/run-access.ts';
import type { Route } from './http.ts';

export interface MediumAdapter {
  /** The variables that configure it, for people. */
  readonly needs: string;
  /** Null if the environment does not configure it. Throws `BadInput`. */
  openChannel(env: Env, parts: ChannelParts): Channel | null;
  /** Null if the environment does not configure it. Throws `BadInput`, also if only one half is configured. */
  openAnswers(env: Env, parts: AnswerParts): AnswerSource | null;
  /** For `coppice doctor`. `channel`: the one that coppice.yaml names; null = it names none. */
  check(env: Env, channel: Promise<string | null>): Promise<Finding>;
}

export interface ChannelParts {
  /** For links on cards; null = nobody has said where it is. */
  readonly webUi: WebUi | null;
}

/** Where approvals are posted and, if the medium can, kept current. Throws failures of the catalogue. */
export interface Channel {
  /** Posts a card; null if the channel is not configured. */
  post(card: ApprovalCard, attempt: Attempt): Promise<PostedCard | null>;
  /** Redraws the card. With `posted` null it searches for the card, and does nothing if there is none. */
  update(posted: PostedCard | null, card: ApprovalCard): Promise<void>;
  /** Says once more, beside the card, that its decision waits. */
  remind(posted: PostedCard, card: ApprovalCard, attempt: Attempt): Promise<void>;
  /**
   * Tells of a run, as a rule in a thread of its own, and brings the thread's first message up to date, which it returns; null
   * if the channel is not configured. If `mayBeThere`, searches for the notice first.
   */
  tell(telling: Telling): Promise<PostedCard | null>;
  /** Sends a line that only one person sees. It may appear twice. */
  reply(posted: PostedCard, reply: PrivateReply): Promise<void>;
}

/** A try to post something. */
export interface Attempt {
  /** Then it is searched for first: an earlier post may have arrived although its answer was lost. */
  readonly mayBeThere: boolean;
  /** From 1. */
  readonly attempt: number;
}

export interface AnswerParts {
  readonly sender: DecisionSender;
  readonly desk: RunDesk;
  readonly log: Logger;
}

/** Source of a medium's answers: requests to the gateway, or a connection that the medium opens itself. */
export interface AnswerSource {
  /** Handlers of `POST` requests, by path. */
  readonly routes: Readonly<Record<string, Route>>;
  /** Handlers of `GET`, `HEAD` and `POST` requests, by what their paths begin with. */
  readonly pages?: Readonly<Record<string, Route>>;
  /** For the gateway's log line when it is ready. */
  readonly details: Readonly<Record<string, string>>;
  /** Checks if each service that it depends on can be reached; keys are names for people. Never rejects. */
  reach(): Promise<Readonly<Record<string, Reach>>>;
  close(): Promise<void>;
}

export type Reach = { readonly ok: true } | { readonly ok: false; readonly why: string };

export type SendOutcome = 'sent' | 'closed';

/** Where a medium sends people's decisions. */
export interface DecisionSender {
  /** Resolves once Temporal has stored the decision, or the approval is closed. Rejects if neither is certain. */
  send(approval: string, decision: Decision): Promise<SendOutcome>;
  /** The approval as it is now. Rejects if nobody answers soon, or there is none. */
  read(approval: string): Promise<ApprovalView>;
}

/** What a medium can show of runs and do to them. Everything throws failures of the catalogue. */
export interface RunDesk {
  /** Open approvals, oldest first. */
  approvals(): Promise<readonly ApprovalView[]>;
  /** Newest first. */
  runs(): Promise<readonly DeskRun[]>;
  /** By its id or any unique part of it. */
  find(text: string): Promise<DeskRun>;
  /** `unit` null = the whole run. `by` names who does it. */
  pause(run: string, unit: string | null, by: string): Promise<void>;
  resume(run: string, unit: string | null): Promise<void>;
  message(run: string, unit: string, words: { readonly by: string; readonly text: string }): Promise<void>;
}

export interface DeskRun {
  readonly run: string;
  readonly status: 'running' | 'completed' | 'failed' | 'cancelled';
  readonly open: boolean;
  readonly repository: string;
  readonly branch: string;
  readonly goal: string;
  readonly startedBy: string;
  readonly startedAt: string;
  readonly progress: {
    readonly total: number;
    readonly landed: number;
    readonly failed: number;
    readonly costUsd: number;
  } | null;
  /** Null = it began before this was written down. */
  readonly access: RunAccess | null;
}
