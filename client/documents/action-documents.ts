// Documents about pending questions and people's actions: `approvals`, `approve`, `cancel`, `pause`, …

import { z } from 'zod';
import type { ApprovalView } from '../../contracts/approval.ts';
import { documentOf } from './document-of.ts';
import {
  approvalUnit,
  branch,
  commit,
  count,
  policy,
  repository,
  runId,
  time,
  unitId,
  usd,
  version,
  votes,
  changeSize,
  largeFiles,
  kept,
  noReview,
  review,
  seconds,
} from './parts.ts';

const approvalStatus = z.enum(['open', 'approved', 'denied', 'expired', 'cancelled']);
const names = z.array(z.string());

const approval = {
  id: z.string().meta({ description: 'What `approve`, `deny` and `answer` take.' }),
  run: runId,
  unit: approvalUnit,
  status: approvalStatus,
  hash: z.string().meta({ description: 'What a decision is bound to.' }),
  summary: z.string(),
  policy,
  votes: votes.meta({ description: 'Those who agreed while somebody is still missing.' }),
  since: time('Since when it waits.'),
  expiresAt: time('When the time to decide is over; null = never.').nullable(),
  isOverdue: z
    .literal(true)
    .exactOptional()
    .meta({ description: 'The time is over, and it stays open: whoever asks waits.' }),
  escalatedAt: time('Since when others may decide, too; absent = they may not.').exactOptional(),
  reminders: count('How often people were reminded; absent = never.').exactOptional(),
};
const place = { repository, branch, title: z.string(), requestedBy: z.string() };

const lines = count('Lines; null = a binary file.').nullable();
const preview = z
  .object({
    words: z.string().meta({ description: 'The end of what the agent said last; empty = nothing.' }),
    files: z
      .array(z.object({ path: z.string(), additions: lines, deletions: lines }))
      .meta({ description: 'At most 20 of the changed files.' }),
    diff: z.string().meta({ description: 'The first lines of the patch; empty in lists.' }),
    checks: names.meta({ description: 'The checks that passed in the unit’s worktree.' }),
    costUsd: usd('What the unit has cost so far.'),
  })
  .meta({ description: 'What people see of the change; absent in approvals of earlier releases.' });

const mergeApproval = z.object({
  ...approval,
  kind: z.literal('merge'),
  subject: z.object({
    ...place,
    result: commit('The commit that would land.'),
    paths: names.meta({ description: 'At most 50 of the changed paths.' }),
    pathCount: count('All of them.'),
    size: changeSize.meta({ description: 'Absent in approvals of earlier releases.' }),
    largeFiles,
    review,
    noReview,
    kept,
    preview: preview.exactOptional(),
    returned: z
      .object({
        conflicts: count('For a conflict.'),
        red: count('For a red verification on the target.'),
      })
      .exactOptional()
      .meta({ description: 'How often the merge queue has returned the unit’s work; absent = never.' }),
    isOnRepository: z
      .literal(true)
      .exactOptional()
      .meta({ description: 'Set if the result can be seen on the repository itself, which is the state remote, too.' }),
  }),
});
const budgetApproval = z.object({
  ...approval,
  kind: z.literal('budget'),
  subject: z.object({
    ...place,
    spentUsd: usd('So far.'),
    limitUsd: usd('What it may cost.'),
    topUpUsd: usd('What `approve` adds when it names no sum.'),
  }),
});
const questionApproval = z.object({
  ...approval,
  kind: z.literal('question'),
  subject: z.object({ ...place, question: z.string().meta({ description: 'What the agent wants to know.' }) }),
});
const egressApproval = z.object({
  ...approval,
  kind: z.literal('egress'),
  subject: z.object({
    ...place,
    command: z.string().meta({ description: 'The setup command that would have the network.' }),
    paths: names.meta({ description: 'At most 50 of the changed paths that the setup reads.' }),
    pathCount: count('All of them.'),
    output: z.string().meta({ description: 'The end of what the setup said without the network.' }),
    key: z.string().meta({ description: 'Names the command and the change that the decision is about.' }),
  }),
});
const toolApproval = z.object({
  ...approval,
  kind: z.literal('tool'),
  subject: z.object({
    ...place,
    tool: z.string().meta({ description: 'The tool that the agent calls.' }),
    text: z.string().meta({ description: 'The whole command or edit; in lists, its beginning.' }),
    directory: z.string().meta({ description: 'Where it would run; the worktree is at `/work`.' }),
    matched: names.meta({ description: 'The parts of it that rules ask about: at most 20.' }),
    words: z.string().meta({ description: 'What the agent said before it; may be empty.' }),
    key: z.string().meta({ description: 'Names the same call in the same directory.' }),
    hash: z.string().meta({ description: 'Names the call, its directory and what is in the worktree.' }),
  }),
});
const planApproval = z.object({
  ...approval,
  kind: z.literal('plan'),
  subject: z.object({
    ...place,
    plan: commit('The plan and the run’s configuration, on the state remote.'),
    units: z
      .array(z.object({ id: unitId, title: z.string() }))
      .meta({ description: 'The first 20 units, in the order of the plan.' }),
    unitCount: count('All of them.'),
    parallel: count('How many work at once.'),
    model: z.string(),
    budgetUsd: usd(
      'What the run may cost at most, by its own budget and those of its units; null = no limit.',
    ).nullable(),
    made: z
      .object({
        why: z.string().meta({ description: 'Why the work is cut in this way, in the words of the session.' }),
        costUsd: usd('What the planning has cost.'),
      })
      .exactOptional()
      .meta({ description: 'A planning session has made the plan: `answer` sends it back. Absent = people wrote it.' }),
    change: z
      .object({
        by: z.string().meta({ description: 'A person, or the agent of a unit.' }),
        why: z.string().exactOptional().meta({ description: 'In the words of the agent.' }),
        added: names,
        changed: names,
        removed: names,
      })
      .exactOptional()
      .meta({ description: 'What it changes in the plan that people knew; absent = it is the first.' }),
    warnings: names.exactOptional().meta({ description: 'What people should know before they agree.' }),
    estimate: z
      .object({
        chain: count('Units in the longest chain of units that wait for each other.'),
        makespanSeconds: seconds('How long the plan may take.').exactOptional(),
        workSeconds: seconds('The work of all units.').exactOptional(),
      })
      .exactOptional()
      .meta({ description: 'Seconds are absent if no unit says how long it takes.' }),
  }),
});
const redBaseApproval = z.object({
  ...approval,
  kind: z.literal('red-base'),
  subject: z.object({
    ...place,
    problem: z.string().meta({ description: 'What fails on the target before the run has changed anything.' }),
    output: z.string().meta({ description: 'The last lines of what it printed.' }),
  }),
});
const conflictApproval = z.object({
  ...approval,
  kind: z.literal('conflict'),
  subject: z.object({
    ...place,
    trouble: z.enum(['conflict', 'verification']).meta({
      description: 'What the merge queue met: a conflict, or a verification that is red on the target only.',
    }),
    problem: z.string().meta({ description: 'What the unit fails with if people say no.' }),
    result: commit('The unit’s result.'),
    onto: commit('The commit of the target that it does not fit.'),
    returns: count('How often the merge queue has returned the unit’s work.'),
    refused: z.string().exactOptional().meta({
      description: 'Why the last resolution by a person was not taken; absent = there was none.',
    }),
    brief: z.object({
      commit: commit('What `coppice checkout` shows people, on the state remote.'),
      paths: names.meta({ description: 'At most 50 of the paths in conflict, or that the unit changes.' }),
      pathCount: count('All of them.'),
      others: z
        .array(
          z.object({
            commit: commit('On the target.'),
            subject: z.string(),
            unit: z.string().nullable().meta({ description: 'The unit that landed it; null = none.' }),
          }),
        )
        .meta({ description: 'The other side, newest first: at most 5 commits.' }),
      lastWords: z.string().meta({ description: 'The end of what the agent said last; may be empty.' }),
    }),
  }),
});
const credentialApproval = z.object({
  ...approval,
  kind: z.literal('credential'),
  subject: z.object({ ...place, problem: z.string().meta({ description: 'What the model’s server answered.' }) }),
});

