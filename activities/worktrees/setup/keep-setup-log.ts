// Puts the log of a setup that failed onto the run's part of the state remote, where `coppice logs RUN --setup` finds it.
// Safe to run twice, also by many at once: the ref is named by what the log says.

import { createHash } from 'node:crypto';
import type { RunContext } from '../../../contracts/documents/plan.ts';
import type { GitHost } from '../../repository/contract.ts';
import type { Sha } from '../../../contracts/ids.ts';
import { retold, setupLogOf } from './setup-failure.ts';
import { setupLogFile, stateRefs } from '../../../contracts/ids.ts';

/** The failure with the log's commit and the way to it; other errors, and failures without a log, as they are. */
export async function keepSetupLog(git: GitHost, context: RunContext, error: unknown): Promise<unknown> {
  const log = setupLogOf(error);
  if (log === null) return error;
  const name = createHash('sha256').update(log).digest('hex').slice(0, 12);
  // What matters is that the setup failed; that its log cannot be kept as well must not hide it.
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
