// `coppice doctor --try`: really runs setup and verification of the target on this machine, with the log on stderr.

import type { Finding } from '../../domain/doctor/finding.ts';
import type { Output } from './output.ts';
import type { RepositoryView } from '../doctor/repository.ts';
import { Exit, exitCodes } from './exit.ts';
import { homeOfProcess } from './home.ts';
import { inertLines } from './present/columns.ts';
import { judgeTried } from '../../domain/doctor/target.ts';
import { notLookedAt } from '../../domain/doctor/finding.ts';
import { tryByHand } from '../doctor/try-by-hand.ts';

/** Throws a host's failures, and an `Exit` if interrupted; both leave nothing behind. */
export async function tryHere(view: RepositoryView, output: Output): Promise<Finding> {
  const { url, branch, config } = view;
  if (url === null || branch === null) return notLookedAt('see repository');
  if (view['coppice.yaml'].status === 'fail') return notLookedAt('see coppice.yaml');
  if (config === null || (config.setup === null && config.verify.length === 0)) {
    return notLookedAt('there is no coppice.yaml that names a setup or a verification');
  }
  const interrupted = new AbortController();
  const stop = (): void => interrupted.abort();
  const signals = ['SIGINT', 'SIGTERM'] as const;
  for (const signal of signals) process.once(signal, stop);
  try {
    const tried = await tryByHand({
      env: process.env,
      home: homeOfProcess(),
      signal: interrupted.signal,
      repository: url.display,
      branch,
      config,
      print: (line) => void (output.json || output.note(inertLines(line).join('\n'))),
    });
    return judgeTried({ ...tried, branch }, config);
  } catch (error) {
    if (interrupted.signal.aborted) throw new Exit(exitCodes.interrupted);
    throw error;
  } finally {
    for (const signal of signals) process.removeListener(signal, stop);
  }
}
