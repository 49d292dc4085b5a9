// What `coppice audit` says of approvals: one entry for each thing that happened to one.

import type { ApprovalKind, ApprovalStatus, Decision, Ruling, Vote } from '../../contracts/approval.ts';
import type { Medium } from '../../contracts/people.ts';
import type { UnitId } from '../../contracts/ids.ts';

export interface AuditPerson {
  /** `temporal` = somebody with access to the Temporal server, by other means than ours; `agent` = the agent of a unit. */
  readonly channel: Medium | 'temporal' | 'agent';
  /** Of an agent, its unit; null = only the name is known. */
  readonly id: string | null;
  readonly name: string;
}

/** What every entry says. */
export interface Of {
  readonly at: string;
  readonly approval: string;
  /** Null = it concerns the whole run. */
  readonly unit: UnitId | null;
  readonly by: AuditPerson | null;
}

interface Sent {
  readonly sender: string | null;
}

/** `unknown`: the history does not show why. */
export type RefusalCode = Extract<Ruling, { accepted: false }>['code'] | 'unknown';

export type ApprovalEntry = Of &
  (
    | {
        readonly kind: 'requested';
        readonly asks: ApprovalKind;
        readonly summary: string;
        readonly hash: string;
        /** Who may decide, one for each requirement, and the rules that ask. */
        readonly mayDecide: readonly string[];
        readonly rules: readonly string[];
        readonly expiresAt: string | null;
        readonly requestedBy: string;
      }
    | ({ readonly kind: 'voted' } & Sent & Omit<Vote, 'by' | 'at'>)
    /** One with the id of a decision that counts arrived, and changed nothing; a link may be used for another choice. */
    | ({
        readonly kind: 'repeated';
        readonly decisionId: string;
        readonly decision: Decision['decision'] | null;
      } & Sent)
    | ({
        readonly kind: 'refused';
        readonly decisionId: string | null;
        readonly decision: Decision['decision'] | null;
        readonly code: RefusalCode;
        readonly message: string;
      } & Sent)
    /** Temporal has it, and the workflow has not judged it: no worker has run since. */
    | ({
        readonly kind: 'unjudged';
        readonly decisionId: string | null;
        readonly decision: Decision['decision'] | null;
      } & Sent)
    | { readonly kind: 'reminded'; readonly times: number }
    | { readonly kind: 'escalated'; readonly to: readonly string[] }
    | { readonly kind: 'overdue' }
    | {
        readonly kind: 'decided';
        readonly outcome: Exclude<ApprovalStatus, 'open'> | 'lost';
        /** Who decided, and why, in words. */
        readonly summary: string;
      }
  );
