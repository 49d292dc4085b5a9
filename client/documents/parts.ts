// Parts that several documents share. Descriptions go into the published schemas.

import { openStatuses } from '../../contracts/documents/report.ts';
import { z } from 'zod';
import { rememberings } from '../../contracts/tool-request.ts';
import { eachList, media } from '../../contracts/people.ts';
import { noReviewReasons, reviewVerdicts } from '../../contracts/review.ts';
import { unitPhases } from '../../contracts/documents/report.ts';

export const version = z.literal(1).meta({ description: 'The version of this format.' });

export function time(description: string): z.ZodString {
  return z
    .string()
    .regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/)
    .meta({ description: `${description} ISO 8601 in UTC.` });
}

export function usd(description: string): z.ZodNumber {
  return z
    .number()
    .gte(0)
    .meta({ description: `${description} USD.` });
}

export function seconds(description: string): z.ZodNumber {
  return z.number().meta({ description: `${description} Seconds.` });
}

export function count(description: string): z.ZodInt {
  return z.int().gte(0).meta({ description });
}

export const runId = z.string().meta({ description: 'The run’s id.' });
export const unitId = z.string().meta({ description: 'The unit’s id in its plan.' });
export const repository = z.string().meta({ description: 'URL or absolute path of the repository.' });
export const branch = z.string().meta({ description: 'The target branch.' });
export const goal = z.string().meta({ description: 'First line of the plan’s goal.' });
export const startedBy = z.string().meta({ description: 'Who started the run: a claim, not a proof.' });

export function commit(description: string): z.ZodString {
  return z
    .string()
    .regex(/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/)
    .meta({ description });
}

export const endedStatus = z.enum(['completed', 'failed', 'cancelled']).meta({
  description: '`completed` only when every unit landed.',
});
export const runStatus = z.enum([...openStatuses, ...endedStatus.options]);

export const unitPhase = z.enum(unitPhases);

export const reason = z
  .string()
  .nullable()
  .meta({
    description: 'Why the unit did not land: a stable code, a colon, and words.',
    examples: ['conflict: with the target in src/parse.ts'],
  });

export const usage = z
  .object({
    inputTokens: count('Without what the cache served or stored.'),
    outputTokens: count('What the model wrote.'),
    cacheReadTokens: count('What the cache served.'),
    cacheWriteTokens: count('What the cache stored.'),
  })
  .meta({ description: 'Tokens as the Messages API counts them.' });

export const placedError = z.object({
  at: z
    .object({
      file: z.string(),
      line: z.int().gte(1).meta({ description: 'Counted from 1.' }),
      column: z.int().gte(1).meta({ description: 'Counted from 1, in UTF-16 units.' }),
    })
    .meta({ description: 'Where.' }),
  message: z.string().meta({ description: 'What is wrong there.' }),
});

export const queueEntry = z.object({
  run: runId,
  unit: unitId,
  state: z.enum(['waiting', 'building', 'verifying', 'landing']).meta({ description: 'What the queue does with it.' }),
  since: time('Since when.'),
  place: count('In the order in which entries are expected to land, from 1.'),
  priority: z.int().meta({ description: 'Given by people, from -10 to 10; usually 0.' }),
  reverts: z.string().nullable().meta({ description: 'The commit that it takes back; null = it is a unit’s result.' }),
  train: z.int().nullable().meta({ description: 'The train it is in; null = none.' }),
  reason: z.string().meta({ description: 'What it waits for, in words.' }),
  expectedAt: time('When it is expected to land; null = nobody can tell.').nullable(),
  attempt: z.number().int().exactOptional().meta({
    description: 'How often a host has begun what the queue does with it now, from 1. Absent while it waits.',
  }),
  lastFailure: z
    .string()
    .nullable()
    .exactOptional()
    .meta({ description: 'What the attempt before failed with; null = there was none, or it did not.' }),
});

const steeredBy = z.string().meta({ description: 'Who said so: a claim, not a proof.' });

const pause = z.object({
  by: steeredBy,
  reason: z.string().nullable(),
  since: time('Since when.'),
  above: z
    .int()
    .nullable()
    .meta({ description: 'What has at least this priority lands all the same; null = nothing does.' }),
});

/** Why a queue lands less than usual. */
export const queueSwitches = {
  paused: pause
    .extend({
      before: pause.exactOptional().meta({
        description: 'If the queue has paused by itself (`by` is `Coppice`): a pause of people’s that holds after it.',
      }),
    })
    .nullable()
    .meta({ description: 'Null = it is not paused.' }),
  draining: z
    .object({ by: steeredBy, since: time('Since when.') })
    .nullable()
    .meta({ description: 'It lands what is in it, and takes nothing new; null = it does not drain.' }),
  redBase: z
    .object({
      target: commit('The tip of the branch that fails.'),
      command: z.string().meta({ description: 'The command that fails there.' }),
      since: time('Since when it is known.'),
    })
    .nullable()
    .meta({ description: 'The branch is red by itself; null = not that anybody knows.' }),
};

const names = z.array(z.string());

const asking = {
  rule: z.string().meta({ description: 'Why a person is asked.' }),
  by: names.meta({ description: 'Groups that may decide; empty = anybody.' }),
  allowed: z
    .object(eachList(() => names.exactOptional()))
    .nullable()
    .meta({
      description:
        'The people of these groups, by medium; null = anybody. A medium that is newer than the approval is absent.',
    }),
};
const escalate = z
  .object({
    afterSeconds: z.number(),
    to: names.meta({ description: 'Groups.' }),
    people: z.object(eachList(() => names.exactOptional())),
  })
  .exactOptional();

