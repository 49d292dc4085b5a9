// Copies a template's files. They are a setup's, so copying runs in a sandbox.

import type { Sandbox } from '../sandbox/contract.ts';
import { diskFull } from '../../git/run-git.ts';
import { failure } from '../../contracts/failures.ts';
import { inertText } from '../../git/inert-text.ts';
import { lowPriorityCommand } from '../sandbox/low-priority.ts';

const limits = { timeoutSeconds: 900, memoryMb: 1024, outputBytes: 4096 };

export interface CopyTree {
  readonly from: string;
  /** An empty folder. */
  readonly to: string;
  readonly lowPriority: boolean;
  readonly signal: AbortSignal;
}

/** Preserves owners, modes, times, links and holes; shares the content if the file system supports that. */
export async function copyTree(sandbox: Sandbox, { from, to, lowPriority, signal }: CopyTree): Promise<void> {
  await sandbox.giveTo(to);
  const argv = ['cp', '-a', '--reflink=auto', '/from/.', '/to/'];
  const result = await sandbox.run({
    argv: lowPriority ? lowPriorityCommand(argv) : argv,
    cwd: '/',
    mounts: [
      { type: 'bind', source: from, target: '/from', writable: false },
      { type: 'bind', source: to, target: '/to', writable: true },
    ],
    limits,
    signal,
  });
  signal.throwIfAborted();
  if (result.status === 'exited' && result.exitCode === 0) return;
  const said = inertText(Buffer.from(result.output).toString('utf8'));
  throw diskFull(said) ?? failure('GitFailed', `a prepared worktree could not be copied: ${result.status} ${said}`);
}
