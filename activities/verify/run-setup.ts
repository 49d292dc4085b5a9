// Runs the repository's setup command in a fresh worktree. The network only where both the configuration and the host's
// policy allow it; then with the host's proxies and certificate authorities.

import type { CheckPlace } from './run-checks.ts';
import type { NetworkPolicy, SetupCommand } from '../../domain/config.ts';
import { failure } from '../../domain/failures.ts';
import { noNetworkAccess } from '../sandbox/network-access.ts';
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
  const access = network ? await place.sandbox.networkAccess() : noNetworkAccess;
  const env = { ...place.env, ...access.env };
  const result = await runCommand({ ...place, network, env, mounts: access.mounts }, setup.run, setup.timeoutSeconds);
  if (result.status === 'exited' && result.exitCode === 0) return;
  const how = result.status === 'exited' ? `ended with ${result.exitCode}` : result.status;
  const output = readableOutput(place.sandbox, result.output, 2000).trimEnd();
  throw failure('SetupFailed', `the setup command ${how}: ${setup.run}\n${output}`);
}
