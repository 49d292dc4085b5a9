// How a worktree is prepared: the setup command with what the host grants it. The same for agents, verification and the
// pool, so that they can share results.

import type { Mount } from '../../sandbox/mount.ts';
import type { OwnedWorktree } from '../worktree.ts';
import type { CheckPlace } from '../../checks/run-checks.ts';
import type { Config, NetworkPolicy, SetupCommand } from '../../../contracts/documents/config.ts';
import type { Sandbox } from '../../sandbox/contract.ts';
import type { Sha } from '../../../contracts/ids.ts';
import type { Env } from '../../../domain/environment.ts';
import { type HostPolicy, checkEnv } from '../../sandbox/policy.ts';
import { judgeEgress } from '../../../formats/policy/judge-asking.ts';
import { type WantsSubmodule, wantedSubmodules } from '../../../formats/setup/submodules.ts';
import { runSetup } from './run-setup.ts';
import { sandboxHome } from '../../sandbox/system-view.ts';

export interface Preparation {
  /** Agents may get what an earlier setup built; a verification gets only what cannot come from other sources. */
  readonly purpose: 'agent' | 'verification';
  readonly setup: SetupCommand | null;
  /** Variables that the repository requested and the host allows. */
  readonly env: Readonly<Record<string, string>>;
  readonly hostAllows: NetworkPolicy;
  /** True if policy lets a setup have the network even if a unit has changed its inputs. */
  readonly egress: boolean;
  readonly memoryMb: number | null;
  /** `worktree.copy`: the operator's files that are copied in after the setup. */
  readonly copy: readonly string[];
  readonly lfs: boolean;
  readonly wantsSubmodule: WantsSubmodule;
  /** The target branch, and a commit that should be on it: templates are made only from the branch. */
  readonly branch: string;
  readonly target: Sha;
}

/** What a host grants; a repository's configuration may ask for less. */
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
    env: checkEnv(config, policy, env),
    hostAllows: policy.networkAllowed,
    egress: judgeEgress(config).decide === 'allow',
    memoryMb: sandbox.memoryMb,
    copy: worktree.copy,
    lfs: worktree.lfs ?? false,
    wantsSubmodule: wantedSubmodules(config),
  };
}

export interface Watch {
  readonly signal: AbortSignal;
  /** For heartbeats. */
  readonly onStart: (name: string) => void;
  /** Receives the log of each setup that ran for this worktree. */
  readonly onLog?: (log: string) => void;
  readonly onOutput?: (chunk: Uint8Array) => void;
  /** Receives each command of the setup before it runs. */
  readonly onCommand?: (command: string) => void;
  /**
   * True if several will need the same worktree: the setup makes a template, and a copy of it is taken. No effect on a
   * host that keeps no templates.
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
    /** Host folder to use as the home folder; absent = one in memory, gone with the command. */
    readonly home?: string | undefined;
  },
): Promise<void> {
  const { setup, env, memoryMb, hostAllows } = preparation;
  const mounts: Mount[] =
    home === undefined ? [] : [{ type: 'bind', source: home, target: sandboxHome, writable: true }];
  const place: CheckPlace = { ...watch, mounts, sandbox, worktree, env, network: false, limits: { memoryMb } };
  await runSetup(place, setup, hostAllows);
}
