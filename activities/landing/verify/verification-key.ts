// The key of a verification: a digest of everything that its verdict may depend on, so that an identical tree is never
// tested twice. No run, unit, date or message is in it, and no commit: the same tree on another tip has the same key.
//
// Setup and commands see a host's programs, too. Of these the key has the platform, not the finer stamp of the worktree
// pool (`hostStamp`): hosts that were installed one by one differ in that, and none could verify what another has built.

import { createHash } from 'node:crypto';
import type { Config, VerifyCommand } from '../../../contracts/documents/config.ts';
import type { VerificationRules, VerificationsOf } from './wanted-verification.ts';
import type { VerifyHost } from './verify-host.ts';
import { acceptedUrl } from '../../../git/remote-for.ts';
import { allowedEnv } from '../../sandbox/policy.ts';
import { hasGitLfs } from '../../repository/lfs.ts';
import { judgeEgress } from '../../../formats/policy/judge-asking.ts';

export type KeyHost = Pick<VerifyHost, 'policy' | 'env' | 'sandbox' | 'worktrees'>;

/**
 * Makes the verifications of trees on one tip. What does not depend on the tree is worked out once, so that a call costs
 * microseconds. The result is null if there is nothing to verify: no setup and no command.
 */
export async function verificationsOn(
  host: KeyHost,
  { repository, branch, target, config, tags }: VerificationRules,
): Promise<VerificationsOf> {
  const { setup, verify, env = {}, worktree, sandbox } = config;
  const ofHost = await hostClass(host, config);
  const { canonical } = acceptedUrl(repository);
  const egressAllowed = judgeEgress(config).decide === 'allow';
  const rules = digest([canonical, setup, verify, env, worktree, sandbox, egressAllowed, tags, ofHost]);
  return ({ tree, all, ...wanted }) => {
    const own = withoutRepeats(wanted.own);
    if (setup === null && verify.length === 0 && own.length === 0) return null;
    const egress = [...new Set(wanted.egress)].toSorted();
    // The fingerprint of the setup follows from the rules and the tree.
    const key = digest([rules, tree, own, egress, all]);
    return { key, spec: { tree, target, branch, own, egress, all, host: ofHost } };
  };
}

/**
 * Hosts of one class give the same verdict: they have the same platform and the same policy, as far as a configuration
 * asks for it. 32 hexadecimal digits.
 */
export async function hostClass(
  { policy, env, sandbox, worktrees }: KeyHost,
  config: Pick<Config, 'sandbox' | 'worktree'>,
): Promise<string> {
  return digest([
    worktrees.platform(),
    sandbox.driver,
    policy.networkAllowed,
    allowedEnv(config.sandbox.env, policy, env),
    config.worktree.lfs === true && (await hasGitLfs()),
  ]);
}

function withoutRepeats(commands: readonly VerifyCommand[]): VerifyCommand[] {
  return [...new Map(commands.map((command) => [JSON.stringify(command, inOrder), command])).values()];
}

function digest(parts: readonly unknown[]): string {
  return createHash('sha256').update(JSON.stringify(parts, inOrder)).digest('hex').slice(0, 32);
}

/** For `JSON.stringify`: a run's configuration and a branch's may have their fields in a different order. */
function inOrder(_: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}
