// A session's worktree: opened with its setup done, and made anew when the agent has changed what the setup reads.

import type { SliceHost } from './slice-host.ts';
import type { Worktree } from '../worktrees/worktree.ts';
import type { SliceInput } from '../../contracts/activities/agent.ts';
import type { Config } from '../../contracts/documents/config.ts';
import type { UnitStore } from '../repository/contract.ts';
import type { Watch } from '../worktrees/setup/preparation.ts';
import {
  type SetUpWorktree,
  type SetupProblem,
  type UnitPreparation,
  openUnitWorktree,
} from '../worktrees/setup/unit-setup.ts';
import { checkEnv } from '../sandbox/policy.ts';
import { judgeEgress } from '../../formats/policy/judge.ts';

interface Parts {
  readonly host: SliceHost;
  readonly input: SliceInput;
  readonly config: Config;
  readonly store: UnitStore;
  readonly watch: Watch;
}

/** `as a candidate`: the setup runs on the unit's own files, as in the merge queue, if nobody knows what it reads. */
export type Renewal = 'if its inputs changed' | 'as a candidate';

export class SessionWorktree {
  readonly #parts: Parts;
  #current: SetUpWorktree;

  private constructor(parts: Parts, current: SetUpWorktree) {
    this.#parts = parts;
    this.#current = current;
  }

  /** Throws `SetupFailed` when the setup fails on the target itself. The worktree is the store's to remove. */
  static async open(parts: Parts): Promise<SessionWorktree> {
    return new SessionWorktree(parts, await openIn(parts, 'agent'));
  }

  get worktree(): Worktree {
    return this.#current.worktree;
  }

  /** Why the setup does not succeed with the unit's files; null = it does. */
  get problem(): SetupProblem | null {
    return this.#current.problem;
  }

  /** Whether the new worktree may hold something that is not the unit's work, beside what git ignores. */
  get mayHoldMore(): boolean {
    const { setup, worktree } = this.#parts.config;
    return (setup !== null || worktree.copy.length > 0) && this.worktree.isExact !== true;
  }

  /** True when there is a new worktree with the work as it was saved last, in which the setup has run again. */
  async renew(when: Renewal): Promise<boolean> {
    const { store } = this.#parts;
    const purpose = when === 'as a candidate' ? 'verification' : 'agent';
    const needed = purpose === 'agent' ? this.#current.isStale(store.tree) : this.#current.isDoubtful(store.tree);
    if (!(await needed)) return false;
    await store.close();
    this.#current = await openIn(this.#parts, purpose);
    return true;
  }
}

async function openIn(
  { host, input, config, store, watch }: Parts,
  purpose: UnitPreparation['purpose'],
): Promise<SetUpWorktree> {
  const preparation: UnitPreparation = {
    purpose,
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
