// `claim_paths`: tells others which files a unit is about to change, and learns who else is there. Claims are advice;
// they end with their unit.

import { z } from 'zod';
import { boardLimits } from '../../../../contracts/messages/board.ts';
import { done, withBoard } from './outcome.ts';
import { tool, toolError } from '../tool.ts';

export const claimPaths = tool({
  name: 'claim_paths',
  description:
    'Says that you are about to change files or folders that other units may change, too, and shows who has claimed them already. It locks nothing: keep out of each other’s way, or settle it with `post_message`.',
  input: z.object({
    paths: z.array(z.string().max(1_000)).min(1).max(boardLimits.pathsAtOnce),
    release: z.boolean().optional().meta({ description: 'True = you are done with them.' }),
  }),
  run: (place, { paths, release = false }) =>
    withBoard(place, async (board) => {
      const answer = await board.claim(paths, release);
      if (!answer.accepted) return toolError(`Not claimed: ${answer.message}.`);
      if (release) return done('Released.');
      const others = answer.others.map(({ unit, path }) => `- ${unit}: ${path}`);
      return done(others.length === 0 ? 'Claimed. Nobody else has.' : ['Claimed. So have:', ...others].join('\n'));
    }),
});
