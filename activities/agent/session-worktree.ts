// A session's worktree: opened with its setup done, and made anew when the agent has changed what the setup reads.

import type { Config } from '../../domain/config.ts';
import type { SliceInput } from '../../domain/activity-contracts.ts';
import type { UnitStore, Worktree } from '../git/contract.ts';
import type { SliceHost } from './run-slice.ts';
import type { Watch } from '../pool/preparation.ts';
import { type SetUpWorktree, type SetupProblem, type UnitPreparation, openUnitWorktree } from '../pool/unit-setup.ts';
import { checkEnv } from '../sandbox/policy.ts';
import { judgeEgress } from '../../domain/policy.ts';

interface Parts {
  readonly host: SliceHost;
  readonly input: SliceInput;
  readonly config: Config;
  readonly store: UnitStore;
  readonly watch: Watch;
}

export class SessionWorktree {
  readonly #parts: Parts;
  #current: SetUpWorktree;

  private constructor(parts: Parts, current: SetUpWorktree) {
    this.#parts = parts;
    this.#current = current;
  }

  /** Throws `SetupFailed` when the setup fails on the target itself. The worktree is the store's to remove. */
  static async open(parts: Parts): Promise<SessionWorktree> {
    return new SessionWorktree(parts, await openIn(parts));
  }

  get worktree(): Worktree {
    return this.#current.worktree;
  }

  /** Why the setup does not succeed with the unit's files; null = it does. */
  get problem(): SetupProblem | null {
    return this.#current.problem;
  }

  /** Whether something of ours has run in a new worktree, or been copied into it. */
  get wasPrepared(): boolean {
    const { setup, worktree } = this.#parts.config;
    return setup !== null || worktree.copy.length > 0;
  }

  /** True when there is a new worktree in place of the old one, because the setup had to run again. */
  async renewIfStale(): Promise<boolean> {
    if (!(await this.#current.isStale(this.#parts.store.tree))) return false;
    await this.#parts.store.close();
    this.#current = await openIn(this.#parts);
    return true;
  }
}

async function openIn({ host, input, config, store, watch }: Parts): Promise<SetUpWorktree> {
  const preparation: UnitPreparation = {
    purpose: 'agent',
    setup: config.setup,
    env: checkEnv(config.sandbox, host.policy, host.env),
    hostAllows: host.policy.networkAllowed,
    egress: judgeEgress(config).decide === 'allow',
    granted: input.egress?.granted ?? [],
    memoryMb: config.sandbox.memoryMb,
    copy: config.worktree.copy,
    branch: input.context.branch,
    target: store.base,
  };
  let opened: SetUpWorktree | null = null;
  await store.openWorktree(async (place) => {
    opened = await openUnitWorktree(host.worktrees, place, preparation, watch);
    return opened.worktree;
  });
  // The store calls it whenever it has no worktree, and here it has none.
  if (opened === null) throw new Error('the store had a worktree already');
  return opened;
}
