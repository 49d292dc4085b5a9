// Combines what a host's operator allows with what a repository asks for: a repository can only tighten. Pure decisions
// without I/O, called by the stages that build sandbox commands.

import type { Config, NetworkPolicy } from '../../contracts/documents/config.ts';

/** The permissions of the host's operator. */
export interface HostPolicy {
  readonly envAllowed: readonly string[];
  readonly networkAllowed: NetworkPolicy;
}

const networkRank: Record<NetworkPolicy, number> = { none: 0, setup: 1, all: 2 };

/**
 * True if a command may have the network. `repositoryWants` is the repository's `sandbox.network`; for the setup
 * command itself it is `setup` if `setup.network` is true.
 */
export function networkFor(
  purpose: 'setup' | 'agent' | 'verify',
  repositoryWants: NetworkPolicy,
  hostAllows: NetworkPolicy,
): boolean {
  const granted = Math.min(networkRank[repositoryWants], networkRank[hostAllows]);
  return granted >= networkRank[purpose === 'setup' ? 'setup' : 'all'];
}

/** The requested variables that the host allows and has set, with the host's values. */
export function allowedEnv(
  requested: readonly string[],
  policy: Pick<HostPolicy, 'envAllowed'>,
  hostEnv: Readonly<Record<string, string | undefined>>,
): Record<string, string> {
  const env: Record<string, string> = {};
  for (const name of requested) {
    const value = policy.envAllowed.includes(name) ? hostEnv[name] : undefined;
    if (value !== undefined) env[name] = value;
  }
  return env;
}

type EnvConfig = Pick<Config, 'env'> & { readonly sandbox: Pick<Config['sandbox'], 'env' | 'ci'> };

/** Where every command sees its worktree; without a sandbox, the driver puts the host's path in its place. */
const worktreeFolder = '/work';

/** Environment of every command in a worktree: what coppice.yaml sets, and over it what the host passes on. */
export function commandEnv(
  { env = {}, sandbox }: EnvConfig,
  policy: Pick<HostPolicy, 'envAllowed'>,
  hostEnv: Readonly<Record<string, string | undefined>>,
): Record<string, string> {
  const set = Object.entries(env).map(([name, value]): [string, string] => {
    return [name, value.replaceAll('$WORKTREE', worktreeFolder)];
  });
  return { ...Object.fromEntries<string>(set), ...allowedEnv(sandbox.env, policy, hostEnv) };
}

/**
 * Environment of setup and verification: `commandEnv`, and `CI=true` as every CI system sets it. The agent's own
 * commands run without it: an agent must be able to write snapshots and lock files.
 */
export function checkEnv(
  config: EnvConfig,
  policy: Pick<HostPolicy, 'envAllowed'>,
  hostEnv: Readonly<Record<string, string | undefined>>,
): Record<string, string> {
  return { ...(config.sandbox.ci === false ? {} : { CI: 'true' }), ...commandEnv(config, policy, hostEnv) };
}
