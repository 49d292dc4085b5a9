// Draws two lines in place, then does what its argument says: the child process of test/cli/live-terminal.test.ts.

import { setTimeout as sleep } from 'node:timers/promises';
import { openLiveTerminal } from '../../client/cli/live-terminal.ts';

const terminal = openLiveTerminal(process.stdout);

const actions: Record<string, () => unknown> = {
  throw() {
    throw new Error('on purpose');
  },
  reject: () => void Promise.reject(new Error('on purpose')),
  exit: () => process.exit(3),
  return: () => undefined,
  wait: () => sleep(60_000),
  listen() {
    process.once('SIGINT', () => process.exit(130));
    return sleep(60_000);
  },
  async tick() {
    for (let ticks = 1; ; ticks++) {
      await sleep(5);
      terminal.draw(['one', `two ${ticks}`]);
    }
  },
};

terminal.draw(['one', 'two']);
await actions[process.argv[2] ?? '']?.();
