// Runs the repository's setup command in a fresh worktree. The network only where both the configuration and the host's
// policy allow it.

import type { CheckPlace } from './run-checks.ts';
import type { NetworkPolicy, SetupCommand } from '../../domain/config.ts';
import { failure } from '../../domain/failures.ts';
import { networkFor } from '../sandbox/policy.ts';
import { runCommand } from './run-checks.ts';
import { readableOutput } from '../sandbox/readable-output.ts';

/** Throws `SetupFailed` with the end of the output. Safe to run twice: a setup command must be. */
export async function runSetup(
  place: CheckPlace,
  setup: SetupCommand | null,
  hostAllows: NetworkPolicy,
): Promise<void> {
  if (setup === null) return;
  place.onStart('setup');
  const network = networkFor('setup', setup.network ? 'setup' : 'none', hostAllows);
  const result = await runCommand({ ...place, network }, setup.run, setup.timeoutSeconds);
  if (result.status === 'exited' && result.exitCode === 0) return;
  const how = result.status === 'exited' ? `ended with ${result.exitCode}` : result.status;
  const output = readableOutput(place.sandbox, result.output, 2000).trimEnd();
  throw failure('SetupFailed', `the setup command ${how}: ${setup.run}\n${output}`);
}
