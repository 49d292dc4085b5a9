// `audit`: what people were asked about a run, and what they did.

import { z } from 'zod';
import type { RunAudit } from '../audit/entries.ts';
import { documentOf } from './document-of.ts';
import { media } from '../../contracts/people.ts';
import {
  approvalKind,
  approvalUnit,
  commit,
  count,
  endedStatus,
  remember,
  runId,
  time,
  usd,
  version,
} from './parts.ts';

const person = z.object({
  channel: z.enum([...media, 'temporal', 'agent']).meta({
    description:
      'How they reach us; `temporal` = with access to the Temporal server, by other means than ours; `agent` = it is the agent of a unit.',
  }),
  id: z
    .string()
    .nullable()
    .meta({ description: 'Their id there: a claim on the command line, and of an agent its unit. Null = not known.' }),
  name: z.string(),
});
const texts = z.array(z.string());
const sender = z
  .string()
  .nullable()
  .meta({ description: 'The process that sent it, as it names itself to Temporal; null = it does not.' });
const choice = z.enum(['approve', 'deny', 'answer']);
const reason = z.string().nullable();
const decisionId = z.string().meta({ description: 'Each counts once, however often it arrives.' });
const unsure = { decisionId: decisionId.nullable(), decision: choice.nullable(), sender };

const of = {
  at: time('When; decisions by the workflow’s clock.'),
  unit: approvalUnit,
  by: person.nullable().meta({ description: 'Null = nobody did it, or nobody can be named.' }),
  source: z.enum(['history', 'records']).meta({
    description: '`records` = the history has gone, and the run itself wrote this to the state remote.',
  }),
};
const ofApproval = { ...of, approval: z.string().meta({ description: 'The approval’s id.' }) };

const entry = z.discriminatedUnion('kind', [
  z.object({
    ...ofApproval,
    kind: z.literal('requested'),
    asks: approvalKind,
    summary: z.string(),
    hash: z.string().meta({ description: 'What a decision is bound to.' }),
    mayDecide: texts.meta({ description: 'One for each group whose consent is needed.' }),
    rules: texts.meta({ description: 'Why people are asked.' }),
    expiresAt: time('The deadline; null = none.').nullable(),
    requestedBy: z.string().meta({ description: 'Who started the run.' }),
  }),
  z.object({
    ...ofApproval,
    kind: z.literal('voted'),
    decisionId,
    decision: choice,
    reason,
    text: z.string().exactOptional().meta({ description: 'Of an answer.' }),
    usd: usd('Of an approved budget.').exactOptional(),
    resolution: commit('Of a conflict: the person’s own result, on the state remote.').exactOptional(),
    remember,
    sender,
  }),
  z.object({ ...ofApproval, kind: z.literal('repeated'), decisionId, decision: choice.nullable(), sender }).meta({
    description: 'Something with the id of a decision that counts already arrived, and changed nothing.',
  }),
  z.object({
    ...ofApproval,
    kind: z.literal('refused'),
    ...unsure,
    code: z.enum(['closed', 'stale', 'not-allowed', 'malformed', 'unknown']),
    message: z.string().meta({ description: 'What the person was told.' }),
  }),
  z.object({ ...ofApproval, kind: z.literal('unjudged'), ...unsure }).meta({
    description: 'Temporal has recorded the decision, and no worker has judged it yet.',
  }),
  z.object({ ...ofApproval, kind: z.literal('reminded'), times: count('How often by then.') }),
  z.object({
    ...ofApproval,
    kind: z.literal('escalated'),
    to: texts.meta({ description: 'The groups that may decide from then on, too.' }),
  }),
  z
    .object({ ...ofApproval, kind: z.literal('overdue') })
    .meta({ description: 'The time was over, and whoever asks went on waiting.' }),
  z.object({
    ...ofApproval,
    kind: z.literal('decided'),
    outcome: z.enum(['approved', 'denied', 'expired', 'cancelled', 'lost']).meta({
      description: '`lost` = its workflow was terminated or failed, so that nobody can decide any more.',
    }),
    summary: z.string().meta({ description: 'Who decided, and why, in words.' }),
  }),
  z.object({
    ...of,
    kind: z.literal('acted'),
    approval: z.string().nullable().meta({ description: 'Of an approval that was taken back; else null.' }),
    act: z
      .enum([
        'start',
        'reopen',
        'cancel',
        'terminate',
        'pause',
        'resume',
        'retry',
        'skip',
        'message',
        'take-back',
        'edit-plan',
        'propose-units',
        'bump',
        'eject',
        'revert',
        'signal',
      ])
      .meta({
        description: 'On the unit; on the whole run if that is null. `signal` = a message that is none of ours.',
      }),
    accepted: z.boolean().nullable().meta({ description: 'Null = nobody has answered it.' }),
    text: z.string().nullable().meta({ description: 'What the person said.' }),
    answer: z.string().nullable().meta({ description: 'Why it was refused; null = it was not.' }),
    sender,
  }),
]);

export const audit = documentOf<RunAudit>()(
  z
    .object({
      version,
      run: runId,
      status: z.enum(['running', ...endedStatus.options]),
      complete: z.boolean().meta({ description: 'Whether the entries are everything that has reached the run.' }),
      missing: z
        .array(
          z.object({
            workflow: z.string().nullable().meta({ description: 'Its id; null = it is not about one workflow.' }),
            text: z.string(),
          }),
        )
        .meta({ description: 'What the entries lack; empty = nothing.' }),
      entries: z.array(entry).meta({ description: 'By time.' }),
    })
    .meta({ title: 'Audit of a run', description: 'What `coppice audit RUN --json` prints.' }),
);
