// A sandbox that says when it is used.

import type { Sandbox } from './contract.ts';

/** The same sandbox; `notice` is called before and after each command. */
export function noticing(sandbox: Sandbox, notice: () => void): Sandbox {
  return {
    driver: sandbox.driver,
    giveTo: (path) => sandbox.giveTo(path),
    redact: (text) => sandbox.redact(text),
    run: async (command) => {
      notice();
      return sandbox.run(command).finally(notice);
    },
  };
}
