// How a worktree is made ready to work in: the setup command with what the host grants it, the same for agents, for
// verification and for the pool, so that the result of one is good for the others.

import type { Mount } from '../../sandbox/mount.ts';
import type { OwnedWorktree } from '../worktree.ts';
import type { CheckPlace } from '../../checks/run-checks.ts';
import type { Config, NetworkPolicy, SetupCommand } from '../../../contracts/documents/config.ts';
import type { Sandbox } from '../../sandbox/contract.ts';
import type { Sha } from '../../../contracts/ids.ts';
import type { Env } from '../../../domain/environment.ts';
import { type HostPolicy, checkEnv } from '../../sandbox/policy.ts';
import { judgeEgress } from '../../../formats/policy/judge.ts';
import { runSetup } from './run-setup.ts';
import { sandboxHome } from '../../sandbox/system-view.ts';

export interface Preparation {
  /** Agents may have what an earlier setup built; a verification only what cannot be of other sources. */
  readonly purpose: 'agent' | 'verification';
  readonly setup: SetupCommand | null;
  /** Variables of the host that the repository asked for and the host allows. */
  readonly env: Readonly<Record<string, string>>;
  readonly hostAllows: NetworkPolicy;
  /** Whether policy lets a setup have the network although a unit has changed what it reads. */
  readonly egress: boolean;
  readonly memoryMb: number;
  /** `worktree.copy`: files of the operator that are copied in after the setup. */
  readonly copy: readonly string[];
  /** The target branch, and a commit that is thought to be on it: templates are made of nothing else. */
  readonly branch: string;
  readonly target: Sha;
}

/** What a host grants, of which a repository's configuration may ask for less. */
export interface Grants {
  readonly policy: HostPolicy;
  readonly env: Env;
}

export function preparationOf(
  config: Config,
  { policy, env }: Grants,
  wanted: Pick<Preparation, 'purpose' | 'branch' | 'target'>,
): Preparation {
  const { setup, sandbox, worktree } = config;
  return {
    ...wanted,
    setup,
    env: checkEnv(sandbox, policy, env),
    hostAllows: policy.networkAllowed,
    egress: judgeEgress(config).decide === 'allow',
    memoryMb: sandbox.memoryMb,
    copy: worktree.copy,
  };
}

export interface Watch {
  readonly signal: AbortSignal;
  /** For heartbeats. */
  readonly onStart: (name: string) => void;
  /** The log of each setup that ran for this worktree. */
  readonly onLog?: (log: string) => void;
  readonly onOutput?: (chunk: Uint8Array) => void;
  /** Gets each command of the setup before it runs. */
  readonly onCommand?: (command: string) => void;
  /**
   * Several will want the same: the setup makes a template, and what is taken is a copy of it. Where the host keeps none,
   * it is as without.
   */
  readonly forMany?: boolean;
}

/** Runs the setup in a worktree. Throws `SetupFailed`, `CancelledFailure`. */
export async function prepare(
  sandbox: Sandbox,
  worktree: OwnedWorktree,
  preparation: Preparation,
  {
    home,
    ...watch
  }: Watch & {
    readonly lowPriority?: boolean;
    /** Folder of the host that is the home folder; absent = one in memory, gone with the command. */
    readonly home?: string | undefined;
  },
): Promise<void> {
  const { setup, env, memoryMb, hostAllows } = preparation;
  const mounts: Mount[] =
    home === undefined ? [] : [{ type: 'bind', source: home, target: sandboxHome, writable: true }];
  const place: CheckPlace = { ...watch, mounts, sandbox, worktree, env, network: false, limits: { memoryMb } };
  await runSetup(place, setup, hostAllows);
}
