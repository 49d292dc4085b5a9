// `message_unit`: sends a message to a unit's agent, as `coppice message` does.

import { z } from 'zod';
import { message } from '../../documents/action-documents.ts';
import { runInput, tool } from '../tool.ts';

export const messageUnitTool = tool({
  name: 'message_unit',
  title: 'Write to an agent',
  description:
    'Sends a message to the agent of a unit, which gets it at its next turn: a correction, or what it does not know. It comes in the name of this user, and decides nothing: approvals and questions of agents wait for a person.',
  effect: 'adds',
  input: z.strictObject({
    run: runInput.meta({ description: 'The run: its id, or any unique part of it; not @latest.' }),
    unit: z.string().min(1).meta({ description: 'The unit; work on it must have begun and not have ended.' }),
    text: z.string().min(1).max(4_000).meta({ description: 'What the agent should know.' }),
  }),
  output: message,
  async run({ run: named, unit, text }, { withCoppice }) {
    return withCoppice(async (coppice) => {
      const run = await coppice.run(named, { changing: true });
      await run.message(unit, text);
      return {
        document: { run: run.id, unit, sent: true as const },
        text: `${unit} of ${run.id} gets it at its next turn`,
      };
    });
  },
});
