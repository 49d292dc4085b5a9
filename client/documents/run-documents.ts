// Documents about a whole run: `list`, `status`, `report`, and the events of `run --watch`.

import { z } from 'zod';
import type { HostReports } from '../../contracts/activities/host.ts';
import type { Report } from '../../contracts/documents/report.ts';
import type { RunEvent } from '../watch/events.ts';
import type { RunStatusDocument, RunSummary } from '../watch/status.ts';
import { documentOf } from './document-of.ts';
import {
  approvalKind,
  remember,
  approvalUnit,
  branch,
  commit,
  count,
  endedStatus,
  goal,
  policy,
  queueEntry,
  queueSwitches,
  reason,
  repository,
  runId,
  runStatus,
  seconds,
  startedBy,
  time,
  unitId,
  unitPhase,
  usage,
  usd,
  version,
  votes,
  changeSize,
  largeFiles,
  kept,
  noReview,
  reviewRecord,
  reviewUsd,
} from './parts.ts';

const model = z.string().meta({ description: 'The model’s name.' });
const title = z.string().meta({ description: 'The unit’s title.' });
const needs = z.array(z.string()).meta({ description: 'Units that must have landed first.' });
const estimated = z
  .boolean()
  .meta({ description: 'Whether a call that was cut off is counted at the most it can cost.' });
const landedAs = commit('The unit’s commit on the target branch.').nullable();
const approvalSummary = z.string().meta({ description: 'One line for people.' });
const approvalId = z.string().meta({ description: 'What `approve` and `deny` take.' });
const expiresAt = time('When the time to decide is over; null = never.').nullable();
const isOverdue = z
  .literal(true)
  .exactOptional()
  .meta({ description: 'The time is over, and it stays open: whoever asks waits.' });

const timeSpent = z
  .object({
    dependencies: seconds('Until what it needs had landed.'),
    slot: seconds('Until a host had room.'),
    work: seconds('Agents at work.'),
    human: seconds('Until a person had decided.'),
    queue: seconds('In the merge queue.'),
  })
  .meta({ description: 'Where its time went.' });

export const list = documentOf<{ readonly runs: readonly RunSummary[] }>()(
  z
    .object({
      version,
      runs: z.array(
        z.object({
          run: runId,
          status: z.enum(['planning', 'running', ...endedStatus.options]),
          repository,
          branch,
          goal,
          startedBy,
          startedAt: time('When it began.'),
          endedAt: time('When it ended; null while it is open.').nullable(),
          units: z
            .object({ total: count('All.'), landed: count('On the target branch.'), failed: count('Failed.') })
            .nullable()
            .meta({ description: 'Null where the run does not say.' }),
          costUsd: usd('What the model has cost; null where the run does not say.').nullable(),
        }),
      ),
    })
    .meta({
      title: 'Runs',
      description: 'What `coppice list --json` prints: all runs that the server remembers, newest first.',
    }),
);

const mebibytes = (what: string) =>
  z.object({ memoryMb: count(`MiB of memory ${what}.`), diskMb: count(`MiB of disk ${what}.`) });
const slots = z.object({ total: count('All.'), used: count('Taken.') });

export const hosts = documentOf<{ readonly hosts: HostReports }>()(
  z
    .object({
      version,
      hosts: z.array(
        z.object({
          host: z.string().meta({ description: 'The host’s id.' }),
          report: z
            .object({
              host: z.string(),
              version: z.string().meta({ description: 'Of Coppice.' }),
              sandbox: z.enum(['bwrap', 'none']),
              startedAt: time('When its worker began.'),
              draining: z.boolean().meta({ description: 'It takes nothing new, and ends after the turns in flight.' }),
              slots: slots.meta({ description: 'For agents.' }),
              verifySlots: slots.meta({ description: 'For verification.' }),
              free: mebibytes('that are free'),
              floor: mebibytes('that must be free for something to begin'),
              lack: z.string().nullable().meta({ description: 'Why it takes nothing new; null = it does.' }),
            })
            .nullable()
            .meta({ description: 'Null for a host that did not answer.' }),
        }),
      ),
    })
    .meta({ title: 'Hosts', description: 'What `coppice list --hosts --json` prints.' }),
);

