// The media in coppice.yaml: who decides in each of them, and where questions are posted.

import { z } from 'zod';
import type { ListName, Medium } from '../../contracts/people.ts';
import { line } from '../yaml/fields.ts';

const names = z.array(line(200)).optional();
const lists = {
  slack: names.meta({ description: 'Slack user ids.', examples: [['U024BE7LH']] }),
  users: names.meta({ description: 'Names, as in `COPPICE_USER` on the command line.', examples: [['dana']] }),
  email: names.meta({ description: 'E-mail addresses. Not used yet.', examples: [['dana@example.com']] }),
} satisfies Record<ListName, z.ZodType>;

export const group = z.strictObject(lists);

const channels = {
  slack: z
    .strictObject({
      channel: line(100).meta({ description: 'The channel’s id. Required.', examples: ['C024BE91L'] }),
    })
    .optional()
    .meta({ description: 'A Slack channel for approvals.' }),
} satisfies Partial<Record<Medium, z.ZodType>>;

export const notify = z
  .strictObject(channels)
  .meta({ description: 'Where questions to people go.', examples: [{ slack: { channel: 'C024BE91L' } }] });
