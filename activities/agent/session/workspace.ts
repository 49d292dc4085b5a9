// A session's worktree after setup, remade when the agent changes files that the setup reads. Also the sandbox and the
// rules for commands in it.

import type { CheckPlace } from '../../checks/run-checks.ts';
import type { Config } from '../../../contracts/documents/config.ts';
import type { Sandbox } from '../../sandbox/contract.ts';
import type { Saver } from './saver.ts';
import type { SessionPlace } from '../drivers/contract.ts';
import type { SliceHost } from './slice-host.ts';
import type { SliceInput } from '../../../contracts/activities/agent.ts';
import type { UnitStore } from '../../repository/contract.ts';
import { type Watch, preparationOf } from '../../worktrees/setup/preparation.ts';
import type { Worktree } from '../../worktrees/worktree.ts';
import {
  type SetUpWorktree,
  type SetupProblem,
  type UnitPreparation,
  openUnitWorktree,
} from '../../worktrees/setup/unit-setup.ts';
import { checkEnv, commandEnv, networkFor } from '../../sandbox/policy.ts';
import { noticing } from '../../sandbox/wrapped.ts';

interface WorkspaceContext {
  readonly host: SliceHost;
  readonly input: SliceInput;
  readonly config: Config;
  readonly store: UnitStore;
  readonly saver: Saver;
  /** The session's own folder on the host; its commands write there too. */
  readonly folder: string;
  /** Its signal stops commands. */
  readonly watch: Watch;
}

/**
 * `as a candidate`: if the files that the setup reads are unknown, it runs on the unit's own files, as in the merge
 * queue.
 */
type Renewal = 'if its inputs changed' | 'as a candidate';

type Env = Readonly<Record<string, string>>;

export class Workspace {
  private readonly context: WorkspaceContext;
  private current: SetUpWorktree;
  private sandbox: Sandbox;

  private constructor(context: WorkspaceContext, current: SetUpWorktree) {
    this.context = context;
    this.current = current;
    this.sandbox = sandboxFor(context, current);
  }

  /** Throws `SetupFailed` if the setup fails on the target itself. The store removes the worktree. */
  static async open(context: WorkspaceContext): Promise<Workspace> {
    const workspace = new Workspace(context, await openIn(context, 'agent'));
    // Otherwise the worktree is exactly the checkpoint.
    if (workspace.mayHoldMore()) await context.saver.setBaseline();
    return workspace;
  }

  get worktree(): Worktree {
    return this.current.worktree;
  }

  /** Why the setup fails with the unit's files; null = it succeeds. */
  get problem(): SetupProblem | null {
    return this.current.problem;
  }

  /** If needed, makes a new worktree with the work as last kept and runs the setup there. Returns true if it did. */
  async renew(when: Renewal): Promise<boolean> {
    const { store, saver } = this.context;
    const purpose = when === 'as a candidate' ? 'verification' : 'agent';
    const needed = purpose === 'agent' ? this.current.isStale(store.tree) : this.current.isDoubtful(store.tree);
    if (!(await needed)) return false;
    await saver.push();
    await store.close();
    this.current = await openIn(this.context, purpose);
    this.sandbox = sandboxFor(this.context, this.current);
    await saver.setBaseline();
    return true;
  }

  /** Where and how the agent's commands run; `names` are the unit's own environment variables. */
  agentPlace(names: Env): Omit<SessionPlace, 'mounts' | 'folder'> & { readonly signal: AbortSignal } {
    const { host, config, watch } = this.context;
    const { memoryMb, timeoutSeconds, network } = config.sandbox;
    return {
      sandbox: this.sandbox,
      env: { ...commandEnv(config, host.policy, host.env), ...names },
      network: networkFor('agent', network, host.policy.networkAllowed),
      limits: { memoryMb, timeoutSeconds },
      signal: watch.signal,
    };
  }

  /** The same for our own checks, which also get the variables of a CI. */
  checkPlace(names: Env): Omit<CheckPlace, 'worktree' | 'onStart'> {
    const { host, config } = this.context;
    const place = this.agentPlace(names);
    return { ...place, env: { ...checkEnv(config, host.policy, host.env), ...place.env } };
  }

  /** True if the new worktree may hold more than the unit's work and ignored files. */
  private mayHoldMore(): boolean {
    const { setup, worktree } = this.context.config;
    return (setup !== null || worktree.copy.length > 0) && this.worktree.isExact !== true;
  }
}

function sandboxFor({ host, saver, folder }: WorkspaceContext, { worktree }: SetUpWorktree): Sandbox {
  return noticing(host.guard.over(host.sandbox, [worktree.root, folder]), () => saver.touch());
}

async function openIn(
  { host, input, config, store, watch }: WorkspaceContext,
  purpose: UnitPreparation['purpose'],
): Promise<SetUpWorktree> {
  const preparation: UnitPreparation = {
    ...preparationOf(config, host, { purpose, branch: input.context.branch, target: store.base }),
    granted: input.egress?.granted ?? [],
  };
  let opened: SetUpWorktree | null = null;
  await store.openWorktree(async (place) => {
    opened = await openUnitWorktree(host.worktrees, place, preparation, watch);
    return opened.worktree;
  });
  // The store calls it whenever it has no worktree, as here.
  if (opened === null) throw new Error('the store had a worktree already');
  return opened;
}
