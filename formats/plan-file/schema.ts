// The shape of a plan file, field by field; `schema/plan.schema.json` is generated from it. Checks between units
// (unknown needs, cycles) are in graph.ts.

import { z } from 'zod';
import { command, count, duration, glob, line, text, usd } from '../yaml/fields.ts';
import { inertLine } from '../../domain/text/inert.ts';
import { unitIdPattern } from '../../contracts/ids.ts';

const maxPromptBytes = 1024 * 1024;
const idMessage = 'must be 1 to 63 lower-case letters, digits and dashes, starting with a letter or digit';

const largeText = text().refine((value) => Buffer.byteLength(value) <= maxPromptBytes, 'is larger than 1 MiB');

const visible = /[^\s\p{Cc}\p{Cf}\p{Noncharacter_Code_Point}\p{Default_Ignorable_Code_Point}]/u;
const scissors = `# ${'-'.repeat(24)} >8 ${'-'.repeat(24)}`;

/** Under other subjects, git finds no trailers in a commit: nothing would show that the unit has landed. */
const title = line(200)
  .refine((value) => visible.test(value), 'has no visible character')
  .refine(
    (value) => inertLine(value).replaceAll(/\s+/g, ' ') !== scissors,
    "is git's scissors line, below which git ignores a commit message",
  );

const forEach = z
  .strictObject({
    glob: z
      .union([glob(), z.array(glob()).min(1, 'must not be an empty list: name globs')])
      .optional()
      .meta({
        description:
          'Files of the target: `${{ path }}`, `${{ dir }}`, `${{ file }}` and `${{ name }}` (without its extension).',
        examples: ['test/**/*.test.js'],
      }),
    csv: line(4096)
      .optional()
      .meta({
        description: 'A CSV file beside the plan; its first line names the columns, which are the values.',
        examples: ['services.csv'],
      }),
    command: command()
      .optional()
      .meta({
        description:
          'A shell command: each line that it prints is one item, `${{ line }}`. It runs in the sandbox, in a worktree of the target after the setup, when a run starts, and never before.',
        examples: ['git grep -l moment -- src'],
      }),
    batch: count(1, 1000)
      .optional()
      .meta({ description: 'Items in one unit; absent = 1.', examples: [10] }),
    limit: count(1, 10_000)
      .optional()
      .meta({ description: 'Only the first items, to try a plan; absent = all.', examples: [3] }),
  })
  .refine(
    (given) => [given.glob, given.csv, given.command].filter((each) => each !== undefined).length === 1,
    'must have one of glob, csv and command',
  )
  .meta({ description: 'The unit stands for many: one for each item, or for each batch of items.' });

const unitFields = z
  .strictObject({
    id: z
      .string()
      .regex(unitIdPattern, idMessage)
      .meta({
        description: 'The name of the unit, unique in the plan.',
        examples: ['parse-duration'],
      }),
    title: title.meta({
      description: 'One line; becomes the subject of the landed commit.',
      examples: ['Parse ISO 8601 durations'],
    }),
    prompt: largeText.meta({ description: 'What to do, for an agent that knows nothing else.' }),
    needs: z
      .array(z.string())
      .optional()
      .meta({
        description: 'Ids of units that must have landed before this one starts.',
        examples: [['parse-duration']],
      }),
    scope: z
      .array(glob())
      .min(1, 'must not be an empty list: leave it out to allow every path')
      .optional()
      .meta({
        description: 'Globs of what the unit may change; absent = anything.',
        examples: [['src/duration/**', 'test/duration/**']],
      }),
    verify: command()
      .optional()
      .meta({
        description: 'A shell command that must pass, in addition to the configured verification.',
        examples: ['npm test -- duration'],
      }),
    labels: z
      .array(z.string().regex(/^[a-z0-9][a-z0-9._/-]{0,62}$/i, 'must be a label such as "risky" or "area/billing"'))
      .optional()
      .meta({
        description: 'For rules in `policy` that name labels. Every host takes every unit, whatever its labels.',
        examples: [['risky']],
      }),
    budgetUsd: usd()
      .optional()
      .meta({ description: 'The most that the unit may cost, in USD.', examples: [5] }),
    maxTurns: count(1, 10_000)
      .optional()
      .meta({ description: 'The most answers of the model for the unit.', examples: [100] }),
    estimate: duration()
      .optional()
      .meta({
        description:
          'How long its agent is expected to work, for the estimate that people see before the start; no limit.',
        examples: ['30m'],
      }),
    review: z
      .boolean()
      .optional()
      .meta({
        description:
          'Whether its finished work is reviewed by an independent session (docs/review.md); absent = it is if the configuration has `agent.review`.',
        examples: [true],
      }),
  })
  .meta({ description: 'One piece of work: one session, one worktree, one landed commit.' });

/** Of a unit that stands for itself. */
export const plainUnit = unitFields;

const unit = unitFields.extend({
  forEach: forEach.optional(),
});

export const planSchema = z
  .strictObject({
    $schema: z.string().optional().meta({ description: 'For editors; not used.' }),
    version: z.literal(1).meta({ description: 'The version of this format.' }),
    goal: largeText.optional().meta({
      description: 'What the plan is for, in one sentence or many. Each agent reads it.',
    }),
    units: z
      .array(unit)
      .min(1, 'is empty: a plan has at least one unit')
      .max(10_000, 'has more than 10,000 units')
      .meta({ description: 'The units, in any order; `needs` says what waits for what.' }),
  })
  .meta({ title: 'Coppice plan', description: 'Units of work on one git repository, and what needs what.' });
