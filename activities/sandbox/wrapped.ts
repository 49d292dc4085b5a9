// Sandboxes around a sandbox.

import type { Sandbox } from './contract.ts';

/** The same sandbox, which runs its commands by `run`. */
export function wrapped(sandbox: Sandbox, run: Sandbox['run']): Sandbox {
  return {
    driver: sandbox.driver,
    giveTo: (path) => sandbox.giveTo(path),
    networkAccess: () => sandbox.networkAccess(),
    redact: (text) => sandbox.redact(text),
    run,
  };
}

/** `notice` is called before and after each command, and whenever one prints something: it may have done something, too. */
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
