// What a host's operator allows and what a repository asks for, brought together: a repository can only tighten.
// Pure decisions without I/O; the stages that build sandbox commands call them.

import type { NetworkPolicy } from '../../domain/config.ts';

const networkRank: Record<NetworkPolicy, number> = { none: 0, setup: 1, all: 2 };

/**
 * Whether a command may have the network. `repositoryWants` is the repository's `sandbox.network`; for the setup
 * command itself it is `setup` where `setup.network` is true.
 */
export function networkFor(
  purpose: 'setup' | 'agent' | 'verify',
  repositoryWants: NetworkPolicy,
  hostAllows: NetworkPolicy,
): boolean {
  const granted = Math.min(networkRank[repositoryWants], networkRank[hostAllows]);
  return granted >= networkRank[purpose === 'setup' ? 'setup' : 'all'];
}

/** The requested variables that the host allows and has, with the host's values. */
export function allowedEnv(
  requested: readonly string[],
  policy: { readonly envAllowed: readonly string[] },
  hostEnv: Readonly<Record<string, string | undefined>>,
): Record<string, string> {
  const env: Record<string, string> = {};
  for (const name of requested) {
    const value = policy.envAllowed.includes(name) ? hostEnv[name] : undefined;
    if (value !== undefined) env[name] = value;
  }
  return env;
}
