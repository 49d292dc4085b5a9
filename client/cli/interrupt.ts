// Ctrl-C while a command watches something: it stops the watching, never the run, and the command ends with 130.

import { errorText } from '../../domain/errors.ts';
import type { Output } from './output.ts';
import { Exit, exitCodes } from './exit.ts';

/** Runs `use`, which must end soon after its signal. On Ctrl-C calls `farewell` and throws an `Exit`. */
export async function untilInterrupted<Result>(
  use: (signal: AbortSignal) => Promise<Result>,
  farewell: () => void,
): Promise<Result> {
  const interrupted = new AbortController();
  const stop = (): void => interrupted.abort();
  process.once('SIGINT', stop);
  try {
    const result = await use(interrupted.signal);
    if (!interrupted.signal.aborted) return result;
  } finally {
    process.removeListener('SIGINT', stop);
  }
  farewell();
  throw new Exit(exitCodes.interrupted);
}

/** Tells a waiting person why there is no answer, and that the command still waits. */
export function saySilence(output: Output): (error: unknown) => void {
  return (error) => output.note(`${errorText(error)}; still waiting`);
}