export const approvals = documentOf<{ readonly approvals: readonly ApprovalView[] }>()(
  z
    .object({
      version,
      approvals: z
        .array(
          z.discriminatedUnion('kind', [
            mergeApproval,
            budgetApproval,
            questionApproval,
            egressApproval,
            toolApproval,
            planApproval,
            credentialApproval,
            redBaseApproval,
            conflictApproval,
          ]),
        )
        .meta({ description: 'Oldest first.' }),
    })
    .meta({ title: 'Open approvals', description: 'What `coppice approvals --json` prints.' }),
);

export const decision = z
  .object({
    version,
    id: z.string().meta({ description: 'The approval.' }),
    status: z.enum([...approvalStatus.options, 'recorded']).meta({
      description: 'How the approval stands now; `recorded` when no worker has judged it yet.',
    }),
  })
  .meta({ title: 'Decision', description: 'What `approve`, `deny` and `answer` print with `--json`.' });

export const cancellation = z
  .object({
    version,
    run: runId,
    unit: unitId.exactOptional(),
    cancelling: z.literal(true),
  })
  .meta({ title: 'Cancellation', description: 'What `coppice cancel RUN --json` prints.' });

export const retry = z
  .object({ version, run: runId, unit: unitId, retrying: z.literal(true) })
  .meta({ title: 'Retry', description: 'What `coppice retry RUN UNIT --json` prints.' });

export const resolved = z
  .object({
    version,
    run: runId,
    unit: unitId,
    base: commit('The commit of the target that the resolution sits on.'),
    commit: commit('The resolution, on the state remote; what lands is made of it.'),
    files: count('Files that it changes against its base.'),
    status: z.enum(['open', 'approved', 'recorded', 'retrying']).meta({
      description:
        '`approved`: it is judged next, and then in the merge queue; `open`: others must agree as well; `recorded`: no worker has judged the decision yet; `retrying`: the unit had failed, and begins anew with it.',
    }),
  })
  .meta({ title: 'Resolution', description: 'What `coppice resolve RUN UNIT DIR --json` prints.' });

export const skip = z
  .object({ version, run: runId, unit: unitId, skipping: z.literal(true) })
  .meta({ title: 'Skip', description: 'What `coppice skip RUN UNIT --json` prints.' });

export const pause = z
  .object({ version, run: runId, unit: unitId.exactOptional(), paused: z.boolean() })
  .meta({ title: 'Pause', description: 'What `coppice pause RUN --json` and `coppice resume RUN --json` print.' });

export const message = z
  .object({ version, run: runId, unit: unitId, sent: z.literal(true) })
  .meta({ title: 'Message', description: 'What `coppice message RUN UNIT TEXT --json` prints.' });
