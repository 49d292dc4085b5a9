// Runs the repository's setup command in a fresh worktree. It has the network only if both the configuration and the
// host's policy allow it, and then also the host's proxies and certificate authorities.

import type { CheckPlace } from '../../checks/run-checks.ts';
import type { NetworkPolicy, SetupCommand } from '../../../contracts/documents/config.ts';
import { noNetworkAccess } from '../../sandbox/network-access.ts';
import { networkFor } from '../../sandbox/policy.ts';
import { describe, runCommand } from '../../checks/run-checks.ts';
import { setupFailure } from './setup-failure.ts';
import { readableOutput } from '../../sandbox/readable-output.ts';
import { withCompileSteps } from '../../../formats/setup/compile-steps.ts';
import { watchNetwork } from './network-attempts.ts';

/** Size of a setup's log; a longer one is cut to head and tail. */
const logBytes = 1024 ** 2;
/** Interval between heartbeats with the last line of a running setup. */
const lineMs = 1_000;
const lineBytes = 4 * 1024;

/**
 * Throws `SetupFailed`, which holds the whole log (setup-failure.ts). Safe to run twice, as a setup command must be.
 */
export async function runSetup(
  place: CheckPlace,
  setup: SetupCommand | null,
  hostAllows: NetworkPolicy,
): Promise<void> {
  if (setup === null) return;
  place.onStart('setup');
  const { run, timeoutSeconds } = setup;
  place.onCommand?.(run);
  const network = networkFor('setup', setup.network ? 'setup' : 'none', hostAllows);
  const access = network ? await place.sandbox.networkAccess() : noNetworkAccess;
  const mounts = [...(place.mounts ?? []), ...access.mounts];
  const given = { network, env: { ...place.env, ...access.env }, mounts };
  // Without a sandbox, a command always has the host's network.
  const own = withCompileSteps(run);
  const watched = setup.network && !network && place.sandbox.driver === 'bwrap' ? watchNetwork(own) : null;
  const onOutput = tellingLastLine(place);
  const command = watched?.command ?? own;
  const result = await runCommand({ ...place, ...given, onOutput, outputBytes: logBytes }, command, timeoutSeconds);
  const { output, tried } = watched?.read(result.output) ?? { output: result.output, tried: false };
  const said = readableOutput(place.sandbox, output, logBytes).trimEnd();
  const log = `$ ${run}\n${said}${said === '' ? '' : '\n'}${describe(result, timeoutSeconds)}\n`;
  place.onLog?.(log);
  if (result.status === 'exited' && result.exitCode === 0) return;
  const exitCode = result.status === 'exited' ? result.exitCode : null;
  const how = exitCode === null ? result.status : `ended with ${exitCode}`;
  throw setupFailure({ command: run, how, exitCode, output: said, log, lacksNetwork: tried ?? true });
}

/** Reports the setup's last line in heartbeats, at most once a second. */
function tellingLastLine(place: CheckPlace): (chunk: Uint8Array) => void {
  let recent = Buffer.alloc(0);
  let told = Date.now();
  return (chunk) => {
    place.onOutput?.(chunk);
    recent = Buffer.concat([recent, chunk]).subarray(-lineBytes);
    if (Date.now() - told < lineMs) return;
    told = Date.now();
    const lines = readableOutput(place.sandbox, recent, lineBytes).trimEnd().split('\n');
    // A line without its beginning may contain part of a secret, which redaction would not recognise.
    const line = recent.length < lineBytes || lines.length > 1 ? lines.at(-1) : undefined;
    if (line) place.onStart(`setup: ${line}`);
  };
}
