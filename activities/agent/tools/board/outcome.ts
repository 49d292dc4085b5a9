// What tools of the board have in common: they need no sandbox, and a board that does not answer is a result like any
// other.

import type { SessionBoard } from '../../session/session-board.ts';
import type { ToolOutcome } from '../../drivers/contract.ts';
import type { ToolPlace } from '../place.ts';
import { toolError } from '../tool.ts';

/** Never throws. */
export async function withBoard(
  { board }: Pick<ToolPlace, 'board'>,
  use: (board: SessionBoard) => Promise<ToolOutcome>,
): Promise<ToolOutcome> {
  if (board === null) return toolError('Error: this run has no board');
  try {
    return await use(board);
  } catch {
    return toolError('The board does not answer now, so nobody knows whether this was done. Go on with your work.');
  }
}

export function done(output: string): ToolOutcome {
  return { output, isError: false, exitCode: null };
}
