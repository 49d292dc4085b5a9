// Documents about what waits for somebody and what somebody did: `approvals`, `approve`, `deny`, `queue list`, `cancel`.

import { z } from 'zod';
import type { ApprovalView } from '../../domain/approval.ts';
import { documentOf } from './document-of.ts';
import { branch, commit, count, policy, queueEntry, repository, runId, time, unitId, version } from './parts.ts';

const approvalStatus = z.enum(['open', 'approved', 'denied', 'expired', 'cancelled']);
const names = z.array(z.string());

const by = z
  .object({
    channel: z.enum(['slack', 'email', 'cli']),
    id: z.string().meta({ description: 'Slack user id, e-mail address or COPPICE_USER.' }),
    name: z.string(),
    proof: z.string().exactOptional(),
  })
  .meta({ description: 'Who decided.' });

export const approvals = documentOf<{ readonly approvals: readonly ApprovalView[] }>()(
  z
    .object({
      version,
      approvals: z
        .array(
          z.object({
            id: z.string().meta({ description: 'What `approve` and `deny` take.' }),
            kind: z.literal('merge'),
            run: runId,
            unit: unitId,
            status: approvalStatus,
            hash: z.string().meta({ description: 'What a decision is bound to.' }),
            summary: z.string(),
            subject: z.object({
              repository,
              branch,
              title: z.string(),
              result: commit('The commit that would land.'),
              requestedBy: z.string(),
              paths: names.meta({ description: 'At most 50 of the changed paths.' }),
              pathCount: count('All of them.'),
            }),
            policy,
            votes: z.array(
              z.object({
                decisionId: z.string(),
                decision: z.enum(['approve', 'deny']),
                by,
                reason: z.string().nullable(),
                at: time('When.'),
              }),
            ),
            since: time('Since when it waits.'),
            expiresAt: time('When nobody can decide any more.'),
          }),
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
  .meta({ title: 'Decision', description: 'What `coppice approve ID --json` and `coppice deny ID --json` print.' });

export const queue = z
  .object({
    version,
    queue: z.string().meta({ description: 'The id of the queue’s workflow.' }),
    repository,
    branch,
    entries: z.array(queueEntry).meta({ description: 'In the order in which they will land.' }),
  })
  .meta({ title: 'Merge queue', description: 'What `coppice queue list --json` prints.' });

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

export const skip = z
  .object({ version, run: runId, unit: unitId, skipping: z.literal(true) })
  .meta({ title: 'Skip', description: 'What `coppice skip RUN UNIT --json` prints.' });
