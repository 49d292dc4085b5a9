// Puts the log of a failed setup on the state remote, where `coppice logs RUN --setup` finds it. Safe to run twice,
// also by many at once: the ref is named by the log's content.

import { createHash } from 'node:crypto';
import type { RunContext } from '../../../contracts/documents/plan.ts';
import type { GitHost } from '../../repository/contract.ts';
import type { Sha } from '../../../contracts/ids.ts';
import { retold, setupLogOf } from './setup-failure.ts';
import { setupLogFile, stateRefs } from '../../../contracts/ids.ts';

/**
 * Returns the failure with the log's commit and the command to read it. Other errors, and failures without a log, are
 * returned unchanged.
 */
export async function keepSetupLog(git: GitHost, context: RunContext, error: unknown): Promise<unknown> {
  const log = setupLogOf(error);
  if (log === null) return error;
  const name = createHash('sha256').update(log).digest('hex').slice(0, 12);
  // An error of saving the log must not hide the setup's failure.
  const commit = await writeSetupLog(git, context, name, log).catch(() => null);
  if (commit === null) return error;
  const way = `the whole log: coppice logs ${context.run} --setup`;
  return retold(error, { message: (message) => `${message}\n${way}`, details: { log: commit } });
}

export async function writeSetupLog(git: GitHost, context: RunContext, name: string, log: string): Promise<Sha> {
  const repository = await git.open(context);
  const ref = stateRefs.setupLog(context.run, name);
  return repository.writeState(ref, { [setupLogFile]: log }, `Setup log of ${context.run}`);
}
