// A host in a process of its own, which a test kills in the middle of a slice.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { RunContext } from '../../contracts/documents/plan.ts';
import { temporaryFolder } from '../git/make-repository.ts';

export function startDoomed(modelUrl: string, context: RunContext) {
  const script = join(import.meta.dirname, 'fixtures/run-slice-until-killed.ts');
  const args = [script, temporaryFolder(), modelUrl, JSON.stringify(context)];
  const child = spawn(process.execPath, args, { stdio: 'ignore' });
  const exit = once(child, 'exit');
  return {
    async kill() {
      child.kill('SIGKILL');
      expect(await exit).toEqual([null, 'SIGKILL']);
    },
  };
}
