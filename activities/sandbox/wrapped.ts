// Sandboxes around a sandbox.

import type { Sandbox } from './contract.ts';

/** The same sandbox, running its commands with `run`. */
export function wrapped(sandbox: Sandbox, run: Sandbox['run']): Sandbox {
  return {
    driver: sandbox.driver,
    giveTo: (path) => sandbox.giveTo(path),
    networkAccess: () => sandbox.networkAccess(),
    redact: (text) => sandbox.redact(text),
    run,
  };
}

/** Calls `notice` before and after each command, and whenever one prints: it may also have changed something. */
export function noticing(sandbox: Sandbox, notice: () => void): Sandbox {
  return wrapped(sandbox, async (command) => {
    notice();
    const onOutput = (chunk: Uint8Array): void => {
      notice();
      command.onOutput?.(chunk);
    };
    return sandbox.run({ ...command, onOutput }).finally(notice);
  });
}
