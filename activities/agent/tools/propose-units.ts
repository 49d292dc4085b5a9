// The `propose_units` tool, by which an agent proposes units to be added to the plan: the rest of its own unit, follow-up
// work, or something that units that have not started should wait for. Policy decides, or people.

import { z } from 'zod';
import type { SessionJournal } from '../conversation/journal.ts';
import { toolCalls } from '../../../contracts/documents/journal.ts';
import { plainUnit } from '../../../formats/plan-file/schema.ts';
import { tool, toolError } from './tool.ts';

/** Units of one proposal. */
const mostUnits = 10;

const proposalInput = z.object({
  units: z
    // Whether its work is reviewed is nothing for an agent to say.
    .array(plainUnit.omit({ review: true }))
    .min(1)
    .max(mostUnits)
    .meta({ description: 'The units, as in a plan. `needs` may name these, units of the plan, and your own.' }),
  needed_by: z
    .array(z.string().max(63))
    .max(50)
    .optional()
    .meta({ description: 'Ids of units that have not started and that should wait until all of these have landed.' }),
  why: z.string().trim().min(1).max(1000).meta({ description: 'Why, in a sentence or two for the people who decide.' }),
});

const name = 'propose_units';

export const proposeUnits = tool({
  name,
  description:
    'Proposes units of work for other agents, to be added to the plan: the rest of your unit if it is too large, or work that your unit makes necessary elsewhere. Do your own unit all the same. People may have to agree; you need not wait.',
  input: proposalInput,
  run: (place, input) =>
    place.proposals === null
      ? Promise.resolve(toolError('Error: nothing can be proposed here.'))
      : place.proposals.propose(input),
});

/** How many units the agent has proposed that were not refused. */
export function unitsProposed({ turns }: Pick<SessionJournal, 'turns'>): number {
  return turns
    .flatMap(({ answer, results }) =>
      toolCalls(answer).filter(
        (call) => call.name === name && results.some(({ id, isError }) => id === call.id && !isError),
      ),
    )
    .reduce((sum, { input }) => sum + (proposalInput.safeParse(input).data?.units.length ?? 0), 0);
}
