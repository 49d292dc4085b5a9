// Opens an approval and waits for its outcome. The workflow that asks is its parent: cancelling the parent cancels the
// approval.

import type { ApprovalAbout, ApprovalPolicy, ApprovalView } from '../../contracts/approval.ts';
import type { ChannelAddress } from '../../contracts/people.ts';
import type { RunId, UnitId } from '../../contracts/ids.ts';
import { ParentClosePolicy, executeChild, uuid4 } from '@temporalio/workflow';
import { approvalWorkflow } from './approval.ts';
import { deadlineOf } from '../../domain/approval/timing.ts';
import { inLists } from '../../domain/approval/record.ts';
import { webUiText } from '../../domain/text/inert.ts';
import { coppicePhase, coppiceRepository, coppiceRisk, coppiceRun } from '../../contracts/search-attributes.ts';

export interface Asked {
  /** The approval's workflow id. */
  readonly id: string;
  readonly run: RunId;
  readonly unit: UnitId | null;
  /** The repository's short name. */
  readonly slug: string;
  readonly about: ApprovalAbout;
  readonly summary: string;
  readonly policy: ApprovalPolicy;
  readonly openForSeconds: number;
  readonly channels: readonly ChannelAddress[];
}

export function askPeople(asked: Asked): Promise<ApprovalView> {
  const { id, run, unit, slug, about, summary, policy, openForSeconds, channels } = asked;
  const since = new Date(Date.now()).toISOString();
  const approval: ApprovalView = {
    id,
    run,
    unit,
    summary,
    policy,
    ...about,
    hash: hashOf(about),
    status: 'open',
    votes: [],
    since,
    expiresAt: deadlineOf(policy, since, openForSeconds),
  };
  return executeChild(approvalWorkflow, {
    workflowId: id,
    args: [{ approval, channels }],
    parentClosePolicy: ParentClosePolicy.REQUEST_CANCEL,
    staticSummary: webUiText(summary),
    // Lists of open approvals read this memo, so that they need no worker.
    memo: { approval: inLists(approval) },
    typedSearchAttributes: [
      { key: coppiceRun, value: run },
      { key: coppiceRepository, value: slug },
      { key: coppicePhase, value: 'open' },
      { key: coppiceRisk, value: about.kind },
    ],
  });
}

/** What the consent is bound to. */
function hashOf(about: ApprovalAbout): string {
  switch (about.kind) {
    case 'merge':
      // The result commit names its tree, base, run and unit.
      return about.subject.result;
    case 'plan':
      return about.subject.plan;
    case 'egress':
      return about.subject.key;
    case 'tool':
      return about.subject.hash;
    default:
      // Fixed for the life of the approval.
      return uuid4().replaceAll('-', '');
  }
}
