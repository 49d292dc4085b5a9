// `post_message` and `read_messages`: what agents of one run say to each other. New messages arrive by themselves, with
// the next request to the model.

import { z } from 'zod';
import type { SessionBoard } from '../../session/session-board.ts';
import type { ToolOutcome } from '../../drivers/contract.ts';
import type { UnitPhase } from '../../../../contracts/documents/report.ts';
import { andMore } from '../../../../domain/text/shown-paths.ts';
import { boardLimits } from '../../../../contracts/messages/board.ts';
import { done, withBoard } from './outcome.ts';
import { messageText } from '../../prompts/board.ts';
import { tool, toolError } from '../tool.ts';

const input = z.object({
  unit: z.string().max(100).optional().meta({ description: 'The id of a unit. Give this or `path`.' }),
  path: z
    .string()
    .max(1_000)
    .optional()
    .meta({ description: 'A file or folder: all units at work that may change it, or have claimed it.' }),
  text: z
    .string()
    .min(1)
    .meta({ description: `At most ${boardLimits.textBytes} bytes.` }),
});

export const postMessage = tool({
  name: 'post_message',
  description:
    'Tells another unit, or all units that share a path, what they must know of your work, such as a signature that you have settled. They get it with their next step. Does not wait for an answer.',
  input,
  run: (place, given) => withBoard(place, (board) => post(board, given)),
});

async function post(board: SessionBoard, { unit, path, text }: z.infer<typeof input>): Promise<ToolOutcome> {
  const addressee = unit === undefined ? (path === undefined ? null : { path }) : { unit };
  if (addressee === null || (unit !== undefined && path !== undefined)) {
    return toolError('Error: give either `unit` or `path`');
  }
  const answer = await board.post(addressee, text);
  if (!answer.accepted) return toolError(`Not posted: ${answer.message}.`);
  const { number, to, notes, phase } = answer;
  const more = [...notes, ...(phase === undefined ? [] : (remarks[phase] ?? []))].map((note) => ` Note: ${note}.`);
  return done(`Posted as message ${number}, to ${andMore(to, 10)}.${more.join('')}`);
}

const remarks: Partial<Record<UnitPhase, string[]>> = {
  waiting: ['it has not begun, and hears this when it does'],
  queued: ['it has handed in its work, and hears this only if that comes back'],
};

/** Messages that one call shows, the newest. */
const shown = 20;

export const readMessages = tool({
  name: 'read_messages',
  description:
    'Shows the last messages that you have sent to other units and got from them. New ones arrive by themselves; there is no need to look for them, or to wait.',
  input: z.object({}),
  run: (place) =>
    withBoard(place, async (board) => {
      const messages = (await board.messages()).slice(-shown);
      return done(messages.length === 0 ? 'There are no messages.' : messages.map(messageText).join('\n\n'));
    }),
});