export const policy = z.object({
  ...asking,
  required: z
    .array(
      z.object({
        ...asking,
        count: count('How many different people must agree; absent = one.').exactOptional(),
        notRequester: z
          .literal(true)
          .exactOptional()
          .meta({ description: 'The consent of whoever asked for the run does not count.' }),
        escalate: escalate.meta({ description: 'Who may answer this, too, after some time; absent = nobody else.' }),
        guarded: z.literal(true).exactOptional().meta({ description: 'Its paths are protected (`landing.protect`).' }),
        lockFiles: z
          .literal(true)
          .exactOptional()
          .meta({ description: 'Its paths are lock files that neither a rule nor the scope of the unit names.' }),
        setup: z.literal(true).exactOptional().meta({ description: 'A rule about what the setup reads asks.' }),
        paths: names.meta({ description: 'A few of the changed paths that it is about.' }),
        pathCount: count('All of them.'),
      }),
    )
    .exactOptional()
    .meta({
      description:
        'Each of these must be agreed to by somebody it allows; what stands beside is their sum. Absent = that alone.',
    }),
  persons: z
    .array(z.object({ name: z.string(), ...eachList(() => names.exactOptional()) }))
    .exactOptional()
    .meta({ description: 'Whose ids belong together, where several people must agree, or not the requester.' }),
  tier: z
    .literal('critical')
    .exactOptional()
    .meta({ description: 'A decision needs a proof, and does not come by e-mail; absent = it may.' }),
  timing: z
    .object({
      withinSeconds: z.number().nullable().exactOptional().meta({ description: 'Null = for ever; absent = 7 days.' }),
      silence: z
        .enum(['deny', 'pause'])
        .exactOptional()
        .meta({ description: 'What it means if nobody decides in time; absent = no.' }),
      remindSeconds: z.number().exactOptional().meta({ description: 'People are told again, that often.' }),
      escalate: escalate.meta({
        description:
          'Who may decide, too, after some time: about the requirements that name it, or about all if none does.',
      }),
    })
    .exactOptional()
    .meta({ description: 'How long people have; absent = as usual.' }),
});

const by = z
  .object({
    channel: z.enum(media),
    id: z.string().meta({ description: 'Slack user id, e-mail address or COPPICE_USER.' }),
    name: z.string(),
    proof: z.string().exactOptional(),
    groups: names.exactOptional().meta({
      description: 'User groups of Slack that they belonged to when they decided; absent = none that matters.',
    }),
    unknownGroups: names.exactOptional().meta({ description: 'Of which Slack told nothing then; absent = none.' }),
  })
  .meta({ description: 'Who decided.' });

export const remember = z
  .enum(rememberings)
  .exactOptional()
  .meta({ description: 'Of a tool call: it may run again without asking until the unit, or the run, ends.' });

export const votes = z.array(
  z.object({
    decisionId: z.string(),
    decision: z.enum(['approve', 'deny', 'answer']),
    by,
    reason: z.string().nullable(),
    text: z.string().exactOptional().meta({ description: 'Of an answer.' }),
    usd: usd('Of an approved budget.').exactOptional(),
    resolution: commit('Of a conflict: the person’s own result, on the state remote.').exactOptional(),
    remember,
    at: time('When.'),
  }),
);

export const changeSize = z
  .object({
    files: count('Changed files; a renamed one counts twice.'),
    additions: count('Lines added; binary files have none.'),
    deletions: count('Lines removed.'),
  })
  .exactOptional();

export const largeFiles = z
  .array(
    z.object({
      path: z.string(),
      bytes: z.int().nonnegative(),
      binary: z.boolean(),
    }),
  )
  .exactOptional()
  .meta({ description: 'New binary files, and files that have grown beyond 1 MiB: at most 10; absent = none.' });

const reviewFacts = {
  verdict: z.enum(reviewVerdicts).meta({ description: '`none` = the reviewer gave no verdict.' }),
  rounds: count('Reviews since the merge queue last returned it.'),
  model: z.string().meta({ description: 'The reviewer’s model.' }),
  summary: z.string().meta({ description: 'In the reviewer’s words, or why there is no verdict.' }),
};

export const review = z
  .object({
    ...reviewFacts,
    comments: z
      .array(
        z.object({
          path: z.string(),
          line: z.int().exactOptional().meta({ description: 'Absent = the whole file.' }),
          text: z.string(),
        }),
      )
      .meta({ description: 'At most 10.' }),
    costUsd: usd('For all reviews of the unit so far.'),
  })
  .exactOptional()
  .meta({ description: 'What an independent reviewer said of this result; absent = it was not reviewed.' });

export const noReview = z.enum(noReviewReasons).exactOptional().meta({
  description:
    'Why the result has no review, where the configuration expects one: none is asked for, or a person has made the result.',
});

export const reviewRecord = z
  .object({ ...reviewFacts, commentCount: count('How many comments it has.') })
  .exactOptional()
  .meta({ description: 'What an independent reviewer said of its newest result; absent = it was not reviewed.' });

export const reviewUsd = usd('The part of `costUsd` that was for reviews; absent = there were none.').exactOptional();

export const kept = z.array(z.string()).exactOptional().meta({
  description:
    'Paths that were in conflict, and that the agent has left as the merge made them, mostly as the target had them: at most 50; absent = none.',
});

export const approvalKind = z
  .enum(['merge', 'budget', 'question', 'egress', 'credential', 'red-base', 'conflict', 'tool', 'plan'])
  .meta({ description: 'What is asked for.' });
export const approvalUnit = unitId.nullable().meta({ description: 'The unit’s id; null = the whole run.' });