export const status = documentOf<RunStatusDocument>()(
  z
    .object({
      version,
      run: runId,
      status: runStatus,
      repository,
      branch,
      goal,
      model,
      startedBy,
      startedAt: time('When the run began.'),
      units: z
        .array(
          z.object({
            id: unitId,
            title,
            phase: unitPhase,
            reason,
            needs,
            host: z.string().nullable().meta({ description: 'The host that works on it.' }),
            turn: count('Answers of the model so far.').nullable(),
            doing: z.string().nullable().meta({ description: 'What its session does just now.' }),
            draining: z.literal(true).exactOptional().meta({
              description: 'Its host drains: it goes on elsewhere after this turn. Absent = it does not.',
            }),
            since: time('When the phase began.'),
            costUsd: usd('So far.'),
            estimated,
            budgetUsd: usd('What it may cost in all; null = no limit of its own; absent once the run has ended.')
              .nullable()
              .exactOptional(),
            commit: landedAs.exactOptional(),
          }),
        )
        .meta({ description: 'In the order of the plan.' }),
      trying: z
        .string()
        .meta({ description: 'What is done to try the target before the first unit begins; absent afterwards.' })
        .exactOptional(),
      queue: z.array(queueEntry).meta({ description: 'The merge queue of the branch, other runs included, in order.' }),
      queueSwitches: z.object(queueSwitches).exactOptional().meta({
        description: 'Why the merge queue lands less than usual; absent = it does not, or no unit of the run is in it.',
      }),
      approvals: z
        .array(
          z.object({
            id: approvalId,
            kind: approvalKind,
            unit: approvalUnit,
            summary: approvalSummary,
            policy,
            requestedBy: z.string().exactOptional().meta({ description: 'Who asked for the run.' }),
            votes: votes
              .exactOptional()
              .meta({ description: 'Those who agreed while somebody is still missing; absent = nobody.' }),
            since: time('Since when it waits.'),
            expiresAt,
            isOverdue,
          }),
        )
        .meta({ description: 'Decisions that wait for a person.' }),
      budget: z.object({ spentUsd: usd('So far.'), limitUsd: usd('Null = no limit.').nullable() }),
    })
    .meta({
      title: 'Status of a run',
      description: 'What `coppice status RUN --json` prints, with `--watch` once a line at every change.',
    }),
);

const reportUnit = z.object({
  id: unitId,
  status: unitPhase,
  reason,
  needs,
  commit: landedAs,
  size: changeSize.meta({
    description:
      'What it has changed on the target branch; where it did not land, what its result would change. Absent = it has no result, or an earlier release wrote the report.',
  }),
  largeFiles,
  kept,
  review: reviewRecord,
  noReview,
  redBefore: z.array(z.string()).exactOptional().meta({
    description:
      'Commands that failed when it landed, and failed on the target already (`queue.onRedBase: delta`); absent = everything passed.',
  }),
  retries: count('How often a person had it begun anew; absent = never.').exactOptional(),
  skippedBy: z.string().exactOptional().meta({ description: 'The person who left it out.' }),
  failedDependency: unitId
    .exactOptional()
    .meta({ description: 'The unit that did not land and because of which this one is skipped.' }),
  startedAt: time('When it was started; null when it never was.').nullable(),
  endedAt: time('When it landed, or was over in another way.').nullable(),
  hosts: z.array(z.string()).meta({ description: 'Hosts that worked on it, in order.' }),
  slices: count('Pieces of agent work.'),
  turns: count('Answers of the model.'),
  attempts: count('How often it was handed in.'),
  usage,
  costUsd: usd('What it has cost.'),
  reviewUsd,
  estimated,
  tries: z
    .array(
      z.object({
        retry: count('How often a person had retried the unit when it began.'),
        status: unitPhase,
        reason,
        startedAt: time('When it began.'),
        endedAt: time('When it was over.').nullable(),
        slices: count('Pieces of agent work.'),
        attempts: count('How often it was handed in.'),
        seconds: timeSpent,
      }),
    )
    .exactOptional()
    .meta({
      description:
        'Each time that it began, of a unit that was retried or came back after it was skipped; its own amounts are their sums. Absent = it ended only once.',
    }),
  seconds: timeSpent,
});

