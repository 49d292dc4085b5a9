// Between the checks and the start of a run: shows what will happen, what it can cost at most, and which workers are
// there, then asks if this is a terminal. Elsewhere, and with `--yes`, shows only the warnings.

import type { Output } from './output.ts';
import type { PreparedRun } from '../api.ts';
import { Exit, exitCodes } from './exit.ts';
import { askYes, canAsk } from './ask.ts';
import type { ServerSays } from './present/prepared.ts';
import { preparedText, startWarnings } from './present/prepared.ts';

interface Start {
  readonly prepared: PreparedRun;
  /** Null if no server answered. */
  readonly says: ServerSays | null;
  /** Do not ask. */
  readonly yes: boolean;
}

/** Throws an `Exit` if the person does not agree. */
export async function confirmStart({ prepared, says, yes }: Start, output: Output): Promise<void> {
  const asks = !yes && canAsk();
  if (asks) output.note(preparedText(prepared));
  for (const warning of startWarnings(prepared, says)) output.note(`warning: ${warning}`);
  if (!asks) return;
  try {
    if (await askYes((says?.same.length ?? 0) > 0 ? 'Start it once more?' : 'Start it?')) return;
    throw new Exit(exitCodes.notGood);
  } catch (error) {
    if (error instanceof Exit) output.note('nothing was started');
    throw error;
  }
}
