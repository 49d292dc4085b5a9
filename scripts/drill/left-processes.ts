// What killed workers may leave behind.

import { readFileSync, readdirSync } from 'node:fs';

/** Sandboxed commands and gits whose home is below `root` and whose worker is gone. */
export function processesOf(root: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        const isOrphan = /^PPid:\t1$/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
        return isOrphan && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(root);
      } catch {
        return false;
      }
    })
    .map(Number);
}
