// What `coppice audit --json` prints, as types.

import type { ApprovalEntry, Of } from '../../domain/approval/audit-entry.ts';

export type PersonAct =
  | 'start'
  | 'reopen'
  | 'cancel'
  | 'terminate'
  | 'pause'
  | 'resume'
  | 'retry'
  | 'skip'
  | 'message'
  | 'take-back'
  | 'edit-plan'
  /** By the agent of a unit. */
  | 'propose-units'
  | 'bump'
  | 'eject'
  | 'revert'
  /** A message that is none of ours, such as one sent in Temporal's Web UI. */
  | 'signal';

/** What a person did to the run or one of its units, or an agent to its plan. */
export type ActEntry = Omit<Of, 'approval'> & {
  readonly kind: 'acted';
  /** Of an approval that was taken back; else null. */
  readonly approval: string | null;
  readonly act: PersonAct;
  /** Null = the history has no answer. */
  readonly accepted: boolean | null;
  /** What the person said. */
  readonly text: string | null;
  /** Why it was refused. */
  readonly answer: string | null;
  readonly sender: string | null;
};

/** Where an entry is from: Temporal's history, or what the run wrote to the state remote when the history had gone. */
interface Source {
  readonly source: 'history' | 'records';
}

export type AuditEntry = (ApprovalEntry | ActEntry) & Source;

export interface MissingPart {
  /** The workflow whose history is missing; null = it is not about one workflow. */
  readonly workflow: string | null;
  readonly text: string;
}

export interface RunAudit {
  readonly run: string;
  readonly status: 'running' | 'completed' | 'failed' | 'cancelled';
  /** Whether everything that reached the run, its units and their approvals is among the entries. */
  readonly complete: boolean;
  readonly missing: readonly MissingPart[];
  /** By time. */
  readonly entries: readonly AuditEntry[];
}