export const report = documentOf<Report>()(
  z
    .object({
      version,
      run: runId,
      status: endedStatus,
      repository,
      branch,
      base: commit('Tip of the target branch when the run started.'),
      tip: commit(
        'Tip of the target branch when the run ended; null when there was no such branch, or no answer.',
      ).nullable(),
      goal: z.string().meta({ description: 'The plan’s goal.' }),
      plan: commit('The plan as it ended, on the state remote.').exactOptional(),
      model,
      startedBy,
      startedAt: time('When the run began.'),
      endedAt: time('When it ended.'),
      makespanSeconds: seconds('From begin to end.'),
      criticalPathSeconds: seconds('Work on the longest chain of units that need each other.'),
      sequentialSeconds: seconds('Work on all units.'),
      speedup: z.number().meta({ description: '`sequentialSeconds` over `makespanSeconds`.' }),
      costUsd: usd('What the model has cost.'),
      reviewUsd,
      limitUsd: usd('What the run could spend in all, with what people added; null = no limit.')
        .nullable()
        .exactOptional(),
      verify: z.enum(['tip', 'each']).exactOptional().meta({
        description: '`queue.verify` as the run began. Absent = an earlier release wrote the report.',
      }),
      units: z.array(reportUnit.extend({ title })),
      planning: reportUnit.exactOptional().meta({
        description:
          'The session that made the plan; its cost is part of that of the run. Absent = people made the plan.',
      }),
      planChanges: z
        .array(
          z.object({
            plan: commit('The changed plan, on the state remote.'),
            by: z.string(),
            at: time('When the run went on with it.'),
            added: count('Units that the plan before did not have.'),
            changed: count('Units that differ from the plan before.'),
            removed: count('Units that are gone.'),
            proposed: count('Units that an agent has proposed; absent = a person has edited the plan.').exactOptional(),
          }),
        )
        .exactOptional()
        .meta({ description: 'How the plan changed while the run was open, in order; absent = it did not.' }),
      conflicts: z.object({
        predicted: count('Seen before they were met.'),
        met: count('Met in the merge queue.'),
        resolvedByAgent: count('Resolved by the unit’s agent.'),
        resolvedByPerson: count('Resolved by a person.'),
      }),
      decisions: z.array(
        z.object({
          id: approvalId,
          kind: approvalKind,
          decision: z.enum(['approved', 'denied', 'expired', 'cancelled']),
          by: z.string().nullable(),
          channel: z.string().nullable(),
          at: time('When.'),
          reason: z.string().nullable(),
          sentBack: z
            .literal(true)
            .exactOptional()
            .meta({ description: 'Denied with what should be different, and asked about again.' }),
          usd: usd('What was added to a budget.').exactOptional(),
          remember,
          unit: approvalUnit,
        }),
      ),
    })
    .meta({
      title: 'Report of a run',
      description: 'What `coppice report RUN --json` prints, and `coppice run PLAN --json` at its end.',
    }),
);

const eventBase = { version, at: time('When it happened.'), run: runId };
const unitEvent = { ...eventBase, unit: unitId, title };

export const event = documentOf<RunEvent>()(
  z
    .discriminatedUnion('type', [
      z.object({ ...unitEvent, type: z.literal('unit-started') }),
      z.object({ ...unitEvent, type: z.literal('unit-phase'), phase: unitPhase, host: z.string().nullable() }),
      z.object({ ...unitEvent, type: z.literal('unit-landed'), commit: landedAs, costUsd: usd('What it has cost.') }),
      z.object({
        ...unitEvent,
        type: z.literal('unit-failed'),
        status: z.enum(['failed', 'cancelled', 'skipped']),
        reason,
        costUsd: usd('What it has cost.'),
      }),
      z.object({
        ...eventBase,
        type: z.literal('approval-opened'),
        id: approvalId,
        unit: approvalUnit,
        kind: approvalKind,
        summary: approvalSummary,
        expiresAt,
      }),
      z.object({
        ...eventBase,
        type: z.literal('approval-decided'),
        id: approvalId,
        unit: approvalUnit,
        decision: z
          .enum(['approved', 'denied', 'expired', 'cancelled'])
          .nullable()
          .meta({ description: 'Null when the unit does not show yet how it was decided.' }),
      }),
      z.object({
        ...eventBase,
        type: z.literal('run-ended'),
        status: endedStatus,
        landed: count('Units that landed.'),
        total: count('Units in all.'),
        costUsd: usd('What the model has cost.'),
      }),
    ])
    .meta({
      title: 'Event of a run',
      description: 'A line of `coppice run PLAN --json --watch` before the report.',
    }),
);
