// Watches real memory for commands that may map as much as they like (`sandbox.memoryMb: null`, or more than the machine
// has). When the machine's memory is nearly used up, the one that began last is ended, and told why.

import type { FreeSpace } from './room.ts';
import type { Sandbox, SandboxCommand, SandboxResult } from '../sandbox/contract.ts';
import { limitsMapping } from '../sandbox/limits.ts';
import { wrapped } from '../sandbox/wrapped.ts';

const everyMs = 500;
/** Of the free memory that new work needs, one part in `share` must stay free for running work. */
const share = 4;
const why =
  'the host, which has no memory left: this command has no limit of its own (sandbox.memoryMb), and began last of those that have none';

interface Running {
  readonly end: AbortController;
  ended: boolean;
}

export interface MemoryGuardParts {
  readonly floor: Pick<FreeSpace, 'memoryMb'>;
  measure(): Promise<Pick<FreeSpace, 'memoryMb'>>;
}

export function guardMemory(sandbox: Sandbox, room: MemoryGuardParts): Sandbox {
  const running: Running[] = [];
  let timer: NodeJS.Timeout | undefined;
  let looking = false;
  const look = async (): Promise<void> => {
    // One that was ended gives its memory back first.
    if (looking || running.some(({ ended }) => ended)) return;
    looking = true;
    const { memoryMb } = await room.measure().finally(() => (looking = false));
    const last = running.at(-1);
    if (memoryMb >= room.floor.memoryMb / share || last === undefined) return;
    last.ended = true;
    last.end.abort();
  };
  const run = async (command: SandboxCommand): Promise<SandboxResult> => {
    const own: Running = { end: new AbortController(), ended: false };
    running.push(own);
    timer ??= setInterval(() => void look().catch(() => undefined), everyMs);
    const signals = [own.end.signal, ...(command.signal === undefined ? [] : [command.signal])];
    try {
      const result = await sandbox.run({ ...command, signal: AbortSignal.any(signals) });
      const isOurs = own.ended && result.status === 'cancelled' && command.signal?.aborted !== true;
      return isOurs ? { ...result, status: 'killed', signal: why } : result;
    } finally {
      running.splice(running.indexOf(own), 1);
      if (running.length === 0) {
        clearInterval(timer);
        timer = undefined;
      }
    }
  };
  return wrapped(sandbox, (command) => (limitsMapping(command.limits) ? sandbox.run(command) : run(command)));
}
